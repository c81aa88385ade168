"""From the records of a batch to the images that the backbone sees, and what tells where they were.

A record may hold several images, one behind the other in its channels, which the net takes apart;
and each image two channels of ramps, which are cropped and mirrored with it and cut off again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.recipes.moved_points import crop_of_ramps, image_and_ramps
from caffe_multilabel.nets.generate.recipes.records import single_images

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder
    from caffe_multilabel.nets.generate.recipes.moved_points import Crop
    from caffe_multilabel.tasks import RecordShape

__all__ = ["RECORDS", "add_images", "records_blob"]

RECORDS = "records"
"""The blob of records that are more than one image each."""


def records_blob(shape: RecordShape, image: str) -> str:
    """Name the blob that a Data layer makes of images, whose own blob is `image`."""
    return image if shape.is_plain else RECORDS


def add_images(
    net: NetBuilder,
    shape: RecordShape,
    image: str,
    size: tuple[int, int, int],
    *,
    scale: float = 1.0,
    places: bool = False,
) -> Crop | None:
    """Make images of records, where they are more than that.

    Args:
        net: a net that has the blob of the records.
        shape: how a record is made up.
        image: the blob to make, of the images.
        size: channels, height and width of an image as it enters the net.
        scale: the factor on pixels where there are ramps: Data would scale these as well.
        places: whether anybody asks where images were cut.

    Returns:
        Where the images were cut, if that was asked.
    """
    if shape.is_plain:
        return None
    if not shape.ramps:
        single_images(net, RECORDS, RECORDS, channels=size[0], top=image)
        return None
    _, ramps = image_and_ramps(net, RECORDS, RECORDS, channels=size[0], scale=scale, top=image)
    if not places:
        net.add("Silence", "silence_ramps", [ramps], ())
        return None
    return crop_of_ramps(net, RECORDS, ramps, height=size[1], width=size[2])
