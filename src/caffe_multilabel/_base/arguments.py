"""Checks of arguments that the core takes as they are."""

from __future__ import annotations

import operator
import os
from pathlib import Path
from typing import SupportsIndex, TypeAlias, TypeVar

from caffe_multilabel.errors import OptionError

__all__ = [
    "MAX_SIDE",
    "MAX_THREADS",
    "StrPath",
    "callback",
    "path_bytes",
    "path_of",
    "switch",
    "whole_number",
]

StrPath: TypeAlias = "str | os.PathLike[str]"
"""A path as every function of this package takes it."""

Function = TypeVar("Function")

MAX_SIDE = 2**31 - 1
"""The largest int32, which a Datum's sizes are."""

MAX_THREADS = 1024
"""More than any machine has use for; a slip of the keyboard must not fill the memory."""


def whole_number(name: str, number: SupportsIndex, least: int, most: int = 2**63 - 1) -> int:
    """Return `number` as an int from `least` to `most`.

    Raises:
        OptionError: it is none.
    """
    try:
        value = operator.index(number)
    except TypeError:
        raise OptionError(f"{name} is {number!r}, must be a whole number") from None
    if value < least:
        raise OptionError(f"{name} is {value}, must be {least} or more")
    if value > most:
        raise OptionError(f"{name} is {value}, must be {most} or less")
    return value


def switch(name: str, value: object) -> bool:
    """Return what is true or false by itself as a bool; text, lists and the like are not.

    Raises:
        OptionError: it is no such thing.
    """
    if not hasattr(type(value), "__bool__"):
        raise OptionError(f"{name} is {value!r:.80}, must be True or False")
    return bool(value)


def callback(name: str, function: Function) -> Function:
    """Return a function, or None for no function.

    Raises:
        OptionError: it cannot be called.
    """
    if function is not None and not callable(function):
        raise OptionError(f"{name} is {function!r:.80}, must be a function or None")
    return function


def path_of(name: str, path: StrPath) -> Path:
    """Return a path.

    Raises:
        OptionError: this is no path, or no file can have it.
    """
    return Path(os.fsdecode(path_bytes(name, path)))


def path_bytes(name: str, path: StrPath) -> bytes:
    """Return a path as the file system takes it.

    Raises:
        OptionError: this is no path, or no file can have it.
    """
    try:
        encoded = os.fsencode(path)
    except TypeError:
        raise OptionError(f"{name} is {path!r:.80}, must be a path") from None
    except UnicodeEncodeError:
        raise OptionError(f"{name} is {path!r}, which the file system cannot encode") from None
    if b"\0" in encoded:
        raise OptionError(f"{name} is {path!r}, which holds a zero byte")
    return encoded
