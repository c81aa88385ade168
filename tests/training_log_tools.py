"""Lines as BVLC Caffe's solver prints them (src/caffe/solver.cpp, solvers/sgd_solver.cpp)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Output = tuple[str, float, float]
"""An output blob's name, its value, and its loss weight, 0 if it is no loss."""


def glog(text: str, source: str = "solver.cpp:239") -> str:
    """A line of glog."""
    return f"I1122 10:20:30.123456  4242 {source}] {text}"


def outputs(phase: str, rows: Sequence[Output]) -> list[str]:
    """The values of the net's outputs."""
    return [
        glog(f"    {phase} net output #{index}: {name} = {value:g}{_loss(value, weight)}")
        for index, (name, value, weight) in enumerate(rows)
    ]


def trained(iteration: int, loss: float, rows: Sequence[Output], rate: float = 0.01) -> list[str]:
    """What an iteration prints that is displayed."""
    return [
        glog(f"Iteration {iteration} (12.5 iter/s, 1.6s/20 iters), loss = {loss:g}"),
        *outputs("Train", rows),
        glog(f"Iteration {iteration}, lr = {rate:g}", "sgd_solver.cpp:105"),
    ]


def evaluated(iteration: int, rows: Sequence[Output], net: int = 0) -> list[str]:
    """What a test pass prints."""
    return [glog(f"Iteration {iteration}, Testing net (#{net})"), *outputs("Test", rows)]


def _loss(value: float, weight: float) -> str:
    return f" (* {weight:g} = {weight * value:g} loss)" if weight else ""
