#!/usr/bin/env bash
# Installs what the project needs on Debian or Ubuntu, and the project itself into .venv:
#   scripts/setup.sh            for using it
#   scripts/setup.sh dev        for working on it: all that its tests and checks need besides
#   scripts/setup.sh packages   only Debian's packages for building the core and its tests
# Running it again is harmless.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
  build-essential cmake ninja-build python3-dev python3-venv protobuf-compiler
  libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev libjpeg-dev libpng-dev
  liblmdb-dev libprotozero-dev libxxhash-dev nlohmann-json3-dev
)
extras=''
case ${1-} in
  '') ;;
  dev) extras='[dev,torch]' packages+=(ccache git libgtest-dev) ;;
  packages) packages+=(libgtest-dev) ;;
  *) echo "usage: scripts/setup.sh [dev|packages]" >&2 && exit 2 ;;
esac

install_packages() {
  local missing=() package status
  for package; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [[ $status == "install ok installed" ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  echo "Installing with apt: ${missing[*]}"
  local as_root=()
  ((EUID == 0)) || as_root=(sudo)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_packages "${packages[@]}"
[[ ${1-} != packages ]] || exit 0

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
  echo "Python 3.10 or newer is needed; $python is $("$python" --version)" >&2
  exit 1
}
[[ -x .venv/bin/python ]] || "$python" -m venv .venv
install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }

if [[ $extras ]]; then
  # Kept over clean checkouts, as builds are not. noxfile.py sets the same.
  export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}

  # Ubuntu has Chromium as a snap only, but its machines in CI have Chrome.
  PYTHONPATH=tests .venv/bin/python -c \
    'import sys, browser_tools; sys.exit(browser_tools.browser_path() is None)' ||
    install_packages chromium

  # This very release: a later one may bring gigabytes for GPUs that no test needs.
  .venv/bin/python -c 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)' ||
    install 'torch==2.13.0'
fi

echo "Building and installing into .venv"
install --editable ".$extras"
