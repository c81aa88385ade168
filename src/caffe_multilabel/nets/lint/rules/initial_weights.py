"""The weights of layers: how they start, and that TRAIN and TEST have the same."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.shapes import shape_text
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.layers.layer_type import Kind
    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.proto.types import (
        ConvolutionParameter,
        EmbedParameter,
        InnerProductParameter,
    )
    from caffe_multilabel.nets.lint.view import NetView, PhaseView

__all__ = ["NET_RULES", "PHASE_RULES"]

_FILLED: tuple[Kind, ...] = ("convolution", "dense")
"""Kinds of types that only pass a gradient down where their weights are not 0."""
_ANSWERS: tuple[Kind, ...] = ("loss", "accuracy", "output")
"""Kinds of types that read the scores of a last layer."""


def _zero_weights(view: PhaseView) -> Iterator[Problem]:
    zero = [node for node in view.graph.nodes if _starts_at_zero(view, node)]
    if zero and view.trains:
        more = f" and {len(zero) - 1} more layers have" if len(zero) > 1 else " has"
        yield Problem(
            zero[0],
            f"it{more} no weight_filler, so weights start at 0, and the layers below get no "
            "gradient until a caffemodel fills them",
            'write weight_filler { type: "xavier" }, unless all come from --weights',
        )


def _starts_at_zero(view: PhaseView, node: Node) -> bool:
    if node.entry is None or node.kind not in _FILLED:
        return False
    if not view.learns(node) or node.layer.blobs:
        return False
    message: ConvolutionParameter | EmbedParameter | InnerProductParameter = getattr(
        node.layer, node.entry.message
    )
    filler = message.weight_filler
    if filler.type != "constant" or filler.value != 0 or any(p.name for p in node.layer.param):
        return False
    # A last layer learns from 0 as well as from anything: its bottom is not 0.
    readers = {use.node.kind for top in node.tops for use in view.graph.readers(top)}
    return not readers or not readers.issubset(_ANSWERS)


def _phase_weights(view: NetView) -> Iterator[Problem]:
    train = view.train
    if train is None:
        return
    names = Counter(node.name for node in train.graph.nodes)
    trained = {
        node.name: train.measured.shapes[node.index].param_shapes
        for node in train.graph.nodes
        if names[node.name] == 1 and node.index in train.measured.shapes
    }
    tested = [(each.measured, node) for each in view.tests for node in each.graph.nodes]
    for found, node in tested:
        measured = found.shapes.get(node.index)
        shapes = () if measured is None else measured.param_shapes
        if not shapes:
            continue
        if node.name not in names:
            yield Problem(
                node,
                "phase TRAIN has no layer of this name, so phase TEST runs with the weights that "
                "its fillers gave",
                "give it the name of the layer that learns",
            )
        elif node.name in trained and trained[node.name] != shapes:
            here, there = (", ".join(map(shape_text, s)) for s in (shapes, trained[node.name]))
            yield Problem(
                node,
                f"its weights are {here} in TEST and {there} in TRAIN; Caffe stops",
                "make both phases alike, crop_size and the size of the images included",
                severity="error",
            )


PHASE_RULES = (
    Rule("zero-weights", "warning", "weights that start at 0 and stay there", _zero_weights),
)
NET_RULES = (
    Rule("phase-weights", "error", "TEST has other weights than TRAIN learns", _phase_weights),
)
