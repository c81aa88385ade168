"""Records made of a table: its columns matched to the tasks, its texts read by the core's rules."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel._base.text import listed, plural
from caffe_multilabel._base.utf8 import to_utf8
from caffe_multilabel.data.by_place import told_by_place
from caffe_multilabel.data.matching import find_columns
from caffe_multilabel.data.of_images import check_image_order, names_by_image
from caffe_multilabel.data.path_columns import interleaved
from caffe_multilabel.errors import ListError
from caffe_multilabel.labels import LabelLayout
from caffe_multilabel.labels.rule import FREE
from caffe_multilabel.lists.decimals import with_points
from caffe_multilabel.lists.image_words import ImageWords
from caffe_multilabel.lists.multi_hot import split_labels
from caffe_multilabel.lists.one_hot import join_one_hot
from caffe_multilabel.lists.table import Column
from caffe_multilabel.lists.texts import is_number, is_unknown, layer_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.matching import WantedColumn
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
        texts: places of columns of text, or with blanks, that no task reads, where no header
            names the labels.
        decimals: names, or places, of the columns whose decimal commas became points.
        by_place: which task reads which column, where a header names no task; else empty.
    """

    columns: tuple[Column, ...]
    by_name: bool
    in_place: bool
    unused: tuple[str, ...]
    texts: tuple[int, ...] = ()
    decimals: tuple[str, ...] = ()
    by_place: str = ""

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
        names = [column.name for column in self.columns if column.name] if self.by_name else []
        named = f"labels by column: {listed(names)}" if names else ""
        return tuple(filter(None, (self.by_place, named, rest, pointed)))


def choose_label_columns(
    table: ImageTable,
    schema: LabelSchema | None,
    wanted: Sequence[WantedColumn],
    label_count: int | None,
) -> ChosenColumns:
    """Match the columns of a table to the label columns of tasks.

    A header that names what the tasks read decides, in any order, as `find_columns` says. Where
    none does, all columns are labels, in their order. Columns of text or with blanks that no task
    reads are left out, or hold 0 where others stand behind them. Decimal commas of numbers that a
    task reads become points.

    Args:
        table: the table.
        schema: of the tasks; None where there are none.
        wanted: the label columns that they read.
        label_count: how many labels there must be; None takes what there is.

    Raises:
        ListError: as of `find_columns`, or there are too few columns.
    """
    chosen = _choose(table, schema, wanted, label_count)
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
    table: ImageTable,
    schema: LabelSchema | None,
    wanted: Sequence[WantedColumn],
    label_count: int | None,
) -> ChosenColumns:
    given = table
    table = table if schema is None else _with_classes(table, schema)
    names = [column.name for column in table.columns]
    images = table.image_words or ImageWords(())
    called = names_by_image(names, wanted, images)
    found = find_columns(called, table.column_numbers, wanted, table.source)
    needed = sum(bool(column.tasks) for column in wanted)
    unsaid = any(column.tasks and column.number is None for column in wanted)
    if found is None and unsaid:
        check_image_order(names, images, table.source)
    if found is None and table.path_place and unsaid and len(table.columns) > needed:
        raise ListError(
            f"{table.source}: no header says what the columns before and behind the paths are; "
            "write `columns:` with the numbers of those that are labels, counted from 0 beside the "
            "path",
            path=table.source,
        )
    order: list[int | None] = [*range(len(table.columns))] if found is None else found
    least = max(len(wanted), 1) if label_count is None else label_count
    there = sum(place is None or place < len(table.columns) for place in order)
    if there < least or (label_count is not None and there != label_count):
        raise ListError(
            f"{table.source}: has {plural(there, 'column')} of labels, want {least}"
            + (" for the tasks" if label_count is None and wanted else ""),
            path=table.source,
        )
    by_name = found is not None
    texts = () if schema is None or label_count else _texts_unread(table, wanted, order)
    if not by_name:
        order = [place for place in order if place not in texts or place in range(len(wanted))]
    used = [place for place in order if place not in texts]

    def label(place: int | None) -> Column:
        if place is not None and place not in texts:
            return table.columns[place]
        name = "" if by_name or place is None else table.columns[place].name
        return Column(name, ["0"], np.zeros(len(table), np.int32))

    return ChosenColumns(
        columns=tuple(map(label, order)),
        by_name=by_name,
        in_place=table is given
        and not table.numbers
        and not texts
        and order == [*range(len(table.columns))],
        unused=tuple(
            column.name for place, column in enumerate(table.columns) if place not in used
        ),
        texts=() if by_name else texts,
        by_place="" if by_name else told_by_place(names, wanted),
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
        paths=list(map(to_utf8, interleaved(table))),
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
        images_per_record=1 + len(table.further_paths),
    )


def _with_classes(table: ImageTable, schema: LabelSchema) -> ImageTable:
    """Write out what tasks have in another form than columns.

    The columns of a task whose classes have a column each are joined; the column of a sigmoid task
    of several values is split, if it holds all of them in a cell.
    """
    for task in schema.tasks:
        names = {layer_name(column.name) for column in table.columns}
        has_own = layer_name(task.name) in names
        if task.kind == "class" and not has_own and task.classes <= len(names):
            # Classes without names have numbers, behind the name of their task.
            classes = task.class_names or tuple(map(str, range(task.classes)))
            table = join_one_hot(table, task.name, classes, bare=bool(task.class_names))
        elif task.kind == "binary" and len(task.value_names) > 1 and has_own:
            own = {layer_name(f"{task.name}_{value}") for value in task.value_names}
            if not own & names:
                unknown = task.ignore_label is not None
                table = split_labels(table, task.name, task.value_names, unknown=unknown)
    return table


def _texts_unread(
    table: ImageTable, wanted: Sequence[WantedColumn], order: Sequence[int | None]
) -> tuple[int, ...]:
    """Return the places of columns that no task reads and that hold no number, or not in each."""
    read = {place for place, label in zip(order, wanted, strict=False) if label.task}
    return tuple(
        place
        for place in order
        if place is not None and place not in read and _is_text(table.columns[place].values)
    )


def _is_text(texts: Sequence[str]) -> bool:
    return any(map(is_unknown, texts)) or not any(map(is_number, texts))


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
        takes_unknown=rule.takes_unknown,
        non_negative=rule.non_negative,
        by_name_only=rule.by_name_only,
    )
