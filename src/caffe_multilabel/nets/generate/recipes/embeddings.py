"""Losses of features that shall be near for what is alike: pairs, triplets, centers.

Features are N x D. Distances of triplets are squares of the Euclidean distance, as in the papers;
between features of unit length they run from 0 to 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.recipes.arithmetic import (
    affine,
    broadcast_product,
    difference,
    reduced,
    reshaped,
    step,
    weighted_sum,
)

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = [
    "centers",
    "contrastive",
    "other_identity",
    "same_identity",
    "triplet",
    "unit_length",
]

# Of a squared length. Without one, a record of zeros makes the whole net NaN; the gradient there is
# that of the top over its root, which is 100,000 times as large at 1e-10.
_SHIFT = 1e-4


def unit_length(net: NetBuilder, suffix: str, features: str, *, name: str = "") -> str:
    """Add the features over their length: f / sqrt(f f + 0.0001). Three layers.

    Features of 0 stay 0, and their gradient is 100 times that of the top. Features of length 1 come
    out 5e-5 too short.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        features: N x D. No ReLU right before it is best: it makes features of 0.
        name: of the last layer, if it shall have another.

    Returns:
        The features of unit length, N x D.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> unit_length(NetBuilder("n", blobs=["fc7"]), "anchor", "fc7")
        'unit_anchor'
    """
    squares = reduced(net, f"length_square_{suffix}", features, "SUMSQ", axis=1)
    inverse = affine(net, f"length_inverse_{suffix}", squares, power=-0.5, shift=_SHIFT)
    return broadcast_product(net, name or f"unit_{suffix}", features, inverse)


def other_identity(net: NetBuilder, suffix: str, first: str, second: str) -> str:
    """Add 1 where two whole numbers differ and 0 where they are the same. Three layers.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        first: identities, of any shape.
        second: identities of the same shape.

    Returns:
        A blob of that shape.
    """
    apart = difference(net, f"identity_difference_{suffix}", first, second)
    apart = net.add("AbsVal", f"identity_distance_{suffix}", [apart])
    return step(net, f"other_{suffix}", apart, 0.5)


def same_identity(net: NetBuilder, suffix: str, first: str, second: str) -> str:
    """Add 1 where two identities are the same and 0 elsewhere. Four layers.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        first: an identity of each record, N x 1 x 1 x 1.
        second: that of its other image.

    Returns:
        A blob of that shape, as `contrastive` takes it.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> same_identity(NetBuilder("n", blobs=["id1", "id2"]), "pairs", "id1", "id2")
        'same_pairs'
    """
    other = other_identity(net, suffix, first, second)
    return affine(net, f"same_{suffix}", other, scale=-1.0, shift=1.0)


def contrastive(
    net: NetBuilder,
    suffix: str,
    first: str,
    second: str,
    same: str,
    *,
    margin: float = 1.0,
    loss_weight: float = 1.0,
) -> str:
    """Add ContrastiveLoss. One layer.

    1 / 2N times the sum of s d^2 + (1 - s) max(0, margin - d)^2, with d the distance and s 1 for
    the same identity: the verification loss of DeepID2 (Sun et al., 2014; Hadsell et al., 2006).
    Its gradient at d = 0 is 0: two equal features of two identities never part.

    Args:
        net: the net.
        suffix: what the name of the layer ends with.
        first: features of the first image, N x D.
        second: features of the second image, N x D.
        same: N x 1 x 1 x 1; cut to a whole number, so 0.99 is 0.
        margin: how far apart two identities shall be.
        loss_weight: the weight in the loss.

    Returns:
        The blob of the loss, without axes.
    """
    return net.add(
        "ContrastiveLoss",
        f"loss_{suffix}",
        [first, second, same],
        loss_weight=[loss_weight],
        contrastive_loss_param={"margin": margin},
    )


def triplet(
    net: NetBuilder,
    suffix: str,
    anchor: str,
    positive: str,
    negative: str,
    *,
    margin: float | str,
    loss_weight: float = 1.0,
) -> str:
    """Add the triplet loss. Eight layers.

    The mean of max(0, d(a, p) - d(a, n) + margin) over the records (Schroff et al., FaceNet, 2015).
    Papers that halve it want half the loss weight. A margin of each record covers hierarchies of
    classes of any depth: the margin is that of the level on which anchor and negative part (after
    Zhang et al., Embedding Label Structures for Fine-Grained Feature Representation, 2016).

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        anchor: features, N x D; of unit length, or the margin has no scale.
        positive: features of another image of the anchor's class.
        negative: features of an image of another class.
        margin: a number, or the blob of a label column, N x 1 x 1 x 1.
        loss_weight: the weight in the loss.

    Returns:
        The blob of the loss, without axes.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["a", "p", "n", "label_margin"])
        >>> triplet(net, "one", "a", "p", "n", margin=0.2)
        'loss_one'
        >>> triplet(net, "levels", "a", "p", "n", margin="label_margin")
        'loss_levels'
    """
    near = _distance(net, f"positive_{suffix}", anchor, positive)
    far = _distance(net, f"negative_{suffix}", anchor, negative)
    hinge = _hinge(net, suffix, near, far, margin)
    return reduced(net, f"loss_{suffix}", hinge, "MEAN", loss_weight=[loss_weight])


def centers(
    net: NetBuilder,
    suffix: str,
    features: str,
    labels: str,
    *,
    class_count: int,
    size: int,
    lr_mult: float,
    loss_weight: float = 1.0,
) -> str:
    """Add the center loss. Three layers.

    1 / 2N times the sum of |f - c|^2, c the center of the record's class (Wen et al., A
    Discriminative Feature Learning Approach for Deep Face Recognition, 2016). The centers are the
    rows of an Embed layer and learn by this loss alone: in SGD each goes `lr_mult` times the rate
    times `loss_weight` / N of its way to each of its records. They do not decay, which would draw
    them to 0. Something else must learn from the features as well, or all of them become alike.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        features: N x D, or with more axes.
        labels: the class of each record, 0 to `class_count` - 1: N numbers of any shape. Caffe
            does not check them, and reads what lies beside the centers for any other.
        class_count: the number of classes.
        size: D.
        lr_mult: the centers' rate, of the solver's.
        loss_weight: the weight in the loss.

    Returns:
        The blob of the loss, without axes.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["fc5", "label_person"])
        >>> centers(net, "near", "fc5", "label_person", class_count=500, size=64, lr_mult=1)
        'loss_near'
    """
    wanted = {
        "input_dim": class_count,
        "num_output": size,
        "bias_term": False,
        "weight_filler": {"type": "gaussian", "std": 0.01},
    }
    center = net.add(
        "Embed",
        f"center_{suffix}",
        [reshaped(net, f"class_{suffix}", labels, [-1])],
        param=[{"lr_mult": lr_mult, "decay_mult": 0}],
        embed_param=wanted,
    )
    return net.add("EuclideanLoss", f"loss_{suffix}", [features, center], loss_weight=[loss_weight])


def _distance(net: NetBuilder, suffix: str, anchor: str, other: str) -> str:
    """Add the squared distance of two features of each record, N."""
    apart = difference(net, f"difference_{suffix}", anchor, other)
    return reduced(net, f"distance_{suffix}", apart, "SUMSQ", axis=1)


def _hinge(net: NetBuilder, suffix: str, near: str, far: str, margin: float | str) -> str:
    """Add max(0, near - far + margin), N."""
    if isinstance(margin, str):
        column = reshaped(net, f"margin_{suffix}", margin, [-1])
        gap = weighted_sum(net, f"gap_{suffix}", [near, far, column], [1.0, -1.0, 1.0])
    else:
        gap = affine(
            net, f"gap_{suffix}", difference(net, f"order_{suffix}", near, far), shift=margin
        )
    return net.add("ReLU", f"hinge_{suffix}", [gap])
