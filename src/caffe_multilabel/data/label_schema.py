"""What the label columns of a DB mean, to those who read it or a list of its labels."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import MAX_IMAGES, whole_number
from caffe_multilabel._base.text import plural
from caffe_multilabel.data.manifest import Manifest
from caffe_multilabel.data.matching import StoredSchema
from caffe_multilabel.data.records import load_records
from caffe_multilabel.errors import DatabaseError, ListError, OptionError, TaskFileError
from caffe_multilabel.labels import LabelSchema
from caffe_multilabel.labels.differences import differences
from caffe_multilabel.labels.schema import check_label_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.data.records import (
        HeaderLine,
        ListFormat,
        ListKind,
        Records,
        RecordSource,
    )
    from caffe_multilabel.tasks import TaskFile

__all__ = [
    "find_label_schema",
    "load_records_of",
    "nothing_written",
    "refuse_other_labels",
    "stored_label_names",
    "tasks_of",
]


def find_label_schema(
    label_db: StrPath, label_count: int, tasks: TaskFile | LabelSchema | StrPath | None
) -> LabelSchema | None:
    """Return the schema of the tasks, else the one in the label DB's manifest, else None.

    Raises:
        TaskFileError: the task file is wrong, wants other columns than there are, or says otherwise
            of the labels than the tasks that they were converted by.
        DatabaseError: the manifest's schema does not go with the DB, or the manifest cannot be
            read, see `Manifest.read`.
    """
    if tasks is None:
        return _stored_schema(label_db, label_count)
    if isinstance(tasks, LabelSchema):
        if tasks.label_count != label_count:
            raise TaskFileError(
                f"the label schema is of {plural(tasks.label_count, 'label')}, "
                f"but {label_db} has {label_count} a record"
            )
        check_label_schema(tasks)
        schema = tasks
    else:
        from caffe_multilabel.tasks import (  # noqa: PLC0415  (slow to load)
            ResolvedTasks,
            load_tasks,
        )

        schema = ResolvedTasks.of(load_tasks(tasks), label_count).schema
    refuse_other_labels(schema, Manifest.read(label_db))
    return schema


def refuse_other_labels(tasks: LabelSchema, manifest: Manifest | None) -> None:
    """Refuse tasks to which the labels of a DB mean something else than they were stored for.

    Nothing in a label tells which class it is; the manifest does. Nothing is known of a DB without
    one, or of one that was converted without tasks.

    Args:
        tasks: of a task file.
        manifest: of the label DB; None where it has none.

    Raises:
        TaskFileError: they say otherwise of a task of the manifest, see `labels.differences`.
    """
    if manifest is None or manifest.label_schema is None:
        return
    for each in differences(tasks, manifest.label_schema):
        raise TaskFileError("; ".join(each.against(manifest.directory)), key="tasks")


def tasks_of(
    manifest: Manifest | None, tasks: TaskFile | StrPath | None
) -> TaskFile | LabelSchema | StrPath | None:
    """Return the tasks that were given, else those in a label DB's manifest, else None."""
    return manifest.label_schema if tasks is None and manifest is not None else tasks


def load_records_of(
    manifest: Manifest | None,
    records: RecordSource,
    *,
    tasks: TaskFile | StrPath | None = None,
    label_count: int | None = None,
    list_format: ListFormat = "auto",
    header: HeaderLine = "auto",
    kind: ListKind = "auto",
    path_column: str | int | None = None,
    path_prefix: str = "",
    path_suffix: str = "",
    images_per_record: int | None = None,
    root: StrPath = "",
) -> Records:
    """Read a list of the labels of a DB, old or new ones, by the tasks that hold for it.

    Args:
        manifest: of the label DB; None where it has none.
        records: as `load_records` takes it, and all that follows.
        tasks: in place of those in the manifest.
        label_count: labels of a record.
        list_format: how lines of a list file are cut.
        header: whether the first line of a list file is a header.
        kind: what a list file or folder is.
        path_column: the column of the paths.
        path_prefix: put before each path.
        path_suffix: put behind each path.
        images_per_record: images of a record; None takes what the manifest says.
        root: the folder that the paths begin at.

    Raises:
        ListError: as of `load_records`; it tells where the tasks are from if that is the manifest.
        TaskFileError: the task file is wrong, or wants more labels than there are.
        OptionError: an argument is out of its range, or contradicts the manifest.
    """
    if images_per_record is not None:
        images_per_record = whole_number("images_per_record", images_per_record, 1, MAX_IMAGES)
    if manifest is not None:
        images = manifest.images_per_record
        if images_per_record not in (None, images):
            raise OptionError(
                f"images_per_record is {images_per_record}, but {manifest.path} says {images}"
            )
        images_per_record = images
    known = _stored(manifest) if tasks is None else tasks
    try:
        return load_records(
            records,
            label_count=label_count,
            tasks=known,
            list_format=list_format,
            header=header,
            kind=kind,
            path_column=path_column,
            path_prefix=path_prefix,
            path_suffix=path_suffix,
            root=root,
            images_per_record=images_per_record,
        )
    except ListError as error:
        if tasks is not None or known is None:
            raise
        raise ListError(
            f"{error.message}\nthe tasks are those in the label DB's manifest; "
            "give the task file if they have changed",
            path=error.path,
            line=error.line,
            key=error.key,
        ) from None


def _stored(manifest: Manifest | None) -> StoredSchema | None:
    """Return the schema in a manifest, with the names of its columns."""
    schema = None if manifest is None else manifest.label_schema
    if manifest is None or schema is None:
        return None
    names = manifest.label_names
    return StoredSchema(label_count=schema.label_count, tasks=schema.tasks, names=names)


@contextmanager
def nothing_written() -> Iterator[None]:
    """Say that nothing was written where bad lines of a list are why.

    Whoever only looks at the list, as `verify` does, says no such thing.
    """
    try:
        yield
    except ListError as error:
        count, lines, bad = error.message.partition("\n")
        if lines:
            count += ", nothing was written"
        raise ListError(
            f"{count}{lines}{bad}", path=error.path, line=error.line, key=error.key
        ) from None


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
            f"{manifest.path}: its label schema is of {plural(schema.label_count, 'label')}, "
            f"but the records have {label_count}",
            path=manifest.path,
        )
    return schema
