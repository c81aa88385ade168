"""What of a fork's net BVLC Caffe does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.nets.lint.view import NetView, SolverView

__all__ = ["NET_RULES", "SOLVER_RULES"]


def _fork(view: NetView) -> Iterator[Problem]:
    first: dict[str, Node] = {}
    for phase in view.phases:
        for node in phase.graph.nodes:
            first.setdefault(node.type, node)
    for node in first.values():
        if node.entry is not None and node.entry.fork:
            yield Problem(
                node,
                f"{node.type} is a layer type of {node.entry.fork}, at which BVLC Caffe stops; its "
                "shapes are worked out as there",
                "train and run the net with the fork",
            )
    for remark in view.loaded.fork_remarks:
        yield Problem(None, remark, "take it out for BVLC Caffe, or check by hand what it changes")


def _solver_fork(view: SolverView) -> Iterator[Problem]:
    for remark in view.fork_remarks:
        yield Problem(None, remark, "take it out for BVLC Caffe, or see what the fork makes of it")


NET_RULES = (Rule("fork", "info", "what a fork has and BVLC Caffe does not", _fork),)
SOLVER_RULES = (
    Rule("solver-fork", "info", "what a fork's solver has and BVLC Caffe's does not", _solver_fork),
)
