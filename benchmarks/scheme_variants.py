"""The examples of schemes, each beside the same net without the scheme."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import scheme_figures as figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from scheme_figures import Measure

    Keys = dict[str, Any]
    Row = dict[str, str]

LANDMARKS = ("left_x", "left_y", "right_x", "right_y")


@dataclass(frozen=True)
class Variant:
    """One net of a comparison.

    Attributes:
        name: what the table calls it.
        change: changes the example's keys.
        rows: makes lines of the lists anew, or drops them (None), where the net needs DBs of its
            own; else it reads the example's.
    """

    name: str
    change: Callable[[Keys], object] = lambda _: None
    rows: Callable[[Row], Row | None] | None = None


@dataclass(frozen=True)
class Comparison:
    """An example and what it is held against.

    Attributes:
        example: name of the task file.
        measure: what is told of each net.
        variants: the nets; the first is the example as it is.
    """

    example: str
    measure: Measure
    variants: tuple[Variant, ...] = field(default=(Variant("as it is"),))


def task(keys: Keys, name: str) -> Keys:
    """The keys of a task."""
    found: Keys = next(each for each in keys["tasks"] if each["name"] == name)
    return found


def without(name: str, *dropped: str, **put: object) -> Callable[[Keys], None]:
    """Take keys from a task, and put others in."""

    def change(keys: Keys) -> None:
        found = task(keys, name)
        for key in dropped:
            del found[key]
        found.update(put)

    return change


def _all(*changes: Callable[[Keys], object]) -> Callable[[Keys], None]:
    def change(keys: Keys) -> None:
        for each in changes:
            each(keys)

    return change


def _minus_one(row: Row) -> Row:
    """A blank is a number like others, and no yes."""
    blanks: Mapping[str, str] = {"filled": "0"}
    return {name: cell or blanks.get(name, "-1") for name, cell in row.items()}


def _whole(row: Row) -> Row | None:
    return None if "" in (row["filled"], *(row[name] for name in LANDMARKS)) else row


def _careful(row: Row) -> Row | None:
    return row if row["surface_weight"] == "1" else None


def _in_centre_crop(row: Row) -> Row:
    """Landmarks as places in the centre crop of 56 of 64, which is what TEST shows."""
    places = {name: str((float(row[name]) - 4) / 55) for name in LANDMARKS if row[name]}
    return row | places


def _no_ramps(keys: Keys) -> None:
    del keys["data"]["ramps"]
    del task(keys, "ends")["points"]


def _one_view(keys: Keys) -> None:
    (found,) = keys["tasks"]
    found.update(name="kind", images="each")


def _fixed(keys: Keys) -> None:
    del keys["loss_weights"]


def _only_kind(keys: Keys) -> None:
    keys["tasks"] = [task(keys, "kind") | {"loss_weight": 0.5}]


_PLAIN_SIGN = without("sign", "positive_weight")
_KNOWN = [without(name, "ignore_label", "normalization") for name in ("ends", "filled")]
_WEIGHTS = ("error_ends", "error_size")

COMPARISONS = (
    Comparison(
        "unknown",
        figures.outputs("nme_ends", "accuracy_filled"),
        (
            Variant("unknown left out"),
            Variant("-1 as a number, blank as no", _all(*_KNOWN), _minus_one),
            Variant("whole records only", rows=_whole),
        ),
    ),
    Comparison(
        "weighted", figures.rare_yesses, (Variant("weighted"), Variant("plain", _PLAIN_SIGN))
    ),
    Comparison(
        "focal", figures.rare_yesses, (Variant("focal"), Variant("plain", without("sign", "focal")))
    ),
    Comparison(
        "record_weights",
        figures.outputs("accuracy_surface"),
        (
            Variant("careful hands count ten times"),
            Variant("all alike", without("surface", "weight_columns", "normalization")),
            Variant("careful hands alone", rows=_careful),
        ),
    ),
    Comparison(
        "class_weights",
        figures.classes,
        (
            Variant("weights and smoothing"),
            Variant(
                "plain", _all(without("sign", "class_weight"), without("kind", "label_smoothing"))
            ),
            Variant(
                "focal",
                _all(
                    without("sign", "class_weight", focal={"gamma": 2}),
                    without("kind", "label_smoothing", focal={"gamma": 2}),
                ),
            ),
        ),
    ),
    Comparison(
        "learned_weights",
        figures.outputs(*_WEIGHTS),
        (Variant("learned"), Variant("fixed, equal", _fixed)),
    ),
    Comparison("log_weights", figures.outputs(*_WEIGHTS), (Variant("logarithm"),)),
    Comparison(
        "pairs",
        figures.pairs,
        (
            Variant("identity and verification"),
            Variant("identity", without("verify", loss_weight=0)),
        ),
    ),
    Comparison(
        "triplets",
        figures.triplets,
        (Variant("identity and triplets"), Variant("identity", without("near", loss_weight=0))),
    ),
    Comparison(
        "hard_triplets",
        figures.neighbours,
        (Variant("colour and triplets"), Variant("colour", without("near", loss_weight=0))),
    ),
    Comparison(
        "centers",
        figures.centered,
        (
            Variant("colour and centers"),
            Variant("colour", without("near", loss_weight=0)),
            Variant("centers that stay", without("near", lr_mult=1)),
        ),
    ),
    Comparison(
        "views",
        figures.outputs("accuracy_kind_1", "accuracy_kind"),
        (Variant("two views"), Variant("one view", _one_view, dict)),
    ),
    Comparison(
        "moved_landmarks",
        figures.outputs("nme_ends"),
        (Variant("moved"), Variant("crop and mirror alone", _no_ramps, _in_centre_crop)),
    ),
    Comparison("scores", figures.printed_scores),
)


def rewritten(source: Path, target: Path, rows: Callable[[Row], Row | None]) -> None:
    """Write a list anew, line by line."""
    with source.open(newline="", encoding="utf-8") as file:
        kept = [row for row in map(rows, csv.DictReader(file)) if row is not None]
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
