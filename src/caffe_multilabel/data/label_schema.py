"""Where a reader learns what the label columns of a DB mean."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caffe_multilabel.errors import DatabaseError, TaskFileError
from caffe_multilabel.labels.schema import LabelSchema, read_label_schema

if TYPE_CHECKING:
    from caffe_multilabel.data.records import StrPath
    from caffe_multilabel.tasks import TaskFile

__all__ = ["find_label_schema", "stored_label_names"]


def find_label_schema(
    label_db: StrPath, label_count: int, tasks: TaskFile | LabelSchema | StrPath | None
) -> LabelSchema | None:
    """Return the schema of the tasks, else the one in the label DB's manifest, else None.

    Raises:
        TaskFileError: the task file is wrong or wants other columns than there are.
        DatabaseError: the manifest's schema does not go with the DB.
    """
    if tasks is None:
        return _stored_schema(Path(label_db, "manifest.json"), label_count)
    if isinstance(tasks, LabelSchema):
        if tasks.label_count != label_count:
            raise TaskFileError(
                f"the label schema is of {tasks.label_count} labels, "
                f"but {label_db} has {label_count} a record"
            )
        return tasks
    from caffe_multilabel.tasks import ResolvedTasks, load_tasks  # noqa: PLC0415  (slow to load)

    task_file = load_tasks(tasks) if isinstance(tasks, str | os.PathLike) else tasks
    return ResolvedTasks.of(task_file, label_count).schema


def stored_label_names(label_db: StrPath, label_count: int) -> tuple[str, ...]:
    """Return the names that the list of images gave the label columns of a DB, or none."""
    names = _job(Path(label_db, "manifest.json")).get("label_names")
    if not isinstance(names, list) or len(names) != label_count:
        return ()
    return tuple(map(str, names))


def _stored_schema(manifest: Path, label_count: int) -> LabelSchema | None:
    stored = _job(manifest).get("label_schema")
    if not isinstance(stored, dict):
        return None
    try:
        schema = read_label_schema(stored)
    except TaskFileError as error:
        raise DatabaseError(f"{manifest}: {error}", path=str(manifest), key=error.key) from None
    if schema.label_count != label_count:
        raise DatabaseError(
            f"{manifest}: its label schema is of {schema.label_count} labels, "
            f"but the records have {label_count}",
            path=str(manifest),
        )
    return schema


def _job(manifest: Path) -> dict[str, Any]:
    """Return what a manifest says of the conversion; nothing for a file that is none of ours."""
    try:
        document = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return {}
    job = document.get("job") if isinstance(document, dict) else None
    return job if isinstance(job, dict) else {}
