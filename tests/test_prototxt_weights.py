"""Loss weights: equal, given, and scaled to what Caffe's losses start at."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.nets.generate import (
    ColumnStatistics,
    LabelStatistics,
    TaskWeight,
    starting_loss,
)
from caffe_multilabel.nets.generate.loss_weights import loss_weights
from caffe_multilabel.tasks import ResolvedTasks, load_tasks

SOFTMAX = {"name": "a", "loss": "softmax", "classes": 8}
SIGMOID = {"name": "b", "loss": "sigmoid", "dim": 5}
EUCLIDEAN = {"name": "c", "loss": "euclidean", "dim": 2}
HINGE = {"name": "d", "loss": "hinge", "classes": 3}


def column(
    count: int = 100, missing: int = 0, mean: float = 0.0, variance: float = 1.0
) -> ColumnStatistics:
    return ColumnStatistics(count=count, missing=missing, mean=mean, variance=variance)


def weigh(
    tasks: list[dict[str, Any]],
    statistics: LabelStatistics | None = None,
    **keys: Any,
) -> tuple[tuple[TaskWeight, ...], list[str]]:
    warnings: list[str] = []
    data = {"train": {"images": "i", "labels": "l", "batch_size": 10}}
    task_file = load_tasks({"tasks": tasks, "data": data, **keys})
    return loss_weights(ResolvedTasks.of(task_file), statistics, warnings), warnings


def values(found: tuple[TaskWeight, ...]) -> list[float]:
    return [weight for task in found for weight in task.weights]


def total(found: tuple[TaskWeight, ...]) -> Decimal:
    return sum((Decimal(repr(weight)) for weight in values(found)), Decimal(0))


def many(number: int) -> list[dict[str, Any]]:
    return [{**SOFTMAX, "name": f"t{index}"} for index in range(number)]


def test_images_with_labels_of_their_own_are_items() -> None:
    """EuclideanLoss divides by all images, and each has its own mean square."""
    task = {"name": "size", "loss": "euclidean", "dim": 2, "images": "each"}
    tasks = load_tasks({"data": {"images_per_record": 2}, "tasks": [task]}).tasks
    columns = [column(variance=square) for square in (1, 10, 3, 30)]  # of the first image first
    assert starting_loss(tasks[0], columns, 100, 8) == pytest.approx((2 + 20) / 2)


def test_points_are_not_weighed_by_their_pixels() -> None:
    """Their loss reads places in the crop, 0 to 1."""
    points = {"name": "eyes", "loss": "euclidean", "dim": 2, "points": {}}
    statistics = LabelStatistics(count=100, columns=(column(), column(mean=20), column(mean=20)))
    file = load_tasks(
        {
            "tasks": [SOFTMAX, points],
            "data": {"ramps": True, "train": {"images": "i", "labels": "l", "batch_size": 10}},
            "loss_weights": "scale",
        }
    )
    with pytest.raises(TaskFileError, match=r"tasks\[1\]: what the loss of task 'eyes' starts at"):
        loss_weights(ResolvedTasks.of(file), statistics, [])


def test_weights_of_classes_are_in_what_a_loss_starts_at() -> None:
    task = {"name": "kind", "loss": "softmax", "classes": 2, "class_weight": [1, 10]}
    tasks = load_tasks({"tasks": [task]}).tasks
    labels = ColumnStatistics(count=4, missing=0, mean=0.25, variance=0.2, class_counts=(3, 1))
    found = starting_loss(tasks[0], [labels], 4, 8)
    assert found == pytest.approx(math.log(2) * (3 * 1 + 1 * 10) / 4)


def test_equal_weights_sum_to_one_on_paper() -> None:
    found, _ = weigh(many(3), loss_weights="equal")
    assert values(found) == [0.3333333, 0.3333333, 0.3333334]
    found, _ = weigh(many(40), loss_weights="equal")
    assert values(found) == [0.025] * 40


def test_what_is_left_out_shares_the_rest() -> None:
    found, warnings = weigh([SOFTMAX | {"loss_weight": 0.4}, SIGMOID, EUCLIDEAN, HINGE])
    assert values(found) == [0.4, 0.2, 0.2, 0.2]
    assert found[0].reason == "given"
    assert found[1].reason == "an equal share of the 0.6 that the given weights leave"
    assert warnings == []


def test_given_weights_stay_as_they_are_and_another_sum_is_told() -> None:
    found, warnings = weigh([SOFTMAX | {"loss_weight": 1}, SIGMOID | {"loss_weight": 0.5}])
    assert values(found) == [1, 0.5]
    assert warnings == ["the loss weights of all tasks sum to 1.5, not to 1"]


def test_a_normalized_task_starts_at_what_its_loss_reads() -> None:
    labels = [column(mean=100, variance=400), column(mean=140, variance=400)]
    statistics = LabelStatistics(count=100, columns=(column(), *labels))
    task = EUCLIDEAN | {"normalize": {"mean": 120, "std": 20}}
    found, warnings = weigh([SOFTMAX, task], statistics, loss_weights="scale")
    assert found[1].starting_loss == pytest.approx(2)  # half of (1 + 1) in each of two columns
    assert warnings == []


def test_a_weight_is_shared_by_the_places_of_a_task() -> None:
    deep = SOFTMAX | {"attach": ["x", "y", "z"], "loss_weight": 0.5}
    found, _ = weigh([deep, SIGMOID])
    assert found[0].weights == (0.1666667, 0.1666667, 0.1666666)
    assert total(found) == 1
    found, _ = weigh([deep | {"loss_weight": [0.3, 0.1, 0.1]}, SIGMOID])
    assert found[0].weights == (0.3, 0.1, 0.1)


def test_a_weight_of_zero_stays_zero_everywhere() -> None:
    found, _ = weigh([SOFTMAX | {"attach": ["x", "y"], "loss_weight": 0}, SIGMOID])
    assert values(found) == [0, 0, 1]


def starts(task: dict[str, Any], *columns: ColumnStatistics, batch_size: int = 10) -> float:
    return starting_loss(load_tasks({"tasks": [task]}).tasks[0], columns, 100, batch_size)


def test_what_losses_start_at() -> None:
    assert starts(SOFTMAX, column()) == pytest.approx(math.log(8))
    assert starts(SIGMOID, *[column()] * 5) == pytest.approx(5 * math.log(2))
    assert starts(HINGE, column()) == 3
    # Half of (4 + 1) + (9 + 4).
    assert starts(EUCLIDEAN, column(mean=1, variance=4), column(mean=2, variance=9)) == 9


@pytest.mark.parametrize(
    ("normalization", "expected"),
    [("VALID", 1.0), ("FULL", 0.75), ("BATCH_SIZE", 0.75), ("NONE", 7.5)],
)
def test_normalization_counts_as_caffe_counts(normalization: str, expected: float) -> None:
    task = SOFTMAX | {"ignore_label": -1, "normalization": normalization}
    found = starts(task, column(count=75, missing=25))
    assert found == pytest.approx(expected * math.log(8))


def test_a_sigmoid_vector_counts_each_value_of_the_batch_item() -> None:
    columns = [column(count=100), column(count=50, missing=50)]
    task = {"name": "b", "loss": "sigmoid", "dim": 2, "ignore_label": -1}
    assert starts(task, *columns) == pytest.approx(1.5 * math.log(2))
    full = task | {"normalization": "FULL"}
    assert starts(full, *columns) == pytest.approx(0.75 * math.log(2))
    assert starts(task | {"normalization": "VALID"}, *columns) == pytest.approx(math.log(2))


def test_scaled_weights_make_all_losses_count_the_same() -> None:
    statistics = LabelStatistics(
        count=100, columns=(column(), *[column()] * 5, *[column(mean=3, variance=1)] * 2)
    )
    found, warnings = weigh([SOFTMAX, SIGMOID, EUCLIDEAN], statistics, loss_weights="scale")
    assert warnings == []
    assert total(found) == 1
    share = [weight.weights[0] * (weight.starting_loss or 0) for weight in found]
    assert share == pytest.approx([share[0]] * 3, rel=1e-5)
    assert found[2].reason == "its loss starts at 10"


def test_a_drowning_regression_is_told_but_never_switched_off() -> None:
    statistics = LabelStatistics(count=9, columns=(column(), *[column(mean=1e6)] * 2))
    found, warnings = weigh([SOFTMAX, EUCLIDEAN], statistics, loss_weights="scale")
    assert values(found) == [0.9999999, 0.0000001]
    assert "write normalize: {mean: 1000000, std: 1} in the task" in warnings[0]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([column(count=0, missing=100)] * 2, "all labels of task 'c' are missing"),
        ([column(mean=0.1, variance=1e-33)] * 2, "are the same in each record"),
        ([column(mean=7, variance=0), column(count=0, missing=100)], "are the same in each record"),
    ],
)
def test_a_weight_is_not_learnt_of_a_loss_that_comes_to_0(
    columns: list[ColumnStatistics], said: str
) -> None:
    statistics = LabelStatistics(count=100, columns=(column(), *columns))
    with pytest.raises(TaskFileError, match=said) as caught:
        weigh([SOFTMAX, EUCLIDEAN], statistics, loss_weights="learned")
    assert caught.value.key == "tasks[1]"
    values_differ = LabelStatistics(count=100, columns=(column(), columns[0], column()))
    found, _ = weigh([SOFTMAX, EUCLIDEAN], values_differ, loss_weights="learned")
    assert values(found) == [1, 1]


def test_scale_needs_the_label_db() -> None:
    with pytest.raises(TaskFileError, match="label DB") as caught:
        weigh([SOFTMAX, SIGMOID], loss_weights="scale")
    assert caught.value.key == "loss_weights"


def test_scale_cannot_weigh_a_loss_of_zero() -> None:
    zeros = column(mean=0, variance=0)
    statistics = LabelStatistics(count=9, columns=(column(), zeros, zeros))
    with pytest.raises(TaskFileError, match="starts at a loss of 0") as caught:
        weigh([SOFTMAX, EUCLIDEAN], statistics, loss_weights="scale")
    assert caught.value.key == "tasks[1]"
