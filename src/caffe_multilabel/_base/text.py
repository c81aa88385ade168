"""Counts, keys and suggestions in messages."""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "IN_BRACKETS",
    "did_you_mean",
    "finite",
    "is_utf8",
    "key_path",
    "listed",
    "plural",
    "shown",
    "suggestion",
]

IN_BRACKETS = " (did you mean {}?)"
"""A form of `did_you_mean` for what goes on after the hint."""

_MOST_CHARACTERS = 100
_SHOWN_CHARACTERS = 60


def finite(number: float) -> float | None:
    """Return a number as strict JSON can hold it: None for nan and inf."""
    return number if math.isfinite(number) else None


def is_utf8(text: str) -> bool:
    """Tell whether a text, read with surrogates for bytes that are none, is UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def plural(number: int, noun: str, *, thousands: bool = False) -> str:
    """Return a count with its noun.

    Args:
        number: how many.
        noun: what, when it is one.
        thousands: part the thousands by commas.

    Example:
        >>> plural(1, "axis"), plural(2, "axis"), plural(3, "class"), plural(4, "box")
        ('1 axis', '2 axes', '3 classes', '4 boxes')
        >>> plural(4000, "record", thousands=True)
        '4,000 records'
    """
    count = f"{number:,}" if thousands else str(number)
    if number == 1:
        return f"{count} {noun}"
    ending = "es" if noun.endswith(("s", "x")) else "s"
    return f"{count} {noun.removesuffix('is')}{ending}"


def shown(value: object) -> str:
    """Return the `repr` of a value as it stands in a message of one line.

    Of what is longer, only the beginning, and how many characters there are: what was given may be
    an array, or a file's content where its path was meant.

    Example:
        >>> shown("jpeg")
        "'jpeg'"
        >>> shown("x" * 1000)[-24:]
        'xxx... (1002 characters)'
    """
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return f"{type(value).__name__} of too many digits"
    if len(text) <= _MOST_CHARACTERS:
        return text
    return f"{text[:_SHOWN_CHARACTERS]}... ({len(text)} characters)"


def did_you_mean(
    word: str,
    choices: Iterable[str],
    form: str = "; did you mean '{}'?",
    *,
    otherwise: str = "",
    cutoff: float = 0.6,
) -> str:
    """Return a hint with the choice nearest to a word, or `otherwise` where none is near.

    A choice that only has letters of another case, or underscores elsewhere, is the nearest, and
    words are compared without both where nothing is near with them.

    Args:
        word: what was written.
        choices: what is allowed.
        form: the hint, with `{}` where the choice belongs.
        otherwise: the hint where nothing is near.
        cutoff: how like the word a choice must be, from 0 to 1 for the same.

    Example:
        >>> did_you_mean("Convolutoin", ["Convolution", "Pooling"])
        "; did you mean 'Convolution'?"
        >>> did_you_mean("relu", ["ELU", "ReLU"])
        "; did you mean 'ReLU'?"
        >>> did_you_mean("x", ["Convolution"], otherwise="; see --help")
        '; see --help'
    """
    known = list(choices)
    by_letters = {_letters(choice): choice for choice in known}
    found = by_letters.get(_letters(word))
    near = [found] if found is not None else get_close_matches(word, known, n=1, cutoff=cutoff)
    if not near:
        letters = get_close_matches(_letters(word), by_letters, n=1, cutoff=cutoff)
        near = [by_letters[each] for each in letters]
    return form.format(near[0]) if near else otherwise


def _letters(word: str) -> str:
    return word.replace("_", "").casefold()


def suggestion(word: object, choices: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the choice nearest to `word`, or nothing."""
    if not isinstance(word, str) or not word:
        return ""
    by_lower = {choice.lower(): choice for choice in choices}
    lower = word.lower()
    start = next((choice for choice in by_lower if lower.startswith(choice)), "")
    near = did_you_mean(lower, by_lower, "{}", otherwise=start)
    return f" (did you mean '{by_lower[near]}'?)" if near else ""


def listed(items: Sequence[object], *, most: int = 8) -> str:
    """Return the first of some items, and how many more there are.

    Example:
        >>> listed([100, 200]), listed(range(0, 100, 20), most=3)
        ('100, 200', '0, 20, 40 and 2 more')
    """
    more = len(items) - most
    return ", ".join(map(str, items[:most])) + (f" and {more} more" if more > 0 else "")


def key_path(loc: Iterable[str | int]) -> str:
    """Write the way to a key as `tasks[2].loss_weight`."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
