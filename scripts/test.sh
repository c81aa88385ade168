#!/usr/bin/env bash
# Installs, builds and runs all tests: C++ (gtest) and Python (pytest, which gets the arguments).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh dev
exec .venv/bin/nox -- "$@"
