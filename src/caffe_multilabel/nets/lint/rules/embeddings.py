"""The rows of Embed layers against the labels that choose among them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from caffe_multilabel.nets.analysis.scaling import AS_STORED
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.nets.analysis.label_flow import LabelPart
    from caffe_multilabel.nets.lint.label_facts import LabelFacts
    from caffe_multilabel.nets.lint.view import NetView, PhaseView

__all__ = ["NET_RULES"]


def _embed_classes(view: NetView) -> Iterator[Problem]:
    found = [item for phase in view.phases for item in _readers(phase)]
    # Labels of one phase tell more than the classes that the other has by its tasks and losses.
    known = {item.node.name for item in found if item.facts is not None}
    for item in found:
        if item.facts is not None:
            yield from _beyond_labels(item.node, item.part, item.facts)
        elif item.node.name not in known and item.part.scaling == AS_STORED:
            yield from _beyond_classes(item, view.tasks)


class _Reader(NamedTuple):
    """An Embed layer that reads labels, and what is known of them."""

    phase: PhaseView
    node: Node
    part: LabelPart
    facts: LabelFacts | None


def _readers(phase: PhaseView) -> Iterator[_Reader]:
    for node in phase.graph.nodes:
        wire = node.bottom(0) if node.type == "Embed" else None
        part = None if wire is None else phase.columns.get(wire)
        if part is not None and node.layer.embed_param.input_dim:  # shapes tell where it is 0
            facts = phase.label_facts(part.source)
            yield _Reader(phase, node, part, facts if facts and facts.columns else None)


def _rows(node: Node) -> str:
    return f"it has rows for 0 to {node.layer.embed_param.input_dim - 1}"


def _beyond_labels(node: Node, part: LabelPart, facts: LabelFacts) -> Iterator[Problem]:
    """Compare with the labels of a DB: the greatest, and the least where it is below 0."""
    columns = dict.fromkeys(part.columns.ravel().tolist())
    seen = [
        (column, each)
        for column in columns
        for each in facts.columns[column].scaled(part.scaling).values
    ]
    if not seen:
        return
    column, most = max(seen, key=lambda item: item[1].value)
    if math.trunc(most.value) >= node.layer.embed_param.input_dim:
        yield Problem(
            node,
            f"label column {column} of {facts.path} goes up to {most} (first in record "
            f"{most.key}), and {_rows(node)}",
            _input_dim(math.trunc(most.value) + 1),
        )
    column, least = min(seen, key=lambda item: item[1].value)
    if math.trunc(least.value) < 0:
        yield Problem(
            node,
            f"label column {column} of {facts.path} holds {least} (first in record {least.key}), "
            f"and {_rows(node)}",
            "leave those records out, or give what has no class one of its own",
        )


def _beyond_classes(item: _Reader, tasks: LabelSchema | None) -> Iterator[Problem]:
    """Compare with the classes of the tasks that have the labels, or else of their losses."""
    phase, node, part, _ = item
    columns = set(part.columns.ravel().tolist())
    named = tasks.tasks if tasks is not None and len(phase.labels) == 1 else ()
    classes = {
        f"task '{task.name}'": task.classes
        for task in named
        if task.classes and columns & set(task.columns)
    } or {
        f"{head.node.type} '{head.node.name}' of the same labels": head.outputs
        for head in phase.heads
        if head.traits.kind == "class"
        and head.outputs is not None
        and head.source is part.source
        and head.scaling == AS_STORED
        and columns & set(head.columns or ())
    }
    name, most = max(classes.items(), key=lambda each: each[1], default=("", 0))
    if most > node.layer.embed_param.input_dim:
        yield Problem(node, f"{name} has {most} classes, and {_rows(node)}", _input_dim(most))


def _input_dim(rows: int) -> str:
    return f"make input_dim {rows}, or correct the labels"


NET_RULES = (
    Rule("embed-classes", "error", "labels that an Embed layer has no row for", _embed_classes),
)
