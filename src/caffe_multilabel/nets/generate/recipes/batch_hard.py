"""The triplet loss of single images: each batch finds its hardest triplets itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.recipes.arithmetic import (
    affine,
    difference,
    reduced,
    reshaped,
    weighted_sum,
)
from caffe_multilabel.nets.generate.recipes.embeddings import other_identity

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["batch_hard_triplet"]

# Above the largest squared distance of features of unit length, 4, and any sensible margin.
_OUT_OF_REACH = 10.0


def batch_hard_triplet(
    net: NetBuilder,
    suffix: str,
    features: str,
    identities: str,
    *,
    batch: int,
    margin: float,
    loss_weight: float = 1.0,
) -> str:
    """Add the batch-hard triplet loss. 26 layers.

    The mean over the records of max(0, margin + hardest positive - hardest negative): the largest
    squared distance to a record of the same identity, and the smallest to one of another (Hermans
    et al., In Defense of the Triplet Loss for Person Re-Identification, 2017). A record that is
    alone with its identity is its own positive, at a distance of 0; in a batch of one identity the
    loss is 0. The order of the DB must give each batch several records of an identity.

    All batch x batch x D differences are there at once: 64 records of 128 features are 2 MB.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        features: N x D, of unit length.
        identities: N x 1 x 1 x 1.
        batch: N, the same in both phases: the layers name it.
        margin: how much farther the negative shall be; below 6.
        loss_weight: the weight in the loss.

    Returns:
        The blob of the loss, without axes.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["unit_id", "label_id"])
        >>> batch_hard_triplet(net, "id", "unit_id", "label_id", batch=32, margin=0.2)
        'loss_id'
    """
    rows, columns = _rows_and_columns(net, f"features_{suffix}", features, batch)
    apart = difference(net, f"difference_{suffix}", rows, columns)
    distances = reduced(net, f"distances_{suffix}", apart, "SUMSQ", axis=2)
    rows, columns = _rows_and_columns(net, f"identity_{suffix}", identities, batch)
    other = reshaped(net, f"pairs_{suffix}", other_identity(net, suffix, rows, columns), [0, batch])
    # What must not be found is moved out of reach, and the largest is taken of what is left.
    far = affine(net, f"not_positive_{suffix}", other, scale=-_OUT_OF_REACH)
    positive = weighted_sum(net, f"positives_{suffix}", [distances, far], [1.0, 1.0])
    near = affine(net, f"not_negative_{suffix}", other, scale=_OUT_OF_REACH, shift=-_OUT_OF_REACH)
    negative = weighted_sum(net, f"negatives_{suffix}", [distances, near], [-1.0, 1.0])
    hardest = [
        _largest(net, f"hardest_positive_{suffix}", positive, batch),
        _largest(net, f"hardest_negative_{suffix}", negative, batch),
    ]
    order = weighted_sum(net, f"order_{suffix}", hardest, [1.0, 1.0])
    gap = affine(net, f"gap_{suffix}", order, shift=margin)
    hinge = net.add("ReLU", f"hinge_{suffix}", [gap])
    return reduced(net, f"loss_{suffix}", hinge, "MEAN", loss_weight=[loss_weight])


def _rows_and_columns(net: NetBuilder, suffix: str, blob: str, batch: int) -> tuple[str, str]:
    """Add N x N x D twice: by the record of the row, and by that of the column."""
    one = reshaped(net, f"row_of_{suffix}", blob, [0, 1, -1])
    rows = net.add("Tile", f"rows_{suffix}", [one], tile_param={"axis": 1, "tiles": batch})
    all_of = reshaped(net, f"all_{suffix}", blob, [1, batch, -1])
    columns = net.add("Tile", f"columns_{suffix}", [all_of], tile_param={"axis": 0, "tiles": batch})
    return rows, columns


def _largest(net: NetBuilder, name: str, blob: str, batch: int) -> str:
    """Add the largest number of each row of N x N."""
    image = reshaped(net, f"image_{name}", blob, [1, 1, batch, batch])
    wanted = {"pool": "MAX", "kernel_h": 1, "kernel_w": batch}
    return net.add("Pooling", name, [image], pooling_param=wanted)
