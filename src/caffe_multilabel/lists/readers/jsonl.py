"""Lists of JSON objects, one a line or all in one array."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel._base.text import plural, shown
from caffe_multilabel.lists.readers.paths import PathColumnsError, is_image, of_several
from caffe_multilabel.lists.readers.rows import make_table
from caffe_multilabel.lists.readers.source import BadLines, Reader
from caffe_multilabel.lists.table import TableBuilder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from caffe_multilabel.lists.readers.source import ReadOptions, Source
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["JSONL"]


_BETWEEN = "|"
"""What parts the labels of a cell."""


class _Number(str):
    """A number as the file writes it."""

    __slots__ = ()


def _recognises(source: Source) -> bool:
    if source.is_folder:
        return False
    head = source.head.lstrip()
    if source.ending in (".jsonl", ".ndjson") or head.startswith("[{"):
        return True
    first = head.partition("\n")[0].strip()
    if head.startswith("[") and head[1:].lstrip().startswith("{"):
        return True
    return first.startswith("{") and first.endswith("}")


def _read(source: Source, options: ReadOptions) -> ImageTable:
    widths: dict[str, int] = {}
    # The keys are known only at the end, since objects may leave some out: so it is read twice.
    listed: dict[str, int] = {}
    for line, key, value in _values(source):
        cells = _texts(value, options.images)
        if _are_paths(value):
            listed.setdefault(key, len(value))
        known = widths.setdefault(key, len(cells))
        if len(cells) not in (known, 0) and known:
            problem = f"'{key}' has {plural(len(cells), 'number')}, but {known} before"
            raise source.error(problem, line)
        widths[key] = known or len(cells)
    if not widths:
        raise source.error("holds no records")
    names = [name for key, width in widths.items() for name in _names_of(key, width)]
    builder = TableBuilder(names)
    lines: list[int] = []
    builder.add_rows(_rows(source, widths, lines, options.images))
    numbers = np.array(lines, np.int64)
    try:
        table = make_table(source, builder.columns(), numbers, options, bad=BadLines(source))
    except PathColumnsError as error:
        _check_lists(source, listed, options.images)
        raise error from None
    _check_lists(source, {key: listed[key] for key in listed if key == table.path_name}, 1)
    return table


def _check_lists(source: Source, listed: dict[str, int], images: int) -> None:
    """Refuse lists of other than as many paths as records have images.

    Raises:
        PathColumnsError: there are some.
    """
    for key, count in listed.items():
        if count != images:
            problem = f"'{key}' holds lists of {count} paths, and records have {images} of them"
            if images == 1:
                problem = f"'{key}' holds lists of {count} paths; {of_several(count)}"
            raise PathColumnsError(f"{source.name}: {problem}", path=source.path)


def _names_of(key: str, width: int) -> Iterable[str]:
    return [key] if width <= 1 else [f"{key}_{index}" for index in range(width)]


def _values(source: Source) -> Iterator[tuple[int, str, Any]]:
    for line, record in _objects(source):
        for key, value in record.items():
            yield line, key, value


def _rows(
    source: Source, widths: dict[str, int], lines: list[int], images: int
) -> Iterator[list[str]]:
    """Give the cells of each object, and add its line to `lines`."""
    blank = {key: [""] * max(width, 1) for key, width in widths.items()}
    for line, record in _objects(source):
        cells: list[str] = []
        for key, nothing in blank.items():
            cells += _texts(record[key], images) or nothing if key in record else nothing
        lines.append(line)
        yield cells


def _texts(value: Any, images: int) -> list[str]:
    """Return the cells of a value: nothing for null, one for each number of a list.

    So has one of as many paths as records have images. Other lists of texts are one cell, as a CSV
    has several labels.
    """
    if value is None or value == []:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, str):
        return [str(value)]
    of_record = _are_paths(value) and len(value) == images
    if of_record or (isinstance(value, list) and all(isinstance(each, _Number) for each in value)):
        return [str(each) for each in value]
    if isinstance(value, list) and _are_labels(value):
        return [_BETWEEN.join(value)]
    return [json.dumps(value, ensure_ascii=False)]


def _are_paths(value: Any) -> bool:
    """Tell whether this is a list of several paths of images."""
    if not isinstance(value, list) or len(value) < 2:
        return False
    return all(type(item) is str and is_image(item) for item in value)


def _are_labels(items: list[Any]) -> bool:
    """Tell whether these are texts that a cell of several labels can hold."""
    return all(type(item) is str and item and _BETWEEN not in item for item in items)


def _flat(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give the values of an object, those of objects in it under both keys: `box_x`."""
    for key, value in record.items():
        if isinstance(value, dict):
            yield from ((f"{key}_{inner}", each) for inner, each in _flat(value))
        else:
            yield key, value


def _objects(source: Source) -> Iterator[tuple[int, dict[str, Any]]]:
    """Go through the objects, each with its line, or its number in an array."""
    with source.text() as text:
        if source.head.lstrip().startswith("["):
            objects = _parsed(source, text.read(), None)
            if not isinstance(objects, list):
                raise source.error("is no array of objects")
            numbered: Iterable[tuple[int, Any]] = enumerate(objects, 1)
        else:
            lines = ((number, line) for number, line in enumerate(text, 1) if line.strip())
            numbered = ((number, _parsed(source, line, number)) for number, line in lines)
        bad = BadLines(source)
        for number, value in numbered:
            if isinstance(value, dict):
                try:
                    yield number, _object(list(_flat(value)))
                except _RepeatedKeyError as error:
                    raise source.error(f"an object has the key {error} twice", number) from None
            else:
                bad.add(number, f"is {shown(value)}, must be an object {{...}}")
        bad.raise_if_any()


def _parsed(source: Source, text: str, line: int | None) -> Any:
    try:
        return json.loads(
            text,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        where = f"column {error.colno}: {error.msg}"
        raise source.error(f"is no JSON: {where}", line or error.lineno) from None
    except RecursionError:
        raise source.error("holds too many lists in each other", line) from None
    except _RepeatedKeyError as error:
        raise source.error(f"an object has the key {error} twice", line) from None


class _RepeatedKeyError(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(next(repr(key) for key in keys if keys.count(key) > 1))
    return found


JSONL = Reader(
    "jsonl",
    "JSON objects, one a line or all in one array; a list of numbers is a column for each, one of "
    "texts is a cell of several labels, an object in an object a column for each of its keys",
    _recognises,
    _read,
)
