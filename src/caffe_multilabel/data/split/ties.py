"""What ties records together, so that they come into one part: labels, texts, paths, images.

A tie has a code for each record, or several, as of the two people of a pair: records that share
one are tied. Groups are what ties hold together, over any number of records between. What is
unknown of a record ties it to no other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from caffe_multilabel._base.text import listed as named
from caffe_multilabel._base.text import plural, shown
from caffe_multilabel._base.utf8 import from_utf8
from caffe_multilabel.errors import ListError, OptionError
from caffe_multilabel.labels.schema import image_name
from caffe_multilabel.lists.texts import is_unknown

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.data.split.listed import Listed
    from caffe_multilabel.lists.table import Column

__all__ = ["GroupTie", "Groups", "Tie", "group_tie", "groups_of", "image_tie"]

Groups: TypeAlias = "NDArray[np.int64]"
"""(N,), each record's group, from 0."""

Tie: TypeAlias = "list[NDArray[np.int64]]"
"""(N,) each, codes from 0, which mean the same in all of them."""

_SHOWN = 5


class GroupTie(NamedTuple):
    """How records are tied as the user says.

    Attributes:
        tie: the tie.
        columns: the label columns that it goes by.
        note: what there is to say of it; empty where there is nothing.
    """

    tie: Tie
    columns: Sequence[int] = ()
    note: str = ""


def groups_of(ties: Sequence[Tie]) -> Groups | None:
    """Return the groups that ties make of records; None where there are no ties.

    Example:
        >>> mother, child = np.array([0, 1, 2, 3]), np.array([1, 4, 3, 5])
        >>> groups_of([[mother, child]]).tolist()
        [0, 0, 1, 1]
    """
    if not ties:
        return None
    codes: Tie = []
    many = 0
    for tie in ties:
        codes += [each + many for each in tie]
        many += max(int(each.max(initial=-1)) for each in tie) + 1
    # Codes that a record has are one: each goes over to the least one that is known to be so, until
    # none has to. Every round at least halves those that are left.
    least = np.arange(many)
    first, others = codes[0], codes[1:]
    while True:
        left = False
        for other in others:
            one, two = least[first], least[other]
            left |= bool((one != two).any())
            np.minimum.at(least, np.maximum(one, two), np.minimum(one, two))
            while not np.array_equal(further := least[least], least):
                least = further
        if not left:
            return np.unique(least[first], return_inverse=True)[1].astype(np.int64)


def image_tie(paths: Sequence[Sequence[bytes]]) -> tuple[Tie, int]:
    """Tie records that have an image in common.

    Args:
        paths: of the first image of each record, of the second one, and so on.

    Returns:
        The tie, and how many records have an image of an earlier one.
    """
    tie = _coded(paths)
    images = np.stack(tie, axis=1)
    firsts = np.full(int(images.max(initial=-1)) + 1, len(images))
    records = np.arange(len(images))
    for place in range(images.shape[1]):
        np.minimum.at(firsts, images[:, place], records)
    return tie, int((firsts[images] < records[:, np.newaxis]).any(axis=1).sum())


def group_tie(group: str | Sequence[str], listed: Listed) -> GroupTie:
    """Tie records as the user says.

    Args:
        group: a column, by name or by its number among the labels; several, as text parted by
            commas or as a sequence; what the columns NAME_1 to NAME_K of a list of K images a
            record are of; or a regular expression.
        listed: the list.

    Raises:
        OptionError: there is no such column, or this is no regular expression.
        ListError: paths in which the regular expression is not found.
    """
    if not isinstance(group, str):
        unknown = [name for name in group if not _is_in(name, listed)]
        if unknown or not group:
            texts = (each.name for each in listed.texts)
            there = named(list(dict.fromkeys([*listed.layout.names, *texts])))
            said = shown(unknown[0]) if unknown else "without a name"
            raise OptionError(f"group: there is no column {said}; the columns are {there}")
        return _tie_of_columns(group, listed)
    images = [image_name(group, image) for image in range(len(listed.paths))]
    parts = [part.strip() for part in group.split(",")]
    for names in ([group], parts, images):
        if all(_is_in(name, listed) for name in names):
            return _tie_of_columns(names, listed)
    return GroupTie(_tie_of_paths(group, listed))


