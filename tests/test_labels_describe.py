"""The labels of a record in words, at length and in brief."""

from __future__ import annotations

import numpy as np
import pytest

from caffe_multilabel.labels import LabelTask, describe_labels, describe_labels_briefly


def flags(*names: str, ignore: int | None = -1) -> LabelTask:
    return LabelTask(
        name="flags",
        loss="sigmoid",
        kind="binary",
        columns=tuple(range(len(names))),
        value_names=names,
        ignore_label=ignore,
    )


@pytest.mark.parametrize(
    ("labels", "whole", "brief"),
    [
        ([1, 0, 0], "hat, not bag, not tie", "hat"),
        ([0, 0, 0], "not hat, not bag, not tie", "none"),
        ([-1, 0, 1], "hat missing, not bag, tie", "tie, hat missing"),
        ([-1, 0, 0], "hat missing, not bag, not tie", "hat missing"),
        ([0, 3, 1], "not hat, bag 3, which is neither 0 nor 1, tie", None),
    ],
)
def test_what_nobody_knows_is_no_no(labels: list[float], whole: str, brief: str | None) -> None:
    row = np.array(labels, dtype=np.float32)
    task = flags("hat", "bag", "tie")
    assert describe_labels(task, row) == whole
    assert describe_labels_briefly(task, row) == (brief or "bag 3, which is neither 0 nor 1, tie")


def test_many_names_are_cut_and_many_unknown_ones_counted() -> None:
    task = flags(*map(chr, range(ord("a"), ord("a") + 20)))
    row = np.zeros(20, dtype=np.float32)
    row[:9] = -1
    assert describe_labels_briefly(task, row) == "9 missing"
    row[9:12] = 1
    assert describe_labels_briefly(task, row) == "j, k, l, 9 missing"
    row[9:] = 1
    assert describe_labels_briefly(task, row) == "j, k, l, m, n, and 6 more, 9 missing"
    row[1:9] = 0
    assert describe_labels_briefly(task, row) == "j, k, l, m, n, and 6 more, a missing"
