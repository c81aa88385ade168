"""Weights of losses that the net learns, logarithms of losses, and losses that the log shows.

A loss that another layer reads must have `loss_weight: 0` written out. Without it the log prints
wrong losses, and with another weight the loss counts twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.recipes.arithmetic import (
    affine,
    broadcast_product,
    constants,
    weighted_sum,
)

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["learned_weight", "log_of_loss", "shown_loss"]

# Under the logarithm: a loss that is far below it pulls no more.
_LEAST_LOSS = 1e-3


def learned_weight(
    net: NetBuilder,
    suffix: str,
    loss: str,
    *,
    loss_weight: float,
) -> str:
    """Add exp(-s) L + s / 2 of a loss L, with s learned. Five layers.

    The weights of several tasks by their uncertainty (Kendall et al., Multi-Task Learning Using
    Uncertainty to Weigh Losses for Scene Geometry and Semantics, 2018); s is the logarithm of a
    variance and best at log(2 L). The sum goes below 0 and should. Weights grow as 1 / L, so a rate
    that suits the plain sum of losses can be too high by ten times later on.

    s is the Bias of a constant 0: it has a filler, and is right where a solver has an iter_size
    above 1, which a Parameter layer is not. Weight decay does not pull at it.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        loss: the blob of a loss, without axes; `loss_weight: 0` is written in its layer.
        loss_weight: the weight of the sum in the loss.

    Returns:
        The blob of the sum, of one number.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> learned_weight(NetBuilder("n", blobs=["loss_age"]), "age", "loss_age", loss_weight=1)
        'weighted_loss_age'
    """
    variance = net.add(
        "Bias",
        f"log_variance_{suffix}",
        [constants(net, f"zero_{suffix}", [0.0])],
        param=[{"lr_mult": 1, "decay_mult": 0}],
        bias_param={"axis": 0, "filler": {"type": "constant"}},
    )
    weight = net.add("Exp", f"loss_weight_{suffix}", [variance], exp_param={"scale": -1.0})
    # In this order: Scale takes a factor without axes, and refuses a factor with more than its
    # blob has.
    weighted = broadcast_product(net, f"loss_times_weight_{suffix}", weight, loss)
    return weighted_sum(
        net,
        f"weighted_loss_{suffix}",
        [weighted, variance],
        [1.0, 0.5],
        loss_weight=[loss_weight],
    )


def log_of_loss(
    net: NetBuilder,
    suffix: str,
    loss: str,
    *,
    loss_weight: float,
) -> str:
    """Add log(L + 0.001) of a loss L. One layer.

    At a weight of 0.5 it is what `learned_weight` is at its best s, but for a constant, without a
    number to learn: tasks of any scale pull alike.

    Args:
        net: the net.
        suffix: what the name of the layer ends with.
        loss: the blob of a loss from 0 on; `loss_weight: 0` is written in its layer.
        loss_weight: the weight of the logarithm in the loss.

    Returns:
        The blob of the logarithm, of the loss's shape.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> log_of_loss(NetBuilder("n", blobs=["loss_age"]), "age", "loss_age", loss_weight=0.5)
        'log_loss_age'
    """
    return net.add(
        "Log",
        f"log_loss_{suffix}",
        [loss],
        log_param={"shift": _LEAST_LOSS},
        loss_weight=[loss_weight],
    )


def shown_loss(net: NetBuilder, suffix: str, loss: str) -> str:
    """Add a copy of a loss that another layer reads, so that the log prints it. One layer.

    Caffe prints blobs that no layer reads. The copy does not count in the loss, and no gradient
    comes from it.

    Args:
        net: the net.
        suffix: what the name of the layer ends with.
        loss: the blob of a loss; `loss_weight: 0` is written in its layer.

    Returns:
        The copy.
    """
    return affine(net, f"plain_loss_{suffix}", loss, loss_weight=[0.0])
