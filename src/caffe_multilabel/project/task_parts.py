"""Parts of a task file that steps go by, each taken as the step's own command takes it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caffe_multilabel.data.records import label_schema_of
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.project.digests import digest_of
from caffe_multilabel.tasks import ConversionKeys, TaskFile, load_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from caffe_multilabel.project.choices import Choices

__all__ = ["ALL", "CONVERSION", "LABELS", "OWN", "TASKS", "Pairs", "TaskPart", "unheeded"]

TASKS = "tasks.yaml"


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of DBs that the nets read, as seen from the project.

    Attributes:
        train: the image DB and the label DB to train with.
        val: those to validate with.
    """

    train: tuple[str, str]
    val: tuple[str, str]

    @classmethod
    def of(cls, file: TaskFile) -> Pairs:
        """Return the pairs that a task file names, the project's own where it names none."""
        train, val = file.data.train, file.data.test
        return cls(
            OWN.train if train is None else (train.images, train.labels),
            OWN.val if val is None else (val.images, val.labels),
        )


OWN = Pairs(("train_images", "train_labels"), ("val_images", "val_labels"))
"""Those that the project makes."""


@dataclass(frozen=True, slots=True)
class TaskPart:
    """A part of a task file.

    Attributes:
        name: what a project's ledger calls it.
        take: takes it of a task file, as plain values.
    """

    name: str
    take: Callable[[TaskFile], Any]

    def digest(self, path: Path) -> str:
        """Return a digest of the part, of all bytes of a file that is no task file."""
        try:
            part = self.take(load_tasks(path))
        except TaskFileError:  # the step's own command says what is wrong
            return digest_of(path)
        text = json.dumps(part, sort_keys=True, default=str)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def unheeded(choices: Choices, file: TaskFile) -> Iterator[str]:
    """Say what the user wants, and the task file that leads says otherwise.

    Args:
        choices: what the user wants.
        file: the project's task file.
    """
    found = (file.backbone and file.backbone.name) or "one of your own"
    if choices.backbone not in (None, found):
        yield f"--backbone={choices.backbone}, for `backbone:` says {found}"
    size = file.data.resize
    if choices.resize is not None and choices.resize != size:
        width, height = choices.resize
        said = "is not there" if size is None else f"says [{size[0]}, {size[1]}]"
        yield f"--resize={width},{height}, for `resize:` {said}"


def _labels(file: TaskFile) -> Any:
    schema = label_schema_of(file)
    return None if schema is None else schema.to_json()


def _all(file: TaskFile) -> Any:
    """Take all keys, and what is in the net that they name; comments say nothing to a command."""
    own = None if file.backbone is None else file.backbone.file
    return file.model_dump(mode="json"), own and Path(own).is_file() and digest_of(Path(own))


LABELS = TaskPart("labels", _labels)
CONVERSION = TaskPart("labels and images", lambda file: ConversionKeys.of(file).to_json())
ALL = TaskPart("all", _all)
