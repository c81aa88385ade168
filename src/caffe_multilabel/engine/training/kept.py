"""Which snapshots of a training stay: the newest to go on from, the last few, the best."""

from __future__ import annotations

import json
import logging
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from caffe_multilabel._base.arguments import instance_of, items_of, path_text, switch, whole_number
from caffe_multilabel._base.files import write_bytes
from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.caffe.solver_facts import snapshot_states
from caffe_multilabel.engine.solvers.observer import Observer
from caffe_multilabel.engine.solvers.resume import PlaceError
from caffe_multilabel.errors import OptionError, PrototxtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.engine.solvers.observer import Score
    from caffe_multilabel.engine.solvers.solver import Solver

__all__ = [
    "BestWeights",
    "LastSnapshots",
    "check_start",
    "go_on_from",
    "keepers",
    "restore_latest",
]

_LOG = logging.getLogger(__name__)


def check_start(
    weights: Sequence[StrPath], snapshot: StrPath | None, *, restart_data: bool = False
) -> list[StrPath] | None:
    """Refuse what does not go together of what a training is to begin with.

    Returns:
        The files of weights to begin with; None for those that the solver names.

    Raises:
        OptionError: it does not, or an argument is of another type.
    """
    files = items_of("weights", weights, "paths")
    if snapshot is not None:
        path_text("snapshot", snapshot)
    if snapshot is not None and files:
        raise OptionError(
            "a snapshot to go on from and weights to begin with are given; only one is allowed"
        )
    if snapshot is not None and str(snapshot).endswith((".caffemodel", ".caffemodel.h5")):
        raise OptionError(
            f"snapshot is {snapshot}, a file of weights: --weights (weights=) begins with it; a "
            "snapshot to go on from is a .solverstate, which stands beside it"
        )
    if switch("restart_data", restart_data) and snapshot is None:
        raise OptionError("restart_data is of a snapshot to go on from, and none is given")
    return files if files or snapshot is not None else None


def go_on_from(solver: Solver, snapshot: StrPath, *, restart_data: bool = False) -> None:
    """Go on from a solver's state; from the newest that is whole if it is called "latest".

    Raises:
        PrototxtError: it cannot be gone on from, or there is none.
        DatabaseError: a database has changed since.
        ListError: a list of images or a window file has changed since.
    """
    if snapshot == "latest":
        restore_latest(solver, restart_data=restart_data)
    else:
        solver.restore(snapshot, restart_data=restart_data)


def restore_latest(solver: Solver, *, restart_data: bool = False) -> str:
    """Go on from the newest snapshot of a solver's prefix that is whole; warn of newer ones.

    Returns:
        The path of its state.

    Raises:
        PrototxtError: there is none that can be gone on from, and the newest one says why; or what
            stands beside it is damaged.
        DatabaseError: a database has changed since.
        ListError: a list of images or a window file has changed since.
    """
    prefix = solver.settings.snapshot_prefix
    passed_over: list[str] = []
    for path in snapshot_states(prefix):
        try:
            solver.restore(path, restart_data=restart_data)
        except PlaceError:  # the snapshot may be whole
            _warn(passed_over)
            raise
        except PrototxtError as error:
            passed_over.append(error.message)
            continue
        _warn(passed_over)
        return str(path)
    there = os.path.dirname(prefix) or "."  # noqa: PTH120  (as the user wrote it)
    if passed_over:
        raise PrototxtError(f"no snapshot can be gone on from; {passed_over[0]}", path=there)
    raise PrototxtError(
        f"there is no snapshot {prefix}_iter_*.solverstate, seen from {Path.cwd()}",
        path=there,
    )


def _warn(passed_over: list[str]) -> None:
    for message in passed_over:
        _LOG.warning("%s; passed over", message)


def keepers(
    solver: Solver, *, keep: int | None, best: str | None
) -> tuple[LastSnapshots | None, BestWeights | None]:
    """Return who keeps the last snapshots of a solver, and its best weights; None who is not to.

    Raises:
        OptionError: nothing can be kept so.
    """
    return (
        None if keep is None else LastSnapshots(solver, whole_number("keep", keep, 1)),
        None if best is None else BestWeights(solver, best),
    )


class LastSnapshots(Observer):
    """Removes the older ones of the snapshots that a run has written itself."""

    def __init__(self, solver: Solver, keep: int) -> None:
        """Keep so many of a solver's."""
        self._solver = solver
        self._keep = keep
        self._snapshots: list[tuple[str, ...]] = []

    def saved(self, files: tuple[str, ...]) -> None:
        """See `Observer`."""
        if not all(torch.isfinite(one.blob.data).all() for one in self._solver.net.learnable):
            return  # nothing can be gone on from with this one
        self._snapshots = [*(each for each in self._snapshots if each != files), files]
        for old in self._snapshots[: -self._keep]:
            # The state first, which nothing could go on from without the others.
            for file in reversed(old):
                Path(file).unlink(missing_ok=True)
        self._snapshots = self._snapshots[-self._keep :]


class BestWeights(Observer):
    """Writes the weights with which a test had its best value yet, as `PREFIX_best.caffemodel`."""

    def __init__(self, solver: Solver, output: str) -> None:
        """Watch an output of a test net.

        Raises:
            OptionError: no test net has such an output.
        """
        instance_of("best", output, str, "the name of an output")
        nets = solver.test_nets
        self._test_net = next((n for n, net in enumerate(nets) if output in net.outputs), None)
        if self._test_net is None:
            known = sorted({name for net in nets for name in net.outputs})
            listed = ", ".join(known) or "none, for there is no test"
            raise OptionError(
                f"best: no test has an output '{output}'; there are {listed}"
                f"{did_you_mean(output, known)}",
                key=output,
            )
        self._solver, self._output = solver, output
        self._less_is_better = any(
            step.node.is_loss and output in step.top_names for step in nets[self._test_net].steps
        )
        self._best: float | None = None
        self._path = f"{solver.settings.snapshot_prefix}_best.caffemodel"
        self._note = f"{solver.settings.snapshot_prefix}_best.json"
        self.path_written: str | None = None

    def starting(self) -> None:
        """See `Observer`. Of a training that goes on, the best till now is known."""
        if self._solver.iteration == 0:
            return
        try:
            noted = json.loads(Path(self._note).read_bytes())
            if noted["output"] == self._output and Path(self._path).is_file():
                self._best = float(noted["value"])
                self.path_written = self._path
        except (OSError, ValueError, KeyError, TypeError):
            self._best = None

    def tested(
        self, iteration: int, test_net: int, scores: Sequence[Score], loss: float | None
    ) -> None:
        """See `Observer`."""
        del loss
        values = [score.value for score in scores if score.output == self._output]
        if test_net != self._test_net or not values:
            return
        value = sum(values) / len(values)
        if math.isnan(value) or not self._is_better(value):
            return
        self._best, self.path_written = value, self._path
        self._solver.net.save(self._path)
        noted = {"output": self._output, "value": value, "iteration": iteration}
        write_bytes(self._note, json.dumps(noted).encode())

    def _is_better(self, value: float) -> bool:
        if self._best is None:
            return True
        return value < self._best if self._less_is_better else value > self._best
