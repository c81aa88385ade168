"""What texts of a list mean by themselves: unknown, yes and no, names that tasks can have."""

from __future__ import annotations

import re

from caffe_multilabel import _core

__all__ = [
    "LONGEST_UNKNOWN",
    "is_number",
    "is_unknown",
    "layer_name",
    "natural_order",
    "read_number",
    "truth_of",
    "truth_word",
]

LONGEST_UNKNOWN = _core.LONGEST_UNKNOWN
"""No longer text is unknown, but for blanks."""

_DIGITS = re.compile(r"([0-9]+)")
_NOT_IN_NAMES = re.compile(r"[\s\"'\\]+")


def is_number(text: str) -> bool:
    """Tell whether a text is written as a number of a list is, which is how Caffe reads them.

    Example:
        >>> is_number("-1.5e3"), is_number("1,5"), is_number("1_0")
        (True, False, False)
    """
    return _core.is_numeric(_field(text))


def read_number(text: str) -> float | None:
    """Return the float32 that a text is as a label; None where it is none, or not a finite one.

    Example:
        >>> read_number("0.5"), read_number("1e39"), read_number("nan")
        (0.5, None, None)
    """
    return _core.read_number(_field(text))


def is_unknown(text: str) -> bool:
    """Tell whether a cell says that nothing is known, as blank cells and pandas' `nan` do.

    Example:
        >>> is_unknown(" "), is_unknown("NaN"), is_unknown("none")
        (True, True, False)
    """
    return _core.is_unknown(_field(text))


def truth_word(text: str) -> bool | None:
    """Tell yes from no in words, those that are labels of a sigmoid task; None for other texts.

    Example:
        >>> truth_word("Yes"), truth_word("否"), truth_word("1")
        (True, False, None)
    """
    return _core.read_truth(_field(text))


def truth_of(text: str) -> bool | None:
    """Tell yes from no, in words or as 1 and 0; None for other texts.

    Example:
        >>> truth_of("Yes"), truth_of("0.0"), truth_of("2")
        (True, False, None)
    """
    truth = truth_word(text)
    if truth is not None:
        return truth
    number = read_number(text)
    return None if number is None else {0.0: False, 1.0: True}.get(number)


def layer_name(text: str) -> str:
    """Return a column's name as a task and its layers can have it; empty where nothing is left.

    Example:
        >>> layer_name("vehicle type")
        'vehicle_type'
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return _NOT_IN_NAMES.sub("_", printable).strip("_")


def natural_order(text: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts numbers in texts by their size, the same everywhere.

    Example:
        >>> sorted(["a10", "b", "a9"], key=natural_order)
        ['a9', 'a10', 'b']
    """
    return [
        (0, int(part), part) if part.isascii() and part.isdigit() else (1, 0, part)
        for part in _DIGITS.split(text)
        if part
    ]


def _field(text: str) -> bytes:
    """Return the bytes that the core looks at; what is no UTF-8 must not become a `?`."""
    return text.strip().encode("utf-8", "surrogatepass")
