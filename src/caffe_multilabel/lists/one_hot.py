"""One class written as several columns, of which the one that holds a 1 is the class."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import listed
from caffe_multilabel.errors import ListError
from caffe_multilabel.lists.table import Column
from caffe_multilabel.lists.texts import layer_name, truth_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.lists.table import ImageTable

__all__ = ["join_one_hot"]


def join_one_hot(
    table: ImageTable, name: str, classes: Sequence[str], *, bare: bool = True
) -> ImageTable:
    """Put one column of class names in the place of a column for each class.

    Columns are named by the classes, or by `name` and the class, as `weather_rain`. A record
    without a 1 gets a blank cell; one with several, or with other cells, a text that is no class.

    Args:
        table: any table; it comes back as it is where it lacks a column for some class.
        name: of the new column.
        classes: the names of the classes.
        bare: whether columns may be named by the classes alone. Those that have the task's name in
            front are surer.

    Example:
        >>> from caffe_multilabel.lists.table import ImageTable
        >>> import numpy as np
        >>> columns = (Column.of("dry", ["1", "0"]), Column.of("wet", ["0", "1"]))
        >>> table = ImageTable("list", ["a.jpg", "b.jpg"], columns, np.array([1, 2]))
        >>> join_one_hot(table, "road", ["dry", "wet"]).columns[0].cells()
        ['dry', 'wet']
    """
    flags = _columns_of(table, name, classes, bare=bare)
    if not flags:
        return table
    given = f"other than one 1 in {listed([column.name for column in flags], most=3)}"
    yes = np.zeros(len(table), np.int64)
    found = np.zeros(len(table), np.int64)
    odd = np.zeros(len(table), np.bool_)
    for index, column in enumerate(flags):
        truths = [truth_of(text) for text in column.values]
        is_yes = np.array([truth is True for truth in truths], np.bool_)[column.codes]
        odd |= np.array([truth is None for truth in truths], np.bool_)[column.codes]
        found[is_yes] = index
        yes += is_yes
    values = [*classes, "", given]
    codes = np.where(yes == 0, len(classes), found)
    codes[odd | (yes > 1)] = len(classes) + 1
    joined = Column(name, values, codes.astype(np.int32))
    kept = [
        (joined if column is flags[0] else column, number)
        for column, number in zip(table.columns, table.column_numbers, strict=True)
        if column is flags[0] or column not in flags
    ]
    return replace(
        table,
        columns=tuple(column for column, _ in kept),
        numbers=tuple(number for _, number in kept),
        core_cut=False,
    )


def _columns_of(
    table: ImageTable, name: str, classes: Sequence[str], *, bare: bool
) -> list[Column]:
    """Return the column of each class, or none where some class has none.

    Raises:
        ListError: two columns may be that of one class.
    """
    by_name: dict[str, list[Column]] = {}
    for column in table.columns:
        by_name.setdefault(layer_name(column.name), []).append(column)
    for front in (*(f"{name}{mark}" for mark in "_-.:/="), *([""] if bare else [])):
        found = [by_name.get(layer_name(f"{front}{each}"), []) for each in classes]
        # Of classes without names there are more, if the next number has a column, too.
        more = not bare and layer_name(f"{front}{len(classes)}") in by_name
        if len(classes) < 2 or more or not all(found):
            continue
        for columns in found:
            if len(columns) > 1:
                raise ListError(
                    f"{table.source}: columns '{columns[0].name}' and '{columns[1].name}' may both "
                    f"be a class of '{name}'; rename one of them",
                    path=table.source,
                )
        return [column for [column] in found]
    return []
