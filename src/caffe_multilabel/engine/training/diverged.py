"""Where a training went wrong: the first place in the net that holds nan or inf."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from caffe_multilabel.engine.solvers.observer import Observer
from caffe_multilabel.errors import Error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.engine.net import Net
    from caffe_multilabel.engine.solvers.observer import Score, Speed
    from caffe_multilabel.engine.solvers.solver import Solver

__all__ = ["StopWhereItDiverges", "first_bad_blob"]


class StopWhereItDiverges(Observer):
    """Ends a training whose loss is no number any more: no weight would be one after the update."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._losses: dict[str, float] = {}
        self._rate: float | None = None

    def displayed(self, iteration: int, loss: float, scores: Sequence[Score], speed: Speed) -> None:
        """See `Observer`."""
        del iteration, loss, speed
        self._losses = {score.output: score.value for score in scores if score.loss_weight}

    def rate(self, iteration: int, rate: float) -> None:
        """See `Observer`."""
        del iteration
        self._rate = rate

    def diverged(self, iteration: int, loss: float) -> None:
        """See `Observer`.

        Raises:
            Error: always; it says where the first nan or inf is.
        """
        net = self._solver.net
        parts = [f"iteration {iteration}: the loss is {loss:g}"]
        bad = [name for name in net.loss_weights if not _is_finite(net.blobs[name].data)]
        if bad:
            parts.append(f"that of {', '.join(bad)}")
        found = first_bad_blob(net)
        if found:
            parts.append(found)
        if self._losses:
            shown = ", ".join(f"{name} {value:g}" for name, value in self._losses.items())
            parts.append(f"losses shown last: {shown}")
        if self._rate is not None:
            parts.append(
                f"learning rate {self._rate:g}: a lower base_lr or clip_gradients may help"
            )
        raise Error("; ".join(parts))


def first_bad_blob(net: Net) -> str:
    """Say where a net, in its order, first holds nan or inf; empty where it does not."""
    for step in net.steps:
        for number, blob in enumerate(step.layer.setup.blobs):
            if not _is_finite(blob.data):
                return (
                    f"the first of it is in the weights of layer '{step.name}' "
                    f"({step.node.type}), blob {number}: an update before was too large"
                )
        for name, blob in zip(step.top_names, step.tops, strict=True):
            if not _is_finite(blob.data):
                feed = step.layer.setup.feed
                record = "" if feed is None else f", {feed.record_of(_first_bad_item(blob.data))}"
                return (
                    f"the first of it is in blob '{name}' of layer '{step.name}' "
                    f"({step.node.type}){record}"
                )
    return ""


def _first_bad_item(values: torch.Tensor) -> int:
    """Return the first item of a batch that holds nan or inf."""
    items = torch.isfinite(values.reshape(len(values), -1)).all(1)
    return int(items.logical_not().nonzero()[0])


def _is_finite(values: torch.Tensor) -> bool:
    return bool(torch.isfinite(values).all())
