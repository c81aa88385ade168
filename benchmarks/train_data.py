"""The trainings that the benchmark of `train` runs: pairs made once, and a solver for each run."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contenders import RESIZE
from images import LABEL_COUNT, make_image_set
from processes import run, words

from caffe_multilabel import generate, load_tasks, read_solver
from caffe_multilabel.caffe.proto import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TRAININGS", "Training"]

_CAFFENET = """
name: bench
backbone: caffenet
data:
  transform: {crop_size: 227, mirror: true, mean_value: [104, 117, 123]}
  train: {images: train_images, labels: train_labels, batch_size: 16}
tasks:
  - {name: color, loss: softmax, classes: 8}
  - {name: brand, loss: softmax, classes: 160}
  - {name: new, loss: sigmoid, dim: 1}
  - {name: place, loss: euclidean, dim: 2}
solver: {base_lr: 0.0001, max_iter: 100}
"""
_NEVER = 1 << 30  # iterations: no line of the log, no test and no snapshot before


@dataclass(frozen=True)
class Training:
    """A net on a pair.

    Attributes:
        net: the backbone, which it is chosen by.
        data: what it is trained on.
        batch: images in a batch.
        shorter: iterations of the shorter run, which starting and the first batches are in.
        longer: of the longer one.
    """

    net: str
    data: str
    batch: int
    shorter: int
    longer: int

    @property
    def text(self) -> str:
        """Its row in the tables."""
        return f"{self.net} on {self.data}"

    def make(self, work: Path) -> Path:
        """Make the pair and the nets in a folder, if an earlier run has not; return the folder."""
        made = work / f"train_{self.net}"
        if not made.exists():
            partial = made.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            _make_sample(partial) if self is SAMPLE else _make_encoded(partial, work)
            partial.rename(made)
        net = generate(load_tasks(made / "tasks.yaml"))
        write_text(made / "train_val.prototxt", net.train_val)
        write_text(made / "solver.prototxt", net.solver)
        return made

    def solver(self, made: Path, iterations: int, *, shows: bool = False) -> Path:
        """Write a solver of so many iterations, which does nothing but train.

        Args:
            made: the training's folder, which it must be run in.
            iterations: how many.
            shows: whether it tells the loss of each.
        """
        solver = read_solver(made / "solver.prototxt")
        for field in ("test_iter", "test_interval", "test_initialization"):
            solver.ClearField(field)
        solver.net = "train_val.prototxt"
        solver.max_iter, solver.random_seed = iterations, 1
        solver.display, solver.snapshot = (1 if shows else _NEVER), _NEVER
        solver.snapshot_after_train = False
        solver.solver_mode = solver.CPU
        path = made / f"solver_{iterations}{'_shows' if shows else ''}.prototxt"
        write_text(path, solver)
        return path


SAMPLE = Training("lenet", "the sample's raw 64x64", 64, 10, 70)
ENCODED = Training("caffenet", "encoded 256x256", 16, 2, 12)
TRAININGS = (SAMPLE, ENCODED)


def _make_sample(folder: Path) -> None:
    """Draw the sample and convert it, as the quickstart does."""
    run(words(_tool("caffe-multilabel"), "sample", folder / "sample"))
    shutil.copy(folder / "sample" / "tasks.yaml", folder)
    sides = ("--resize_width=64", "--resize_height=64")
    tasks = words("--tasks", folder / "tasks.yaml")
    _convert(folder, (*sides, *tasks, folder / "sample", folder / "sample" / "train.txt"))


def _make_encoded(folder: Path, work: Path) -> None:
    """Convert drawn photographs to small JPEGs."""
    images = make_image_set(work, 1000)
    (folder / "tasks.yaml").write_text(_CAFFENET)
    _convert(folder, ("--encoded", *RESIZE, images.root, images.list_file), LABEL_COUNT)


def _convert(folder: Path, given: Sequence[str | Path], *count: int) -> None:
    pair = (folder / "train_images", folder / "train_labels")
    run(words(_tool("convert_multilabel"), *given, *pair, *count))


def _tool(name: str) -> Path:
    return Path(sys.executable).with_name(name)
