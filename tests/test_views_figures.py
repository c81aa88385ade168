"""What `train` prints beside the figures of its last test: what could be had without the images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from caffe_multilabel import convert
from caffe_multilabel.nets.generate import generate
from caffe_multilabel.tasks import load_tasks
from caffe_multilabel.views.figures import task_figures
from caffe_multilabel.views.stats import label_stats

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RECORDS = 60
ALL = ("accuracy", "loss", "error")


@pytest.fixture(autouse=True)
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((28, 28, 3), np.uint8))


def baselines(
    labels: NDArray[Any], task: dict[str, Any], images: int = 1, **data: Any
) -> dict[str, float]:
    """Convert labels, generate a net, and return the baselines of whatever its test may print."""
    if images > 1:
        task = {"images": "each", **task}
    file = load_tasks(
        {
            "name": "net",
            "backbone": "lenet",
            "data": {
                "resize": [28, 28],
                "images_per_record": images,
                **data,
                "train": {"images": "i", "labels": "l", "batch_size": 4},
                "test": {"images": "i", "labels": "l", "batch_size": 4},
            },
            "tasks": [{"name": "a", **task}],
        }
    )
    paths = ["a.png"] * images if images > 1 else "a.png"
    rows = [(paths, [float(label) for label in row]) for row in labels]
    convert(rows, root=".", images="i", labels="l", tasks=file, overwrite=True)
    generate(file).write("net", overwrite=True)
    printed = {f"{output}_a": 0.0 for output in ALL}
    found = task_figures("net/solver.prototxt", printed)
    assert all(figure.task == "a" for figure in found)
    return {figure.output.removesuffix("_a"): figure.baseline for figure in found}


def yes_and_no(seed: int = 0) -> NDArray[np.float64]:
    """Two columns: many of the first unknown, and most of those known a yes; few of the second."""
    random = np.random.default_rng(seed)
    labels = (random.random((RECORDS, 2)) < (0.8, 0.3)).astype(np.float64)
    labels[random.random((RECORDS, 2)) < (0.6, 0.2)] = -1
    return labels


def costs(labels: NDArray[Any], counts: NDArray[np.bool_]) -> float:
    """The sigmoid cross entropy of answering each column's share of yes, over all that counts."""
    total = 0.0
    for column, good in zip(labels.T, counts.T, strict=True):
        share = column[good].mean()
        total -= sum(math.log(share if label else 1 - share) for label in column[good])
    return total


def test_unknown_yes_and_no_count_in_no_baseline() -> None:
    labels = yes_and_no()
    known = labels >= 0
    task = {"loss": "sigmoid", "dim": 2, "ignore_label": -1, "scores": "accuracy"}
    right = sum(
        max((column == 1).sum(), (column == 0).sum()) for column in (labels[:, 0], labels[:, 1])
    )
    found = baselines(labels, task)
    assert found["accuracy"] == pytest.approx(right / known.sum())
    assert found["loss"] == pytest.approx(costs(labels, known) / RECORDS, rel=1e-5)
    found = baselines(labels, task | {"normalization": "VALID"})
    assert found["loss"] == pytest.approx(costs(labels, known) / known.sum(), rel=1e-5)
    found = baselines(labels, task | {"normalization": "FULL"})
    assert found["loss"] == pytest.approx(costs(labels, known) / labels.size, rel=1e-5)
    assert "loss" not in baselines(labels, task | {"normalization": "NONE"})


def test_what_weighs_nothing_counts_in_no_baseline_and_weighted_losses_have_none() -> None:
    labels = np.abs(yes_and_no())
    weights = np.random.default_rng(1).integers(0, 3, (RECORDS, 2)).astype(np.float64)
    task = {"loss": "sigmoid", "dim": 2, "scores": "accuracy", "weight_columns": "2-3"}
    found = baselines(np.hstack([labels, weights]), task)
    right = sum(
        max(((column == answer) & (weight > 0)).sum() for answer in (0, 1))
        for column, weight in zip(labels.T, weights.T, strict=True)
    )
    assert found == {"accuracy": pytest.approx(right / (weights > 0).sum())}


@pytest.mark.parametrize("key", [{"positive_weight": 32}, {"focal": {}}])
def test_another_loss_of_yes_and_no_has_no_baseline(key: dict[str, Any]) -> None:
    found = baselines(np.abs(yes_and_no()), {"loss": "sigmoid", "dim": 2} | key)
    assert set(found) == {"accuracy"}


def test_unknown_numbers_are_no_numbers() -> None:
    labels = np.random.default_rng(2).uniform(20, 50, (RECORDS, 2))
    labels[::3, 0] = labels[1::2, 1] = -1
    task = {"loss": "euclidean", "dim": 2, "ignore_label": -1, "scores": "mae"}
    known = [column[column >= 0] for column in labels.T]
    error = sum(np.abs(column - np.median(column)).sum() for column in known)
    found = baselines(labels, task | {"normalize": {"mean": 30, "std": 20}})
    assert found == {"error": pytest.approx(error / sum(map(len, known)), rel=1e-5)}


def test_normalized_numbers_have_the_baseline_of_what_the_loss_reads() -> None:
    labels = np.random.default_rng(3).uniform(20, 50, (RECORDS, 2))
    task = {"loss": "euclidean", "dim": 2, "normalize": {"mean": 30, "std": 20}}
    found = baselines(labels, task)
    assert found["loss"] == pytest.approx((labels / 20).var(axis=0).sum() / 2, rel=1e-4)


