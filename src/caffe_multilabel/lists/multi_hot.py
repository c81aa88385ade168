"""Several labels in one cell, written out as a column of 0 and 1 for each label."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from caffe_multilabel.lists.table import Column
from caffe_multilabel.lists.texts import is_unknown, layer_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.lists.table import ImageTable

__all__ = ["labels_in", "mark_between", "split_labels"]

_T = TypeVar("_T")

_UNCOUNTED = -1
_MARKS = "|;, "
"""What parts the labels of a cell, in the order in which they are believed."""


def labels_in(text: str, mark: str) -> list[str]:
    """Return the labels of a cell, with or without the brackets and quotes of a list.

    Example:
        >>> labels_in("red; blue", ";"), labels_in("['red', 'blue']", ","), labels_in("[]", ",")
        (['red', 'blue'], ['red', 'blue'], [])
    """
    inner = text.strip()
    if inner.startswith("[") and inner.endswith("]"):
        inner = inner[1:-1]
        parts = (part.strip().strip("\"'") for part in inner.split(mark))
    else:
        parts = (part.strip() for part in inner.split(mark))
    return [part for part in parts if part]


def mark_between(texts: Sequence[str]) -> str | None:
    """Tell what parts the labels of cells that hold several; None where they do not seem to.

    Args:
        texts: distinct ones, none of them unknown.

    Example:
        >>> mark_between(["red;blue", "red", "blue"]), mark_between(["red", "blue", "dark red"])
        (';', None)
    """
    if len(texts) < 3:
        return None
    single = {text.strip("[]\"' ") for text in texts}
    if all(text.startswith("[") and text.endswith("]") for text in texts):
        return ","
    for mark in _MARKS:
        parts = [labels_in(text, mark) for text in texts]
        several = [part for part in parts if len(part) > 1]
        known = {part for each in several for part in each}
        few = len(known) < len(texts) / 2 if mark == " " else len(known) <= len(texts)
        alone = any(len(part) == 1 and part[0] in known for part in parts)
        if any(single.issuperset(part) for part in several) or (
            few and alone and len(several) >= 0.3 * len(parts)
        ):
            return mark
    return None


def split_labels(
    table: ImageTable, name: str, labels: Sequence[str], *, unknown: bool
) -> ImageTable:
    """Put a column of 0 and 1 for each label in the place of a column of several labels.

    They are named by the column and the label, as `tags_red`. A cell with a word that is no label
    becomes a text in all of them that nobody takes for yes or no.

    Args:
        table: any table; it comes back as it is where no column has this name.
        name: of the column of labels, as a task has it.
        labels: the labels.
        unknown: a blank cell says that nothing is known; else it has none of the labels.

    Example:
        >>> from caffe_multilabel.lists.table import ImageTable
        >>> column = Column.of("tags", ["red|old", "", "old"])
        >>> table = ImageTable("list", ["a", "b", "c"], (column,), np.array([1, 2, 3]))
        >>> table = split_labels(table, "tags", ["old", "red"], unknown=False)
        >>> [(column.name, column.cells()) for column in table.columns]
        [('tags_old', ['1', '0', '1']), ('tags_red', ['1', '0', '0'])]
    """
    named = [place for place, column in enumerate(table.columns) if layer_name(column.name) == name]
    if len(named) != 1:
        return table
    [place] = named
    column = table.columns[place]
    known = set(labels)
    nothing = {text for text in column.values if is_unknown(text) and text not in known}
    texts = [text for text in column.values if text not in nothing]
    mark = max(
        _MARKS, key=lambda each: sum(known.issuperset(labels_in(text, each)) for text in texts)
    )
    parts = [frozenset(labels_in(text, mark)) for text in column.values]

    def cell(text: str, found: frozenset[str], label: str) -> str:
        if text in nothing:
            return "" if unknown else "0"
        if not found <= known:  # 1 and yes alone would be taken for all of them
            return f"{text} (among several labels)"
        return str(int(label in found))

    columns = []
    for label in labels:
        cells = [cell(text, found, label) for text, found in zip(column.values, parts, strict=True)]
        codes = {text: code for code, text in enumerate(dict.fromkeys(cells))}
        renamed = np.array([codes[text] for text in cells], np.int32)
        columns.append(Column(f"{name}_{label}", list(codes), renamed[column.codes]))
    return replace(
        table,
        columns=_put(table.columns, place, columns),
        # No number tells them apart.
        numbers=_put(table.column_numbers, place, [_UNCOUNTED] * len(columns)),
        core_cut=False,
    )


def _put(items: Sequence[_T], place: int, new: Sequence[_T]) -> tuple[_T, ...]:
    """Return items with others in the place of one of them."""
    return (*items[:place], *new, *items[place + 1 :])
