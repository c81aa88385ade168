"""The command `caffe-multilabel stats`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed, plural
from caffe_multilabel.cli.command import Exit, print_json
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_tasks_flag, add_threads_flag
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.views.stats import (
        BinaryStats,
        ClassStats,
        LabelStats,
        RealStats,
        TaskStats,
    )

_SHOWN_ROWS = 100
_SHOWN_ENDS = 20
_SHOWN_PAIRS = 10

_DESCRIPTION = """\
Measure the labels of a label DB, task by task: how often each class occurs, missing labels, ranges,
what answering without looking at the image would score, and what tasks tell of each other."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] LABEL_DB",
        description=_DESCRIPTION,
        epilog=text_of("stats"),
    )
    parser.add_argument("LABEL_DB", help="folder of the label DB")
    add_tasks_flag(parser, help="the tasks; default: those in the DB's manifest")
    add_threads_flag(parser)
    parser.add_switch("json", help="print all of it as JSON")
    return parser


def stats_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, measure, print."""
    options = make_parser(program).parse_flags(arguments)
    from caffe_multilabel.views.stats import label_stats  # noqa: PLC0415  (--help must not load it)

    measured = label_stats(options.LABEL_DB, tasks=options.tasks, threads=options.threads)
    if options.json:
        print_json(measured.to_dict())
    else:
        _print(measured)
    return Exit.DONE


def _print(stats: LabelStats) -> None:
    records = plural(stats.records, "record", thousands=True)
    _say(f"{records} of {plural(stats.label_count, 'label')}")
    for task in stats.tasks:
        _say("")
        _print_task(task)
    _print_identities(stats)
    _print_columns(stats)
    _print_pairs(stats)


def _print_task(task: TaskStats) -> None:
    if task.kind == "class":
        _print_classes(task)
    elif task.kind == "binary":
        _print_binary(task)
    else:
        _print_real(task)


def _print_classes(task: ClassStats) -> None:
    _say(f"{task.task}: {plural(len(task.classes), 'class')}, column {task.column}")
    rows = [
        (str(each.label), each.name, f"{each.count:,}", _per_cent(each.share))
        for each in task.classes
    ]
    named = any(label != name for label, name, _, _ in rows)
    shown = rows if named else [(label, *rest) for label, _, *rest in rows]
    if len(rows) > _SHOWN_ROWS:
        by_count = sorted(zip(task.classes, shown, strict=True), key=lambda pair: -pair[0].count)
        ordered = [row for _, row in by_count]
        gap = ("...", *[""] * (len(ordered[0]) - 1))
        shown = [*ordered[:_SHOWN_ENDS], gap, *ordered[-_SHOWN_ENDS:]]
    names = ("label", "class", "count", "share") if named else ("label", "count", "share")
    print_table(names, shown, right="label count share")
    _print_left_out(task.missing, task.wrong)
    never = sum(each.count == 0 for each in task.classes)
    if never:
        _say(f"{plural(never, 'class')} never {'occurs' if never == 1 else 'occur'}")
    commonest = max(task.classes, key=lambda each: each.count)
    _print_baselines(task.baseline_accuracy, task.baseline_loss, f"always {commonest.name}")


def _print_binary(task: BinaryStats) -> None:
    _say(f"{task.task}: {plural(len(task.values), 'yes/no value')}")
    rows = [
        (
            value.name,
            str(value.column),
            f"{value.positives:,}",
            _per_cent(value.share),
            f"{value.missing:,}",
            f"{value.wrong:,}",
        )
        for value in task.values
    ]
    columns = ("value", "column", "yes", "share", "missing", "wrong")
    print_table(columns, rows, right="column yes share missing wrong")
    _print_baselines(task.baseline_accuracy, task.baseline_loss, "each time the commoner answer")


def _print_real(task: RealStats) -> None:
    _say(f"{task.task}: {plural(len(task.values), 'number')}")
    rows = [
        (
            value.name,
            str(value.column),
            *map(_number, (value.least, value.greatest, value.mean, value.std)),
            f"{value.missing:,}",
            f"{value.wrong:,}",
        )
        for value in task.values[:_SHOWN_ROWS]
    ]
    columns = ("value", "column", "least", "greatest", "mean", "std", "missing", "wrong")
    print_table(columns, rows, right="column least greatest mean std missing wrong")
    if len(task.values) > _SHOWN_ROWS:
        _say(f"and {len(task.values) - _SHOWN_ROWS} more; --json has all")
    _print_baselines(None, task.baseline_loss, "")


def _print_identities(stats: LabelStats) -> None:
    if not stats.identities:
        return
    _say("\nimages of a record: how many of the further ones are as the first")
    rows = [
        (
            each.task,
            "-" if each.identities is None else f"{each.identities:,}",
            "-" if each.least is None else f"{each.least:,} to {each.greatest:,}",
            "-" if each.median is None else f"{each.median:,.10g}",
            listed([_per_cent(share) for share in each.shares], most=4),
            f"{each.missing:,}",
        )
        for each in stats.identities
    ]
    columns = ("task", "classes", "records of each", "median", "as the first", "unknown")
    print_table(columns, rows, right="classes median unknown")
    for each in stats.identities:
        if each.contradiction is not None:
            _say(each.contradiction.told(f"record {each.contradiction.first}"))


def _print_left_out(missing: int, wrong: int) -> None:
    for count, what in ((missing, "missing (ignore_label)"), (wrong, "no class of the task")):
        if count:
            _say(f"{plural(count, 'label', thousands=True)} {what}")


def _print_baselines(accuracy: float | None, loss: float | None, answer: str) -> None:
    parts = []
    if accuracy is not None:
        parts.append(f"accuracy {_per_cent(accuracy)} ({answer})")
    if loss is not None:
        parts.append(f"loss {_number(loss)}")
    if parts:
        _say(f"without looking at the image: {', '.join(parts)}")


def _print_columns(stats: LabelStats) -> None:
    lines = [
        (stats.constant_columns, "constant columns"),
        (stats.unread_columns, "columns that no task reads"),
    ]
    notes = [f"{what}: {', '.join(map(str, columns))}" for columns, what in lines if columns]
    notes += [f"equal columns: {', '.join(map(str, group))}" for group in stats.duplicate_columns]
    if notes:
        _say("")
    for note in notes:
        _say(note)


def _print_pairs(stats: LabelStats) -> None:
    if stats.correlation is None:
        return
    pairs = stats.correlation.strongest(_SHOWN_PAIRS)
    if pairs:
        _say("\nwhat tells most of a label of another task")
        rows = [(pair.first, pair.second, f"{pair.value:.2f}", pair.measure) for pair in pairs]
        print_table(("label", "other", "value", "measure"), rows, right="value")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _per_cent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
