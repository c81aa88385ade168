"""A figure in the log that tells whether images and labels are of the same records."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["canary"]


def canary(net: NetBuilder, name: str, numbers: tuple[str, str]) -> str:
    """Add a figure that is 0 as long as both DBs are read at the same record. One layer.

    Both DBs hold each record's number as the label of its Datum. It is EuclideanLoss of the two
    without a weight: 0 exactly for numbers up to 2^24, and k^2 / 2 for labels that are k records
    behind. A label DB that is a record too short shows from its first wrap on.

    Args:
        net: the net.
        name: the layer and its top, as the log prints it.
        numbers: the second tops of the Data layers of images and of labels, N each.

    Returns:
        The blob of the figure, without axes.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["data_number", "label_number"])
        >>> canary(net, "canary", ("data_number", "label_number"))
        'canary'
    """
    return net.add("EuclideanLoss", name, numbers, loss_weight=[0.0])
