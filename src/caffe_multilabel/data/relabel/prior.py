"""What a label DB's manifest says of its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.data.manifest import Manifest
from caffe_multilabel.tasks import TaskFile

if TYPE_CHECKING:
    from caffe_multilabel.labels import LabelSchema

__all__ = ["PriorLabels", "read_prior_labels"]


@dataclass(frozen=True, slots=True)
class PriorLabels:
    """The labels that a label DB holds before it is relabelled.

    Attributes:
        count: labels of a record; None without a manifest.
        names: the names over the label columns of its list; empty where it had none.
        schema: the tasks its labels were checked against, or None.
    """

    count: int | None = None
    names: tuple[str, ...] = ()
    schema: LabelSchema | None = None

    def task_file(self) -> TaskFile | None:
        """Return the tasks as a task file that checks labels in the same way."""
        if self.schema is None:
            return None
        tasks = [
            {
                "name": task.name,
                "loss": task.loss,
                "columns": task.columns,
                "classes": task.class_names or task.classes or None,
                "dim": task.value_names or None,
                "ignore_label": task.ignore_label,
                "map": dict(task.map),
            }
            for task in self.schema.tasks
        ]
        return TaskFile.model_validate({"tasks": tasks})


def read_prior_labels(directory: str) -> PriorLabels:
    """Read the manifest of a label DB.

    Raises:
        DatabaseError: the manifest cannot be read, see `Manifest.read`.
    """
    manifest = Manifest.read(directory)
    if manifest is None:
        return PriorLabels()
    return PriorLabels(manifest.label_count, manifest.label_names, manifest.label_schema)