def _is_in(name: str, listed: Listed) -> bool:
    count = listed.layout.label_count
    if name in listed.layout.names or any(each.name == name for each in listed.texts):
        return True
    if name.isdecimal() and int(name) >= count:
        raise OptionError(f"group is column {name}, but the columns are 0 to {count - 1}")
    return name.isdecimal()


def _tie_of_columns(names: Sequence[str], listed: Listed) -> GroupTie:
    """Tie records that have a label or text in common, in any of some columns."""
    labelled = [_label_column(name, listed) for name in names]
    places = [place for place in labelled if place is not None]
    found: list[Column | None] = [
        next((each for each in listed.texts if each.name == name), None) for name in names
    ]
    texts = [column for column in found if column is not None]
    if len(places) == len(names) and (len(names) == 1 or len(texts) < len(names)):
        values = listed.labels[:, places]
        codes = np.unique(values, return_inverse=True)[1].reshape(values.shape).astype(np.int64)
        unknown = [_missing(place, listed) for place in places]
        return _without_unknown(names, list(codes.T), unknown, places)
    if len(texts) < len(names):
        raise OptionError(
            f"group: columns {named(list(names))} hold labels and texts, which cannot be compared"
        )
    known: dict[str, int] = {}
    tie: Tie = []
    unknown = []
    for column in texts:
        code_of = [known.setdefault(text, len(known)) for text in column.values]
        tie.append(np.array(code_of, np.int64)[column.codes])
        unknown.append(np.array(list(map(is_unknown, column.values)), np.bool_)[column.codes])
    return _without_unknown(names, tie, unknown, places)


def _missing(place: int, listed: Listed) -> NDArray[np.bool_]:
    """Tell of which records the label of a column is a task's `ignore_label`."""
    labels = listed.labels[:, place]
    missing = np.zeros(len(labels), np.bool_)
    for task in listed.layout.tasks:
        if place in task.columns:
            missing |= task.missing(labels)
    return missing


def _without_unknown(
    names: Sequence[str], tie: Tie, unknown: Sequence[NDArray[np.bool_]], columns: Sequence[int]
) -> GroupTie:
    """Give each cell that is unknown a code of its own, and count them."""
    count = 1 + max(int(codes.max(initial=-1)) for codes in tie)
    alone = 0
    for codes, mask in zip(tie, unknown, strict=True):
        here = int(mask.sum())
        codes[mask] = count + alone + np.arange(here)
        alone += here
    if not alone:
        return GroupTie(tie, columns)
    what = f"{plural(alone, 'unknown cell')} of {named(list(names))}"
    return GroupTie(tie, columns, f"{what}: no records are tied by what nobody knows")


def _label_column(name: str, listed: Listed) -> int | None:
    names = listed.layout.names
    if name in names:
        return names.index(name)
    return int(name) if name.isdecimal() else None


def _tie_of_paths(pattern: str, listed: Listed) -> Tie:
    """Tie records whose paths agree in what a pattern catches."""
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise OptionError(
            f"group is {shown(pattern)}, which is neither a label column nor a regular expression: "
            f"{error}"
        ) from None
    strangers: list[str] = []

    def caught(path: bytes) -> str | None:
        text = from_utf8(path)
        found = search(text)
        if found is None or found[1 if found.re.groups else 0] is None:
            strangers.append(text)
            return None
        return found[1 if found.re.groups else 0]

    tie = _coded([map(caught, paths) for paths in listed.paths])
    if strangers:
        count = sum(map(len, listed.paths))
        shown_ones = "".join(f"\n  {path}" for path in strangers[:_SHOWN])
        more = f"\n  and {len(strangers) - _SHOWN} more" if len(strangers) > _SHOWN else ""
        raise ListError(
            f"group {shown(pattern)} names no label column, and as a pattern it is not found in "
            f"{len(strangers)} of {plural(count, 'path')}{shown_ones}{more}"
        )
    return tie


def _coded(columns: Iterable[Iterable[Hashable]]) -> Tie:
    """Number what is in columns, the same alike in all of them."""
    known: dict[Hashable, int] = {}
    return [
        np.array([known.setdefault(each, len(known)) for each in column], np.int64)
        for column in columns
    ]
