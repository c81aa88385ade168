"""The weights that a solver learns, each blob once: Caffe's `learnable_params`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from caffe_multilabel.caffe.proto.types import ParamSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.engine.blob import Blob
    from caffe_multilabel.engine.step import Step

__all__ = ["LearnableBlob", "learnable_blobs"]


@dataclass(frozen=True, slots=True)
class LearnableBlob:
    """A blob of weights, as its owner and those who share it say it is to be learned.

    Attributes:
        layer: the layer that owns it.
        number: which of that layer's blobs it is.
        blob: the blob.
        lr_mult: factor on the learning rate.
        decay_mult: factor on the decay.
    """

    layer: str
    number: int
    blob: Blob
    lr_mult: float
    decay_mult: float


def learnable_blobs(steps: Sequence[Step]) -> tuple[LearnableBlob, ...]:
    """Return the blobs that layers own, in the order of the net: `Net::AppendParam`.

    A rate that the owner does not give is that of the first layer sharing the blob which does.
    """
    found: list[LearnableBlob] = []
    owners: dict[str, int] = {}
    given: list[set[str]] = []
    for step in steps:
        for number, blob in enumerate(step.layer.setup.blobs):
            spec = _spec(step, number)
            if blob.owned:
                if spec.name:
                    owners[spec.name] = len(found)
                found.append(LearnableBlob(step.name, number, blob, spec.lr_mult, spec.decay_mult))
                given.append({field for field in _RATES if spec.HasField(field)})
                continue
            owner = owners[spec.name]
            for field in _RATES:
                if spec.HasField(field) and field not in given[owner]:
                    given[owner].add(field)
                    found[owner] = replace(found[owner], **{field: getattr(spec, field)})
    return tuple(found)


_RATES: tuple[Literal["lr_mult"], Literal["decay_mult"]] = ("lr_mult", "decay_mult")


def _spec(step: Step, number: int) -> ParamSpec:
    """Return what a layer says of a blob; Caffe keeps statistics from being learned."""
    specs = step.message.param
    if number < len(specs):
        return specs[number]
    entry = step.node.entry
    is_statistics = entry is not None and entry.blobs == "statistics"
    return ParamSpec(lr_mult=0.0) if is_statistics else ParamSpec()
