"""COCO's instances: which categories are in each image."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel._base.text import plural, shown
from caffe_multilabel.lists.readers.rows import finish_table
from caffe_multilabel.lists.readers.source import Reader
from caffe_multilabel.lists.table import Column, ImageTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.lists.readers.source import ReadOptions, Source

__all__ = ["COCO", "bits_column"]

_ABSENT_PRESENT = ("0", "1")


def bits_column(name: str, bits: NDArray[np.bool_]) -> Column:
    """Return a column of 0 and 1."""
    first = bool(bits[0]) if len(bits) else False
    order = (int(first), int(not first))
    both = bool((bits != first).any())
    values = [_ABSENT_PRESENT[value] for value in (order if both else order[:1])]
    return Column(name, values, (bits != first).astype(np.int32))


def _recognises(source: Source) -> bool:
    if source.is_folder or source.ending != ".json":
        return False
    parts = ('"images"', '"annotations"', '"categories"')
    return source.head.lstrip().startswith("{") and any(part in source.head for part in parts)


def _read(source: Source, options: ReadOptions) -> ImageTable:
    with source.text() as text:
        try:
            document = json.load(text)
        except json.JSONDecodeError as error:
            problem = f"is no JSON: column {error.colno}: {error.msg}"
            raise source.error(problem, error.lineno) from None
        except RecursionError:
            raise source.error("holds too many lists in each other") from None
    images = _part(source, document, "images")
    annotations = _part(source, document, "annotations")
    _refuse_others(source, annotations)
    categories = _part(source, document, "categories")
    rows = _indexed(source, images, "images", "file_name")
    columns = _indexed(source, categories, "categories", "name")
    names = [category["name"] for category in categories]
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise source.error(f"two of its categories have the name {shown(repeated)}")
    bits = np.zeros((len(names), len(rows)), np.bool_)
    for number, annotation in enumerate(annotations):
        try:
            bits[columns[annotation["category_id"]], rows[annotation["image_id"]]] = True
        except (KeyError, TypeError):
            raise source.error(
                f"annotations[{number}] names an image or a category that is not there"
            ) from None
    bare = int((~bits.any(axis=0)).sum())
    notes = (f"{plural(bare, 'image')} without any object: 0 in every column",) if bare else ()
    table = ImageTable(
        source.path,
        [image["file_name"] for image in images],
        tuple(bits_column(name, row) for name, row in zip(names, bits, strict=True)),
        np.arange(1, len(rows) + 1),
        (
            f"1 where an image has an object of the category, of {len(annotations)} objects",
            *notes,
            "boxes and outlines are left out",
        ),
    )
    return finish_table(table, options, source)


def _part(source: Source, document: Any, key: str) -> list[Any]:
    found = document.get(key) if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise source.error(
            f"has no list '{key}'; COCO's instances have images, annotations, categories"
        )
    if not found and key != "annotations":
        raise source.error(f"its list '{key}' is empty")
    return found


def _refuse_others(source: Source, annotations: list[Any]) -> None:
    first = annotations[0] if annotations and isinstance(annotations[0], dict) else {}
    for key, kind in (("caption", "captions"), ("segments_info", "a panoptic segmentation")):
        if key in first:
            raise source.error(f"holds {kind}, which are no labels; the instances are wanted")


def _indexed(source: Source, entries: list[Any], part: str, key: str) -> dict[Any, int]:
    """Return the index of each entry by its id."""
    found: dict[Any, int] = {}
    for number, entry in enumerate(entries):
        if not (isinstance(entry, dict) and isinstance(entry.get(key), str) and entry[key]):
            raise source.error(f"{part}[{number}] has no '{key}'")
        identity = entry.get("id")
        if not isinstance(identity, int | str) or found.setdefault(identity, number) != number:
            raise source.error(
                f"{part}[{number}] has the id {shown(identity)}, must be one of its own"
            )
    return found


COCO = Reader(
    "coco",
    "COCO's instances in JSON: a column of 0 and 1 for each category",
    _recognises,
    _read,
)
