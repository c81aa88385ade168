"""The stored images against what the image layer does with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel._core import common_decodings
from caffe_multilabel.caffe.proto.blobs import read_mean
from caffe_multilabel.caffe.shapes import shape_text
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.shapes import Shape
    from caffe_multilabel.nets.lint.databases import ImageFacts
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]


def _crop_size(view: PhaseView) -> Iterator[Problem]:
    for node, facts in _with_facts(view):
        crop = node.layer.transform_param.crop_size
        small = next((item for item in facts.shapes.items() if min(item[1][1:]) < crop), None)
        if small is not None:
            key, shape = small
            yield Problem(
                node,
                f"crop_size is {crop}, and the image of record {key} is {shape[2]}x{shape[1]}",
                f"convert with larger images, or make crop_size {min(shape[1:])} at most",
            )


def _image_sizes(view: PhaseView) -> Iterator[Problem]:
    for node, facts in _with_facts(view):
        layer = node.layer
        first = next(iter(facts.shapes.values()))
        other = next((item for item in facts.shapes.items() if item[1][1:] != first[1:]), None)
        if other is None or layer.data_param.batch_size == 1 or layer.transform_param.crop_size:
            continue
        key, shape = other
        yield Problem(
            node,
            f"the first image is {first[2]}x{first[1]}, that of record {key} "
            f"{shape[2]}x{shape[1]}, and images of one batch must be of one size",
            "convert with --resize_height and --resize_width, or set crop_size",
        )


def _image_channels(view: PhaseView) -> Iterator[Problem]:
    """Find an image that Caffe stops at: in its batch, or at the next layer with weights."""
    for node, facts in _with_facts(view):
        first = next(iter(facts.shapes.values()))
        other = next((item for item in facts.shapes.items() if item[1][0] != first[0]), None)
        if other is None:
            continue
        key, shape = other
        forced = "" if facts.decoding == "stored" else f"force_{facts.decoding}"
        under = f" under {forced}" if forced else ""
        yield Problem(
            node,
            f"the first image has {plural(first[0], 'channel')}, that of record {key} {shape[0]}"
            f"{under}; Caffe stops at it",
            "convert anew, which makes all images color, or gray with --gray"
            f"{_other_forcing(facts, forced)}",
        )


def _other_forcing(facts: ImageFacts, forced: str) -> str:
    """Say what to set that makes all images alike, if anything does."""
    images = [(image.shape[0], image.encoded) for image in facts.images.values()]
    suiting = [name for name in common_decodings(images) if name != "stored"]
    if not suiting:
        return ""
    place = f" in place of {forced}" if forced else ""
    return f"; or set {' or '.join(f'force_{name}' for name in suiting)}{place}"


def _unusable(view: PhaseView) -> Iterator[Problem]:
    for node in view.sources.data:
        facts = view.databases.images_of(node, view.sources)
        if facts is None or not facts.unusable:
            continue
        first = facts.unusable[0]
        others = len(facts.unusable) - 1
        more = f" and {plural(others, 'more record')}" if others else ""
        forcible = all(record.forcible for record in facts.unusable)
        forced = ", or set force_color or force_gray, which make it 8 bits" if forcible else ""
        part = "" if facts.looked_at == facts.records else f"the first {facts.looked_at} of "
        yield Problem(
            node,
            f"Caffe cannot use record {first.key}{more} of {facts.path}: {first.problem}; "
            f"looked at: {part}{plural(facts.records, 'record')}",
            f"convert it anew{forced}; caffe-multilabel verify names all such records of a pair",
        )


def _mean_size(view: PhaseView) -> Iterator[Problem]:
    for node, facts in _with_facts(view):
        path = node.layer.transform_param.mean_file
        if not path or not Path(path).is_file():
            continue
        mean = _mean_shape(path)
        wrong = (
            (key, shape) for key, shape in facts.shapes.items() if mean is None or shape != mean
        )
        key, shape = next(wrong, ("", None))
        if mean is None:
            message = f"mean_file {path} holds no mean image"
        elif shape is not None:
            message = (
                f"mean_file {path} is {shape_text(mean)}, and the image of record {key} "
                f"{shape_text(shape)}; it must be of the stored images, before the crop"
            )
        else:
            continue
        yield Problem(
            node, message, "make it anew from the image DB: caffe-multilabel mean DB MEAN_FILE"
        )


def _mean_shape(path: str) -> Shape | None:
    try:
        channels, height, width = read_mean(path).shape
    except PrototxtError:
        return None
    return channels, height, width


def _with_facts(view: PhaseView) -> Iterator[tuple[Node, ImageFacts]]:
    """Give the Data layers that are for images, with their DBs, as far as they are there."""
    for node in view.sources.data:
        facts = view.databases.images_of(node, view.sources)
        if facts is not None and facts.images and not facts.floats:
            yield node, facts


PHASE_RULES = (
    Rule("unusable-record", "error", "image records that Caffe cannot use", _unusable),
    Rule("crop-size", "error", "crop_size is larger than a stored image", _crop_size),
    Rule("picture-sizes", "error", "images of unlike sizes meet in a batch", _image_sizes),
    Rule("picture-channels", "error", "images of unlike channels in one DB", _image_channels),
    Rule("mean-size", "error", "mean_file is not of the stored images' size", _mean_size),
)
