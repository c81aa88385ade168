"""Counts, ranges and baselines of labels, against plain statements of them."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel.labels import LabelLayout, LabelTask
from caffe_multilabel.labels.describe import describe_labels, describe_labels_briefly
from caffe_multilabel.tasks import ResolvedTasks, load_tasks
from caffe_multilabel.views.stats import (
    BinaryStats,
    ClassStats,
    RealStats,
    label_drift,
    measure_labels,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NAN = math.nan


def table(*columns: list[float]) -> np.ndarray:
    return np.array(columns, dtype=np.float32).T


def guess(labels: np.ndarray, names: Sequence[str] = ()) -> tuple[LabelTask, ...]:
    return LabelLayout.guess(labels, names).tasks


def kinds(**more: object) -> LabelTask:
    options = {"loss": "softmax", "kind": "class", "columns": (0,), "classes": (0, 1, 2)} | more
    return LabelTask(name="kind", **options)


def classes_of(labels: np.ndarray, task: LabelTask) -> ClassStats:
    measured = measure_labels(labels, [task]).tasks[0]
    assert isinstance(measured, ClassStats)
    return measured


def test_classes_are_counted_beside_missing_and_wrong_labels() -> None:
    labels = table([0, 2, 2, -1, 2, 3, 0.5, NAN, -1])
    measured = classes_of(labels, kinds(class_names=("a", "b", "c"), ignore_label=-1))
    assert [(each.name, each.count) for each in measured.classes] == [("a", 1), ("b", 0), ("c", 3)]
    assert (measured.counted, measured.missing, measured.wrong) == (4, 2, 3)
    assert measured.baseline_accuracy == 0.75
    assert measured.baseline_loss == pytest.approx(-(0.25 * math.log(0.25) + 0.75 * math.log(0.75)))


def test_a_task_without_labels_has_no_baseline() -> None:
    measured = classes_of(table([-1, -1]), kinds(ignore_label=-1))
    assert (measured.counted, measured.missing) == (0, 2)
    assert measured.baseline_accuracy is None
    assert measured.baseline_loss is None


@given(st.lists(st.integers(-1, 4), min_size=1, max_size=40))
def test_class_counts_are_those_of_counting(labels: list[int]) -> None:
    measured = classes_of(table([float(each) for each in labels]), kinds(ignore_label=-1))
    counts = Counter(labels)
    assert [each.count for each in measured.classes] == [counts[0], counts[1], counts[2]]
    assert measured.missing == counts[-1]
    assert measured.wrong == counts[3] + counts[4]
    assert measured.counted + measured.missing + measured.wrong == len(labels)


def test_yes_no_values_each_have_their_share() -> None:
    task = LabelTask(
        name="flags",
        loss="sigmoid",
        kind="binary",
        columns=(1, 0),
        value_names=("old", "new"),
        ignore_label=-1,
    )
    measured = measure_labels(table([1, 0, 1, 1], [0, -1, 2, 1]), [task]).tasks[0]
    assert isinstance(measured, BinaryStats)
    old, new = measured.values
    assert (old.name, old.column, old.counted, old.missing, old.wrong) == ("old", 1, 2, 1, 1)
    assert (old.positives, old.share, old.baseline_accuracy) == (1, 0.5, 0.5)
    assert (new.positives, new.share, new.baseline_accuracy) == (3, 0.75, 0.75)
    assert measured.baseline_accuracy == 0.625
    # Caffe divides the sum over all values by the batch: half of the records count for "old".
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert measured.baseline_loss == pytest.approx(0.5 * math.log(2) + entropy)


def test_real_values_have_range_mean_and_deviation() -> None:
    task = LabelTask(name="corner", loss="euclidean", kind="real", columns=(0, 1))
    labels = table([1, 2, 3, 6], [5, 5, NAN, math.inf])
    measured = measure_labels(labels, [task]).tasks[0]
    assert isinstance(measured, RealStats)
    x, y = measured.values
    assert (x.least, x.greatest, x.mean, x.counted, x.wrong) == (1, 6, 3, 4, 0)
    assert x.std == pytest.approx(np.std([1, 2, 3, 6]))
    assert (y.least, y.greatest, y.std, y.counted, y.wrong) == (5, 5, 0, 2, 2)
    # EuclideanLoss is half the squared distance, averaged over the batch.
    assert measured.baseline_loss == pytest.approx(np.var([1, 2, 3, 6]) / 2)


def test_columns_that_teach_nothing_are_told() -> None:
    labels = table([7, 7, 7], [1, 2, 3], [0, 1, 0], [1, 2, 3], [-0.0, 1, 0], [4, 5, 6])
    measured = measure_labels(labels, [kinds(columns=(2,))])
    assert measured.constant_columns == (0,)
    assert measured.duplicate_columns == ((1, 3), (2, 4))
    assert measured.unread_columns == (0, 1, 3, 4, 5)


def test_json_holds_no_nan() -> None:
    labels = table([NAN, NAN, NAN], [1, 2, 3])
    task = LabelTask(name="x", loss=None, kind="real", columns=(0, 1))
    document = measure_labels(labels, [task]).to_dict()
    assert document["tasks"][0]["values"][0]["mean"] is None
    assert document["correlation"]["values"] == [[None, None], [None, 1.0]]


def test_a_schema_says_what_columns_are() -> None:
    tasks = load_tasks(
        {
            "tasks": [
                {"name": "color", "loss": "hinge", "classes": ["red", "green"], "columns": 3},
                {"name": "flags", "loss": "sigmoid", "dim": ["old", "new"], "ignore_label": -1},
                {"name": "size", "loss": "euclidean", "dim": 1},
            ]
        }
    )
    color, flags, size = ResolvedTasks.of(tasks, 4).layout.tasks
    assert (color.kind, color.columns, tuple(color.classes)) == ("class", (3,), (0, 1))
    assert (flags.kind, flags.columns, flags.full_names) == (
        "binary",
        (0, 1),
        ("flags.old", "flags.new"),
    )
    assert (size.kind, size.columns, size.full_names) == ("real", (2,), ("size",))


def test_columns_are_guessed_without_a_schema() -> None:
    generator = np.random.Generator(np.random.PCG64(0))
    labels = table(
        [float(each % 3) - 1 for each in range(40)],
        generator.normal(size=40).tolist(),
        [float(each) for each in range(40)],
        [NAN] + [1.0] * 39,
    )
    sign, real, identity, broken = guess(labels, ["sign", "real", "identity", "broken"])
    assert (sign.kind, sign.classes, sign.name) == ("class", (-1, 0, 1), "sign")
    assert [each.kind for each in (real, identity, broken)] == ["real"] * 3


def test_a_label_map_is_one_task() -> None:
    (task,) = guess(np.zeros((3, 5000), dtype=np.float32))
    assert (task.kind, len(task.columns)) == ("real", 5000)
    assert measure_labels(np.zeros((3, 5000), dtype=np.float32), [task]).correlation is None


def test_labels_in_words() -> None:
    labels = np.array([2, -1, 5, 1, 0, -1, 0.25, 3, 1e20], dtype=np.float32)
    names = ("a", "b", "c")
    assert describe_labels(kinds(class_names=names), labels) == "c"
    assert describe_labels(kinds(), labels) == "2"
    assert describe_labels(kinds(columns=(1,), ignore_label=-1), labels) == "missing"
    assert describe_labels(kinds(columns=(2,)), labels) == "5, which is no class"
    flags = LabelTask(
        name="flags",
        loss="sigmoid",
        kind="binary",
        columns=(3, 4, 5),
        value_names=("old", "new", "blue"),
        ignore_label=-1,
    )
    assert describe_labels(flags, labels) == "old, not new, blue missing"
    assert describe_labels_briefly(flags, labels) == "old, blue missing"
    real = LabelTask(name="r", loss=None, kind="real", columns=(6, 7, 8), value_names=tuple("xyz"))
    assert describe_labels(real, labels) == "x 0.25, y 3, z 1e+20"


def test_drift_tells_another_distribution_from_chance() -> None:
    generator = np.random.Generator(np.random.PCG64(1))
    tasks = [
        kinds(),
        LabelTask(name="flag", loss="sigmoid", kind="binary", columns=(1,)),
        LabelTask(name="xy", loss="euclidean", kind="real", columns=(2, 3), value_names=("x", "y")),
    ]

    def draw(count: int, share: float, shift: float) -> np.ndarray:
        return np.column_stack(
            [
                generator.choice(3, count, p=[share, 0.5, 0.5 - share]),
                generator.random(count) < share,
                generator.normal(size=count),
                generator.normal(shift, size=count),
            ]
        ).astype(np.float32)

    train = draw(2000, 0.2, 0)
    same = label_drift(tasks, train, draw(500, 0.2, 0))
    assert [drift.differs for drift in same] == [False, False, False]
    other = label_drift(tasks, train, draw(500, 0.4, 0.5))
    assert [drift.differs for drift in other] == [True, True, True]
    assert [drift.distance for drift in other] == pytest.approx([0.2, 0.2, 0.2], abs=0.05)
    assert (other[2].task, other[2].value) == ("xy", "y")


def test_drift_is_nothing_for_the_same_and_all_for_strangers() -> None:
    task = kinds(ignore_label=-1)
    real = LabelTask(name="r", loss=None, kind="real", columns=(0,))
    train, val = table([0, 0, 1, -1]), table([2, 2, -1, NAN])
    assert [drift.distance for drift in label_drift([task, real], train, train)] == [0, 0]
    assert [drift.distance for drift in label_drift([task], train, val)] == [1]
    assert label_drift([task], train, table([-1, -1])) == ()


def test_unknown_numbers_are_counted_apart() -> None:
    """So that -1 for "not known" is in no mean, and the baseline is that of what is known."""
    task = {"name": "age", "loss": "euclidean", "dim": 1, "ignore_label": -1}
    labels = np.array([[10], [-1], [20], [-1]], dtype=np.float32)
    tasks = ResolvedTasks.of(load_tasks({"tasks": [task]})).layout.tasks
    (age,) = measure_labels(labels, tasks).tasks
    assert isinstance(age, RealStats)
    (value,) = age.values
    assert (value.counted, value.missing, value.mean, value.least) == (2, 2, 15, 10)
    assert age.baseline_loss == pytest.approx(25 * 2 / 4 / 2)
    assert [describe_labels(tasks[0], row) for row in labels] == ["10", "missing", "20", "missing"]
