"""Nets of task files against what a real Caffe computed of nets that say the same.

The image of a record says which record it is and nothing else, so that the weights of a head are
what it makes of each record, and their gradients those of its scores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import generate, load_tasks
from scheme_tools import error, recorded, run_generated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.engine import Net
    from scheme_tools import Arrays

pytestmark = pytest.mark.torch

FORWARD, BACKWARD = 1e-6, 5e-6
UNKNOWN = -77
COPY = """
layer { name: "data" type: "Input" top: "data" }
layer { name: "copy" type: "Power" bottom: "data" top: "copy" }
"""
DEEPID2 = """
layer { name: "data" type: "Input" top: "data" }
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 4 kernel_size: 3 }
}
layer { name: "relu" type: "ReLU" bottom: "conv1" top: "conv1" }
layer {
  name: "f" type: "InnerProduct" bottom: "conv1" top: "f" inner_product_param { num_output: 5 }
}
"""


@dataclass
class Case:
    """A recorded net as a task file.

    Attributes:
        tasks: its tasks.
        labels: the recorded label columns of a record.
        scores: what the recorded net has as the scores of a task: of the first image of each
            record, of the second, ...
        weigh: `loss_weights`.
        unit: whether the recorded net brings them to length 1, with a shift of its own.
    """

    tasks: list[dict[str, Any]]
    labels: tuple[str, ...] = ("label",)
    scores: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"task": ("pred",)})
    weigh: str = "given"
    unit: bool = False


def numbers(loss: str, *weights: str, **keys: Any) -> Case:
    """Six values, and a weight of each behind them."""
    columns = {"weight_columns": "6-11"} if weights else {}
    return Case([{"name": "task", "loss": loss, "dim": 6} | columns | keys], ("label", *weights))


def classes(**keys: Any) -> Case:
    task = {"name": "task", "loss": "softmax", "classes": 3, "ignore_label": -1}
    return Case([task | keys], scores={"task": ("score",)})


def images(scores: str, *labels: str, unit: bool = False, **keys: Any) -> Case:
    """Records of as many images as there are letters or names in `scores`."""
    task = {"name": "task", "dim": 6}
    return Case([task | keys], labels, {"task": tuple(scores.split())}, unit=unit)


VALID = {"normalization": "VALID"}
CASES = {
    "smooth_l1": numbers("smooth_l1"),
    "smooth_l1_weights": numbers("smooth_l1", "weight"),
    "smooth_l1_valid": numbers("smooth_l1", "weight", **VALID),
    "smooth_l1_valid@none_known": numbers("smooth_l1", "weight", **VALID),
    "smooth_l1_sigma3": numbers("smooth_l1", sigma=3),
    "tcdcn": numbers("euclidean", "mask"),
    "tcdcn@none_known": numbers("euclidean", "mask"),
    "tcdcn_valid": numbers("euclidean", "mask", **VALID),
    "tcdcn_valid@none_known": numbers("euclidean", "mask", **VALID),
    "bce": numbers("sigmoid"),
    "bce_weights": numbers("sigmoid", "weight"),
    "positive_weight": numbers("sigmoid", positive_weight=3),
    "focal": numbers("sigmoid", focal={}),
    "focal_alpha": numbers("sigmoid", focal={"gamma": 1.5, "alpha": 0.25}),
    "class_weights": classes(class_weight=[1, 2, 5]),
    "label_smoothing": classes(label_smoothing=0.1),
    "contrastive": images("f1 f2", "same", loss="contrastive"),
    "triplet": images("a p n", unit=True, loss="triplet", margin=0.5),
    "triplet_margin_column": images("a p n", "label", unit=True, loss="triplet", margin="column"),
    "uncertainty": Case(
        [
            {"name": "task", "loss": "euclidean", "dim": 6},
            {"name": "kind", "loss": "softmax", "classes": 3},
        ],
        ("label", "class"),
        {"task": ("pred",), "kind": ("score",)},
        weigh="learned",
    ),
    # Two of them, each with the weight of a half that the recorded one has.
    "log_loss": Case(
        [
            {"name": "task", "loss": "euclidean", "columns": "0-5"},
            {"name": "again", "loss": "euclidean", "columns": "0-5"},
        ],
        scores={"task": ("pred",), "again": ("pred",)},
        weigh="log",
    ),
    "score_attributes": Case(
        [{"name": "task", "loss": "sigmoid", "dim": 6, "ignore_label": -1, "scores": "accuracy"}],
        scores={"task": ("score",)},
    ),
    "score_landmarks": Case(
        [
            {"name": "task", "loss": "euclidean", "dim": 10, "scores": ["mae", "nme"]}
            | {"nme_between": {"first": [0], "second": [1]}}
        ]
    ),
}
OUTPUTS = {
    "score_attributes": {
        "accuracy": "accuracy_task",
        "accuracy_no_yes": "accuracy_no_yes_task",
        "mean_hit": "hit_share_task",
        "mean_known": "known_share_task",
    },
    "score_landmarks": {"mae": "error_task", "nme": "nme_task"},
}
TRAINED = [case for case in CASES if case not in OUTPUTS]


class CaseRun:
    """A case as a task file, run once with the recorded labels and scores."""

    def __init__(
        self, case: str, part: Case, labels: NDArray[np.float64], *, phase: str = "TRAIN"
    ) -> None:
        import torch  # noqa: PLC0415

        self.case, self.part = case, part
        self.given: Arrays = recorded(case, "param") | recorded(case, "in")
        each, count = len(labels), len(next(iter(part.scores.values())))
        wide = each * count
        net = generate(load_tasks(task_file(part, each, count)))
        net.write(".")
        records = np.eye(wide).reshape(count, each, 1, wide).transpose(1, 0, 2, 3)
        self.net = run_generated(
            net, records, labels, phase=phase, dtype=torch.float64, prepare=self.weigh
        )

    def weigh(self, net: Net) -> None:
        """Write the recorded scores into the heads, and the recorded weights of tasks."""
        for blob in (blob for blobs in net.params.values() for blob in blobs):
            blob.data = np.zeros(blob.shape)
        for task in self.part.scores:
            head(net, task).data = self.scores(task, unit=self.part.unit).T
        if self.part.weigh == "learned":
            for number, task in enumerate(self.part.scores, start=1):
                (weight,) = net.params[f"log_variance_{task}"]
                weight.data = self.given[f"s{number}"].reshape(weight.shape)

    def scores(self, task: str, *, unit: bool) -> NDArray[np.float64]:
        values = np.concatenate([self.given[name] for name in self.part.scores[task]])
        return values / np.linalg.norm(values, axis=1, keepdims=True) if unit else values

    def gradients(self) -> Arrays:
        """The gradients of what was recorded as learnt."""
        found: Arrays = {}
        for number, (task, names) in enumerate(self.part.scores.items(), start=1):
            diff = np.asarray(head(self.net, task).diff, np.float64).T
            if self.part.unit:  # back through the length that the recorded net took off
                unit, plain = (self.scores(task, unit=unit) for unit in (True, False))
                diff = diff - unit * (unit * diff).sum(axis=1, keepdims=True)
                diff = diff / np.linalg.norm(plain, axis=1, keepdims=True)
            found |= dict(zip(names, np.split(diff, len(names)), strict=True))
            if self.part.weigh == "learned":
                (weight,) = self.net.params[f"log_variance_{task}"]
                found[f"s{number}"] = np.asarray(weight.diff, np.float64).reshape(())
        return found

    def hold(self) -> None:
        """Hold the loss and all gradients to the recorded ones."""
        losses = len(self.part.scores) if self.case == "log_loss" else 1
        assert error(self.net.loss, losses * recorded(self.case, "out")["total"]) <= FORWARD
        found = self.gradients()
        for name, wanted in recorded(self.case, "paramdiff").items():
            assert error(found[name], wanted) <= BACKWARD, name


def task_file(part: Case, records: int, count: int) -> dict[str, Any]:
    """The task file of a case, whose backbone leaves the images as they are."""
    Path("copy.prototxt").write_text(COPY, encoding="utf-8")
    pair = {"images": "images", "labels": "labels", "batch_size": records}
    data = {"shape": [count, 1, records * count], "train": pair, "test": pair}
    several = {"images_per_record": count} if count > 1 else {}
    return {
        "backbone": {"file": "copy.prototxt", "features": "copy"},
        "data": {**data, **several},
        "tasks": part.tasks,
        "loss_weights": part.weigh,
    }


def head(net: Net, task: str) -> Any:
    """The weights of the last layer of a task."""
    return net.params[f"fc_{task}" if f"fc_{task}" in net.params else task][0]


def labels_of(case: str, *names: str) -> NDArray[np.float64]:
    """The recorded label columns; a 0 for each of four records where there are none."""
    given = recorded(case, "in")
    columns = [given[name].reshape(len(given[name]), -1) for name in names]
    return np.concatenate(columns or [np.zeros((4, 1))], axis=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Infogain files are seen from the working folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("case", TRAINED)
def test_a_task_file_gives_the_recorded_loss_and_gradients(case: str) -> None:
    CaseRun(case, CASES[case], labels_of(case, *CASES[case].labels)).hold()


@pytest.mark.parametrize("case", [case for case in TRAINED if case.startswith("tcdcn")])
def test_labels_that_nobody_knows_are_a_mask(case: str) -> None:
    valid = VALID if "valid" in case else {}
    labels = labels_of(case, "label")
    labels[labels_of(case, "mask") == 0] = UNKNOWN
    CaseRun(case, numbers("euclidean", ignore_label=UNKNOWN, **valid), labels).hold()


@pytest.mark.parametrize("case", OUTPUTS)
def test_a_task_file_gives_the_recorded_scores(case: str) -> None:
    net = CaseRun(case, CASES[case], labels_of(case, "label"), phase="TEST").net
    for name, wanted in recorded(case, "out").items():
        if name in OUTPUTS[case]:
            found = np.asarray(net.blobs[OUTPUTS[case][name]].data)
            assert error(found.reshape(wanted.shape), wanted) <= FORWARD, name


@pytest.mark.parametrize("towers", [False, True])
def test_deepid2(towers: bool) -> None:
    """The recorded nets, whose losses and gradients are the same, by either way."""
    case = "deepid2_towers" if towers else "deepid2_reshape"
    Path("conv.prototxt").write_text(DEEPID2, encoding="utf-8")
    pair = {"images": "images", "labels": "labels", "batch_size": 4}
    person = {"name": "person", "loss": "softmax", "classes": 3, "images": "each"}
    same = {"name": "same", "loss": "contrastive", "margin": 3, "loss_weight": 0.05}
    net = generate(
        {
            "backbone": {"file": "conv.prototxt", "features": "f", "towers": towers},
            "data": {"shape": [6, 8, 8], "images_per_record": 2, "train": pair},
            "tasks": [person | {"loss_weight": 2}, same],
        }
    )
    param = recorded(case, "param")
    layers = {"conv1": "conv1", "f": "f", "f1": "f", "c": "fc_person", "c1": "fc_person"}

    def own(engine: Net, name: str) -> Any:
        layer, number = name.split(".")
        return engine.params[layers[layer]][int(number)]

    def weigh(engine: Net) -> None:
        for name, values in param.items():
            own(engine, name).data = values

    given = recorded(case, "in")
    labels = given["label"].reshape(4, 3)
    engine = run_generated(net, given["data"], labels, phase="TRAIN", prepare=weigh)
    assert error(engine.loss, recorded(case, "out")["total"]) <= FORWARD
    for name, wanted in recorded(case, "paramdiff").items():
        assert error(own(engine, name).diff.numpy(), wanted) <= BACKWARD, name
