"""A hook and no more: metadata is in pyproject.toml, the build in CMakeLists.txt."""

from setuptools import setup

# As deep below the sources as the folder of an editable build is with the TMPDIR that
# scripts/setup.sh sets, so that ccache knows what the other has compiled.
setup(cmake_source_dir=".", options={"build_cmake": {"build_temp": "build/wheel/cmake"}})
