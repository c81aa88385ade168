"""BatchNorm layers with learning rates of their own, which must be zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import NetParameter

__all__ = ["freeze_statistics"]


def freeze_statistics(net: NetParameter) -> None:
    """Set both multipliers of BatchNorm layers that declare three `param` to zero, in place.

    The three blobs are running statistics; a solver must not touch them.
    """
    for layer in net.layer:
        if layer.type == "BatchNorm" and len(layer.param) == 3:
            for spec in layer.param:
                spec.lr_mult = 0
                spec.decay_mult = 0
