"""Records of several images: one backbone sees all images, then each record gets its own back.

A record of K images is K times C channels of one Datum. The backbone runs once over a batch K times
as large, so its layers, their names and their weights are those of a net of single images. Losses
and gradients are those of K backbones that share their weights by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from caffe_multilabel.nets.generate.recipes.arithmetic import mean_of, reshaped, sliced

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["Join", "features_of_images", "joined_features", "labels_of_images", "single_images"]

Join = Literal["concat", "sum", "mean", "max", "prod"]
"""How the features of a record's images become those of the record."""

# N x D of any axes. A Flatten over a Reshape would lose the gradient: it gives its bottom other
# memory than the Reshape looks into.
_ROWS = (0, -1)


def single_images(
    net: NetBuilder, suffix: str, data: str, *, channels: int, top: str | None = None
) -> str:
    """Add the images of all records as single ones. One layer.

    Args:
        net: the net.
        suffix: what the name of the layer ends with.
        data: N x K C x H x W.
        channels: C, of one image.
        top: the name of the new blob, such as a backbone reads; the layer's own if None.

    Returns:
        The images, K N x C x H x W; those of one record lie side by side.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> single_images(NetBuilder("n", blobs=["data"]), "pairs", "data", channels=3)
        'images_pairs'
    """
    name = f"images_{suffix}"
    return reshaped(net, name, data, [-1, channels], axes=2, tops=[top or name])


def labels_of_images(net: NetBuilder, suffix: str, labels: str, *, columns: int = 1) -> str:
    """Add the label columns of K images as the labels of single images. One layer.

    Args:
        net: the net.
        suffix: what the name of the layer ends with.
        labels: N x K D x 1 x 1, those of the first image first.
        columns: D, label columns of an image.

    Returns:
        The labels, K N x D, in the order of `single_images`.
    """
    return reshaped(net, f"image_labels_{suffix}", labels, [-1, columns])


def features_of_images(
    net: NetBuilder, suffix: str, features: str, *, images: int
) -> tuple[str, ...]:
    """Add the features of each image of a record. 2 + K layers.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        features: K N x D, or with more axes, in the order of `single_images`.
        images: K.

    Returns:
        K blobs, each N x D: the first image of every record, the second, and so on.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> features_of_images(NetBuilder("n", blobs=["fc7"]), "pairs", "fc7", images=2)
        ('image1_pairs', 'image2_pairs')
    """
    together = reshaped(net, f"records_{suffix}", features, [-1, images], axes=1)
    names = [f"image{number}_{suffix}" for number in range(1, images + 1)]
    parts = sliced(net, f"parts_{suffix}", together, [f"part_{name}" for name in names])
    return tuple(reshaped(net, name, part, _ROWS) for name, part in zip(names, parts, strict=True))


def joined_features(
    net: NetBuilder, suffix: str, features: str, *, images: int, how: Join = "concat"
) -> str:
    """Add one row of features a record: several views of one thing, before and after.

    Two layers for `concat`, where the order of the images tells; 3 + K for the others, where it
    does not (Su et al., Multi-view Convolutional Neural Networks for 3D Shape Recognition,
    2015).

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        features: K N x D, or with more axes, in the order of `single_images`.
        images: K.
        how: side by side, or the sum, mean, largest or product of each feature.

    Returns:
        The features of the records, N x K D or N x D.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> joined_features(NetBuilder("n", blobs=["fc7"]), "views", "fc7", images=4, how="max")
        'joined_views'
    """
    name = f"joined_{suffix}"
    if how == "concat":
        together = reshaped(net, f"records_{suffix}", features, [-1, images], axes=1)
        return reshaped(net, name, together, _ROWS)
    parts = features_of_images(net, suffix, features, images=images)
    if how == "mean":
        return mean_of(net, name, parts)
    return net.add("Eltwise", name, parts, eltwise_param={"operation": how.upper()})