def test_points_have_the_baseline_of_their_error_alone() -> None:
    """The loss is of places in the crop, the error in pixels."""
    labels = np.random.default_rng(2).uniform(2, 26, (RECORDS, 2))
    task = {"loss": "euclidean", "dim": 2, "points": {}, "scores": "mae"}
    found = baselines(labels, task, ramps=True)
    wanted = np.abs(labels - np.median(labels, axis=0)).mean()
    assert found == {"error": pytest.approx(wanted, rel=1e-5)}


@pytest.mark.parametrize("normalization", ["VALID", "BATCH_SIZE"])
def test_classes_of_all_images_count_together(normalization: str) -> None:
    labels = np.random.default_rng(4).choice([-1, 0, 1, 1, 2], (RECORDS, 2))
    task = {"loss": "softmax", "classes": 3, "ignore_label": -1, "normalization": normalization}
    found = baselines(labels, task, images=2)
    known = labels[labels >= 0]
    shares = np.bincount(known) / len(known)
    loss = -sum(math.log(shares[label]) for label in known)
    divisor = len(known) if normalization == "VALID" else labels.size
    assert found["accuracy"] == pytest.approx(shares.max())
    assert found["loss"] == pytest.approx(loss / divisor, rel=1e-5)


def test_weighted_classes_have_no_loss_to_compare() -> None:
    labels = np.random.default_rng(5).integers(0, 3, (RECORDS, 1))
    found = baselines(labels, {"loss": "softmax", "classes": 3, "class_weight": [1, 2, 3]})
    assert set(found) == {"accuracy"}


@pytest.mark.parametrize(
    ("loss", "key", "usual"),
    [
        ({"loss": "sigmoid", "dim": 2}, {}, True),
        ({"loss": "sigmoid", "dim": 2}, {"normalization": "BATCH_SIZE"}, True),
        ({"loss": "sigmoid", "dim": 2}, {"ignore_label": -1}, True),
        ({"loss": "sigmoid", "dim": 2}, {"normalization": "VALID"}, False),
        ({"loss": "sigmoid", "dim": 2}, {"positive_weight": 4}, False),
        ({"loss": "sigmoid", "dim": 2}, {"focal": {}}, False),
        ({"loss": "euclidean", "dim": 2}, {"ignore_label": -1}, True),
        ({"loss": "euclidean", "dim": 2}, {"normalize": {"std": 2}}, False),
        ({"loss": "softmax", "classes": 2, "columns": 0}, {"normalization": "VALID"}, True),
        ({"loss": "softmax", "classes": 2, "columns": 0}, {"label_smoothing": 0.1}, False),
        ({"loss": "softmax", "classes": 2, "columns": 0}, {"class_weight": "balanced"}, False),
    ],
)
def test_stats_tell_the_usual_loss_of_a_task_file_alone(
    loss: dict[str, Any], key: dict[str, Any], usual: bool
) -> None:
    """Another would be set against figures that it is no match for."""
    convert(
        [("a.png", [0, 1]), ("a.png", [1, 0]), ("a.png", [1, 1])],
        root=".",
        images="i",
        labels="l",
    )
    file = load_tasks({"tasks": [{"name": "a", **loss, **key}]})
    (task,) = label_stats("l", tasks=file).tasks
    assert (task.baseline_loss is not None) == usual
    (task,) = label_stats("l", tasks=load_tasks({"tasks": [{"name": "a", **loss}]})).tasks
    assert task.baseline_loss is not None


def test_stats_take_weights_for_no_labels() -> None:
    """A weight that is as its label tells nothing of it, nor is a constant one odd."""
    labels = np.random.default_rng(6).integers(0, 2, (RECORDS, 2))
    rows = np.hstack([labels, labels[:, :1], np.ones((RECORDS, 1))])
    task = {"name": "a", "loss": "sigmoid", "dim": 2, "weight_columns": "2-3"}
    convert([("a.png", list(map(float, row))) for row in rows], root=".", images="i", labels="l")
    measured = label_stats("l", tasks=load_tasks({"tasks": [task]}))
    assert (measured.constant_columns, measured.duplicate_columns) == ((), ())
    assert measured.correlation is not None
    assert measured.correlation.tasks == ("a", "a")
    assert [each.task for each in measured.tasks] == ["a", "a_weight"]
    assert measured.tasks[0].baseline_loss is None
    unread = label_stats("l", tasks=load_tasks({"tasks": [task | {"weight_columns": None}]}))
    assert (unread.constant_columns, unread.duplicate_columns) == ((3,), ((0, 2),))


def test_a_loss_of_distances_is_no_cross_entropy() -> None:
    rows = [("a.png", [label]) for label in (0, 1, 1)]
    convert(rows, root=".", images="i", labels="l")
    task = {"name": "a", "loss": "contrastive", "dim": 8}
    file = load_tasks({"data": {"images_per_record": 2}, "tasks": [task]})
    (measured,) = label_stats("l", tasks=file).tasks
    assert measured.kind == "binary"
    assert measured.baseline_accuracy == pytest.approx(2 / 3)
    assert measured.baseline_loss is None
