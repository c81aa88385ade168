"""Gradients between a blob and the branch that hangs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.recipes.arithmetic import affine, weighted_sum

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["scaled_gradient"]


def scaled_gradient(net: NetBuilder, suffix: str, blob: str, factor: float) -> str:
    """Add a copy of a blob whose gradient is multiplied. One layer, or none at a factor of 1.

    A factor between 0 and 1 damps a task in the backbone, while its own layers learn at full rate.
    0 stops it: a probe that learns and does not teach. Below 0 it teaches the contrary (Ganin and
    Lempitsky, Unsupervised Domain Adaptation by Backpropagation, 2015).

    The copy is (1 - k) f + k f, with the way back through the first part closed.

    Args:
        net: the net.
        suffix: what the name of the layer ends with.
        blob: what the branch hangs on.
        factor: k.

    Returns:
        The blob for the branch to hang on.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["fc7"])
        >>> scaled_gradient(net, "domain", "fc7", -0.5)
        'gradient_domain'
        >>> [list(layer.propagate_down) for layer in net.net.layer]
        [[False, True]]
    """
    name = f"gradient_{suffix}"
    if factor == 1:
        return blob
    if factor == 0:
        return affine(net, name, blob, propagate_down=[False])
    parts = [1 - factor, factor]
    return weighted_sum(net, name, [blob, blob], parts, propagate_down=[False, True])
