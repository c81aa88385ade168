"""Checks of arguments: what is no such thing is an error that names it and says what is allowed."""

from __future__ import annotations

import operator
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, SupportsIndex, TypeAlias, TypeVar

from caffe_multilabel._base.text import shown
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

__all__ = [
    "MAX_IMAGES",
    "MAX_SIDE",
    "MAX_THREADS",
    "StrPath",
    "callback",
    "database_path",
    "instance_of",
    "is_one_of",
    "items_of",
    "path_bytes",
    "path_of",
    "path_text",
    "root_text",
    "said_once",
    "switch",
    "whole_number",
    "whole_numbers",
]

StrPath: TypeAlias = "str | os.PathLike[str]"
"""A path as every function of this package takes it."""

Item = TypeVar("Item")
Function = TypeVar("Function")

MAX_SIDE = 2**31 - 1
"""The largest int32, which a Datum's sizes are."""

MAX_IMAGES = 1000
"""Of a record; more would be a list whose columns were counted wrongly. The core's limit too."""

MAX_THREADS = 1024
"""More than any machine has use for; a slip of the keyboard must not fill the memory."""

_LONGEST_PATH = 4095  # PATH_MAX without the zero byte at its end


def whole_number(name: str, number: SupportsIndex, least: int, most: int = 2**63 - 1) -> int:
    """Return `number` as an int from `least` to `most`.

    Raises:
        OptionError: it is none.
    """
    try:
        value = operator.index(number)
    except TypeError:
        raise OptionError(f"{name} is {shown(number)}, must be a whole number") from None
    if value < least:
        raise OptionError(f"{name} is {shown(value)}, must be {least} or more")
    if value > most:
        raise OptionError(f"{name} is {shown(value)}, must be {most} or less")
    return value


def whole_numbers(
    name: str, numbers: Sequence[int], parts: Sequence[str], least: int, most: int
) -> tuple[int, ...]:
    """Return a whole number for each part, as the width and height of a size.

    Raises:
        OptionError: there are not as many, or one is not from `least` to `most`.
    """
    listed = _listed(numbers)
    if listed is None or len(listed) != len(parts):
        raise OptionError(f"{name} is {shown(numbers)}, must be ({', '.join(parts)})")
    return tuple(
        whole_number(f"{part} of {name}", number, least, most)
        for part, number in zip(parts, listed, strict=True)
    )


def switch(name: str, value: object) -> bool:
    """Return what is true or false by itself as a bool; text, lists and the like are not.

    Raises:
        OptionError: it is no such thing.
    """
    try:
        if hasattr(type(value), "__bool__"):
            return bool(value)
    except ValueError:  # an array of several
        pass
    raise OptionError(f"{name} is {shown(value)}, must be True or False")


def said_once(name: str, given: Item | None, of_tasks: Item | None) -> Item | None:
    """Return what a caller or a task file says, or both alike; None where neither does.

    Args:
        name: the argument, and the key below `data` of the task file.
        given: by the caller, or None.
        of_tasks: by the task file, or None.

    Raises:
        OptionError: they say two things.
    """
    if given is None or of_tasks is None or given == of_tasks:
        return of_tasks if given is None else given
    raise OptionError(
        f"{name} is {_said(given)}, but data.{name} of the task file is {_said(of_tasks)}; "
        "say it in one place"
    )


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return " x ".join(map(str, value))
    return str(value).lower()


def is_one_of(value: object, choices: Container[str]) -> bool:
    """Tell whether this is one of some words; anything but text is none."""
    return isinstance(value, str) and value in choices


def instance_of(name: str, value: Item, kind: type | tuple[type, ...], allowed: str) -> Item:
    """Return a value that is of a class.

    Args:
        name: the argument.
        value: what was given.
        kind: the class, or several.
        allowed: what the error calls it, as in `a TaskFile`.

    Raises:
        OptionError: it is of another class.
    """
    if not isinstance(value, kind):
        raise OptionError(f"{name} is {shown(value)}, must be {allowed}")
    return value


def items_of(name: str, values: Iterable[Item], allowed: str) -> list[Item]:
    """Return the items of a list or of anything that can be gone through, but text.

    Args:
        name: the argument.
        values: what was given.
        allowed: what the error calls it, as in `paths`.

    Raises:
        OptionError: it cannot be gone through.
    """
    listed = _listed(values)
    if listed is None:
        raise OptionError(f"{name} is {shown(values)}, must be {allowed}")
    return listed


def callback(name: str, function: Function) -> Function:
    """Return a function, or None for no function.

    Raises:
        OptionError: it cannot be called.
    """
    if function is not None and not callable(function):
        raise OptionError(f"{name} is {shown(function)}, must be a function or None")
    return function


def path_of(name: str, path: StrPath) -> Path:
    """Return a path.

    Raises:
        OptionError: this is no path, or no file can have it.
    """
    return Path(path_text(name, path))


def path_text(name: str, path: StrPath) -> str:
    """Return a path as text, as errors and prototxts name it.

    Raises:
        OptionError: this is no path, or no file can have it.
    """
    return os.fsdecode(path_bytes(name, path))


def root_text(root: StrPath) -> str:
    """Return the folder that the paths of images begin at; empty for none.

    Raises:
        OptionError: this is no path, or there is no such folder: no image would be found.
    """
    text = path_text("root", root)
    if text and not Path(text).is_dir():
        raise OptionError(f"root is {shown(text)}, which is no folder")
    return text


def path_bytes(name: str, path: StrPath, *, opened: bool = True) -> bytes:
    """Return a path as the file system takes it.

    Args:
        name: what the path is, for the message.
        path: the path.
        opened: it is opened as it stands here, so it may not be longer than Linux takes.

    Raises:
        OptionError: this is no path, or no file can have it.
    """
    try:
        text: object = os.fspath(path)
    except TypeError:
        text = None
    if not isinstance(text, str):  # nor are bytes, which pathlib would not take
        raise OptionError(f"{name} is {shown(path)}, must be a path")
    try:
        encoded = os.fsencode(text)
    except UnicodeEncodeError:
        raise OptionError(f"{name} is {shown(path)}, which the file system cannot encode") from None
    if b"\0" in encoded:
        raise OptionError(f"{name} is {shown(path)}, which holds a zero byte")
    if opened and len(encoded) > _LONGEST_PATH:  # as the lines of a list where its path was meant
        raise OptionError(f"{name} is {shown(path)}, which is too long for a path")
    return encoded


def database_path(name: str, path: StrPath) -> str:
    """Return the folder of a DB; its file `data.mdb` stands for the folder.

    Args:
        name: the argument, which says whether it is the image DB or the label DB.
        path: the path.

    Raises:
        OptionError: this is no path, or a bare number, which stands there where an argument before
            it was forgotten. A `Path`, and `./3`, are what they say.
    """
    text = path_text(name, path)
    if text.endswith("data.mdb") and Path(text).name == "data.mdb" and Path(text).is_file():
        path = Path(text).parent
        text = str(path)
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        return text
    if isinstance(path, str):
        kind = "image DB" if "image" in name else "label DB"
        raise OptionError(
            f"{name} is '{text}', a bare number: the path of the {kind} seems to be missing; "
            f"a folder of that name is given as ./{text}"
        )
    return f"./{text}"


def _listed(values: Iterable[Item]) -> list[Item] | None:
    if isinstance(values, str | bytes):
        return None
    try:
        return list(values)
    except TypeError:
        return None
