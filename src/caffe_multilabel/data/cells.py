"""Records made of a table: its columns matched to the tasks, its texts read by the core's rules."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel._base.text import did_you_mean, listed, plural
from caffe_multilabel._base.utf8 import to_utf8
from caffe_multilabel.errors import ListError
from caffe_multilabel.labels import LabelLayout
from caffe_multilabel.labels.rule import FREE
from caffe_multilabel.lists.decimals import with_points
from caffe_multilabel.lists.multi_hot import split_labels
from caffe_multilabel.lists.one_hot import join_one_hot
from caffe_multilabel.lists.table import Column
from caffe_multilabel.lists.texts import is_unknown, layer_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.labels import LabelRule, LabelSchema
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["ChosenColumns", "choose_label_columns", "core_rule", "records_of_columns"]


@dataclass(frozen=True, slots=True, eq=False)
class ChosenColumns:
    """The columns of a table that are labels, in the order of the labels.

    Attributes:
        columns: these columns.
        by_name: the header named them; else they are all columns in their order.
        in_place: they are all columns in their order, whatever told.
        unused: names of the other columns.
        texts: places of columns of text, or with blanks, in a list without names that no task
            reads.
        decimals: names, or places, of the columns whose decimal commas became points.
    """

    columns: tuple[Column, ...]
    by_name: bool
    in_place: bool
    unused: tuple[str, ...]
    texts: tuple[int, ...] = ()
    decimals: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was chosen, for the user."""
        rest = pointed = ""
        if self.decimals:
            pointed = f"commas in {listed(self.decimals)} are decimal commas, as in 3,14"
        if self.texts:
            held = "columns hold" if len(self.texts) > 1 else "column holds"
            rest = f"not used: {held} text or blanks, counted from 0: {listed(self.texts)}"
        elif self.by_name and self.unused:
            rest = f"not used: {listed(self.unused)}"
        names = listed([column.name for column in self.columns]) if self.by_name else ""
        named = f"labels by column: {names}" if names else ""
        return tuple(filter(None, (named, rest, pointed)))


def choose_label_columns(
    table: ImageTable, schema: LabelSchema | None, label_count: int | None
) -> ChosenColumns:
    """Match the columns of a table to the label columns of tasks.

    A header that names all that the tasks read decides, in any order; a task of one column is named
    by itself, one of several by its values' names, or by its own and a number from 0, as in
    `centre_0`. Where no column has such a name, all columns are labels, in their order; those of
    text or with blanks that no task reads are left out, or hold 0 where others stand behind them.
    Decimal commas of numbers that a task reads become points.

    Args:
        table: the table.
        schema: of the tasks; None where there are none.
        label_count: how many labels there must be; None takes what there is.

    Raises:
        ListError: the header names some of them and lacks others, or there are too few columns.
    """
    chosen = _choose(table, schema, label_count)
    if schema is None or not table.decimal_commas:
        return chosen
    columns, decimals = list(chosen.columns), []
    rules = LabelLayout.of(schema).rules
    for place, (column, rule) in enumerate(zip(columns, rules, strict=False)):
        values = _with_points(column.values, rule)
        if values != column.values:
            columns[place] = replace(column, values=values)
            decimals.append(column.name or f"column {place}")
    return replace(chosen, columns=tuple(columns), decimals=tuple(decimals))


def _with_points(texts: Sequence[str], rule: LabelRule) -> Sequence[str]:
    """Write points for decimal commas in what a task reads; a class or a yes may be `1,0`."""
    if rule.kind == "free":
        return texts
    pointed = with_points(texts)
    if rule.kind == "real":
        return pointed
    return [
        new if new != text and text not in rule.names and float(new).is_integer() else text
        for text, new in zip(texts, pointed, strict=True)
    ]


