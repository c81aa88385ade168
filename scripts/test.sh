#!/usr/bin/env bash
# Installs, builds and runs all tests: C++ (gtest) and Python (pytest).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh '.[dev]'
PATH=$PWD/.venv/bin:$PATH

cmake -S . -B build/tests -G Ninja -DCAFFE_MULTILABEL_PYTHON=OFF -DCAFFE_MULTILABEL_TESTS=ON -DCAFFE_MULTILABEL_WERROR=ON >/dev/null
cmake --build build/tests
# gtest prints no more than the tests that fail, each with its file, line and message.
GTEST_BRIEF=1 ctest --test-dir build/tests --output-on-failure
python -m pytest "$@"
