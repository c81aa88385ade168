"""What is done to images: what the task file says, and what it leaves to its backbone."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.backbones import Backbone
    from caffe_multilabel.tasks import Transform

__all__ = ["scale_warning", "settle_transform"]

_FAR = 16
"""Pixels so many times larger or smaller than a net was made for are no matter of taste."""


def settle_transform(
    asked: Transform, backbone: Backbone | None, record: tuple[int, int, int] | None
) -> Transform:
    """Fill in what a task file leaves to a built-in backbone by `defaults: backbone`.

    Args:
        asked: the task file's; what it gives, leads.
        backbone: the built-in; None for a net of the user's own.
        record: channels, height and width of the images in the image DB; None where that is not
            known yet. An image that is smaller than the backbone's crop is taken whole.
    """
    if asked.defaults is None or backbone is None:
        return asked
    found: dict[str, object] = {}
    given = asked.model_fields_set
    if "scale" not in given:
        found["scale"] = backbone.scale
    if not {"mean_value", "mean_file"} & given:
        channels = backbone.image[0] if record is None else record[0]
        means = backbone.mean_value
        fits = len(means) in (1, channels)
        found["mean_value"] = means if fits else (round(fmean(means), 2),)
    side = backbone.crop_size
    if "crop_size" not in given and side is not None:
        found["crop_size"] = side if record is None or side <= min(record[1:]) else None
    return asked.model_copy(update=found)


def scale_warning(transform: Transform, backbone: Backbone | None) -> str | None:
    """Return what is to be said of pixels far larger or smaller than a built-in was made for."""
    if backbone is None or 1 / _FAR < transform.scale / backbone.scale < _FAR:
        return None
    return (
        f"data.transform.scale is {transform.scale:g}; {backbone.name} was made for pixels times "
        f"{backbone.scale:g}, with mean_value {_numbers(backbone.mean_value)}, and may end in nan "
        "or learn nothing from others. transform: {defaults: backbone} takes what it was made for"
    )


def _numbers(means: tuple[float, ...]) -> str:
    return ", ".join(f"{mean:g}" for mean in means)
