"""Lists that the core does not read by itself: read as tables, and matched to the tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.data.cells import ChosenColumns, choose_label_columns, records_of_columns
from caffe_multilabel.data.path_columns import read_list_table
from caffe_multilabel.errors import ListError
from caffe_multilabel.lists.readers.read import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel import _core
    from caffe_multilabel._base.core_options import HeaderLine, ListFormat, ListKind
    from caffe_multilabel.data.matching import WantedColumn
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["ListReading", "TableRecords", "read_as_table", "records_of_table"]

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
class TableRecords:
    """Records of a table.

    Attributes:
        core: the packed records.
        label_names: the header over the labels; empty without one.
        notes: what was decided on the way, each for the user.
        kind: which reader read the table; empty where it came from a program.
    """

    core: _core.RecordList
    label_names: list[str]
    notes: tuple[str, ...]
    kind: str


def records_of_table(
    table: ImageTable,
    reading: ListReading,
    *,
    unit: str = "line",
    others: Sequence[Sequence[str]] = (),
) -> TableRecords:
    """Make records of a table.

    Args:
        table: the table.
        reading: how.
        unit: what its lines count.
        others: of each image of a record but the first the paths of all records.

    Raises:
        ListError: no columns go with the tasks, or texts are no labels.
    """
    chosen = choose_label_columns(table, reading.schema, reading.wanted, reading.label_count)
    return _records(table, chosen, reading, others, unit)


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
    kind = _kind(path, reading, refused)
    table, chosen = None, None
    others: list[list[str]] = []
    try:
        table, others = read_list_table(
            path,
            reading.images_per_record,
            kind=kind,
            root=reading.root,
            path_column=reading.path_column,
            path_prefix=reading.path_prefix,
            path_suffix=reading.path_suffix,
            header=reading.header,
            separator=_SEPARATORS.get(reading.list_format, ""),
        )
        chosen = choose_label_columns(table, reading.schema, reading.wanted, reading.label_count)
        records = _records(table, chosen, reading, others)
    except ListError:
        misnamed = chosen is None and table is not None and table.has_names
        if refused is None or misnamed or _is_only_a_table(kind, table, chosen):
            raise
        raise refused from None
    if refused is None or chosen.by_name or _is_only_a_table(kind, table, chosen):
        return records
    raise refused


def _kind(path: str, reading: ListReading, refused: ListError | None) -> ListKind:
    if reading.kind != "auto":
        return reading.kind
    if reading.list_format != "auto":
        return "plain" if reading.list_format == "space" else "csv"
    try:
        kind = kind_of(path)
    except ListError:
        raise refused or ListError(f"{path}: is no list", path=path) from None
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
    table: ImageTable,
    chosen: ChosenColumns,
    reading: ListReading,
    others: Sequence[Sequence[str]],
    unit: str = "line",
) -> TableRecords:
    core = records_of_columns(table, chosen.columns, reading.schema, unit=unit, others=others)
    names = [column.name for column in chosen.columns] if table.has_names else []
    warnings = (f"warning: {each}" for each in table.warnings)
    return TableRecords(core, names, (*table.notes, *chosen.notes, *warnings), table.kind)
