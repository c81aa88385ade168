"""The command `caffe-multilabel split`."""

from __future__ import annotations

import sys
from itertools import groupby
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel._base.utf8 import typed_text
from caffe_multilabel.cli.command import Exit, print_json, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_list_flags, add_tasks_flag, list_keywords
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import print_table
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.data.split import LabelShare, SplitReport

_SHOWN_LABELS = 20
_SHOWN_TASKS = 10

_DESCRIPTION = """\
Cut a list of images into train and val lists, and a test list with --test. With --stratify each of
them gets its share of every class of every task, of every yes and no, and of each tenth of a
real-valued column; else chance decides. Lines stay as they are, in the list's order."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] LISTFILE (--val SHARE | --parts COLUMN)",
        description=_DESCRIPTION,
        epilog=text_of("split"),
    )
    parser.add_argument("LISTFILE", help="the list; the new ones have the same ending")
    switch, flag = parser.add_switch, parser.add_flag
    flag("val", metavar="SHARE", help="share of the records to validate with, as in 0.1")
    flag("test", metavar="SHARE", default="0", help="share to test with; default: no test list")
    switch("stratify", help="balance all tasks at once")
    flag("seed", type=int, default=0, metavar="N", help="same seed, same lists; default 0")
    flag(
        "group",
        type=typed_text,
        metavar="COLUMNS|REGEX",
        help="keep records together that share this label, told by column (from 0) or name, or "
        "what the first group of this regular expression catches in their paths; A,B: that share "
        "a text in either column. Of pairs and triplets NAME stands for NAME_1, NAME_2, ...",
    )
    flag(
        "parts",
        type=typed_text,
        metavar="COLUMN",
        help="the column, by name or number from 0, that says train, val or test (or 0, 1, 2); "
        "in place of --val",
    )
    add_tasks_flag(parser, help="what the label columns are; default: told from them")
    add_list_flags(parser)
    flag("output", metavar="DIR", default=".", help="folder for the lists; default: this one")
    switch("overwrite", help="replace lists that are there")
    switch("brief", help="report of each task the rarest label, and labels that a list lacks")
    switch("json", help="print the report as JSON")
    switch("quiet", help="no report")
    return parser


def split_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, split, print."""
    options = make_parser(program).parse_flags(arguments)
    if options.val is None and options.parts is None:
        raise OptionError(
            "--val is wanted: the share of the records to validate with, as in 0.1; or --parts: "
            "the column that tells"
        )
    from caffe_multilabel.data.split import split  # noqa: PLC0415  (--help must not load it)

    report = split(
        options.LISTFILE,
        options.output,
        val=options.val,
        test=options.test,
        stratify=options.stratify,
        seed=options.seed,
        group=options.group,
        parts=options.parts,
        **list_keywords(options),
        overwrite=options.overwrite,
    )
    with telling_of_files():
        if options.json:
            print_json(report.to_dict())
        elif not options.quiet:
            _print(report, brief=options.brief)
    return Exit.DONE


def _print(report: SplitReport, *, brief: bool) -> None:
    names = [f"{part.name}%" for part in report.parts]
    print_table(
        ("task", "rarest label" if brief else "label", "records", *names),
        _rarest(report) if brief else _rows(report),
        right=" ".join(("records", *names)),
    )
    if brief:
        for line in _lacking(report):
            sys.stdout.write(f"{line}\n")
    for note in report.notes:
        sys.stdout.write(f"{note}\n")
    for part in report.parts:
        share = 100 * part.records / report.records
        groups = f" in {plural(part.groups, 'group')}" if part.groups != part.records else ""
        sys.stdout.write(f"{part.path}: {plural(part.records, 'record')}{groups}, {share:.2f} %\n")
    sys.stdout.write(f"({report.seconds:.1f} s)\n")


def _rows(report: SplitReport) -> Iterator[tuple[str, ...]]:
    for task, group in groupby(report.labels, lambda label: label.task):
        labels = list(group)
        for label in labels[:_SHOWN_LABELS]:
            yield (task, label.label, *_shares(label))
        if len(labels) > _SHOWN_LABELS:
            unsaid = f"... {len(labels) - _SHOWN_LABELS} more, --json lists them"
            yield (task, unsaid, "", *("" for _ in report.parts))


def _rarest(report: SplitReport) -> Iterator[tuple[str, ...]]:
    """Give the rarest label of each task, the rarest first."""
    tasks = (list(labels) for _, labels in groupby(report.labels, lambda label: label.task))
    rarest = sorted((min(labels, key=_records_of) for labels in tasks), key=_records_of)
    for label in rarest[:_SHOWN_TASKS]:
        yield (label.task, label.label, *_shares(label))
    if len(rarest) > _SHOWN_TASKS:
        unsaid = f"... {len(rarest) - _SHOWN_TASKS} more"
        yield (unsaid, "", "", *("" for _ in report.parts))


def _lacking(report: SplitReport) -> Iterator[str]:
    # What a net never sees comes first, for it cannot learn that.
    lacking = sorted(
        (label for label in report.labels if 0 in label.parts),
        key=lambda label: label.parts.index(0),
    )
    for label in lacking[:_SHOWN_LABELS]:
        name = report.parts[label.parts.index(0)].name
        yield f"{label.task} {label.label}: none of {plural(label.records, 'record')} in {name}"
    if len(lacking) > _SHOWN_LABELS:
        yield f"... {len(lacking) - _SHOWN_LABELS} more labels that a list lacks"


def _records_of(label: LabelShare) -> int:
    return label.records


def _shares(label: LabelShare) -> tuple[str, ...]:
    shares = (f"{100 * count / label.records:.2f}" for count in label.parts)
    return (str(label.records), *shares)
