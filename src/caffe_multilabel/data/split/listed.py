"""A list as it is split: its lines, the paths of its images, its labels, and what they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from caffe_multilabel._base.arguments import (
    MAX_IMAGES,
    instance_of,
    is_one_of,
    whole_number,
)
from caffe_multilabel._base.core_options import ListKind
from caffe_multilabel._base.utf8 import to_utf8
from caffe_multilabel.data.label_schema import nothing_written
from caffe_multilabel.data.path_columns import read_list_table
from caffe_multilabel.data.records import load_records
from caffe_multilabel.data.split.list_lines import ListLines, read_list_lines
from caffe_multilabel.errors import ListError, OptionError
from caffe_multilabel.labels import LabelLayout
from caffe_multilabel.lists.texts import read_number
from caffe_multilabel.lists.tuples.names import image_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel._base.core_options import HeaderLine, ListFormat
    from caffe_multilabel.lists.table import Column, ImageTable
    from caffe_multilabel.tasks import TaskFile

__all__ = ["Listed", "read_listed"]

_OF_LINES = ("", "csv", "plain")
_LONGEST_HEADER = 1 << 16


@dataclass(slots=True, eq=False)
class Listed:
    """A list.

    Attributes:
        lines: as they stand.
        paths: of the first image of each record, of the second one, and so on.
        labels: float32 (N, L).
        layout: what they are.
        repeats: whether records may have images of earlier ones.
        read_again: gives the whole list as a table.
        as_table: whether the list was read as a table, which may have other columns than labels.
        by_place: which task reads which column, where the header names no task; else empty.
    """

    lines: ListLines
    paths: tuple[Sequence[bytes], ...]
    labels: NDArray[np.float32]
    layout: LabelLayout
    repeats: bool
    read_again: Callable[[], ImageTable]
    as_table: bool
    by_place: str = ""
    _table: ImageTable | None = None

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.labels)

    @property
    def table(self) -> ImageTable:
        """The whole list, read when it is first asked for."""
        if self._table is None:
            self._table = self.read_again()
        return self._table

    @property
    def texts(self) -> tuple[Column, ...]:
        """All columns of a list that was read as a table, whether labels or not, but paths."""
        if not self.as_table:
            return ()
        return self.table.columns


def read_listed(
    source: str,
    *,
    label_count: int | None,
    tasks: TaskFile | StrPath | None,
    list_format: ListFormat,
    header: HeaderLine,
    kind: ListKind,
    path_column: str | int | None,
    path_prefix: str,
    path_suffix: str,
    images_per_record: int | None,
    only_groups: bool,
) -> Listed:
    """Read a list, of one image a record or, as told or by its header, of several.

    Where groups are all that counts (`only_groups`), columns of text below a header need be no
    labels, if neither tasks nor `label_count` say that they are.

    Raises:
        ListError: it cannot be read, or not be cut by lines.
        TaskFileError: the task file is wrong.
        OptionError: an option is out of its range.
    """
    for name, text in (("path_prefix", path_prefix), ("path_suffix", path_suffix)):
        instance_of(name, text, str, "text")
    if images_per_record is not None:
        images_per_record = whole_number("images_per_record", images_per_record, 1, MAX_IMAGES)
    may_have_names = is_one_of(header, ("auto", "yes")) and is_one_of(kind, get_args(ListKind))
    named = _images_named(source) if path_column is None and may_have_names else 1
    read_whole = partial(
        read_list_table,
        source,
        kind=kind,
        header=header,
        path_column=path_column,
        path_prefix=path_prefix,
        path_suffix=path_suffix,
    )
    if named > 1 and tasks is None and images_per_record is None:
        if label_count is not None:
            raise OptionError("label_count counts labels behind one path; here columns have names")
        return _of_columns(source, read_whole(named))
    if named > 1 and images_per_record is None:
        images_per_record = named
    untold = tasks is None and label_count is None and images_per_record in (None, 1)
    try:
        with nothing_written():
            records = load_records(
                source,
                label_count=label_count,
                tasks=tasks,
                list_format=list_format,
                header=header,
                kind=kind,
                path_column=path_column,
                path_prefix=path_prefix,
                path_suffix=path_suffix,
                images_per_record=images_per_record,
            )
    except ListError:
        whole = read_whole(1) if only_groups and untold and may_have_names else None
        if whole is None or not (whole.has_names and whole.columns):
            raise
        return _of_columns(source, whole)
    _check_kind(source, records.kind)
    labels = records.core.labels()
    layout = (
        LabelLayout.guess(labels, records.label_names)
        if records.label_schema is None
        else LabelLayout.of(records.label_schema, records.label_names)
    )
    images, paths = records.images_per_record, records.core.paths()
    return Listed(
        read_list_lines(
            source, len(records), header=bool(records.label_names), as_table=bool(records.kind)
        ),
        tuple(paths[image::images] for image in range(images)),
        labels,
        layout,
        repeats=images > 1 or records.repeated_paths > 0,
        read_again=partial(read_whole, images),
        as_table=bool(records.kind),
        by_place=records.by_place,
    )


def _check_kind(source: str, kind: str) -> None:
    if kind not in _OF_LINES:
        raise ListError(
            f"{source}: is a list of kind {kind}, which cannot be cut by lines; 'caffe-multilabel "
            "list' writes it as one that can",
            path=source,
        )


def _images_named(source: str) -> int:
    """Return of how many images a record the header names the paths."""
    try:
        with Path(source).open("rb") as file:
            line = file.readline(_LONGEST_HEADER)
    except OSError:  # whoever reads it next says so
        return 1
    text = line.decode("utf-8-sig", "replace")
    fields = (field.strip(' "\r\n') for mark in ",;\t|" for field in text.split(mark))
    return image_count(set(fields))


def _of_columns(source: str, table: ImageTable) -> Listed:
    """Take the columns of numbers as labels, for nothing tells what they are."""
    _check_kind(source, table.kind)
    read = [(column, list(map(read_number, column.values))) for column in table.columns]
    numbers = [(column, values) for column, values in read if None not in values]
    labels = np.empty((len(table), len(numbers)), np.float32)
    for place, (column, values) in enumerate(numbers):
        labels[:, place] = np.array(values, np.float32)[column.codes]
    return Listed(
        read_list_lines(source, len(table), header=True, as_table=True),
        tuple([to_utf8(path) for path in own] for own in (table.paths, *table.further_paths)),
        labels,
        LabelLayout.guess(labels, [column.name for column, _ in numbers]),
        repeats=True,
        read_again=lambda: table,
        as_table=True,
    )
