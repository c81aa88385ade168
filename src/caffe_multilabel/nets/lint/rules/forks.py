"""What of a fork's net BVLC Caffe does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.nets.lint.view import NetView

__all__ = ["NET_RULES"]


def _fork(view: NetView) -> Iterator[Problem]:
    for remark in view.loaded.fork_remarks:
        yield Problem(None, remark, "take it out for BVLC Caffe, or check by hand what it changes")


NET_RULES = (Rule("fork", "info", "what a fork has and BVLC Caffe does not", _fork),)
