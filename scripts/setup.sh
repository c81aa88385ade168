#!/usr/bin/env bash
# Installs what the project needs on Debian or Ubuntu, and, where an argument says which of its
# parts ('.' or '.[dev]'), the project itself into .venv.
# Sourced by quickstart.sh and test.sh; running it again is quick and harmless.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
  build-essential cmake ninja-build python3-dev python3-venv protobuf-compiler
  libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev libjpeg-dev libpng-dev
  liblmdb-dev libprotozero-dev libxxhash-dev nlohmann-json3-dev libgtest-dev
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [[ $status == "install ok installed" ]] || missing+=("$package")
done
if ((${#missing[@]})); then
  echo "Installing with apt: ${missing[*]}"
  as_root=()
  ((EUID == 0)) || as_root=(sudo)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
(($#)) || exit 0

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
  echo "Python 3.10 or newer is needed; $python is $("$python" --version)" >&2
  exit 1
}
[[ -x .venv/bin/python ]] || "$python" -m venv .venv
echo "Building and installing into .venv"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable "$1"
