"""Where records come from: a list file, standard input, or a program."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, TypeAlias, cast, get_args

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import (
    StrPath,
    instance_of,
    is_one_of,
    path_bytes,
    path_text,
    whole_number,
)
from caffe_multilabel._base.core_options import HeaderLine, ListFormat, ListKind
from caffe_multilabel._base.renamed import renamed_attribute, renamed_keywords
from caffe_multilabel._base.text import plural, shown
from caffe_multilabel.data.label_array import label_array
from caffe_multilabel.errors import ListError, OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from _typeshed import SupportsKeysAndGetItem
    from numpy.typing import ArrayLike

    from caffe_multilabel.data.list_tables import ListReading
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

Rows: TypeAlias = "Iterable[tuple[ListedPath, ArrayLike | Sequence[str | float]]]"
Columns: TypeAlias = "tuple[Sequence[ListedPath], ArrayLike]"
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

    schema = renamed_attribute("schema", "label_schema")

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.core)

    def __repr__(self) -> str:
        """Count the records and labels and name the tasks."""
        counted = f"{plural(len(self), 'record')} of {plural(self.core.label_count, 'label')}"
        schema = self.label_schema
        tasks = () if schema is None else tuple(task.name for task in schema.tasks)
        return f"<Records: {counted}{', tasks ' if tasks else ''}{', '.join(tasks)}>"

    @property
    def repeated_paths(self) -> int:
        """How many records have the path of an earlier one."""
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
    known, wanted = _known(tasks)
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
    if path != b"-" or reading.schema is None:
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
    header = is_read_by_core(text, reading)
    if header is not None:
        try:
            core, names, _ = _core.read_list(
                path=path,
                label_count=reading.label_count or 0,
                rules=core_rules(reading.schema),
                list_format=reading.list_format,
                header=header,
            )
        except ListError as error:
            if path == b"-":
                raise
            refused = error
        else:
            named = [name.decode("utf-8", "backslashreplace") for name in names]
            if header != "auto" or not named or reading.schema is None:
                return _records(core, named, reading)
    found = read_as_table(text, reading, refused)
    return _records(found.core, found.label_names, reading, notes=found.notes, kind=found.kind)


def _of_program(records: Rows | Columns | Dicts | NamedColumns, reading: ListReading) -> Records:
    from caffe_multilabel.data import program_tables as made  # noqa: PLC0415  (not for --help)

    if isinstance(records, Iterator):
        records = list(records)
    if made.is_columns(records):
        return _of_table(made.table_of_columns(records, reading.path_column), reading)
    if made.is_dicts(records):
        return _of_table(made.table_of_dicts(records, reading.path_column), reading)
    paths, values = _split(cast("Rows | Columns", records))
    try:
        labels = label_array(values, len(paths))
    except ListError as error:
        if not made.holds_text(values):
            raise
        if reading.schema is None:
            raise ListError(f"{error.message}; {_NAMES_HINT}") from None
        return _of_table(made.table_of_labels(paths, cast("Iterable[object]", values)), reading)
    shape = labels.shape[1:]
    labels = labels.reshape(len(paths), -1)
    wanted = reading.label_count
    if wanted is not None and labels.shape[1] != wanted:
        raise ListError(f"records have {plural(labels.shape[1], 'label')}, want {wanted}")
    core = _core.make_list(paths=paths, labels=labels, rules=core_rules(reading.schema))
    return _records(core, [], reading, shape=shape if len(shape) == 3 else None)


def _of_table(table: ImageTable, reading: ListReading) -> Records:
    from caffe_multilabel.data.list_tables import records_of_table  # noqa: PLC0415  (likewise)

    found = records_of_table(table, reading, unit="record")
    return _records(found.core, found.label_names, reading, notes=found.notes)


def _records(
    core: _core.RecordList,
    names: list[str],
    reading: ListReading,
    *,
    shape: tuple[int, int, int] | None = None,
    notes: tuple[str, ...] = (),
    kind: str = "",
) -> Records:
    schema = None if reading.schema is None else reading.schema.over(core.label_count)
    return Records(core, names, schema, shape, notes, kind)


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
) -> tuple[LabelSchema | None, tuple[WantedColumn, ...]]:
    """Return what the label columns mean, and how a list is asked for them."""
    from caffe_multilabel.data.matching import (  # noqa: PLC0415  (not for --help)
        StoredSchema,
        wanted_columns,
    )
    from caffe_multilabel.labels import LabelSchema  # noqa: PLC0415  (likewise)

    if tasks is None:
        return None, ()
    if isinstance(tasks, LabelSchema):
        stored = tasks.names if isinstance(tasks, StoredSchema) else ()
        return label_schema_of(tasks), wanted_columns(tasks, stored=stored)
    from caffe_multilabel.tasks import ResolvedTasks, load_tasks  # noqa: PLC0415  (slow to load)

    resolved = ResolvedTasks.of(load_tasks(tasks))
    numbered = {
        column
        for task in resolved.file.tasks
        for column in (*(task.columns or ()), *(task.weight_columns or ()))
    }
    return resolved.schema, wanted_columns(resolved.schema, numbered=numbered)


def core_rules(schema: LabelSchema | None) -> list[_core.LabelRule]:
    """Return the rules of a schema's label columns as the core takes them."""
    if schema is None:
        return []
    from caffe_multilabel.data.cells import core_rule  # noqa: PLC0415  (not for --help)
    from caffe_multilabel.labels import LabelLayout  # noqa: PLC0415  (likewise)

    return [core_rule(rule) for rule in LabelLayout.of(schema).rules]


def _split(source: Rows | Columns) -> tuple[list[bytes], object]:
    """Return the paths, and whatever holds the labels."""
    if isinstance(source, tuple) and len(source) == 2 and _is_iterable(source[0]):
        # Either (paths, array), or an iterable that happens to be a tuple of two records.
        names = list(cast("Columns", source)[0])
        if all(isinstance(name, str | bytes | os.PathLike) for name in names):
            return [_listed_path(name) for name in names], source[1]
    if not _is_iterable(source):
        raise OptionError(
            f"records are {shown(source)}, must be the path of a list, pairs (path, labels), "
            "or (paths, array)"
        )
    paths: list[bytes] = []
    values: list[object] = []
    for number, row in enumerate(source, start=1):
        try:
            path, labels = cast("tuple[ListedPath, ArrayLike]", row)
            paths.append(os.fsencode(path))
        except (TypeError, ValueError):
            message = f"record {number} is {shown(row)}, must be (path, labels)"
            raise ListError(message, line=number) from None
        values.append(labels)
    return paths, values


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
