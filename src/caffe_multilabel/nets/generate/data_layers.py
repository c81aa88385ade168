"""The layers that feed the net: a pair of Data layers a phase, or one Input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.label_layers import LABEL
from caffe_multilabel.nets.generate.record_layers import records_blob

if TYPE_CHECKING:
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.nets.generate.builder import NetBuilder
    from caffe_multilabel.tasks import Data, RecordShape, Transform

__all__ = ["add_data_layers", "add_input", "number_blob"]


def add_data_layers(
    net: NetBuilder, data: Data, phase: Phase, image: str, *, channels: int
) -> None:
    """Add the image and the label layer of a phase.

    Both have the same batch size, so that they stay on the same record; nothing is done to labels
    on their way.

    Args:
        net: the net.
        data: the databases of each phase, and what is done to images.
        phase: a phase that has databases; images are mirrored in TRAIN only.
        image: name of the blob of the images.
        channels: channels of colour of an image.
    """
    source = data.train if phase == "TRAIN" else data.test
    if source is None:
        return
    shape = data.record
    mirror = data.transform.mirror and phase == "TRAIN"
    fields = _transform_param(data.transform, shape, channels, mirror=mirror)
    records = records_blob(shape, image)
    for top, path in ((records, source.images), (LABEL, source.labels)):
        net.add(
            "Data",
            top,
            (),
            [top, number_blob(top)] if data.canary else None,
            include=[{"phase": phase}],
            data_param={"source": path, "batch_size": source.batch_size, "backend": "LMDB"},
            transform_param=fields if top == records and fields else None,
        )


def number_blob(top: str) -> str:
    """Name the blob of the records' numbers, the second top of a Data layer."""
    return f"{top}_number"


def add_input(net: NetBuilder, image: str, shape: tuple[int, int, int]) -> None:
    """Add an Input layer for one image of channels x height x width."""
    net.add("Input", image, input_param={"shape": [{"dim": [1, *shape]}]})


def _transform_param(
    transform: Transform, shape: RecordShape, channels: int, *, mirror: bool
) -> dict[str, object]:
    fields: dict[str, object] = {"mirror": True} if mirror else {}
    for name in ("crop_size", "mean_file", "force_color", "force_gray"):
        if getattr(transform, name):
            fields[name] = getattr(transform, name)
    means = transform.mean_value
    if means and not shape.is_plain:
        # Caffe takes one mean for all channels, or one a channel.
        means = shape.mean_values(means, channels)
    if means:
        fields["mean_value"] = means
    if transform.scale != 1 and not shape.ramps:
        fields["scale"] = transform.scale
    return fields
