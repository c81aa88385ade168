#!/usr/bin/env bash
# Installs, builds and runs all tests: C++ (gtest) and Python (pytest, which gets the arguments).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# CI has done the set-up already, with checks beside this command in mind.
[[ ${SETUP_DONE-} ]] || bash scripts/setup.sh dev
exec .venv/bin/nox -- "$@"
