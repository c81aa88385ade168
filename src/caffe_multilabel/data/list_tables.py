"""Lists that the core does not read by itself: read as tables, and matched to the tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import root_text
from caffe_multilabel.data.cells import ChosenColumns, choose_label_columns, records_of_columns
from caffe_multilabel.data.matching import names_some
from caffe_multilabel.data.path_columns import read_list_table
from caffe_multilabel.errors import ListError
from caffe_multilabel.lists.readers.paths import PathColumnsError, is_path_name
from caffe_multilabel.lists.readers.read import kind_of
from caffe_multilabel.lists.readers.rows import PATHS_NOTE
from caffe_multilabel.lists.tuples.names import path_names

if TYPE_CHECKING:
    from caffe_multilabel import _core
    from caffe_multilabel._base.core_options import HeaderLine, ListFormat, ListKind
    from caffe_multilabel.data.matching import WantedColumn
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.lists.table import ImageTable

__all__ = [
    "CoreReading",
    "ListReading",
    "TableRecords",
    "is_read_by_core",
    "read_as_table",
    "records_of_table",
]

_OF_THE_CORE = ("csv", "plain")
"""The kinds of lists that the core reads too."""

_SEPARATORS = {"csv": ",", "tab": "\t"}


@dataclass(frozen=True, slots=True)
class ListReading:
    """How a list is read, checked; see `load_records`."""

    schema: LabelSchema | None
    wanted: tuple[WantedColumn, ...]
    label_count: int | None
    list_format: ListFormat
    header: HeaderLine
    kind: ListKind
    path_column: str | int | None
    root: str
    path_prefix: str = ""
    path_suffix: str = ""
    images_per_record: int = 1

    @property
    def changes_paths(self) -> bool:
        """Whether paths get something in front or behind."""
        return bool(self.path_prefix or self.path_suffix)


@dataclass(frozen=True, slots=True)
class CoreReading:
    """How the core is to read a list.

    Attributes:
        header: whether the first line is a header, as the core is to be told.
        by_place: which task reads which column, where that line names no task; else empty.
        paths: which columns hold the paths of several images, where it does not name them so.
    """

    header: HeaderLine
    by_place: str = ""
    paths: str = ""


@dataclass(frozen=True, slots=True)
class TableRecords:
    """Records of a table.

    Attributes:
        core: the packed records.
        label_names: the header over the labels; empty without one.
        notes: what was decided on the way, each for the user.
        kind: which reader read the table; empty where it came from a program.
        by_place: the one of the notes that says which task reads which column, where the header
            names no task; else empty.
    """

    core: _core.RecordList
    label_names: list[str]
    notes: tuple[str, ...]
    kind: str
    by_place: str


def records_of_table(
    table: ImageTable, reading: ListReading, *, unit: str = "line"
) -> TableRecords:
    """Make records of a table.

    Args:
        table: the table.
        reading: how.
        unit: what its lines count.

    Raises:
        ListError: no columns go with the tasks, or texts are no labels.
    """
    chosen = choose_label_columns(table, reading.schema, reading.wanted, reading.label_count)
    return _records(table, chosen, reading, unit)


def is_read_by_core(path: str, reading: ListReading) -> CoreReading | None:
    """Tell whether the core reads a list as a table of it would be, and much faster.

    So it does without tasks, and where the first lines show that the labels stand behind the paths
    in the order of the tasks.

    Returns:
        How; None where the list is to be read as a table.

    Raises:
        ListError: a header surely is one, and does not go together with the tasks.
    """
    if reading.kind != "auto" or reading.path_column is not None or reading.changes_paths:
        return None
    several = reading.images_per_record > 1
    if reading.schema is None and not several:
        return CoreReading(reading.header)
    table = _beginning(path, reading)
    paths = "" if table is None else _paths_of(table)
    cut_alike = table is not None and table.kind in _OF_THE_CORE and table.core_cut
    if reading.schema is None:
        # What is wrong with other kinds of lists, the core says.
        by_core = cut_alike or table is None or table.kind != "csv"
        return CoreReading(reading.header, paths=paths) if by_core else None
    if table is None or not cut_alike:
        return None
    return _by_core_with_tasks(table, reading, paths)


def _by_core_with_tasks(table: ImageTable, reading: ListReading, paths: str) -> CoreReading | None:
    """Tell it of the first lines of a list that the core cuts as they are cut."""
    if _is_in_doubt(table, reading):
        # The core knows which texts are labels, and takes no misspelt first record for a header.
        return CoreReading("auto", paths=paths)
    headed = table.has_names or bool(table.path_name)
    try:
        chosen = choose_label_columns(table, reading.schema, reading.wanted, reading.label_count)
    except ListError:  # too few columns, which the core says better where there are no names
        if headed:
            raise
        return CoreReading("no")
    told: HeaderLine = "yes" if headed else "no"
    return CoreReading(told, chosen.by_place, paths) if chosen.in_place else None


def _paths_of(table: ImageTable) -> str:
    """Return what the reader said of the columns of several paths that are not named `path_1`."""
    told = (note for note in table.notes if note.startswith(PATHS_NOTE))
    named = table.path_name in ("", *path_names(1))
    return "" if named or not table.further_paths else next(told, "")


def _beginning(path: str, reading: ListReading) -> ImageTable | None:
    """Read the first lines; what is wrong with them is for who reads all of them."""
    try:
        return _read(path, _kind(path, reading, None), reading, beginning=True)
    except ListError:
        return None


def _read(
    path: str, kind: ListKind, reading: ListReading, *, beginning: bool = False
) -> ImageTable:
    return read_list_table(
        path,
        reading.images_per_record,
        kind=kind,
        root=root_text(reading.root),
        path_column=reading.path_column,
        path_prefix=reading.path_prefix,
        path_suffix=reading.path_suffix,
        header=reading.header,
        separator=_SEPARATORS.get(reading.list_format, ""),
        beginning=beginning,
    )


def _is_in_doubt(table: ImageTable, reading: ListReading) -> bool:
    """Tell whether the first line may be a header or a misspelt record.

    It is a header if it names the paths, or any column of the tasks; or where words are no labels.
    """
    of_several = path_names(reading.images_per_record)
    named = is_path_name(table.path_name) or table.path_name in of_several
    if reading.header != "auto" or not table.has_names or named:
        return False
    names = [column.name for column in table.columns]
    tasks = () if reading.schema is None else reading.schema.tasks
    takes_words = any(task.kind != "real" for task in tasks)
    return takes_words and not names_some(names, reading.wanted)


def read_as_table(
    path: str, reading: ListReading, refused: ListError | None = None
) -> TableRecords:
    """Read a list as a table.

    Args:
        path: the list.
        reading: how.
        refused: why the core does not read it. That stands without tasks, which tell what columns
            are, and unless the header names others than the tasks, or the list is one that only a
            table can hold: of another kind than lines of a path and labels, or with columns in
            another order, beside others, or parted otherwise.

    Raises:
        ListError: `refused`, or what is wrong with the table.
    """
    if refused is not None and reading.schema is None and reading.images_per_record == 1:
        _check_one_image(path, reading)
    kind = _kind(path, reading, refused)
    table, chosen = None, None
    try:
        table = _read(path, kind, reading)
        chosen = choose_label_columns(table, reading.schema, reading.wanted, reading.label_count)
        records = _records(table, chosen, reading)
    except PathColumnsError:
        raise
    except ListError:
        misnamed = chosen is None and table is not None and table.has_names
        if refused is None or misnamed or _is_only_a_table(kind, table, chosen):
            raise
        raise refused from None
    if refused is None or chosen.by_name or _is_only_a_table(kind, table, chosen):
        return records
    raise refused


def _check_one_image(path: str, reading: ListReading) -> None:
    """Refuse a list of several images a record that is read as one of one.

    Raises:
        PathColumnsError: several of its columns may hold the paths.
    """
    try:
        _read(path, _kind(path, reading, None), reading, beginning=True)
    except PathColumnsError:
        raise
    except ListError:  # for the core to say
        pass


def _kind(path: str, reading: ListReading, refused: ListError | None) -> ListKind:
    if reading.kind != "auto":
        return reading.kind
    if reading.list_format != "auto":
        return "plain" if reading.list_format == "space" else "csv"
    try:
        kind = kind_of(path)
    except ListError as error:
        raise refused or error from None
    if refused is None or reading.schema is not None:
        return kind
    # The header may say where the paths of several images are.
    if reading.images_per_record > 1 and kind == "csv":
        return kind
    if kind in (*_OF_THE_CORE, "folder"):
        raise refused
    raise ListError(
        f"{refused.message}; it looks like a list of kind {kind}, which --from {kind} reads, "
        f'kind="{kind}" in Python',
        path=refused.path,
        line=refused.line,
    )


def _is_only_a_table(
    kind: ListKind, table: ImageTable | None, chosen: ChosenColumns | None
) -> bool:
    """Tell whether the core cannot read such a list, however good its lines are."""
    if kind not in _OF_THE_CORE:
        return True
    if table is None:
        return False
    return not table.core_cut or (chosen is not None and not chosen.in_place)


def _records(
    table: ImageTable, chosen: ChosenColumns, reading: ListReading, unit: str = "line"
) -> TableRecords:
    core = records_of_columns(table, chosen.columns, reading.schema, unit=unit)
    names = [column.name for column in chosen.columns] if table.has_names else []
    warnings = (f"warning: {each}" for each in table.warnings)
    notes = (*table.notes, *chosen.notes, *warnings)
    return TableRecords(core, names, notes, table.kind, chosen.by_place)
