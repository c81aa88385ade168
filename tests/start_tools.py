"""Projects that tests make, and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel import start

if TYPE_CHECKING:
    from pathlib import Path

DBS = ("train_images", "train_labels", "val_images", "val_labels")


def statuses(source: str, root: str, project: str = "project") -> dict[str, str]:
    report = start(source, project, root=root, quiet=True)
    return {step.name: step.status for step in report.steps}


def contents(project: Path) -> dict[str, bytes]:
    return {name: (project / name / "data.mdb").read_bytes() for name in DBS}
