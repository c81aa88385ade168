"""What `transform_param` does to images, and must not do to labels."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.named_fields import submessage
from caffe_multilabel.nets.analysis.sources import changed_values
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.nets.analysis.score_heads import Head
    from caffe_multilabel.nets.lint.view import NetView, PhaseView

__all__ = ["NET_RULES", "PHASE_RULES"]

_LABEL_FIX = "delete transform_param here; prepare labels before they are converted"
_IDLE_ON_LABELS = ("mirror", "force_color", "force_gray")
_MOVED_FIELDS = ("scale", "mean_file", "crop_size", "mirror")


def _label_transform(view: PhaseView) -> Iterator[Problem]:
    for node in view.sources.labels:
        transform = node.layer.transform_param
        if transform.crop_size > 1:
            yield Problem(
                node,
                f"crop_size {transform.crop_size} on labels: Caffe stops, or cuts label maps at "
                "another place than the images",
                _LABEL_FIX,
            )
        if transform.mirror and _is_map(view, node):
            yield Problem(
                node, "mirror flips label maps at random, apart from their images", _LABEL_FIX
            )
        changed = changed_values(node)
        if changed and transform.scale != 0:  # of which a rule of its own speaks
            yield _changed_labels(view, node, changed)
        idle = [name for name in _IDLE_ON_LABELS if getattr(transform, name)]
        if idle and not _is_map(view, node):
            yield Problem(node, f"{', '.join(idle)} on labels", _LABEL_FIX, severity="warning")


def _changed_labels(view: PhaseView, node: Node, changed: str) -> Problem:
    """Say that a layer changes its labels, which may be meant: as bytes they may hold 0 and 255.

    Where the DB tells what becomes of them, rules on labels look at that.
    """
    what = f"{changed} changes the labels on their way into the net"
    facts = view.label_facts(node)
    if facts is not None and facts.columns:
        return Problem(
            node,
            f"{what}, and it is the changed ones that were compared with its losses",
            "leave it so if that is meant, or prepare labels before they are converted",
            severity="info",
        )
    if node.layer.transform_param.mean_file:
        heads = [head for head in view.heads if head.labels in view.columns]
        only_real = all(head.traits.kind == "real" for head in heads)
        return Problem(node, what, _LABEL_FIX, severity="warning" if only_real else None)
    return Problem(
        node,
        f"{what}, and what they then are was not checked",
        "name the label DB, to have them checked as the net reads them; if they need no change, "
        "delete transform_param here",
        severity="warning",
    )


def _is_map(view: PhaseView, node: Node) -> bool:
    measured = view.measured.shapes.get(node.index)
    return measured is not None and math.prod(measured.top_shapes[0][2:]) > 1


def _positions(view: PhaseView, image: Node) -> list[str]:
    """Return the regressions of several values that an image's labels are for."""
    partners = [pair.labels for pair in view.sources.pairs if pair.images is image]
    wires = set(chain.from_iterable(node.tops for node in partners))
    below = view.graph.below(wires)
    heads = [
        head.node.name
        for head in view.heads
        if head.traits.kind == "real"
        and head.node.index in below
        and max(head.outputs or 0, len(head.columns or ()) // head.items) > 1
        and not _moves_along(view, head, image)
    ]
    return heads or [node.name for node in view.graph.nodes if _is_error(view, node, partners)]


def _is_error(view: PhaseView, node: Node, partners: list[Node]) -> bool:
    """Tell whether a layer takes several labels from predictions, as for a smooth L1 loss."""
    message = node.layer.eltwise_param
    if node.type != "Eltwise" or len(message.coeff) != 2 or math.prod(message.coeff) >= 0:
        return False
    parts = [view.columns.get(wire) if wire else None for wire in node.bottoms]
    labels = [
        part for part in parts if part and part.source in partners and part.columns[0].size > 1
    ]
    others = [wire for wire, part in zip(node.bottoms, parts, strict=True) if wire and not part]
    above = (view.graph.nodes[index] for index in view.graph.above(others))
    return len(labels) == 1 and any(map(view.may_learn, above))


def _moves_along(view: PhaseView, head: Head, image: Node) -> bool:
    """Tell whether labels are made of values of the image too, as of ramps that move with it."""
    for wire in head.node.bottoms:
        above = view.graph.above([wire] if wire else [])
        learnt = any(view.may_learn(view.graph.nodes[index]) for index in above)
        if image.index in above and not learnt:
            return True
    return False


def _mirror(view: PhaseView) -> Iterator[Problem]:
    for node in view.sources.images:
        heads = _positions(view, node) if node.layer.transform_param.mirror else []
        if heads:
            yield Problem(
                node,
                f"mirror flips half of the images, and the labels of {_listed(heads)} stay; "
                "positions would be learnt on the wrong side",
                "delete mirror, or put flipped images with labels of their own into the DBs",
            )


def _moved(view: PhaseView) -> Iterator[Problem]:
    facts = view.databases.images
    for node in view.sources.images if facts is not None else ():
        crop = node.layer.transform_param.crop_size
        sizes = [] if facts is None or not crop else [shape[1:] for shape in facts.shapes.values()]
        larger = next((size for size in sizes if max(size) > crop), None)
        heads = _positions(view, node) if larger else []
        if larger and heads:
            position = "the middle" if view.phase == "TEST" else "a place drawn at random"
            yield Problem(
                node,
                f"crop_size {crop} cuts images of {larger[1]}x{larger[0]} at {position}, and the "
                f"labels of {_listed(heads)} stay; positions would be off",
                f"convert the images to {crop}x{crop} with their labels, and delete crop_size",
            )


def _test_mirror(view: PhaseView) -> Iterator[Problem]:
    for node in view.sources.images if view.phase == "TEST" else ():
        if node.layer.transform_param.mirror:
            yield Problem(
                node,
                "mirror flips images at random in phase TEST too, so the accuracy changes from "
                "run to run",
                "delete mirror from the layer of phase TEST",
            )


def _phase_transform(view: NetView) -> Iterator[Problem]:
    train = view.train
    for test in view.tests if train is not None else ():
        if train is None or not len(train.sources.images) == len(test.sources.images) == 1:
            continue
        first, second = train.sources.images[0], test.sources.images[0]
        for field in ("mean_file", "mean_value", "scale", "crop_size"):
            here, there = (_written(node.layer, field) for node in (second, first))
            if here != there:
                yield Problem(
                    second,
                    f"TEST has {field} {here}, and TRAIN {there}, so the net is tested on other "
                    "images than it learns from",
                    f"write the same {field} in both",
                )


def _written(layer: LayerParameter, field: str) -> str:
    transform = layer.transform_param
    if field == "mean_value":
        return ", ".join(f"{part:g}" for part in transform.mean_value) or "none"
    value: object = getattr(transform, field)
    return f"{value:g}" if isinstance(value, float) else str(value or "none")


def _unread_fields(view: PhaseView) -> Iterator[Problem]:
    for node in view.graph.nodes:
        if node.entry is None or not node.entry.transformed:
            continue
        field, own_scale = node.entry.message, node.entry.own_scale
        if own_scale and node.layer.transform_param.scale != 1:
            yield Problem(
                node,
                f"scale in transform_param, where Caffe does not read it for {node.type}, nor does "
                "it move there what a V1 net has; it does nothing",
                f"move it into {field} of a net in the current format",
            )
        fields = {known.name for known, _ in submessage(node.layer, field).ListFields()}
        read = {"scale"} if own_scale else set()
        unread = [name for name in _MOVED_FIELDS if name in fields - read]
        if unread:
            yield Problem(
                node,
                f"{', '.join(unread)} in {field}, where Caffe reads it in V1 nets only; it does "
                "nothing",
                "move it into transform_param",
            )


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


PHASE_RULES = (
    Rule("label-transform", "error", "a transform meant for images on labels", _label_transform),
    Rule("mirror", "warning", "mirror with labels that are positions", _mirror),
    Rule("crop-moves", "warning", "a crop that moves, with labels that are positions", _moved),
    Rule("test-mirror", "warning", "mirror in phase TEST", _test_mirror),
    Rule("unread-transform", "warning", "a transform where Caffe does not read it", _unread_fields),
)
NET_RULES = (
    Rule("phase-transform", "warning", "TRAIN and TEST prepare images unlike", _phase_transform),
)
