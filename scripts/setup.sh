#!/usr/bin/env bash
# Installs what the project needs on Debian or Ubuntu, and the project itself into .venv:
#   scripts/setup.sh            for using it
#   scripts/setup.sh train      for using it, PyTorch included
#   scripts/setup.sh dev        for working on it: all that its tests and checks need besides
#   scripts/setup.sh packages   only Debian's packages for building the core and its tests
# Running it again builds what has changed. In the environment:
#   PYTHON=python3.12   the Python of a new .venv, python3 by default
#   PACKAGES=no         leave the system's packages alone: they are there, or came by other means
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
  build-essential cmake ninja-build python3-dev python3-venv protobuf-compiler
  libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev libjpeg-dev libpng-dev
  liblmdb-dev libprotozero-dev libxxhash-dev nlohmann-json3-dev
)
mode=${1-}
case $mode in
  '') extras='[report,shell]' ;;
  train) extras='[report,shell,torch]' ;;
  dev) extras='[dev,torch]' packages+=(ccache git libgtest-dev) ;;
  packages) packages+=(ccache libgtest-dev) ;;
  *) echo "usage: scripts/setup.sh [train|dev|packages]" >&2 && exit 2 ;;
esac

fail() {
  echo "setup: $*" >&2
  exit 1
}

# Each step says what it does, and at its end how long that took.
begin() {
  started=$SECONDS
  echo "$*"
}
end() { echo "  done in $((SECONDS - started)) s"; }

install_packages() {
  local missing=() package status as_root=()
  for package; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [[ $status == "install ok installed" ]] || missing+=("$package")
  done
  if ((${#missing[@]} == 0)) || [[ ${PACKAGES-} == no ]]; then return 0; fi
  local by_hand="then run this again with PACKAGES=no"
  command -v apt-get >/dev/null ||
    fail "there is no apt here; install what these packages of Debian hold, $by_hand: ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "apt needs root, and there is no sudo; as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  echo "  with apt: ${missing[*]}"
  as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get)
  # Where it reaches no server it ends well all the same, and the next command tells.
  "${as_root[@]}" update -qq &&
    "${as_root[@]}" install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt, whose words are above, could not install: ${missing[*]}; install them by other means, $by_hand"
}

# Before minutes are spent.
python=${PYTHON:-python3}
check_python() {
  local wanted="name one with PYTHON=, as in PYTHON=python3.12"
  command -v "$python" >/dev/null || fail "there is no $python; $wanted"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "Python 3.10 or newer is needed, and $python is $("$python" --version); $wanted"
}
if [[ $mode != packages && (${PYTHON-} || $(command -v python3)) ]]; then check_python; fi

begin "Packages of the system; the first time some 1 to 3 minutes"
install_packages "${packages[@]}"
end
[[ $mode != packages ]] || exit 0

check_python
"$python" -c '
import ensurepip, os, sys, sysconfig, venv
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' 2>/dev/null ||
  fail "$python lacks venv or its headers; on Debian and Ubuntu: apt-get install $(basename "$python")-dev $(basename "$python")-venv"
[[ -x .venv/bin/python ]] || "$python" -m venv .venv
PATH=$PWD/.venv/bin:$PATH
install() {
  python -m pip install --quiet --disable-pip-version-check "$@" ||
    fail "pip, whose words are above, failed; without a network it wants PIP_INDEX_URL, or PIP_NO_INDEX=1 and PIP_FIND_LINKS with a folder of wheels"
}

# What is built is made of these; all else of an editable installation is the checkout itself.
inputs() {
  { printf '%s\n' "$PWD" "$(python --version)" &&
    find CMakeLists.txt pyproject.toml setup.py proto cpp -path cpp/tests -prune -o -type f -print0 |
    sort -z | xargs -0 sha256sum; } | sha256sum
}
# Noted in a file for each kind of installation; each has all of those before it.
is_built() {
  local now kind enough=0
  now=$(inputs)
  compgen -G 'src/caffe_multilabel/_core.*.so' >/dev/null || return 1
  for kind in use train dev; do
    [[ $kind != "${mode:-use}" ]] || enough=1
    [[ $enough == 0 || ! -e .venv/built_for_$kind ]] && continue
    [[ $(<".venv/built_for_$kind") != "$now" ]] || return 0
  done
  return 1
}

if [[ $mode == dev ]]; then
  # Kept over clean checkouts, as builds are not. noxfile.py sets the same.
  export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}
  # pip builds in a temporary folder. Below the checkout ccache knows its paths again.
  export TMPDIR=$PWD/build/tmp CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
  mkdir -p "$TMPDIR"

  begin "A browser and PyTorch for the tests; the first time some 1 to 3 minutes"
  # Ubuntu has Chromium as a snap only, but its machines in CI have Chrome.
  PYTHONPATH=tests python -c \
    'import sys, browser_tools; sys.exit(browser_tools.browser_path() is None)' ||
    install_packages chromium

  # This very release: a later one may bring gigabytes for GPUs that no test needs.
  python -c 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)' ||
    install 'torch==2.13.0'
  end
fi

begin "The project, into .venv; the first time some 2 to 4 minutes, most of which goes into compiling"
if is_built; then
  echo "  nothing that is built has changed"
else
  install --editable ".$extras"
  inputs >".venv/built_for_${mode:-use}"
fi
end
