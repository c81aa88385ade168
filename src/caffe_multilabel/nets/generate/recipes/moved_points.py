"""Landmarks that stay right under random crop and mirror.

A Data layer crops and mirrors the image, and nobody tells the labels. Two more channels of the
image do: ramps, where each pixel holds its column and its row in the stored image. They are cropped
and mirrored with it, and what their corners hold says where the crop was. Bytes count to 255, so
images are up to 256 pixels wide and high. The Data layer must not scale the values, and must
subtract no mean of the ramps.

Landmarks are x, y, x, y, ... in pixels of the stored image; the net learns their places in the
crop, 0 at the middle of the first pixel and 1 at that of the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from caffe_multilabel.nets.generate.recipes.arithmetic import (
    affine,
    broadcast_product,
    constants,
    difference,
    flat,
    product,
    reduced,
    reshaped,
    sliced,
    step,
    weighted_sum,
)
from caffe_multilabel.nets.generate.recipes.points import reordered_points
from caffe_multilabel.tasks.record_shape import RAMPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = [
    "Crop",
    "crop_of_ramps",
    "exchanged_points",
    "image_and_ramps",
    "mirrored_crop",
    "moved_points",
    "points_in_pixels",
]


class Crop(NamedTuple):
    """Where the crop of each record was: two blobs, x and y, N x 2.

    Attributes:
        origin: column and row of the crop's first pixel.
        span: how many columns and rows lie from the first pixel to the last; columns below 0 where
            the record is mirrored.
        size: height and width of the crop, in pixels.
    """

    origin: str
    span: str
    size: tuple[int, int]


def image_and_ramps(
    net: NetBuilder,
    suffix: str,
    data: str,
    *,
    channels: int,
    scale: float = 1.0,
    top: str | None = None,
) -> tuple[str, str]:
    """Add the image and the ramps of a Data layer's blob. One layer, two with a scale.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        data: N x (C + 2) x H x W.
        channels: C.
        scale: what the image is multiplied by, in place of the Data layer's own scale.
        top: the name of the image's blob, such as a backbone reads; the layer's own if None.

    Returns:
        The image, N x C x H x W, and the ramps, N x 2 x H x W: columns, then rows.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["stack"])
        >>> image_and_ramps(net, "data", "stack", channels=3, top="data")
        ('data', 'ramps_data')
    """
    name = f"image_{suffix}"
    image, ramps = top or name, f"ramps_{suffix}"
    names = [image if scale == 1 else f"pixels_{suffix}", ramps]
    first, _ = sliced(net, f"slice_ramps_{suffix}", data, names, points=[channels])
    if scale != 1:
        affine(net, name, first, scale=scale, tops=[image])
    return image, ramps


def crop_of_ramps(net: NetBuilder, suffix: str, ramps: str, *, height: int, width: int) -> Crop:
    """Add what the corners of the ramps hold. Seven layers, once for all landmarks.

    A Pooling with kernels of one pixel, as far apart as the image is large, gives the corners.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        ramps: N x 2 x H x W, the columns and then the rows.
        height: H, after any crop; above 1.
        width: W.

    Returns:
        The place of the crop.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> crop_of_ramps(NetBuilder("n", blobs=["ramps"]), "data", "ramps", height=224, width=224)
        Crop(origin='crop_origin_data', span='crop_span_data', size=(224, 224))
    """
    wanted = {
        "pool": "MAX",
        "kernel_size": 1,
        "stride_h": height - 1,
        "stride_w": width - 1,
    }
    corners = net.add("Pooling", f"corners_{suffix}", [ramps], pooling_param=wanted)
    corners = reshaped(net, f"corner_pairs_{suffix}", corners, [0, RAMPS, 4])
    names = [f"corner_{which}_{suffix}" for which in ("first", "others", "last")]
    first, others, last = sliced(
        net, f"slice_corners_{suffix}", corners, names, axis=2, points=[1, 3]
    )
    net.add("Silence", f"silence_corners_{suffix}", [others], ())
    origin = flat(net, f"crop_origin_{suffix}", first)
    end = flat(net, f"crop_end_{suffix}", last)
    span = difference(net, f"crop_span_{suffix}", end, origin)
    return Crop(origin, span, (height, width))


def moved_points(net: NetBuilder, suffix: str, labels: str, crop: Crop, *, points: int) -> str:
    """Add the landmarks as places in the crop. Six layers, for any number of points.

    A point outside of the crop is below 0 or above 1.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        labels: N x 2 P x 1 x 1.
        crop: where the crop was.
        points: P.

    Returns:
        The places, N x 2 P.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["label_face", "origin", "span"])
        >>> crop = Crop("origin", "span", (224, 224))
        >>> moved_points(net, "face", "label_face", crop, points=5)
        'moved_face'
    """
    truth = flat(net, f"stored_{suffix}", labels)
    origins = _tiled(net, f"origins_{suffix}", crop.origin, points)
    inverse = affine(net, f"per_span_{suffix}", crop.span, power=-1.0)
    inverses = _tiled(net, f"per_spans_{suffix}", inverse, points)
    apart = difference(net, f"from_origin_{suffix}", truth, origins)
    return product(net, f"moved_{suffix}", [apart, inverses])


def points_in_pixels(
    net: NetBuilder, suffix: str, places: str, size: tuple[int, int], *, points: int, **fields: Any
) -> str:
    """Add places in a crop in pixels from its first one. One layer, five if it is no square.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        places: N x 2 P, as `moved_points` gives them.
        size: height and width of the crop.
        points: P.
        **fields: further fields of the layers.

    Returns:
        The places, N x 2 P.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["moved_face"])
        >>> points_in_pixels(net, "face", "moved_face", (224, 224), points=5)
        'pixels_face'
    """
    height, width = size
    name = f"pixels_{suffix}"
    if height == width:
        return affine(net, name, places, scale=width - 1, **fields)
    pairs = reshaped(net, f"places_{suffix}", places, [0, points, 2], **fields)
    spans = constants(net, f"spans_{suffix}", [width - 1, height - 1], **fields)
    wanted = {"axis": 2}
    scaled = net.add("Scale", f"scaled_{suffix}", [pairs, spans], scale_param=wanted, **fields)
    return reshaped(net, name, scaled, [0, 2 * points], **fields)


def mirrored_crop(net: NetBuilder, suffix: str, crop: Crop) -> str:
    """Add 1 for records that are mirrored and 0 for others. Three layers.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        crop: where the crop was.

    Returns:
        A blob of N numbers.
    """
    # Rows always run downwards: 2 spans are above 0 as stored, and 1 where mirrored.
    upright = step(net, f"upright_spans_{suffix}", crop.span, 0.0)
    count = reduced(net, f"upright_count_{suffix}", upright, "SUM", axis=1)
    return affine(net, f"mirrored_{suffix}", count, scale=-1.0, shift=2.0)


def exchanged_points(
    net: NetBuilder,
    suffix: str,
    columns: str,
    mirrored: str,
    *,
    points: int,
    pairs: Iterable[tuple[int, int]],
) -> str:
    """Add columns of points, left and right exchanged in mirrored records. Seven layers.

    What was the left eye is the right one in a mirrored image. Places and masks of points alike.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        columns: N x k P, or N x k P x 1 x 1: k numbers a point, 2 for places and 1 for masks.
        mirrored: as `mirrored_crop` gives it.
        points: P.
        pairs: indices of points that are each other's mirror images, each point once at most.

    Returns:
        The columns, N x k P; `columns` itself if there are no pairs.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["moved_face", "mirrored_data"])
        >>> exchanged_points(
        ...     net, "face", "moved_face", "mirrored_data", points=5, pairs=[(0, 1), (3, 4)]
        ... )
        'exchanged_face'
    """
    order = list(range(points))
    for left, right in pairs:
        order[left], order[right] = order[right], order[left]
    if order == list(range(points)):
        return columns
    places = reshaped(net, f"points_{suffix}", columns, [0, points, -1])
    swapped = reordered_points(net, suffix, places, order)
    gap = difference(net, f"gap_{suffix}", swapped, places)
    move = broadcast_product(net, f"move_{suffix}", gap, mirrored)
    result = weighted_sum(net, f"exchanged_points_{suffix}", [places, move], [1.0, 1.0])
    return flat(net, f"exchanged_{suffix}", result)


def _tiled(net: NetBuilder, name: str, pair: str, points: int) -> str:
    """Add x, y of each record P times: N x 2 P."""
    return net.add("Tile", name, [pair], tile_param={"axis": 1, "tiles": points})
