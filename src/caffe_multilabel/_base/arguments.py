"""Checks of arguments that the core takes as they are."""

from __future__ import annotations

import operator
import os
from typing import SupportsIndex, TypeAlias

from caffe_multilabel.errors import OptionError

__all__ = ["MAX_SIDE", "MAX_THREADS", "StrPath", "path_bytes", "whole_number"]

StrPath: TypeAlias = "str | os.PathLike[str]"
"""A path as every function of this package takes it."""

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


def path_bytes(name: str, path: StrPath) -> bytes:
    """Return a path as the file system takes it.

    Raises:
        OptionError: no file can have this path.
    """
    try:
        encoded = os.fsencode(path)
    except UnicodeEncodeError:
        raise OptionError(f"{name} is {path!r}, which the file system cannot encode") from None
    if b"\0" in encoded:
        raise OptionError(f"{name} is {path!r}, which holds a zero byte")
    return encoded
