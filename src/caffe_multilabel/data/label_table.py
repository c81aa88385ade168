"""Reads a label DB as one array, with all that is known of its columns."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import MAX_THREADS, path_bytes, whole_number
from caffe_multilabel._base.cpus import available_cpus
from caffe_multilabel.data.label_schema import find_label_schema
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.labels.layout import LabelTask, guess_tasks, schema_tasks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from caffe_multilabel.data.records import StrPath
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.tasks import TaskFile

__all__ = ["LabelTable", "read_label_table", "thread_count"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelTable:
    """All labels of a label DB.

    Attributes:
        path: the DB.
        labels: float32 (N, L), N at least 1.
        shape: channels, height and width of each record.
        tasks: what the columns are; guessed from the labels where nothing tells.
        has_schema: whether the tasks are from a task file or a manifest.
    """

    path: str
    labels: NDArray[np.float32]
    shape: tuple[int, int, int]
    tasks: tuple[LabelTask, ...]
    has_schema: bool


def read_label_table(
    labels: StrPath,
    *,
    tasks: TaskFile | LabelSchema | StrPath | None = None,
    threads: int | None = None,
) -> LabelTable:
    """Read a label DB.

    Args:
        labels: its folder.
        tasks: the task file or its path; None takes the schema in the DB's manifest, if there is
            one.
        threads: None takes the CPUs this process may use.

    Raises:
        DatabaseError: the DB cannot be read or is empty, or its records differ in length.
        TaskFileError: the task file is wrong or wants columns that are not there.
        OptionError: `threads` is out of its range.
    """
    path = os.fspath(labels)
    index = _core.RecordIndex(path_bytes("labels", labels))
    if not len(index):
        raise DatabaseError(f"{path}: the database has no record", path=path)
    shape = index.read(0).shape
    count = math.prod(shape)
    schema = find_label_schema(path, count, tasks)
    table = _core.read_labels(
        index=index, order=None, label_count=count, threads=thread_count(threads)
    )
    described = (
        guess_tasks(table, _column_names(path, count)) if schema is None else schema_tasks(schema)
    )
    return LabelTable(path, table, (shape[0], shape[1], shape[2]), described, schema is not None)


def thread_count(threads: int | None) -> int:
    """Return how many threads to use; None takes the CPUs this process may use.

    Raises:
        OptionError: the number is out of its range.
    """
    return available_cpus() if threads is None else whole_number("threads", threads, 1, MAX_THREADS)


def _column_names(path: str, count: int) -> list[str]:
    """Return the names that the list of images gave its label columns, or none."""
    try:
        document = json.loads(Path(path, "manifest.json").read_bytes())
        names = document["job"]["label_names"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    fits = isinstance(names, list) and len(names) == count
    return [str(name) for name in names] if fits else []
