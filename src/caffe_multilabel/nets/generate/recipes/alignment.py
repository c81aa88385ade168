"""A figure in the log that tells whether images and labels are of the same records."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["canary"]


def canary(net: NetBuilder, name: str, number: str, column: str) -> str:
    """Add a figure that is 0 as long as both DBs are read at the same record. One layer.

    The image DB holds each record's number as the label of its Datum, the label DB in a column. It
    is EuclideanLoss of the two without a weight: 0 exactly for numbers up to 2^24, and k^2 / 2 for
    labels that are k records behind. A label DB that is a record too short shows from its first
    wrap on. The label DB's values must not be scaled.

    Args:
        net: the net.
        name: the layer and its top, as the log prints it.
        number: the second top of the Data layer of the images, N.
        column: the label column, N x 1 x 1 x 1.

    Returns:
        The blob of the figure, without axes.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["number", "label_number"])
        >>> canary(net, "canary", "number", "label_number")
        'canary'
    """
    return net.add("EuclideanLoss", name, [number, column], loss_weight=[0.0])