def _choose(
    table: ImageTable, schema: LabelSchema | None, label_count: int | None
) -> ChosenColumns:
    wanted = [] if schema is None else _names_of_columns(schema)
    given = table
    table = table if schema is None else _with_classes(table, schema)
    names = {column.name: index for index, column in enumerate(table.columns) if column.name}
    # A task cannot have all the names that a column can: `vehicle type` is its `vehicle_type`.
    places = {layer_name(name): index for name, index in names.items()} | names
    found = [next((places[name] for name in names if name in places), None) for names in wanted]
    named = [index for index in found if index is not None]
    by_name = bool(named) and all(wanted)
    if by_name and len(named) < len(wanted):
        lacking = next(names for names, index in zip(wanted, found, strict=True) if index is None)
        others = [name for name, index in names.items() if index not in named]
        raise ListError(
            f"{table.source}: no column is named '{lacking[0]}'; the columns are "
            f"{listed(list(names))}{did_you_mean(lacking[0], others)}",
            path=table.source,
        )
    order = named if by_name else list(range(len(table.columns)))
    least = max(len(wanted), 1) if label_count is None else label_count
    if len(order) < least or (label_count is not None and len(order) != label_count):
        raise ListError(
            f"{table.source}: has {plural(len(order), 'column')} of labels, want {least}"
            + (" for the tasks" if label_count is None and wanted else ""),
            path=table.source,
        )
    texts = () if by_name or schema is None or label_count else _texts_unread(table, wanted)
    if texts:
        kept = [
            Column(column.name, ["0"], np.zeros(len(table), np.int32)) if place in texts else column
            for place, column in enumerate(table.columns)
            if place not in texts or place < len(wanted)
        ]
        return ChosenColumns(tuple(kept), by_name=False, in_place=False, unused=(), texts=texts)
    unused = (column.name for index, column in enumerate(table.columns) if index not in order)
    return ChosenColumns(
        tuple(table.columns[index] for index in order),
        by_name,
        table is given and order == list(range(len(table.columns))),
        tuple(unused),
    )


def records_of_columns(
    table: ImageTable,
    columns: Sequence[Column],
    schema: LabelSchema | None,
    *,
    unit: str = "line",
) -> _core.RecordList:
    """Read the texts of a table's columns as labels, by the rules of the tasks.

    Args:
        table: whose paths and lines.
        columns: the label columns, at least as many as the schema has.
        schema: of the tasks; None takes any finite numbers.
        unit: what `ImageTable.lines` counts.

    Raises:
        ListError: texts that are no labels, the first 20 with their lines.
    """
    rules = [] if schema is None else LabelLayout.of(schema).rules
    padded = [*rules, *([FREE] * (len(columns) - len(rules)))]
    return _core.make_list_of_cells(
        source=os.fsencode(table.source),
        unit=unit,
        paths=list(map(to_utf8, table.paths)),
        lines=table.lines.astype(np.uint32),
        columns=[
            (
                to_utf8(column.name),
                core_rule(rule),
                [to_utf8(text) for text in column.values],
                column.codes,
            )
            for column, rule in zip(columns, padded, strict=True)
        ],
    )


def _with_classes(table: ImageTable, schema: LabelSchema) -> ImageTable:
    """Write out what tasks have in another form than columns.

    The columns of a task whose classes have a column each are joined; the column of a sigmoid task
    of several values is split, if it holds all of them in a cell.
    """
    for task in schema.tasks:
        names = {column.name for column in table.columns}
        has_own = bool({task.name} & {*names, *map(layer_name, names)})
        if task.class_names and not has_own:
            table = join_one_hot(table, task.name, task.class_names)
        elif task.kind == "binary" and len(task.value_names) > 1 and has_own:
            unknown = task.ignore_label is not None
            table = split_labels(table, task.name, task.value_names, unknown=unknown)
    return table


def _texts_unread(table: ImageTable, wanted: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Return the places of columns that no task reads and that hold no number, or not in each."""
    return tuple(
        place
        for place, column in enumerate(table.columns)
        if not (place < len(wanted) and wanted[place])
        and (any(map(is_unknown, column.values)) or not any(map(_is_number, column.values)))
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def core_rule(rule: LabelRule) -> _core.LabelRule:
    """Return a label column's rule as the core takes it."""
    return _core.LabelRule(
        task=rule.task,
        part=rule.part,
        kind=rule.kind,
        classes=rule.classes,
        names=rule.names,
        mapping=rule.mapping,
        ignore=rule.ignore,
        by_name_only=rule.by_name_only,
    )


def _names_of_columns(schema: LabelSchema) -> list[list[str]]:
    """Return the names that the header may give each label column; none where no task reads it."""
    shared = Counter(name for task in schema.tasks for name in task.value_names)
    names: list[list[str]] = [[] for _ in range(schema.width)]
    for task in schema.tasks:
        for index, column in enumerate(task.columns):
            part = task.value_names[index] if task.value_names else str(index)
            if len(task.columns) == 1:
                names[column].append(task.name)
            if task.value_names and shared[part] == 1:
                names[column].append(part)
            names[column].append(f"{task.name}_{part}")
    return names
