"""Where a reader learns what the label columns of a DB mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.data.manifest import Manifest
from caffe_multilabel.errors import DatabaseError, TaskFileError
from caffe_multilabel.labels import LabelSchema
from caffe_multilabel.labels.schema import check_label_schema

if TYPE_CHECKING:
    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.tasks import TaskFile

__all__ = ["find_label_schema", "stored_label_names"]


def find_label_schema(
    label_db: StrPath, label_count: int, tasks: TaskFile | LabelSchema | StrPath | None
) -> LabelSchema | None:
    """Return the schema of the tasks, else the one in the label DB's manifest, else None.

    Raises:
        TaskFileError: the task file is wrong or wants other columns than there are.
        DatabaseError: the manifest's schema does not go with the DB, or the manifest cannot be
            read, see `Manifest.read`.
    """
    if tasks is None:
        return _stored_schema(label_db, label_count)
    if isinstance(tasks, LabelSchema):
        if tasks.label_count != label_count:
            raise TaskFileError(
                f"the label schema is of {tasks.label_count} labels, "
                f"but {label_db} has {label_count} a record"
            )
        check_label_schema(tasks)
        return tasks
    from caffe_multilabel.tasks import ResolvedTasks, load_tasks  # noqa: PLC0415  (slow to load)

    return ResolvedTasks.of(load_tasks(tasks), label_count).schema


def stored_label_names(label_db: StrPath, label_count: int) -> tuple[str, ...]:
    """Return the names that the list of images gave the label columns of a DB, or none."""
    manifest = Manifest.read(label_db)
    names = () if manifest is None else manifest.label_names
    return names if len(names) == label_count else ()


def _stored_schema(label_db: StrPath, label_count: int) -> LabelSchema | None:
    manifest = Manifest.read(label_db)
    if manifest is None or manifest.label_schema is None:
        return None
    schema = manifest.label_schema
    if schema.label_count != label_count:
        raise DatabaseError(
            f"{manifest.path}: its label schema is of {schema.label_count} labels, "
            f"but the records have {label_count}",
            path=manifest.path,
        )
    return schema
