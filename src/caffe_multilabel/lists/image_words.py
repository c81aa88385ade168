"""Which image of a record a column is of, by the words that tell columns alike apart."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ImageWords"]

_ROLES: Final[tuple[tuple[tuple[str, ...], ...], ...]] = (
    (
        ("anchor", "anc", "a", "锚点", "锚"),
        ("positive", "pos", "p", "正样本", "正"),
        ("negative", "neg", "n", "负样本", "负"),
    ),
    (("query", "probe"), ("gallery",)),
    (("before", "前"), ("after", "后")),
    (("left", "左"), ("right", "右")),
    (("first", "第一"), ("second", "第二"), ("third", "第三")),
)
"""Words of the images of a record, in their order; letters count for all three of a triplet."""

_CHINESE = sorted(
    ("甲", "乙", "丙", "丁", *(each for row in _ROLES for words in row for each in words)),
    key=len,
    reverse=True,
)
_CHINESE = [each for each in _CHINESE if not each.isascii()]
_IMAGE = "image|img|picture|pic|photo|path|file"
_word = re.compile(
    rf"{'|'.join(_CHINESE)}|[0-9]+|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|"
    rf"(?:(?!{'|'.join(_CHINESE)})[^\W\dA-Za-z_])+"
)
_with_image = re.compile(rf"(?:{_IMAGE})?(.+?)(?:{_IMAGE})?").fullmatch


@dataclass(frozen=True, slots=True)
class ImageWords:
    """What tells the names of the columns of a record's images apart.

    Names that differ in a number go by it; those of roles, as `anchor`, `positive` and `negative`,
    in the order of the roles; all others, letters among them, as they stand.

    Attributes:
        order: places of the names, that of the first image first.
        marks: of each image; empty where nothing tells them apart.
    """

    order: tuple[int, ...]
    marks: tuple[str, ...] = ()

    @staticmethod
    def of(names: Sequence[str]) -> ImageWords:
        """Tell the order of columns.

        Example:
            >>> ImageWords.of(["image10", "image9"]).order
            (1, 0)
            >>> ImageWords.of(["neg_path", "anchor_path", "pos_path"]).order
            (1, 2, 0)
            >>> ImageWords.of(["img_b", "img_a"]).order
            (0, 1)
        """
        places = tuple(range(len(names)))
        for kind in ("number", "role", "word"):
            read = [dict(_readings(name, kind, len(names))) for name in names]
            for rest in read[0] if read else ():
                marks = [each.get(rest, "") for each in read]
                if all(marks) and len(set(marks)) == len(marks):
                    ranks = [
                        0 if kind == "word" else int(each.rpartition(":")[2]) for each in marks
                    ]
                    order = sorted(places, key=ranks.__getitem__)
                    return ImageWords(tuple(order), tuple(marks[place] for place in order))
        return ImageWords(places)

    def image_of(self, name: str) -> tuple[str, int] | None:
        """Return what a label column is called without its image, and which that is, from 0.

        Example:
            >>> words = ImageWords.of(["img_b", "img_a"])
            >>> words.image_of("vid_a"), words.image_of("same")
            (('vid', 1), None)
        """
        for kind in ("number", "role", "word"):
            for stem, mark in _ends(name, kind, len(self.order)):
                if stem and mark in self.marks:
                    return stem, self.marks.index(mark)
        return None


def _by_rank(marks: Sequence[str]) -> tuple[int, ...]:
    ranks = [int(mark.rpartition(":")[2]) for mark in marks]
    return tuple(sorted(range(len(marks)), key=ranks.__getitem__))


def _readings(name: str, kind: str, images: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give what names of the same kind have in common, and the mark that would tell them apart."""
    words = _word.findall(unicodedata.normalize("NFKC", name))
    marks = [_mark(word, kind, images) for word in words]
    if kind == "role":
        rows = [mark.partition(":")[0] for mark in marks]
        yield from (
            ((row,), mark) for row, mark in zip(rows, marks, strict=True) if rows.count(row) == 1
        )
        return
    low = [word.casefold() for word in words]
    yield from (
        ((*low[:place], "", *low[place + 1 :]), mark) for place, mark in enumerate(marks) if mark
    )
    if kind == "number" and words and not any(marks):
        yield (*low, ""), "-1"  # `path` before `path2`


def _ends(name: str, kind: str, images: int) -> Iterator[tuple[str, str]]:
    """Give the name without its last or its first word, and the mark that this is."""
    name = unicodedata.normalize("NFKC", name)
    found = list(_word.finditer(name))
    if len(found) > 1:
        last, first = found[-1], found[0]
        yield name[: last.start()].rstrip("_-. "), _mark(last[0], kind, images)
        yield name[first.end() :].lstrip("_-. "), _mark(first[0], kind, images)


def _mark(word: str, kind: str, images: int) -> str:
    """Return how a word tells an image of others; nothing where it is not of this kind."""
    low = word.casefold()
    if kind == "number":
        return str(int(low)) if low.isdigit() else ""
    if kind == "word":
        return "" if low.isdigit() else low
    told = _with_image(low)
    told_apart = {low, told[1] if told and len(told[1]) > 1 else low}
    for number, row in enumerate(_ROLES):
        for rank, words in enumerate(row):
            same = told_apart.intersection(words)
            if any(len(each) > 1 or not each.isascii() or images > 2 for each in same):
                return f"{number}:{rank}"
    return ""
