"""Builds the C++ program that measures the bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processes import run, words

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["build_bound"]


def build_bound(repository: Path, work: Path) -> Path:
    """Configure and build target `bench_bound` in the work folder; return the program."""
    build = work / "build"
    options = [
        "-DCMAKE_BUILD_TYPE=Release",
        "-DCAFFE_MULTILABEL_BENCHMARKS=ON",
        "-DCAFFE_MULTILABEL_PYTHON=OFF",
    ]
    run(words("cmake", "-S", repository, "-B", build, *options))
    run(words("cmake", "--build", build, "--target", "bench_bound"))
    return build / "bench_bound"
