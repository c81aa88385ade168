"""Where a training went wrong: the first place in the net that holds nan or inf."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.engine.solvers.observer import Observer
from caffe_multilabel.engine.training.values import first_bad_value, is_finite
from caffe_multilabel.errors import Error

if TYPE_CHECKING:
    import torch

    from caffe_multilabel.engine.solvers.solver import Solver
    from caffe_multilabel.engine.training.values import BadValue

__all__ = ["StopWhereItDiverges"]

_EXPLODED = 10  # times what a loss was at first: more than chance, or a bad batch, makes of it


class StopWhereItDiverges(Observer):
    """Ends a training whose loss is no number any more: no weight would be one after the update."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        # Tensors, for a GPU would have to be waited for after each iteration.
        self._first: dict[str, torch.Tensor] = {}
        self._last: dict[str, torch.Tensor] = {}

    def updated(self, iteration: int) -> None:
        """See `Observer`."""
        del iteration
        net = self._solver.net
        self._last = {name: net.blobs[name].data.sum() for name in net.loss_weights}
        self._first = self._first or self._last

    def diverged(self, iteration: int, loss: float) -> None:
        """See `Observer`.

        Raises:
            Error: always; it says where the first nan or inf is.
        """
        net = self._solver.net
        parts = [f"iteration {iteration}: the loss is {loss:g}"]
        bad = [name for name in net.loss_weights if not is_finite(net.blobs[name].data)]
        if bad:
            parts.append(f"that of {', '.join(bad)}")
        found = first_bad_value(net)
        if found is not None:
            parts.append(f"the first of it is in {found.place}{self._cause(found)}")
        if self._last:
            shown = ", ".join(map(self._told, self._last))
            parts.append(f"losses one iteration before: {shown}")
        if found is None or found.source == "result" or (self._last and found.source == "weights"):
            rate = self._solver.learning_rate
            parts.append(f"learning rate {rate:g}: a lower base_lr or clip_gradients may help")
        raise Error("; ".join(parts))

    def _cause(self, found: BadValue) -> str:
        if found.source != "weights":
            return ""
        if self._last:
            return ": an update before was too large"
        return ": it was there before the first update"

    def _told(self, name: str) -> str:
        """Return what a loss came to last, and from where if it has exploded."""
        first, last = float(self._first[name]), float(self._last[name])
        exploded = not math.isfinite(last) or abs(last) > _EXPLODED * max(abs(first), 1e-6)
        return f"{name} {last:g}" + (f", exploded from {first:g}" if exploded else "")
