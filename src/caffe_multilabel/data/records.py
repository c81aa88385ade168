"""Where records come from: a list file, standard input, or a program."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, TypeAlias, cast, get_args

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import (
    MAX_IMAGES,
    StrPath,
    instance_of,
    is_one_of,
    path_bytes,
    path_text,
    said_once,
    whole_number,
)
from caffe_multilabel._base.core_options import HeaderLine, ListFormat, ListKind
from caffe_multilabel._base.renamed import renamed_attribute, renamed_keywords
from caffe_multilabel._base.text import plural, shown
from caffe_multilabel._base.utf8 import text_of_name
from caffe_multilabel.data.label_array import label_array
from caffe_multilabel.errors import ListError, OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from _typeshed import SupportsKeysAndGetItem
    from numpy.typing import ArrayLike

    from caffe_multilabel.data.list_tables import ListReading, TableRecords
    from caffe_multilabel.data.matching import WantedColumn
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.lists.table import ImageTable
    from caffe_multilabel.tasks import TaskFile

__all__ = [
    "HeaderLine",
    "ListFormat",
    "ListKind",
    "RecordSource",
    "Records",
    "core_rules",
    "label_schema_of",
    "load_records",
]

MAX_LABELS = 1_000_000
"""Of a record; no line of a list holds more."""

_NAMES_HINT = (
    "names of classes need tasks= (--tasks of a command), the task file that "
    "'caffe-multilabel tasks' makes of a list"
)

ListedPath: TypeAlias = "StrPath | bytes"
"""As keys of a DB hold it: paths of a list are any bytes."""

ListedPaths: TypeAlias = "ListedPath | Sequence[ListedPath]"
"""Of a record; several where it has several images."""

Rows: TypeAlias = "Iterable[tuple[ListedPaths, ArrayLike | Sequence[str | float]]]"
Columns: TypeAlias = "tuple[Sequence[ListedPaths], ArrayLike]"
Dicts: TypeAlias = "Iterable[Mapping[str, Any]]"
NamedColumns: TypeAlias = "SupportsKeysAndGetItem[str, Any]"
"""A dict of columns, or a data frame."""

RecordSource: TypeAlias = "StrPath | Rows | Columns | Dicts | NamedColumns"


@dataclass(frozen=True, slots=True)
class Records:
    """Parsed and checked records, ready to convert or to compare with. They can be pickled.

    Attributes:
        core: the packed records.
        label_names: the header over the label columns; empty without one.
        label_schema: what the labels mean; None without a task file.
        label_shape: (C, H, W) of an array of labels of shape (N, C, H, W); None otherwise.
        notes: what was decided where a list was read as a table, each for the user.
        kind: which of `lists.READERS` read the list; empty where the core did, or for records of a
            program.
        by_place: the one of `notes` that says which task reads which column, where a header names
            no task, so that their order decides; else empty.

    Example:
        >>> from caffe_multilabel import load_records
        >>> records = load_records("val.csv", tasks="tasks.yaml")
        >>> len(records), records.label_names
        (10, ['kind', 'color', 'filled', 'size', 'x', 'y'])
    """

    core: _core.RecordList
    label_names: list[str]
    label_schema: LabelSchema | None
    label_shape: tuple[int, int, int] | None
    notes: tuple[str, ...] = ()
    kind: str = ""
    by_place: str = ""

    schema = renamed_attribute("schema", "label_schema")

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.core)

    def __repr__(self) -> str:
        """Count the records and labels and name the tasks."""
        images = "" if self.images_per_record == 1 else f"{self.images_per_record} images and "
        labels = plural(self.core.label_count, "label")
        counted = f"{plural(len(self), 'record')} of {images}{labels}"
        schema = self.label_schema
        tasks = () if schema is None else tuple(task.name for task in schema.tasks)
        return f"<Records: {counted}{', tasks ' if tasks else ''}{', '.join(tasks)}>"

    @property
    def images_per_record(self) -> int:
        """How many images each record has."""
        return self.core.images_per_record

    @property
    def repeated_paths(self) -> int:
        """How many records have the path of an earlier one; of several images all its paths."""
        return self.core.repeated_paths

    @property
    def rows_of_bits(self) -> int:
        """How many records have one number that may be a row of flags, where no task tells.

        All of them or none: each has one label, which no digit but 0 and 1 is in.
        """
        return self.core.rows_of_bits if self.label_schema is None else 0

    @property
    def schema_json(self) -> str:
        """The schema as a manifest keeps it."""
        return json.dumps(None if self.label_schema is None else self.label_schema.to_json())


@renamed_keywords(source="records")
def load_records(
    records: RecordSource,
    *,
    label_count: int | None = None,
    tasks: TaskFile | LabelSchema | StrPath | None = None,
    list_format: ListFormat = "auto",
    header: HeaderLine = "auto",
    kind: ListKind = "auto",
    path_column: str | int | None = None,
    path_prefix: str = "",
    path_suffix: str = "",
    root: StrPath = "",
    images_per_record: int | None = None,
) -> Records:
    """Read and check records.

    With `tasks`, class names become their indices, blank cells the `ignore_label` of the task, and
    columns are matched to tasks by the header, in any order; those that no task names are passed
    over. Where no header names a task, all columns are labels, in their order: there may be no
    others then, but where the task file has `columns`.

    Args:
        records: path of a list file, or "-" for standard input; or an iterable of
            (path, labels); or a pair (paths, array) with an array of shape (N, ...), of which each
            row becomes the labels of a path, in C order; or an iterable of dicts, a dict of
            columns, or a data frame of pandas. Paths are text, path objects or bytes.
        label_count: labels of a record; None lets the first record decide.
        tasks: the task file, its path, or the schema in a manifest, to check the labels against.
        list_format: how lines of a list file are cut.
        header: whether the first line of a list file is a header: "auto" finds one in a list with
            tabs or CSV, if its cells are no labels, and names of the tasks where labels may be
            names; "yes" and "no" hold whatever that line says.
        kind: what a file or folder is, as `read_table` takes it. By "auto" the core reads what is
            lines of a path and labels, and a reader of `lists.READERS` the rest.
        path_column: the column of the paths, by name or by number from 0, where it is not found.
        path_prefix: put before each path of a list file.
        path_suffix: put behind each path of a list file, as ".jpg" behind Kaggle's ids.
        root: the folder that the paths of images begin at; see `read_table`.
        images_per_record: images of a record, K. None takes `data.images_per_record` of the task
            file, or 1. With more than one, a list file has K columns of paths, told by their names
            or as those of images, between tabs or commas; else they are the first ones. Records
            of a program are ((path, path), labels), paths are an array (N, K), and dicts and
            columns have `path_1` to `path_K`.

    Raises:
        ListError: lines or records that do not fit, all of them named, the first 20 in full. A
            whole number that a float32 would round to another one does not.
        TaskFileError: the task file is wrong, or wants more labels than there are.
        OptionError: an argument is out of its range.

    Example:
        >>> from caffe_multilabel import load_records, load_tasks
        >>> load_records("train.csv", tasks="tasks.yaml")
        <Records: 90 records of 6 labels, tasks kind, color, filled, size, centre>
        >>> load_records([("a.jpg", [1, 0]), ("b.jpg", [2, 0.5])])
        <Records: 2 records of 2 labels>
        >>> rows = [{"image": "a.jpg", "color": "red"}, {"image": "b.jpg", "color": "blue"}]
        >>> color = {"name": "color", "loss": "softmax", "classes": ["red", "blue"]}
        >>> load_records(rows, tasks=load_tasks({"tasks": [color]}))
        <Records: 2 records of 1 label, tasks color>
        >>> load_records([(("a.jpg", "b.jpg"), [1])], images_per_record=2)
        <Records: 1 record of 2 images and 1 label>
    """
    if label_count is not None:
        label_count = whole_number("label_count", label_count, 1, MAX_LABELS)
    if not is_one_of(list_format, get_args(ListFormat)):
        raise OptionError(f"list_format is {shown(list_format)}, must be auto, space, tab or csv")
    if not is_one_of(header, get_args(HeaderLine)):
        raise OptionError(f"header is {shown(header)}, must be auto, yes or no")
    if not is_one_of(kind, get_args(ListKind)):
        raise OptionError(f"kind is {shown(kind)}, must be one of {', '.join(get_args(ListKind))}")
    if kind != "auto" and list_format != "auto":
        raise OptionError("list_format tells how lines are cut; leave it out beside kind")
    if isinstance(path_column, bool) or not isinstance(path_column, str | int | None):
        raise OptionError(f"path_column is {shown(path_column)}, must be a name or a number")
    for name, text in (("path_prefix", path_prefix), ("path_suffix", path_suffix)):
        instance_of(name, text, str, "text")
    from caffe_multilabel.data.list_tables import ListReading  # noqa: PLC0415  (not for --help)

    root_text = path_text("root", root)
    if images_per_record is not None:
        images_per_record = whole_number("images_per_record", images_per_record, 1, MAX_IMAGES)
    known, wanted, images_of_tasks = _known(tasks)
    images = said_once("images_per_record", images_per_record, images_of_tasks) or 1
    if images > 1 and path_column is not None:
        raise OptionError(
            f"path_column tells one column, and records of {images} images have their paths in "
            "several: those that the header calls path_1, path_2 and so on, or that hold images"
        )
    reading = ListReading(
        schema=known,
        wanted=wanted,
        label_count=label_count,
        list_format=list_format,
        header=header,
        kind=kind,
        path_column=path_column,
        root=root_text,
        path_prefix=path_prefix,
        path_suffix=path_suffix,
        images_per_record=images,
    )
    if isinstance(records, str | os.PathLike):
        return _of_file(records, reading)
    if reading.changes_paths:
        raise OptionError("path_prefix and path_suffix are for the paths of a list file")
    return _of_program(records, reading)


def _of_file(source: StrPath, reading: ListReading) -> Records:
    path = path_bytes("the list", source)
    if not path:
        raise OptionError("the path of the list is empty")
    if path != b"-" or (reading.schema is None and reading.images_per_record == 1):
        return _of_path(path, reading)
    if sys.stdin is None:
        raise ListError("standard input is closed", path="-")
    # Its first lines tell how it is to be read, and it can be read only once.
    with NamedTemporaryFile(prefix="list-") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.flush()
        try:
            return _of_path(os.fsencode(file.name), reading)
        except ListError as error:
            message = error.message.replace(file.name, "standard input")
            raise ListError(message, path="-", line=error.line, key=error.key) from None


def _of_path(path: bytes, reading: ListReading) -> Records:
    from caffe_multilabel.data.list_tables import (  # noqa: PLC0415  (not for --help)
        is_read_by_core,
        read_as_table,
    )

    text = os.fsdecode(path)
    refused = None
    by_core = is_read_by_core(text, reading)
    if by_core is not None:
        try:
            core, names, _ = _core.read_list(
                path=path,
                label_count=reading.label_count or 0,
                rules=core_rules(reading.schema),
                list_format=reading.list_format,
                header=by_core.header,
                images_per_record=reading.images_per_record,
            )
        except ListError as error:
            if path == b"-":
                raise
            refused = error
        else:
            named = [name.decode("utf-8", "backslashreplace") for name in names]
            if by_core.header != "auto" or not named or reading.schema is None:
                paths = by_core.paths if named else ""
                return _records(core, named, reading, paths=paths, by_place=by_core.by_place)
    return _of_found(read_as_table(text, reading, refused), reading)


def _of_program(records: Rows | Columns | Dicts | NamedColumns, reading: ListReading) -> Records:
    from caffe_multilabel.data import program_tables as made  # noqa: PLC0415  (not for --help)

    if isinstance(records, Iterator):
        records = list(records)
    images = reading.images_per_record
    if made.is_columns(records):
        table = made.table_of_columns(records, reading.path_column, images)
        return _of_named_paths(table, reading)
    if made.is_dicts(records):
        table = made.table_of_dicts(records, reading.path_column, images)
        return _of_named_paths(table, reading)
    paths, values = _split(cast("Rows | Columns", records), images)
    count = len(paths) // images
    try:
        labels = label_array(values, count)
    except ListError as error:
        if not made.holds_text(values):
            raise
        if reading.schema is None:
            raise ListError(f"{error.message}; {_NAMES_HINT}") from None
        table = made.table_of_labels(paths[::images], cast("Iterable[object]", values))
        further = tuple(
            [text_of_name(os.fsdecode(path)) for path in paths[image::images]]
            for image in range(1, images)
        )
        return _of_table(replace(table, further_paths=further), reading)
    shape = labels.shape[1:]
    labels = labels.reshape(count, -1)
    wanted = reading.label_count
    if wanted is not None and labels.shape[1] != wanted:
        raise ListError(f"records have {plural(labels.shape[1], 'label')}, want {wanted}")
    core = _core.make_list(
        paths=paths, labels=labels, rules=core_rules(reading.schema), images_per_record=images
    )
    return _records(core, [], reading, shape=shape if len(shape) == 3 else None)


def _of_named_paths(table: ImageTable, reading: ListReading) -> Records:
    from caffe_multilabel.data.path_columns import take_path_columns  # noqa: PLC0415  (likewise)

    return _of_table(take_path_columns(table, reading.images_per_record), reading)


def _of_table(table: ImageTable, reading: ListReading) -> Records:
    from caffe_multilabel.data.list_tables import records_of_table  # noqa: PLC0415  (likewise)

    return _of_found(records_of_table(table, reading, unit="record"), reading)


def _records(
    core: _core.RecordList,
    names: list[str],
    reading: ListReading,
    *,
    shape: tuple[int, int, int] | None = None,
    paths: str = "",
    by_place: str = "",
) -> Records:
    notes = tuple(filter(None, (paths, by_place)))
    return Records(core, names, _schema(core, reading), shape, notes, "", by_place)


def _of_found(found: TableRecords, reading: ListReading) -> Records:
    core, names, own = found.core, found.label_names, _schema(found.core, reading)
    return Records(core, names, own, None, found.notes, found.kind, found.by_place)


def _schema(core: _core.RecordList, reading: ListReading) -> LabelSchema | None:
    return None if reading.schema is None else reading.schema.over(core.label_count)


def label_schema_of(tasks: TaskFile | LabelSchema | StrPath | None) -> LabelSchema | None:
    """Return what the label columns of a list mean, over as many columns as the tasks read.

    Raises:
        TaskFileError: the task file is wrong.
    """
    if tasks is None:
        return None
    from caffe_multilabel.labels.schema import (  # noqa: PLC0415  (not for --help)
        LabelSchema,
        check_label_schema,
    )

    if isinstance(tasks, LabelSchema):
        check_label_schema(tasks)
        return tasks.over(tasks.width)
    from caffe_multilabel.tasks import ResolvedTasks, load_tasks  # noqa: PLC0415  (likewise)

    return ResolvedTasks.of(load_tasks(tasks)).schema


def _known(
    tasks: TaskFile | LabelSchema | StrPath | None,
) -> tuple[LabelSchema | None, tuple[WantedColumn, ...], int | None]:
    """Return what the label columns mean, how a list is asked for them, and images of a record."""
    from caffe_multilabel.data.matching import (  # noqa: PLC0415  (not for --help)
        StoredSchema,
        wanted_columns,
    )
    from caffe_multilabel.labels import LabelSchema  # noqa: PLC0415  (likewise)

    if tasks is None:
        return None, (), None
    if isinstance(tasks, LabelSchema):
        stored = tasks.names if isinstance(tasks, StoredSchema) else ()
        return label_schema_of(tasks), wanted_columns(tasks, stored=stored), None
    from caffe_multilabel.tasks import ResolvedTasks, load_tasks  # noqa: PLC0415  (slow to load)

    file = load_tasks(tasks)
    resolved = ResolvedTasks.of(file)
    numbered = {
        column
        for task in resolved.file.tasks
        for column in (*(task.columns or ()), *(task.numbered_weights or ()))
    }
    wanted = wanted_columns(resolved.schema, numbered=numbered)
    return resolved.schema, wanted, file.data.images_per_record


def core_rules(schema: LabelSchema | None) -> list[_core.LabelRule]:
    """Return the rules of a schema's label columns as the core takes them."""
    if schema is None:
        return []
    from caffe_multilabel.data.cells import core_rule  # noqa: PLC0415  (not for --help)
    from caffe_multilabel.labels import LabelLayout  # noqa: PLC0415  (likewise)

    return [core_rule(rule) for rule in LabelLayout.of(schema).rules]


