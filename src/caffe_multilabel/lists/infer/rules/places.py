"""Coordinates: boxes, landmarks, sizes of images, and vectors of numbers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.lists.infer.decision import Reading
from caffe_multilabel.lists.infer.rules.making import (
    decide,
    number_task,
    numbered_families,
    task_name,
)
from caffe_multilabel.lists.infer.words import word_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.lists.infer.decision import Decision
    from caffe_multilabel.lists.infer.evidence import ColumnFacts, Remaining

__all__ = ["boxes", "image_size", "landmarks", "vectors"]

_BOXES = tuple(
    tuple(names.split())
    for names in (
        "x y w h",
        "x y width height",
        "xmin ymin xmax ymax",
        "x1 y1 x2 y2",
        "x0 y0 x1 y1",
        "x1 y1 width height",
        "x1 y1 w h",
        "x y dx dy",
        "left top right bottom",
        "left top width height",
        "minx miny maxx maxy",
        "xtl ytl xbr ybr",
        "cx cy w h",
        "xcenter ycenter width height",
    )
)
_CORNERS = {"x1 y1 x2 y2", "x0 y0 x1 y1"}
"""Names that two landmarks have as well."""
_BOX_STEMS = {"bbox", "box", "bboxes", "boundingbox", "rect", "roi"}
_POINT_STEMS = word_set("""
    landmark landmarks lm keypoint keypoints kp kpt kpts point points pt pts vertex corner corners
    joint joints 关键点""")
_SIZES = (("width", "height"), ("imagewidth", "imageheight"), ("imgwidth", "imgheight"), ("w", "h"))
_SURE_FAMILY = 4
"""Two numbered columns may be two scores, too."""
_LEAST_SIDE = 8
_LEAST_SURE_SIDE = 16


def boxes(remaining: Remaining) -> Iterator[Decision]:
    """Four columns that are a box."""
    by_name = {"".join(facts.words): facts for facts in _numeric(remaining)}
    taken: set[int] = set()
    for names in _BOXES:
        for prefix in [name.removesuffix(names[0]) for name in by_name if name.endswith(names[0])]:
            found = [by_name.get(prefix + name) for name in names]
            box = [facts for facts in found if facts is not None and facts.place not in taken]
            if len(box) == 4 and _is_box(names, prefix, by_name, box):
                taken.update(facts.place for facts in box)
                yield _box(box)
    for family in numbered_families(_numeric(remaining), 4):
        if len(family) == 4 and "".join(family[0].words[:-1]) in _BOX_STEMS:
            yield _box(family)


def _is_box(
    names: tuple[str, ...],
    prefix: str,
    by_name: dict[str, ColumnFacts],
    box: Sequence[ColumnFacts],
) -> bool:
    if all(len(facts.texts) < 3 for facts in box):  # what is left and right may be flags
        return False
    if " ".join(names) not in _CORNERS:
        return True
    following = str(int(names[2][1]) + 1)
    if f"{prefix}x{following}" in by_name:
        return False
    left, top, right, bottom = (facts.cells() for facts in box)
    return not bool(((right < left) | (bottom < top)).any())


def _box(box: Sequence[ColumnFacts]) -> Decision:
    why = f"{', '.join(facts.name for facts in box)} are a box; no task of a net here learns boxes"
    task = number_task("box", box)
    return decide(list(box), "box", why, others=[Reading("four numbers to learn", task)])


def landmarks(remaining: Remaining) -> Iterator[Decision]:
    """Columns that come in pairs of x and y."""
    points: dict[tuple[str, ...], dict[str, ColumnFacts]] = defaultdict(dict)
    for facts in _numeric(remaining):
        axes = [place for place, word in enumerate(facts.words) if word in ("x", "y", "z")]
        if len(axes) == 1:
            key = facts.words[: axes[0]] + facts.words[axes[0] + 1 :]
            points[key][facts.words[axes[0]]] = facts
    whole = {key: axes for key, axes in points.items() if {"x", "y"} <= axes.keys()}
    if whole:
        columns = [facts for axes in whole.values() for facts in axes.values()]
        columns.sort(key=lambda facts: facts.place)
        why = f"{plural(len(whole), 'point')} by pairs of names, as {columns[0].name}"
        low, high = _range(columns)
        fractions = low >= 0 and high <= 1  # of an image's size; places in the world are none
        yield _landmarks(columns, why, sure=len(whole) > 1 or () not in whole or fractions)
    for family in numbered_families(_numeric(remaining), 2):
        if _POINT_STEMS & set(family[0].words) and len(family) % 2 == 0 and not whole:
            why = f"{plural(len(family) // 2, 'point')} by the name {family[0].name} and so on"
            low, high = _range(family)
            fractions = low >= 0 and high <= 1
            yield _landmarks(family, why, sure=len(family) >= _SURE_FAMILY or fractions)


def _landmarks(columns: list[ColumnFacts], why: str, *, sure: bool) -> Decision:
    low, high = _range(columns)
    cautions = []
    if low < -1 or high > 1:
        cautions.append(
            f"Values go from {low:g} to {high:g}, in pixels it seems: divide them by the images' "
            "sizes, so that they are fractions whatever the images are resized to."
        )
    return decide(
        columns,
        "landmarks",
        f"{why}; values from {low:g} to {high:g}",
        task=number_task("landmarks", columns),
        doubts=[] if sure else [Reading("a place in the world, or where an image was cut out")],
        cautions=cautions,
    )


def image_size(remaining: Remaining) -> Iterator[Decision]:
    """Width and height of the images."""
    by_name = {"".join(facts.words): facts for facts in _numeric(remaining)}
    if {"depth", "length"} & by_name.keys():
        return
    for names in _SIZES:
        size = [by_name[name] for name in names if name in by_name]
        if len(size) == 2 and all(each.is_whole and each.low >= _LEAST_SIDE for each in size):
            low, high = _range(size)
            why = f"width and height, from {low:g} to {high:g}: those of the images"
            task = number_task("size", size)
            reading = Reading("two numbers to learn", task)
            sure = low >= _LEAST_SURE_SIDE
            yield decide(
                size,
                "image size",
                why,
                doubts=[] if sure else [reading],
                others=[reading] if sure else [],
            )
            return


def vectors(remaining: Remaining) -> Iterator[Decision]:
    """Three columns of real numbers or more under one name: one task."""
    numeric = _numeric(remaining)
    families = numbered_families(numeric, 3)
    taken = {facts.place for family in families for facts in family}
    prefixes: dict[str, list[ColumnFacts]] = defaultdict(list)
    for facts in numeric:
        if len(facts.words) > 1 and facts.place not in taken:
            prefixes[facts.words[0]].append(facts)
    families += [family for family in prefixes.values() if len(family) >= 3]
    unnamed = [facts for facts in remaining.columns if facts.by_place and facts.numbers is not None]
    unnamed = [facts for facts in unnamed if not facts.is_whole]
    families += [unnamed] if len(unnamed) >= 4 else []
    for family in families:
        if not all(facts.is_whole for facts in family) and _varied(family):
            stem = family[0].words[0] if family[0].words else "numbers"
            low, high = _range(family)
            why = f"{len(family)} columns of numbers named {stem}, from {low:g} to {high:g}"
            task = number_task(task_name(stem, family[0].number), family)
            yield decide(family, "vector", why, task=task)


def _varied(family: Sequence[ColumnFacts]) -> bool:
    return any(len(facts.texts) > 10 for facts in family)


def _numeric(remaining: Remaining) -> list[ColumnFacts]:
    return [facts for facts in remaining.columns if facts.words and facts.numbers is not None]


def _range(columns: Sequence[ColumnFacts]) -> tuple[float, float]:
    return min(facts.low for facts in columns), max(facts.high for facts in columns)
