"""A card for each task: how its labels are spread, in training and in validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from caffe_multilabel.views.charts.histogram import Histogram, histogram
from caffe_multilabel.views.stats.results import BinaryStats, ClassStats, RealStats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.views.stats.results import LabelStats, RealValue

__all__ = ["BinaryCard", "ClassCard", "RealCard", "TaskCard", "make_cards"]

_MOST_BARS = 40
_ENDS = 15
_MOST_HISTOGRAMS = 12
_MOST_VALUES = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """A class or a yes/no value: its name, and its count, share and bar in each set."""

    name: str
    counts: tuple[int, ...]
    shares: tuple[float, ...]
    lengths: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCard:
    """A task of classes.

    Attributes:
        task: its name.
        loss: its loss, or None.
        classes: number of classes.
        missing: labels left out by `ignore_label`, in each set.
        wrong: labels that are no class, in each set.
        never: names of classes without a record in any set, the first of them.
        other_never: how many more there are.
        bars: the other classes; the commonest only where there are very many.
        rare_bars: the rarest of very many, else empty.
        hidden: how many classes are in neither list.
        baseline_accuracy: see `ClassStats`, of the first set.
        baseline_loss: likewise.
    """

    task: str
    loss: str | None
    classes: int
    missing: tuple[int, ...]
    wrong: tuple[int, ...]
    never: tuple[str, ...]
    other_never: int
    bars: tuple[Bar, ...]
    rare_bars: tuple[Bar, ...]
    hidden: int
    baseline_accuracy: float | None
    baseline_loss: float | None
    kind: Literal["class"] = "class"


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryCard:
    """A task of yes/no values; attributes as of `ClassCard`."""

    task: str
    loss: str | None
    missing: tuple[int, ...]
    wrong: tuple[int, ...]
    bars: tuple[Bar, ...]
    hidden: int
    baseline_accuracy: float | None
    baseline_loss: float | None
    kind: Literal["binary"] = "binary"


@dataclass(frozen=True, slots=True, kw_only=True)
class RealCard:
    """A task of real numbers.

    Attributes:
        task: its name.
        loss: its loss, or None.
        values: what the first set holds.
        histograms: one for each of the first values.
        hidden: how many values are not listed.
        missing: labels left out by `ignore_label`, in each set.
        wrong: labels that are not finite, in each set.
        baseline_loss: see `RealStats`, of the first set.
    """

    task: str
    loss: str | None
    values: tuple[RealValue, ...]
    histograms: tuple[tuple[str, Histogram], ...]
    hidden: int
    missing: tuple[int, ...]
    wrong: tuple[int, ...]
    baseline_loss: float | None
    kind: Literal["real"] = "real"


TaskCard: TypeAlias = "ClassCard | BinaryCard | RealCard"


def make_cards(
    tasks: Sequence[LabelTask],
    stats: Sequence[LabelStats],
    labels: Sequence[NDArray[np.float32]],
) -> tuple[TaskCard, ...]:
    """Make a card for each task.

    Args:
        tasks: the tasks.
        stats: what is known of the labels of each set, training first.
        labels: the labels of each set, float32 (N, L).
    """
    cards: list[TaskCard] = []
    for index, task in enumerate(tasks):
        sets = [each.tasks[index] for each in stats]
        classes = [each for each in sets if isinstance(each, ClassStats)]
        binary = [each for each in sets if isinstance(each, BinaryStats)]
        real = [each for each in sets if isinstance(each, RealStats)]
        if classes:
            cards.append(_class_card(task, classes))
        elif binary:
            cards.append(_binary_card(task, binary))
        else:
            cards.append(_real_card(task, real, labels))
    return tuple(cards)


def _class_card(task: LabelTask, sets: Sequence[ClassStats]) -> ClassCard:
    longest = max((each.share for one in sets for each in one.classes), default=0.0) or 1.0
    bars = [
        Bar(
            name=same[0].name,
            counts=tuple(each.count for each in same),
            shares=tuple(each.share for each in same),
            lengths=tuple(round(100 * each.share / longest, 2) for each in same),
        )
        for same in zip(*(one.classes for one in sets), strict=True)
    ]
    never = [bar.name for bar in bars if not any(bar.counts)]
    bars = [bar for bar in bars if any(bar.counts)]
    seen = len(bars)
    rare: list[Bar] = []
    if len(bars) > _MOST_BARS:
        ordered = sorted(bars, key=lambda bar: -bar.counts[0])
        bars, rare = ordered[:_ENDS], ordered[-_ENDS:]
    return ClassCard(
        task=task.name,
        loss=task.loss,
        classes=len(task.classes),
        missing=tuple(one.missing for one in sets),
        wrong=tuple(one.wrong for one in sets),
        never=tuple(never[:_MOST_BARS]),
        other_never=len(never[_MOST_BARS:]),
        bars=tuple(bars),
        rare_bars=tuple(rare),
        hidden=seen - len(bars) - len(rare),
        baseline_accuracy=sets[0].baseline_accuracy,
        baseline_loss=sets[0].baseline_loss,
    )


def _binary_card(task: LabelTask, sets: Sequence[BinaryStats]) -> BinaryCard:
    shown = list(zip(*(one.values for one in sets), strict=True))
    bars = []
    for values in shown[:_MOST_VALUES]:
        shares = tuple(value.share or 0.0 for value in values)
        bars.append(
            Bar(
                name="yes" if len(shown) == 1 and not task.value_names else values[0].name,
                counts=tuple(value.positives for value in values),
                shares=shares,
                lengths=tuple(round(100 * share, 2) for share in shares),
            )
        )
    return BinaryCard(
        task=task.name,
        loss=task.loss,
        missing=tuple(sum(value.missing for value in one.values) for one in sets),
        wrong=tuple(sum(value.wrong for value in one.values) for one in sets),
        bars=tuple(bars),
        hidden=len(shown) - len(bars),
        baseline_accuracy=sets[0].baseline_accuracy,
        baseline_loss=sets[0].baseline_loss,
    )


def _real_card(
    task: LabelTask, sets: Sequence[RealStats], labels: Sequence[NDArray[np.float32]]
) -> RealCard:
    histograms = []
    for value in sets[0].values[:_MOST_HISTOGRAMS]:
        finite = [
            column[task.counts(column)].astype(np.float64)
            for column in (each[:, value.column] for each in labels)
        ]
        if len(finite[0]):
            histograms.append((value.name, histogram(*finite)))
    return RealCard(
        task=task.name,
        loss=task.loss,
        values=sets[0].values[:_MOST_VALUES],
        histograms=tuple(histograms),
        hidden=max(0, len(task.columns) - _MOST_VALUES),
        missing=tuple(sum(value.missing for value in one.values) for one in sets),
        wrong=tuple(sum(value.wrong for value in one.values) for one in sets),
        baseline_loss=sets[0].baseline_loss,
    )
