"""Two lists made one: the records to train with, and those to validate with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.arguments import instance_of
from caffe_multilabel._base.text import listed, plural, shown
from caffe_multilabel.errors import ListError
from caffe_multilabel.lists.decimals import with_points
from caffe_multilabel.lists.parts import parts_told
from caffe_multilabel.lists.table import Column, ImageTable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["join_parts"]

_PART = "part"
"""The column that says which of the two lists a record is of."""


def join_parts(train: ImageTable, val: ImageTable) -> ImageTable:
    """Join the list to train with and the one to validate with.

    Columns are matched by their names, in any order; without names by their places. Those that only
    one of the lists has are left out, which a note says. The last column of the new table, `part`,
    holds `train` or `val`. Its `lines` are those of each list.

    Args:
        train: the list to train with.
        val: the list to validate with.

    Raises:
        ListError: the lists have no columns in common, only one of them names its columns or has
            decimal commas, or a column says the parts otherwise.

    Example:
        >>> from caffe_multilabel import join_parts, read_table
        >>> table = join_parts(read_table("train.csv"), read_table("val.csv"))
        >>> len(table), [column.name for column in table.columns][-2:]
        (100, ['y', 'part'])
        >>> dict(zip(table.columns[-1].values, table.columns[-1].counts.tolist()))
        {'train': 90, 'val': 10}
    """
    for name, table in (("train", train), ("val", val)):
        instance_of(name, table, ImageTable, "an ImageTable, as read_table gives it")
    names, notes = _common(train, val)
    pairs = zip(_chosen(train, names), _chosen(val, names), strict=True)
    columns = [Column.of(one.name, [*one.cells(), *other.cells()]) for one, other in pairs]
    named = train.has_names
    codes = np.repeat(np.array([0, 1], np.int32), [len(train), len(val)])
    part = Column(_free_name(names) if named else "", ["train", "val"], codes)
    joined = replace(
        train,
        source=f"{train.source} and {val.source}",
        paths=[*train.paths, *val.paths],
        columns=(*columns, part),
        lines=np.concatenate([train.lines, val.lines]),
        notes=tuple(dict.fromkeys((*train.notes, *val.notes, *notes))),
        core_cut=False,
        numbers=(),
        decimal_commas=_have_decimal_commas(train, val),
        warnings=tuple(dict.fromkeys((*train.warnings, *val.warnings))),
    )
    _check_parts(joined, part)
    return joined


def _common(train: ImageTable, val: ImageTable) -> tuple[Sequence[str], list[str]]:
    """Return the names of the columns that both have, and what is left out; no names are places."""
    if train.has_names != val.has_names:
        without = val if train.has_names else train
        raise ListError(
            f"{without.source}: has no names of columns, and the other list has: give it a line of "
            "names, as the other one begins with",
            path=without.source,
        )
    first, second = ([column.name for column in table.columns] for table in (train, val))
    if not train.has_names:
        if len(first) != len(second):
            raise ListError(
                f"{val.source}: has {plural(len(second), 'column')} and no names of them, and "
                f"{train.source} has {len(first)}",
                path=val.source,
            )
        if train.path_place != val.path_place:
            raise ListError(
                f"{val.source}: the paths are in column {val.path_place}, and in column "
                f"{train.path_place} of {train.source}; without names of columns both lists must "
                "be alike",
                path=val.source,
            )
        return [], []
    both = [name for name in first if name and name in second]
    if not both:
        raise ListError(
            f"{val.source}: has no column of {train.source}, whose columns are {listed(first)}",
            path=val.source,
        )
    alone = [
        f"left out, for only {table.source} has it: {listed(rest)}"
        for table, names in ((train, first), (val, second))
        if (rest := [name or "(no name)" for name in names if name not in both])
    ]
    return both, alone


def _chosen(table: ImageTable, names: Sequence[str]) -> Sequence[Column]:
    if not names:
        return table.columns
    by_name = {column.name: column for column in table.columns}
    return [by_name[name] for name in names]


def _have_decimal_commas(train: ImageTable, val: ImageTable) -> bool:
    """Tell whether commas in numbers of both lists may be those of decimals.

    Raises:
        ListError: they may in one only, where some are.
    """
    if train.decimal_commas == val.decimal_commas:
        return train.decimal_commas
    pointed, other = (train, val) if train.decimal_commas else (val, train)
    for column in pointed.columns:
        if with_points(column.values) != column.values:
            raise ListError(
                f"{pointed.source}: has decimal commas in column {shown(column.name)}, for its "
                f"fields are parted by semicolons, and {other.source} has none; write both alike",
                path=pointed.source,
            )
    return False


def _free_name(names: Sequence[str]) -> str:
    name = _PART
    while name in names:
        name += "_"
    return name


def _check_parts(table: ImageTable, part: Column) -> None:
    """Refuse a column by which the records would be split in another way.

    Raises:
        ListError: there is one.
    """
    for place, column in enumerate(table.columns[:-1]):
        told = parts_told(column.name, column.values)
        if told is None:
            continue
        said = np.array([told[text] for text in column.values])[column.codes]
        first, second = (set(said[part.codes == code].tolist()) for code in (0, 1))
        if first != {"train"} or len(second) > 1 or second == first:
            raise ListError(
                f"{table.source}: column {shown(column.name or str(place))} says otherwise which "
                "records are to train and which to validate with; give one list, or leave the "
                "column out of both"
            )
