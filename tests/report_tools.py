"""A small data set with everything in it that a report should tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import yaml

from caffe_multilabel import convert
from caffe_multilabel.data.sample.image import choose_scene, paint
from caffe_multilabel.data.sample.outlines import KINDS
from caffe_multilabel.data.sample.palette import COLORS
from caffe_multilabel.data.sample.stream import Stream
from caffe_multilabel.nets.generate import generate
from caffe_multilabel.tasks import load_tasks
from training_log_tools import evaluated, trained

if TYPE_CHECKING:
    from pathlib import Path

TRAIN, VAL = 60, 20
COPIES = 4
"""Images for validation that are smaller copies of images for training."""
RELABELLED = 1
"""Those of them that have another colour in their labels."""

TASKS = {
    "name": "shapes",
    "backbone": "lenet",
    "data": {
        "shape": [3, 96, 96],
        "train": {"images": "train_images", "labels": "train_labels", "batch_size": 8},
        "test": {"images": "val_images", "labels": "val_labels", "batch_size": 8},
    },
    "tasks": [
        {"name": "kind", "loss": "softmax", "classes": [*KINDS, "<b>&"], "ignore_label": -1},
        {"name": "color", "loss": "softmax", "classes": list(COLORS)},
        {"name": "flags", "loss": "sigmoid", "dim": ["filled", "large", "always"]},
        {"name": "centre", "loss": "euclidean", "dim": ["x", "y"]},
        {"name": "size", "loss": "euclidean", "dim": 1},
    ],
}


@dataclass(frozen=True)
class ReportFiles:
    """What `caffe-multilabel report` is given; all paths are below `folder`."""

    folder: Path

    @property
    def train(self) -> tuple[Path, Path]:
        return self.folder / "train_images", self.folder / "train_labels"

    @property
    def val(self) -> tuple[Path, Path]:
        return self.folder / "val_images", self.folder / "val_labels"

    @property
    def net(self) -> Path:
        return self.folder / "train_val.prototxt"

    @property
    def log(self) -> Path:
        return self.folder / "caffe.log"


def make_report_files(folder: Path) -> ReportFiles:
    """Draw, label and convert the data set; generate its net and a log of its training."""
    (folder / "images").mkdir(parents=True)
    rows = [_draw(folder, index) for index in range(TRAIN + VAL - COPIES)]
    for copy in range(COPIES):
        rows.append(_copy(folder, rows[copy * 9], copy))
    (folder / "tasks.yaml").write_text(yaml.safe_dump(TASKS))
    for name, part in (("train", rows[:TRAIN]), ("val", rows[TRAIN:])):
        convert(
            part,
            root=folder,
            images=folder / f"{name}_images",
            labels=folder / f"{name}_labels",
            tasks=folder / "tasks.yaml",
            resize=(96, 96) if name == "train" else (72, 64),
        )
    tasks = load_tasks(TASKS | {"data": {"shape": [3, 96, 96], **_elsewhere()}})
    generate(tasks).write(folder)
    lines = [
        *evaluated(0, [("accuracy_kind", 0.1, 0), ("loss_kind", 2.0, 0.2)]),
        *trained(0, 3.0, [("loss_kind", 2.0, 0.2)]),
        *trained(100, float("nan"), [("loss_kind", 1.0, 0.2)]),
    ]
    (folder / "caffe.log").write_text("\n".join(lines) + "\n")
    return ReportFiles(folder)


def _draw(folder: Path, index: int) -> tuple[str, list[float]]:
    stream = Stream(7, index)
    scene = choose_scene(stream, (60, 100))
    name = f"images/{index:03d}.png"
    cv2.imwrite(str(folder / name), paint(scene, stream))
    kind = -1 if index == 5 else list(KINDS).index(scene.kind)
    flags = [float(scene.filled), float(scene.size > 0.5), 1.0]
    color = list(COLORS).index(scene.color)
    return name, [kind, color, *flags, scene.x, scene.y, scene.size]


def _copy(folder: Path, row: tuple[str, list[float]], number: int) -> tuple[str, list[float]]:
    path, labels = row
    image = cv2.imread(str(folder / path))
    assert image is not None
    name = f"images/copy{number}.jpg"
    cv2.imwrite(str(folder / name), np.ascontiguousarray(image), [cv2.IMWRITE_JPEG_QUALITY, 80])
    color = (labels[1] + 1) % len(COLORS) if number < RELABELLED else labels[1]
    return name, [labels[0], color, *labels[2:]]


def _elsewhere() -> dict[str, dict[str, object]]:
    """The DBs as the net names them, which are not there: it was made on another machine."""
    return {
        phase: {"images": f"{name}_images_of_it", "labels": f"{name}_labels_of_it", "batch_size": 8}
        for phase, name in (("train", "train"), ("test", "val"))
    }
