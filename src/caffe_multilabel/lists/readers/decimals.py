"""Numbers with decimal commas, as a German or French Excel writes them into `;` CSV."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed
from caffe_multilabel.lists.texts import is_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.lists.table import Column

__all__ = ["with_decimal_points"]

_NUMBER = re.compile(r"[+-]?[0-9]*(,[0-9]+)?([eE][+-]?[0-9]+)?")


def with_decimal_points(columns: Sequence[Column]) -> tuple[list[Column], list[str]]:
    """Write a point in columns that hold nothing but numbers, some with a comma.

    Args:
        columns: of a list whose fields no comma parts.

    Returns:
        The columns, and a sentence for the user where some have changed.
    """
    changed = [_has_decimals(column.values) for column in columns]
    if not any(changed):
        return list(columns), []
    names = [
        column.name or f"column {place}"
        for place, (column, has) in enumerate(zip(columns, changed, strict=True))
        if has
    ]
    pointed = [
        replace(column, values=[text.replace(",", ".") for text in column.values])
        if has
        else column
        for column, has in zip(columns, changed, strict=True)
    ]
    return pointed, [f"commas in {listed(names)} are decimal commas, as in 3,14"]


def _has_decimals(texts: Sequence[str]) -> bool:
    said = [text for each in texts if not is_unknown(text := each.strip())]
    return any("," in text for text in said) and all(map(_NUMBER.fullmatch, said))
