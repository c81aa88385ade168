"""What to say where a header names no task, so that columns go to tasks by their order alone."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.matching import WantedColumn

__all__ = ["told_by_place"]

_SHOWN = 8


def told_by_place(names: Sequence[str], wanted: Sequence[WantedColumn]) -> str:
    """Say which task reads which column of a header that names none of them.

    Args:
        names: of the list's columns, those of the paths not among them.
        wanted: the label columns; the columns are those, in their order.

    Returns:
        One line; nothing where no header tells names, or the task file gives each column a number.

    Example:
        >>> from caffe_multilabel.data.matching import WantedColumn
        >>> wanted = [WantedColumn(("kind",)), WantedColumn(("color",))]
        >>> told_by_place(["hue", "form"], wanted)[:62]
        "the header names no task: 'kind' reads 'hue', 'color' reads 'f"
    """
    pairs = [
        (column, name or str(place))
        for place, (name, column) in enumerate(zip(names, wanted, strict=False))
        if column.tasks
    ]
    if not any(names) or all(column.number is not None for column, _ in pairs):
        return ""
    read = [
        (task, [name for _, name in group])
        for task, group in groupby(pairs, key=lambda pair: pair[0].task)
    ]
    told = [
        f"'{task}' reads '{own[0]}'" + (f" to '{own[-1]}'" if len(own) > 1 else "")
        for task, own in read[:_SHOWN]
    ]
    more = len(read) - len(told)
    told += [f"and {plural(more, 'task')} more likewise"] if more else []
    return (
        f"the header names no task: {', '.join(told)}, in their order; if that is wrong, name "
        "columns and tasks alike, or write `columns:` in the tasks"
    )
