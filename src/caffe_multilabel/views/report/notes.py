"""What of all that stands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from caffe_multilabel._base.text import plural
from caffe_multilabel.views.stats.results import BinaryStats, ClassStats

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.nets.lint import Finding
    from caffe_multilabel.views.log.curves import LogView
    from caffe_multilabel.views.report.sections.comparisons import DriftRow
    from caffe_multilabel.views.report.sections.duplicates import DuplicateSection
    from caffe_multilabel.views.report.sections.images import ImageSection
    from caffe_multilabel.views.stats.results import LabelStats, TaskStats

__all__ = ["Note", "make_notes"]

_LOPSIDED = 0.9
_STRONG = 0.9
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Note:
    """Something that stands out.

    Attributes:
        severity: `bad` wrong or misleading; `warn` worth a thought; `info` good to know.
        text: a sentence.
        section: the id of the section that shows it.
    """

    severity: Literal["bad", "warn", "info"]
    text: str
    section: str


def make_notes(
    *,
    stats: Sequence[LabelStats],
    tasks: Sequence[Sequence[TaskStats]],
    images: ImageSection,
    duplicates: DuplicateSection,
    drift: Sequence[DriftRow],
    findings: Sequence[Finding] | None,
    log: LogView | None,
) -> tuple[Note, ...]:
    """Choose what a reader should know first, the worst before the rest.

    Args:
        stats: of the labels of each set, training first.
        tasks: for each task of the task file what each set holds of it: of a task of which each
            image of a record has labels, those of all images together.
        images: what stands out of the images.
        duplicates: images that look the same.
        drift: how far the labels of the sets are apart.
        findings: what lint says of the net, if there is one.
        log: what a training printed, if it was given.
    """
    notes = [
        *_image_notes(images),
        *_duplicate_notes(duplicates, stats),
        *_label_notes(tasks),
        *_column_notes(stats[0]),
        *_drift_notes(drift),
        *_finding_notes(findings or ()),
        *_log_notes(log),
    ]
    order = {"bad": 0, "warn": 1, "info": 2}
    return tuple(sorted(notes, key=lambda note: order[note.severity]))


def _image_notes(images: ImageSection) -> Iterator[Note]:
    if images.unreadable:
        yield Note("bad", f"{_number(images.unreadable, 'image')} cannot be read.", "images")
    if images.blank:
        text = f"{_number(images.blank, 'image')} nearly black or nearly white all over."
        yield Note("warn", text, "sizes")


def _duplicate_notes(section: DuplicateSection, stats: Sequence[LabelStats]) -> Iterator[Note]:
    if section.leaked:
        share = 100 * section.leaked / stats[-1].records
        yield Note(
            "bad",
            f"{_number(section.leaked, 'validation image')} ({share:.1f} %) look like one for "
            "training: validation would flatter the net.",
            "duplicates",
        )
    if section.conflicts:
        yield Note(
            "warn",
            f"{_number(section.conflicts, 'group')} of images that look the same "
            f"{'are' if section.conflicts > 1 else 'is'} not labelled the same.",
            "duplicates",
        )


def _label_notes(tasks: Sequence[Sequence[TaskStats]]) -> Iterator[Note]:
    for sets in tasks:
        task = sets[0]
        wrong = sum(map(_wrong, sets))
        if wrong:
            yield Note(
                "bad", f"{task.task}: {_number(wrong, 'label')} of no allowed value.", "labels"
            )
        if isinstance(task, ClassStats):
            yield from _class_notes(task, [each for each in sets if isinstance(each, ClassStats)])
        elif isinstance(task, BinaryStats):
            rare = [
                value.name
                for value in task.values
                if value.baseline_accuracy is not None and value.baseline_accuracy > _LOPSIDED
            ]
            if rare:
                yield Note(
                    "info",
                    f"{task.task}: {_listed(rare)} nearly always the same answer.",
                    "labels",
                )


def _class_notes(task: ClassStats, sets: Sequence[ClassStats]) -> Iterator[Note]:
    never = [each.name for each in task.classes if not each.count]
    unseen = [
        each.name
        for known, each in zip(task.classes, sets[-1].classes, strict=True)
        if each.count and not known.count
    ]
    if unseen:
        yield Note(
            "bad", f"{task.task}: {_listed(unseen)} in validation, never in training.", "labels"
        )
    elif never:
        text = f"{_number(len(never), 'class')} of {len(task.classes)} never in training"
        yield Note("warn", f"{task.task}: {text}.", "labels")
    if task.baseline_accuracy is not None and task.baseline_accuracy > _LOPSIDED:
        most = max(task.classes, key=lambda each: each.count).name
        share = 100 * task.baseline_accuracy
        yield Note(
            "warn",
            f"{task.task}: always answering {most} is right {share:.1f} % of the time.",
            "labels",
        )


def _column_notes(stats: LabelStats) -> Iterator[Note]:
    for columns, what in (
        (stats.constant_columns, "the same label in all records"),
        (stats.unread_columns, "no task that reads it"),
    ):
        if columns:
            noun = f"Label column{'s'[: len(columns) > 1]} {_listed([str(c) for c in columns])}"
            yield Note("warn", f"{noun}: {what}.", "labels")
    for group in stats.duplicate_columns:
        columns_text = _listed([str(column) for column in group])
        yield Note("warn", f"Label columns {columns_text} are equal in all records.", "labels")
    if stats.correlation is not None:
        for pair in stats.correlation.strongest(_LISTED, _STRONG):
            yield Note(
                "info",
                f"{pair.first} and {pair.second} tell nearly the same "
                f"({pair.measure} {pair.value:.2f}).",
                "correlation",
            )


def _drift_notes(drift: Sequence[DriftRow]) -> Iterator[Note]:
    apart = [row.drift.task for row in drift if row.drift.differs]
    if apart:
        yield Note(
            "warn",
            f"{_listed(apart)}: labels of training and validation are further apart than chance.",
            "drift",
        )


def _finding_notes(findings: Sequence[Finding]) -> Iterator[Note]:
    for severity, shown, noun in (("error", "bad", "error"), ("warning", "warn", "warning")):
        count = sum(finding.severity == severity for finding in findings)
        if count:
            yield Note(
                "bad" if shown == "bad" else "warn",
                f"Lint finds {_number(count, noun)} in the net.",
                "findings",
            )


def _log_notes(log: LogView | None) -> Iterator[Note]:
    if log is None:
        return
    if log.not_finite:
        count = _number(log.not_finite, "value")
        yield Note("bad", f"The training log holds {count} of nan or infinity.", "training")
    if log.unread:
        count = _number(len(log.unread), "line")
        yield Note("warn", f"Of the training log {count} could not be read.", "training")


def _wrong(task: object) -> int:
    if isinstance(task, ClassStats):
        return task.wrong
    return sum(value.wrong for value in getattr(task, "values", ()))


def _number(count: int, noun: str) -> str:
    return plural(count, noun, thousands=True)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_LISTED])
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED} more"