def _split(source: Rows | Columns, images: int) -> tuple[list[bytes], object]:
    """Return the paths, those of a record after each other, and whatever holds the labels."""
    if isinstance(source, tuple) and len(source) == 2 and _is_iterable(source[0]):
        # Either (paths, array), or an iterable that happens to be a tuple of two records.
        records = [_paths_of(each, images) for each in cast("Columns", source)[0]]
        if all(map(_are_paths, records)):
            return [_listed_path(path) for paths in records for path in paths], source[1]
    if not _is_iterable(source):
        raise OptionError(
            f"records are {shown(source)}, must be the path of a list, pairs (path, labels), "
            "or (paths, array)"
        )
    wanted = "path" if images == 1 else f"{images} paths"
    paths: list[bytes] = []
    values: list[object] = []
    for number, row in enumerate(source, start=1):
        try:
            listed, labels = cast("tuple[ListedPaths, ArrayLike]", row)
            own = [os.fsencode(path) for path in _paths_of(listed, images)]
            if len(own) != images:
                raise ValueError
        except (TypeError, ValueError):
            message = f"record {number} is {shown(row)}, must be ({wanted}, labels)"
            raise ListError(message, line=number) from None
        paths += own
        values.append(labels)
    return paths, values


def _paths_of(listed: object, images: int) -> list[ListedPath]:
    """Return the paths of a record as they are given; none where there are not as many."""
    if images == 1:
        return [cast("ListedPath", listed)]
    if not _is_iterable(listed):
        return []
    paths = list(cast("Iterable[ListedPath]", listed))
    return paths if len(paths) == images else []


def _are_paths(paths: Sequence[object]) -> bool:
    return bool(paths) and all(isinstance(path, str | bytes | os.PathLike) for path in paths)


def _listed_path(path: ListedPath) -> bytes:
    return bytes(path) if isinstance(path, bytes) else path_bytes("a path", path, opened=False)


def _is_iterable(value: object) -> bool:
    if isinstance(value, str | bytes):
        return False
    try:
        iter(cast("Iterable[object]", value))
    except TypeError:  # an array of no axes says so only now
        return False
    return True
