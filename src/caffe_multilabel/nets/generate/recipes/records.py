"""Records of several images: one backbone sees all images, then each record gets its own back.

A record of K images is K times C channels of one Datum. The backbone runs once over a batch K times
as large, so its layers, their names and their weights are those of a net of single images. Losses
and gradients are those of K backbones that share their weights by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.recipes.arithmetic import flat, reshaped, sliced

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["combined_images", "features_of_images", "labels_of_images", "single_images"]


def single_images(net: NetBuilder, suffix: str, data: str, *, channels: int) -> str:
    """Add the images of all records as single ones. One layer.

    Args:
        net: the net.
        suffix: what the name of the layer ends with.
        data: N x K C x H x W.
        channels: C, of one image.

    Returns:
        The images, K N x C x H x W; those of one record lie side by side.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> single_images(NetBuilder("n", blobs=["data"]), "pairs", "data", channels=3)
        'images_pairs'
    """
    return reshaped(net, f"images_{suffix}", data, [-1, channels], axes=2)


def labels_of_images(net: NetBuilder, suffix: str, labels: str) -> str:
    """Add K label columns, one an image, as the labels of single images. One layer.

    Args:
        net: the net.
        suffix: what the name of the layer ends with.
        labels: N x K x 1 x 1.

    Returns:
        The labels, K N x 1, in the order of `single_images`.
    """
    return reshaped(net, f"image_labels_{suffix}", labels, [-1, 1])


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
    return tuple(flat(net, name, part) for name, part in zip(names, parts, strict=True))


def combined_images(net: NetBuilder, suffix: str, features: str, how: str, *, images: int) -> str:
    """Add one blob of features for each record. One layer, or three for a sum, maximum or product.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        features: K N x ..., in the order of `single_images`.
        how: `concat`, one behind the other; or `sum`, `max` or `prod`, value by value.
        images: K.

    Returns:
        The features of each record: N x K x ... for `concat`, else N x 1 x ..., of which an
        InnerProduct takes a record as one long vector.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> combined_images(NetBuilder("n", blobs=["fc7"]), "views", "fc7", "max", images=3)
        'images_views'
    """
    if how == "concat":
        return reshaped(net, f"images_{suffix}", features, [-1, images], axes=1)
    together = reshaped(net, f"records_{suffix}", features, [-1, images], axes=1)
    names = [f"image{number}_{suffix}" for number in range(1, images + 1)]
    parts = sliced(net, f"parts_{suffix}", together, names)
    fields = {"operation": how.upper()}
    return net.add("Eltwise", f"images_{suffix}", parts, eltwise_param=fields)
