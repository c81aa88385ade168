#!/usr/bin/env bash
# Installs, builds and runs all tests: C++ (gtest) and Python (pytest, which gets the arguments).
# What failed is said again at the end; all that was printed stays in build/test.log.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# CI has done the set-up already, with checks beside this command in mind.
[[ ${SETUP_DONE-} ]] || bash scripts/setup.sh dev

mkdir -p build
log=build/test.log
# A pipe has no colours of itself.
[[ ! -t 1 ]] || export FORCE_COLOR=1
status=0
.venv/bin/nox -- "$@" 2>&1 | tee "$log" || status=$?
((status)) || exit 0

# The sessions of nox, the tests of pytest, and those of gtest, as each of them names a failure.
printf '\nFailed (all of it is in %s):\n' "$log"
sed 's/\x1b\[[0-9;]*m//g' "$log" |
  sed -nE 's/^nox > Session (.*) failed.*/session \1/p
           s/^nox > \* (.*): failed.*/session \1/p
           s/^(FAILED|ERROR) ((tests|src)\/.*)/  \2/p
           s/^[0-9: ]*\[  FAILED  \] ([^ ,]+).*/  \1/p
           s/^(.* )?([^ ]+\.(cc|h):[0-9]+:[0-9]+: (fatal )?error: .*)/  \2/p' |
  awk '!seen[$0]++' >"$log.failed"
cat "$log.failed"
exit "$status"
