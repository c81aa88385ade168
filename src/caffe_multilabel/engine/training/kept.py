"""Which snapshots of a training stay: the newest to go on from, the last few, the best."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.engine.solvers.observer import Observer
from caffe_multilabel.errors import OptionError, PrototxtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.engine.solvers.observer import Score
    from caffe_multilabel.engine.solvers.solver import Solver

__all__ = ["BestWeights", "LastSnapshots", "restore_latest"]


def restore_latest(solver: Solver, *, restart_data: bool = False) -> str:
    """Go on from the newest snapshot of a solver's prefix that is whole.

    Returns:
        The path of its state.

    Raises:
        PrototxtError: there is none that can be gone on from; the newest one says why.
    """
    prefix = Path(solver.settings.snapshot_prefix)
    name = re.compile(rf"{re.escape(prefix.name)}_iter_(\d+)\.solverstate(\.h5)?")
    folder = prefix.parent
    found = {
        int(match[1]): path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := name.fullmatch(path.name))
    }
    problems = []
    for _, path in sorted(found.items(), reverse=True):
        try:
            solver.restore(path, restart_data=restart_data)
        except PrototxtError as error:
            problems.append(error.message)
        else:
            return str(path)
    if problems:
        raise PrototxtError(f"no snapshot can be gone on from; {problems[0]}", path=str(folder))
    raise PrototxtError(
        f"there is no snapshot {prefix}_iter_*.solverstate, seen from {Path.cwd()}",
        path=str(folder),
    )


class LastSnapshots(Observer):
    """Removes the older ones of the snapshots that a run has written itself."""

    def __init__(self, keep: int) -> None:
        """Keep so many."""
        self._keep = keep
        self._snapshots: list[tuple[str, ...]] = []

    def saved(self, files: tuple[str, ...]) -> None:
        """See `Observer`."""
        self._snapshots = [*(each for each in self._snapshots if each != files), files]
        for old in self._snapshots[: -self._keep]:
            # The state before the weights, without which nothing could go on from it.
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
        self.path_written: str | None = None

    def tested(
        self, iteration: int, test_net: int, scores: Sequence[Score], loss: float | None
    ) -> None:
        """See `Observer`."""
        del iteration, loss
        values = [score.value for score in scores if score.output == self._output]
        if test_net != self._test_net or not values:
            return
        value = sum(values) / len(values)
        value = -value if self._less_is_better else value
        if not math.isnan(value) and (self._best is None or value > self._best):
            self._best = value
            self._solver.net.save(self._path)
            self.path_written = self._path
