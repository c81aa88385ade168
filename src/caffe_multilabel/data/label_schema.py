"""Where a reader learns what the label columns mean."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caffe_multilabel.errors import DatabaseError, TaskFileError
from caffe_multilabel.labels import LabelSchema, read_label_schema
from caffe_multilabel.tasks import load_tasks

if TYPE_CHECKING:
    from caffe_multilabel.data.records import StrPath
    from caffe_multilabel.tasks import TaskFile

__all__ = ["find_label_schema"]


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
    task_file = load_tasks(tasks) if isinstance(tasks, str | os.PathLike) else tasks
    return LabelSchema.of(task_file, label_count)


def _stored_schema(manifest: Path, label_count: int) -> LabelSchema | None:
    document = _json_object(manifest)
    job = document.get("job")
    stored = job.get("label_schema") if isinstance(job, dict) else None
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


def _json_object(path: Path) -> dict[str, Any]:
    """Return what a manifest holds; nothing for a file that is none of this tool's."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
