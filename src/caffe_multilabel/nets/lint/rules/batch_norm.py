"""BatchNorm: the Scale it lacks, and which statistics it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.layers.layer_type import Kind
    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]

_LINEAR: tuple[Kind, ...] = ("convolution", "dense")
"""Kinds of types whose own weights can do what Scale does."""


def _no_scale(view: PhaseView) -> Iterator[Problem]:
    bare = [
        node
        for node in _batch_norms(view)
        if (readers := _readers(view, node))
        and not any(reader.type in ("Scale", "Bias") for reader in readers)
    ]
    linear = [n for n in bare if all(r.kind in _LINEAR for r in _readers(view, n))]
    others = [node for node in bare if node not in linear]
    fix = "add a Scale layer with scale_param { bias_term: true } after each"
    if others:
        message = f"no Scale reads {_counted(others)}, which can then only give mean 0, variance 1"
        yield Problem(others[0], message, fix)
    if linear:
        message = f"no Scale reads {_counted(linear)}, and the weights of the next layer stand in"
        yield Problem(linear[0], message, fix, severity="info")


def _readers(view: PhaseView, node: Node) -> list[Node]:
    return [use.node for top in node.tops for use in view.graph.readers(top)]


def _frozen(view: PhaseView) -> Iterator[Problem]:
    learned = view.learned_layers() if view.trains else set()
    frozen = [
        node
        for node in _batch_norms(view)
        if node.layer.batch_norm_param.use_global_stats and node.index in learned
    ]
    if frozen:
        yield Problem(
            frozen[0],
            f"use_global_stats: true in phase TRAIN in {_counted(frozen)}, after layers that "
            "learn: the statistics stay those of the caffemodel, and without one they are 0 and "
            f"values are multiplied by {frozen[0].layer.batch_norm_param.eps ** -0.5:.3g}",
            "leave use_global_stats out, or freeze the layers before by lr_mult: 0",
        )


def _batch_in_test(view: PhaseView) -> Iterator[Problem]:
    wrong = [
        node
        for node in (_batch_norms(view) if view.phase == "TEST" else ())
        if node.layer.batch_norm_param.HasField("use_global_stats")
        and not node.layer.batch_norm_param.use_global_stats
    ]
    if wrong:
        yield Problem(
            wrong[0],
            f"use_global_stats: false in phase TEST in {_counted(wrong)}, so each answer depends "
            "on the other images of its batch",
            "leave use_global_stats out: Caffe then takes batch statistics in TRAIN only",
        )


def _batch_norms(view: PhaseView) -> Iterator[Node]:
    return (node for node in view.graph.nodes if node.type == "BatchNorm")


def _counted(nodes: list[Node]) -> str:
    """Name the first of some layers and say how many more there are."""
    if len(nodes) == 1:
        return f"'{nodes[0].name}'"
    return f"'{nodes[0].name}' and {len(nodes) - 1} more BatchNorm layers"


PHASE_RULES = (
    Rule("batchnorm-scale", "warning", "BatchNorm without Scale", _no_scale),
    Rule("batchnorm-frozen", "warning", "BatchNorm keeps old statistics in TRAIN", _frozen),
    Rule("batchnorm-test", "warning", "BatchNorm takes batch statistics in TEST", _batch_in_test),
)
