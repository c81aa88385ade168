"""Channels of an image that say where it was cut, set against labels: nothing may change them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers.joining import cut_axis
from caffe_multilabel.caffe.proto.blobs import read_mean
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.analysis.scaling import AS_STORED, Scaling, scaling_of
from caffe_multilabel.nets.analysis.sources import changed_values
from caffe_multilabel.nets.lint.findings import Problem, Rule
from caffe_multilabel.tasks.record_shape import MOST_PLACES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from caffe_multilabel.caffe.net_graph import Node, Wire
    from caffe_multilabel.nets.analysis.label_flow import LabelPart
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]

_MOST = MOST_PLACES - 1
"""The greatest place that a byte holds, where the size of the images is not known."""
_ROUNDING = 1e-4
_AXES = 4
"""Axes of a batch of images."""


def _ramp_values(view: PhaseView) -> Iterator[Problem]:
    for image in view.sources.images:
        transform = image.layer.transform_param
        means = list(transform.mean_value)
        if not changed_values(image):
            continue
        mean_image = _mean_image(str(transform.mean_file))
        for cut, part in _ramps(view, image):
            channels = cut.channels
            taken = [means[0] if len(means) == 1 else _at(means, number) for number in channels]
            mean = next((value for value in taken if not cut.restores(value, transform.scale)), 0.0)
            highest, most = _highest(view, part), _most(view, image) * cut.scaling.scale
            if mean_image is not None and mean_image[channels[0] : channels[-1] + 1].any():
                yield Problem(
                    image,
                    f"mean_file {transform.mean_file} is taken from {_named(channels)}, which "
                    f"{_AGAINST}",
                    "write mean_value once for each channel in its place, and 0 for "
                    f"{_named(channels)}",
                )
            elif mean:
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


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a Slice cuts of an image: its channels, and what layers before it make of values."""

    channels: range
    top: Wire
    scaling: Scaling

    def restores(self, mean: float, scale: float) -> bool:
        """Tell whether places are there as they were although a mean is taken from them."""
        shift = Scaling(scale, -mean * scale).then(self.scaling).shift
        return mean == 0 or abs(shift) <= _ROUNDING * abs(mean * scale * self.scaling.scale)


def _mean_image(path: str) -> NDArray[np.float32] | None:
    """Return a mean image; None where there is none, or none that can be read."""
    if not path or not Path(path).is_file():
        return None
    try:
        return read_mean(path)
    except PrototxtError:  # a rule of its own says so
        return None


def _at(means: list[float], channel: int) -> float:
    return means[channel] if channel < len(means) else 0.0


def _named(channels: range) -> str:
    first, last = channels[0], channels[-1]
    return f"channel {first}" if first == last else f"channels {first} to {last}"


def _ramps(view: PhaseView, image: Node) -> Iterator[tuple[_Cut, LabelPart]]:
    """Give the channels of an image that meet labels as they are, and those labels."""
    for cut in _cuts(view, image.tops[0], AS_STORED):
        below = view.graph.below([cut.top])
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
            yield cut, found


def _meets(view: PhaseView, node: Node, below: set[int]) -> bool:
    """Tell whether a layer takes something made of a ramp, and of nothing that learns."""
    for wire in node.bottoms:
        if wire is not None and wire.node in below:
            above = view.graph.above([wire])
            return not any(view.may_learn(view.graph.nodes[index]) for index in above)
    return False


def _cuts(view: PhaseView, image: Wire, scaling: Scaling) -> Iterator[_Cut]:
    """Give what a Slice cuts of an image, or of one that is scaled; of the last, one channel."""
    for use in view.graph.readers(image):
        scaled = scaling_of(use.node)
        if scaled is not None:
            yield from _cuts(view, use.node.tops[0], scaling.then(scaled))
        points = list(use.node.layer.slice_param.slice_point)
        if use.node.type == "Slice" and points and cut_axis(use.node.layer, _AXES) == 1:
            edges = [0, *points, points[-1] + 1]
            for number, top in enumerate(use.node.tops):
                yield _Cut(range(edges[number], edges[number + 1]), top, scaling)


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
