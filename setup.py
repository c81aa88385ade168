"""A hook and no more: metadata is in pyproject.toml, the build in CMakeLists.txt."""

from setuptools import setup

setup(cmake_source_dir=".")
