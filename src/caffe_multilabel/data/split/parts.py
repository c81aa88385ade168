"""A split that the list has already: the part of each record, by one of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import listed, plural, shown
from caffe_multilabel.errors import ListError, OptionError
from caffe_multilabel.lists.parts import PARTS, parts_told

if TYPE_CHECKING:
    from caffe_multilabel.data.split.assign import PartOf
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["parts_of_column"]


def parts_of_column(table: ImageTable, name: str) -> tuple[list[str], PartOf, str]:
    """Sort the records of a list by the column that says their parts.

    Where no record is for validation, those for testing are: what Caffe tests while it trains.

    Args:
        table: the list.
        name: of the column, or its number from 0 beside the paths.

    Returns:
        The names of the parts, train first; of each record the index of its own; and a note.

    Raises:
        OptionError: there is no such column.
        ListError: the column says no parts, or not of every record.
    """
    column = table.column(name)
    if column is None:
        there = [each.name or str(place) for place, each in enumerate(table.columns)]
        raise OptionError(f"there is no column {shown(name)}; the columns are {listed(there)}")
    blank = [code for code, text in enumerate(column.values) if not text]
    if blank:
        count = int(column.counts[blank].sum())
        raise ListError(
            f"{table.source}: column {shown(name)} says nothing of {plural(count, 'record')}",
            path=table.source,
        )
    told = parts_told(column.name, column.values)
    if told is None:
        raise ListError(
            f"{table.source}: column {shown(name)} does not say which records are to train and "
            f"which to validate with: it holds {listed(list(column.values), most=5)}; wanted are "
            "train, val and test, or 0, 1 and 2",
            path=table.source,
        )
    note = ", ".join(f"{text} is {part}" for text, part in told.items() if text != part)
    tested = "val" not in told.values()
    names = [part for part in PARTS if part in told.values()]
    places = np.array([names.index(told[text]) for text in column.values], np.int8)
    if tested:
        names = ["train", "val"]
        note = ", ".join(filter(None, (note, "records to test with are those to validate with")))
    said = f"parts by column {shown(name)}" + (f": {note}" if note else "")
    return list(names), places[column.codes], said
