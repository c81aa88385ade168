"""The layers that feed the net: a pair of Data layers a phase, or one Input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.label_layers import LABEL

if TYPE_CHECKING:
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.nets.generate.builder import NetBuilder
    from caffe_multilabel.tasks import Data, Transform

__all__ = ["add_data_layers", "add_input"]


def add_data_layers(net: NetBuilder, data: Data, phase: Phase, image: str) -> None:
    """Add the image and the label layer of a phase.

    Both have the same batch size, so that they stay on the same record; nothing is done to labels
    on their way.

    Args:
        net: the net.
        data: the databases of each phase, and what is done to images.
        phase: a phase that has databases; images are mirrored in TRAIN only.
        image: name of the blob of the images.
    """
    source = data.train if phase == "TRAIN" else data.test
    if source is None:
        return
    fields = _transform_param(data.transform, mirror=data.transform.mirror and phase == "TRAIN")
    for top, path in ((image, source.images), (LABEL, source.labels)):
        net.add(
            "Data",
            top,
            include=[{"phase": phase}],
            data_param={"source": path, "batch_size": source.batch_size, "backend": "LMDB"},
            transform_param=fields if top == image and fields else None,
        )


def add_input(net: NetBuilder, image: str, shape: tuple[int, int, int]) -> None:
    """Add an Input layer for one image of channels x height x width."""
    net.add("Input", image, input_param={"shape": [{"dim": [1, *shape]}]})


def _transform_param(transform: Transform, *, mirror: bool) -> dict[str, object]:
    fields: dict[str, object] = {"mirror": True} if mirror else {}
    for name in ("crop_size", "mean_file", "force_color", "force_gray"):
        if getattr(transform, name):
            fields[name] = getattr(transform, name)
    if transform.mean_value:
        fields["mean_value"] = transform.mean_value
    if transform.scale != 1:
        fields["scale"] = transform.scale
    return fields
