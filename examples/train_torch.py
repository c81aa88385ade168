"""Trains the tasks of a task file in PyTorch, straight from the LMDBs that Caffe trains on.

    pip install 'caffe-multilabel[torch]'
    python examples/train_torch.py                  # draws a sample data set; about a minute
    python examples/train_torch.py --data FOLDER    # one with tasks.yaml and its LMDBs

The task file says which labels belong to which task, what the losses are and how they are weighed,
the batch size, the mean and the crop; what it leaves to its backbone by `defaults: backbone` is
filled in. In place of the backbone there is a small net.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from caffe_multilabel import convert, draw_sample, generate, load_tasks
from caffe_multilabel.reader import MultilabelDataset
from caffe_multilabel.reader.torch import TorchDataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from caffe_multilabel.reader import Phase
    from caffe_multilabel.tasks import Task, TaskFile, Transform

Sample = tuple[torch.Tensor, dict[str, torch.Tensor]]


def softmax_loss(task: Task, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """SoftmaxWithLoss: the mean over the records that are not ignored."""
    ignored = -100 if task.ignore_label is None else task.ignore_label
    return functional.cross_entropy(scores, labels, ignore_index=ignored)


def hinge_loss(task: Task, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """HingeLoss, one class against the others."""
    signs = 2 * functional.one_hot(labels, task.class_count) - 1
    return functional.relu(1 - signs * scores).sum() / len(scores)


def sigmoid_loss(task: Task, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """SigmoidCrossEntropyLoss: the sum over the values, the mean over the batch."""
    counts = torch.ones_like(labels) if task.ignore_label is None else labels != task.ignore_label
    return functional.binary_cross_entropy_with_logits(
        scores, labels, weight=counts.float(), reduction="sum"
    ) / len(scores)


def euclidean_loss(_: Task, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """EuclideanLoss: half the squared distance."""
    return functional.mse_loss(scores, labels, reduction="sum") / (2 * len(scores))


LOSSES: dict[str, Callable[[Task, torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "softmax": softmax_loss,
    "hinge": hinge_loss,
    "sigmoid": sigmoid_loss,
    "euclidean": euclidean_loss,
}


class MultiTaskNet(nn.Module):
    """A small backbone that all tasks share, and a linear head for each."""

    def __init__(self, tasks: TaskFile, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in (16, 32, 64, 64):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
            channels = width
        self.backbone = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten())
        self.heads = nn.ModuleList(nn.Linear(64 * 4 * 4, task.outputs) for task in tasks.tasks)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the scores of each task."""
        features = self.backbone(images)
        return [head(features) for head in self.heads]


def make_sample(folder: Path) -> Path:
    """Draw the sample data set and convert it, as the quickstart does."""
    data = draw_sample(folder / "data", 2000).directory
    for name in ("train", "val"):
        convert(
            data / f"{name}.txt",
            images=data / f"{name}_images",
            labels=data / f"{name}_labels",
            root=data,
            resize=(64, 64),
            tasks=data / "tasks.yaml",
        )
    return data


def make_loader(
    tasks: TaskFile, transform: Transform, phase: Phase, workers: int
) -> DataLoader[Sample]:
    """Load the pair of one phase, as Caffe's Data layers would."""
    source = tasks.data.train if phase == "TRAIN" else tasks.data.test
    if source is None:
        raise SystemExit(f"the task file names no LMDBs for {phase}")
    pair = MultilabelDataset(source.images, source.labels, tasks=tasks)
    return DataLoader(
        TorchDataset(pair, phase=phase, **transform.model_dump(exclude={"defaults"})),
        batch_size=source.batch_size,
        shuffle=phase == "TRAIN",
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
    )


def train(epochs: int, workers: int) -> None:
    """Train all tasks at once, each loss with the weight that Caffe's net would give it."""
    tasks = load_tasks("tasks.yaml")
    caffe_net = generate(tasks)
    weights = [sum(weight.weights) for weight in caffe_net.loss_weights]
    loader = make_loader(tasks, caffe_net.transform, "TRAIN", workers)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = MultiTaskNet(tasks, channels=next(iter(loader))[0].shape[1]).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(loader))
    for epoch in range(epochs):
        start, total, records = time.perf_counter(), 0.0, 0
        for images, labels in loader:
            scores = net(images.to(device, non_blocking=True))
            loss = torch.zeros((), device=device)
            for task, weight, score in zip(tasks.tasks, weights, scores, strict=True):
                loss += weight * LOSSES[task.loss](task, score, labels[task.name].to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(images)
            records += len(images)
        seconds = time.perf_counter() - start
        print(f"epoch {epoch + 1}: loss {total / records:.4f} ({seconds:.1f} s)")
    validate(net, make_loader(tasks, caffe_net.transform, "TEST", workers), tasks, device)


@torch.no_grad()
def validate(
    net: MultiTaskNet, loader: DataLoader[Sample], tasks: TaskFile, device: torch.device
) -> None:
    """Print the accuracy of each task, or its mean error where it is a number."""
    net.eval()
    sums = dict.fromkeys((task.name for task in tasks.tasks), 0.0)
    records = 0
    for images, labels in loader:
        records += len(images)
        for task, score in zip(tasks.tasks, net(images.to(device)), strict=True):
            label = labels[task.name].to(device)
            if task.loss == "euclidean":
                right = (score - label).abs().mean(1)
            elif task.loss == "sigmoid":
                right = ((score > 0) == (label > 0)).float().mean(1)
            else:
                right = (score.argmax(1) == label).float()
            sums[task.name] += right.sum().item()
    for task in tasks.tasks:
        what = "mean error" if task.loss == "euclidean" else "accuracy"
        print(f"{task.name}: {what} {sums[task.name] / records:.3f}")


def main() -> None:
    """Train, and print how well each task does on the validation pair."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with tasks.yaml and the LMDBs it names")
    parser.add_argument("--epochs", type=int, default=6, help="default: %(default)s")
    parser.add_argument("--workers", type=int, default=2, help="default: %(default)s")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.data or make_sample(Path(scratch))
        os.chdir(folder)  # where the paths of its task file begin
        train(arguments.epochs, arguments.workers)


if __name__ == "__main__":
    main()
