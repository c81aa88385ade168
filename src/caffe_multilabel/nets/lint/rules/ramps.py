"""Channels of an image that say where it was cut, set against labels: nothing may change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers.joining import cut_axis
from caffe_multilabel.nets.lint.findings import Problem, Rule
from caffe_multilabel.tasks.record_shape import MOST_PLACES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_graph import Node, Wire
    from caffe_multilabel.nets.analysis.label_flow import LabelPart
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]

_MOST = MOST_PLACES - 1
"""The greatest place that a byte holds, where the size of the images is not known."""
_AXES = 4
"""Axes of a batch of images."""


def _ramp_values(view: PhaseView) -> Iterator[Problem]:
    for image in view.sources.images:
        transform = image.layer.transform_param
        means = list(transform.mean_value)
        if transform.scale == 1 and not any(means):
            continue
        for channels, part in _ramps(view, image):
            taken = [means[0] if len(means) == 1 else _at(means, number) for number in channels]
            mean = next((value for value in taken if value), None)
            highest, most = _highest(view, part), _most(view, image)
            if mean is not None:
                yield Problem(
                    image,
                    f"mean_value {mean:g} is taken from {_named(channels)}, which {_AGAINST}",
                    "write mean_value once for each channel, and 0 for "
                    f"{_named(channels)}; or let a Power layer shift the image behind the Slice",
                )
            elif highest is not None and _is_stored(highest, most, transform.scale):
                yield Problem(
                    image,
                    f"scale {transform.scale:g} makes {most * transform.scale:.3g} at most of "
                    f"{_named(channels)}, which {_AGAINST}, and labels go up to {highest:g}",
                    "delete scale here, and let a Power layer scale the image behind the Slice",
                )


def _is_stored(highest: float, most: float, scale: float) -> bool:
    """Tell whether labels are pixels as stored, and not scaled as the places are."""
    return scale != 1 and (highest > most * scale or (scale > 1 and highest <= most))


def _most(view: PhaseView, image: Node) -> float:
    """Return the greatest place in the images of a layer."""
    facts = view.databases.images_of(image, view.sources)
    example = None if facts is None else facts.example()
    return _MOST if example is None else max(example.shape[1:]) - 1


_AGAINST = "the net sets against labels, as places in the image"


def _at(means: list[float], channel: int) -> float:
    return means[channel] if channel < len(means) else 0.0


def _named(channels: range) -> str:
    first, last = channels[0], channels[-1]
    return f"channel {first}" if first == last else f"channels {first} to {last}"


def _ramps(view: PhaseView, image: Node) -> Iterator[tuple[range, LabelPart]]:
    """Give the channels of an image that meet labels as they are, and those labels."""
    parts = list(_parts(view, image))
    for channels, top in parts:
        below = view.graph.below([top])
        found = next(
            (
                view.columns[labels]
                for index in sorted(below)
                for labels in view.graph.nodes[index].bottoms
                if labels in view.columns and _meets(view, view.graph.nodes[index], below)
            ),
            None,
        )
        if found is not None:
            yield channels, found


def _meets(view: PhaseView, node: Node, below: set[int]) -> bool:
    """Tell whether a layer takes something made of a ramp, and of nothing that learns."""
    for wire in node.bottoms:
        if wire is not None and wire.node in below:
            above = view.graph.above([wire])
            return not any(view.may_learn(view.graph.nodes[index]) for index in above)
    return False


def _parts(view: PhaseView, image: Node) -> Iterator[tuple[range, Wire]]:
    """Give what a Slice cuts of an image, with its channels; of the last, only the first one."""
    for use in view.graph.readers(image.tops[0]):
        points = list(use.node.layer.slice_param.slice_point)
        if use.node.type == "Slice" and points and cut_axis(use.node.layer, _AXES) == 1:
            edges = [0, *points, points[-1] + 1]
            for number, top in enumerate(use.node.tops):
                yield range(edges[number], edges[number + 1]), top


def _highest(view: PhaseView, part: LabelPart) -> float | None:
    """Return the greatest of some labels; None where that is not known."""
    facts = view.label_facts(part.source)
    if facts is None or not facts.columns:
        return None
    columns = (facts.columns[number] for number in part.columns.ravel().tolist())
    values = [column.scaled(part.scaling).values[-1:] for column in columns]
    return max((seen.value for last in values for seen in last), default=None)


PHASE_RULES = (
    Rule("ramp-values", "error", "a transform of channels that tell where a crop is", _ramp_values),
)
