"""The one rule of what a label may be, in Python and in the core, which reads lists by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel import Error
from caffe_multilabel.data.records import load_records
from caffe_multilabel.labels import LabelLayout, LabelRule, LabelTask
from caffe_multilabel.labels.rule import FREE, class_indices
from caffe_multilabel.tasks import ResolvedTasks, load_tasks

NAN, INF = float("nan"), float("inf")

EDGES = [-1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 2.0**24, 1e30, NAN, INF, -INF]
NUMBERS = st.one_of(
    st.sampled_from(EDGES), st.integers(-5, 12).map(float), st.floats(width=32, allow_nan=True)
)


def task(loss: str, size: int, ignore: int | None) -> dict[str, Any]:
    keys: dict[str, Any] = {"name": "t", "loss": loss}
    keys["classes" if loss in ("softmax", "hinge") else "dim"] = size
    return keys if ignore is None else keys | {"ignore_label": ignore}


TASKS = st.one_of(
    st.builds(task, st.just("softmax"), st.integers(2, 10), st.sampled_from([None, -1, 255])),
    st.builds(task, st.just("hinge"), st.integers(2, 10), st.none()),
    st.builds(task, st.just("sigmoid"), st.just(1), st.sampled_from([None, -1, 2])),
    st.builds(task, st.just("euclidean"), st.just(1), st.none()),
)


WEIGHTED = {"name": "t", "loss": "smooth_l1", "columns": 0, "weight_columns": 0}
"""Its only column is its own weight: no number below 0."""


@given(st.one_of(TASKS, st.just(WEIGHTED)), st.lists(NUMBERS, min_size=1, max_size=12))
def test_the_core_takes_the_same_labels(keys: dict[str, Any], numbers: list[float]) -> None:
    tasks = load_tasks({"tasks": [keys]})
    labels = np.array(numbers, dtype=np.float32)
    (rule,) = ResolvedTasks.of(tasks).layout.rules
    taken = []
    for label in labels:
        try:
            load_records([("a.jpg", [label])], tasks=tasks)
        except Error:
            taken.append(False)
        else:
            taken.append(True)
    unknown = np.isnan(labels) & (rule.ignore is not None)  # becomes the ignore_label
    assert (rule.allowed(labels) | unknown).tolist() == taken


@given(st.lists(NUMBERS, max_size=20), st.sampled_from([None, -1.0, 7.0]))
def test_labels_count_or_are_missing_or_are_wrong(
    numbers: list[float], ignore: float | None
) -> None:
    labels = np.array(numbers, dtype=np.float32)
    rule = LabelRule(task="t", kind="class", classes=4, ignore=ignore)
    counted, missing = rule.counted(labels), rule.missing(labels)
    assert not (counted & missing).any()
    assert (rule.allowed(labels) == (counted | missing)).all()
    assert counted.tolist() == [each in (0, 1, 2, 3) for each in labels.tolist()]


@given(st.lists(NUMBERS, max_size=20), st.sampled_from([range(3), range(2, 7), (0, 1, 2), (-1, 5)]))
def test_class_indices_are_those_of_looking_each_up(
    numbers: list[float], classes: range | tuple[int, ...]
) -> None:
    labels = np.array(numbers, dtype=np.float32)
    known = list(classes)
    wanted = [known.index(int(each)) if each in known else -1 for each in labels.tolist()]
    assert class_indices(labels, classes).tolist() == wanted
    assert class_indices(labels.reshape(1, -1), classes).tolist() == [wanted]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (LabelRule(task="a", kind="class", classes=3), "task 'a' takes a class from 0 to 2"),
        (LabelRule(task="a", kind="binary", ignore=-1), "task 'a' takes a class from 0 to 1 or -1"),
        (LabelRule(task="a", kind="real"), "task 'a' takes a finite number"),
        (LabelRule(task="a", kind="real", non_negative=True), "task 'a' takes 0 or more"),
        (FREE, "a column of no task takes a finite number"),
    ],
)
def test_what_is_allowed_in_words(rule: LabelRule, text: str) -> None:
    assert rule.allowed_text == text


def test_a_column_of_classes_may_be_a_weight_too() -> None:
    """Of what an image shows or does not; the stricter rule leads, in whatever order."""
    seen = {"name": "seen", "loss": "sigmoid", "columns": 0}
    place = {"name": "place", "loss": "euclidean", "columns": [1, 2], "weight_columns": 0}
    for tasks in ([seen, place], [place, seen]):
        rule, *_ = ResolvedTasks.of(load_tasks({"tasks": tasks})).layout.rules
        assert rule.allowed_text == "task 'seen' takes a class from 0 to 1"


def test_a_guess_knows_the_classes_it_saw() -> None:
    labels = np.array([[5], [9], [5], [9], [5], [9], [5], [9]], dtype=np.float32)
    (kind,) = LabelLayout.guess(labels, ["kind"]).tasks
    assert (kind.name, kind.kind, tuple(kind.classes)) == ("kind", "class", (5, 9))
    others = np.array([5, 6, 9, NAN], dtype=np.float32)
    assert kind.counts(others).tolist() == [True, False, True, False]
    assert kind.rule.allowed_text == "task 'kind' takes a class from 5 to 9"


def test_names_of_columns_come_from_tasks_then_from_the_header() -> None:
    xy = LabelTask(name="xy", loss="euclidean", kind="real", columns=(3, 1))
    layout = LabelLayout(label_count=5, tasks=(xy,), header=("a", "b", "c"))
    assert layout.names == ("a", "xy.1", "c", "xy.0", "column 4")
    assert layout.free == (0, 2, 4)
    assert LabelLayout(label_count=2).names == ("column 0", "column 1")


def test_the_first_task_to_share_a_column_names_it() -> None:
    age, years = (
        LabelTask(name=name, loss=None, kind="real", columns=(0,)) for name in ("age", "years")
    )
    assert LabelLayout(label_count=1, tasks=(age, years)).names == ("age",)
