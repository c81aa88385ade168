"""The command `caffe-multilabel relabel`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.cli.command import Exit, print_json, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_list_flags, add_tasks_flag, list_keywords
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.progress import make_progress
from caffe_multilabel.cli.table import print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.relabel import RelabelReport

_DESCRIPTION = """\
Give the records of a label DB the labels of a new list. Only the label DB is written again; the new
one takes its place once it is complete, or not at all. Every record needs a line with its path.
Records may get more or fewer labels than before."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] LABEL_DB LISTFILE",
        description=_DESCRIPTION,
        epilog=text_of("relabel"),
    )
    parser.add_argument("LABEL_DB", help="folder of the label DB")
    parser.add_argument("LISTFILE", help="paths with their new labels; - is standard input")
    switch, flag = parser.add_switch, parser.add_flag
    flag("images", metavar="IMAGE_DB", help="compare keys with this DB; renew its manifest")
    add_tasks_flag(
        parser, help="the tasks, if they have changed; default: those the label DB was made with"
    )
    add_list_flags(parser)
    switch("allow_extra", help="leave out lines that belong to no record")
    switch("dry_run", help="only count what would change")
    switch("json", help="print the report as JSON")
    switch("quiet", help="no progress, no report")
    return parser


def relabel_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, relabel, print."""
    options = make_parser(program).parse_flags(arguments)
    from caffe_multilabel.data.relabel import relabel  # noqa: PLC0415  (--help must not load it)

    with make_progress("Relabelling", quiet=options.quiet) as display:
        report = relabel(
            options.LABEL_DB,
            options.LISTFILE,
            images=options.images,
            **list_keywords(options),
            allow_extra=options.allow_extra,
            dry_run=options.dry_run,
            progress=display.update,
        )
    with telling_of_files():
        if options.json:
            print_json(report.to_dict())
        elif not options.quiet:
            _print(report, options.LABEL_DB)
    return Exit.DONE


def _print(report: RelabelReport, label_db: str) -> None:
    print_table(
        ("task", "columns", "changed", "%"),
        [
            (
                task.name,
                ",".join(map(str, task.columns)),
                "new" if task.changed is None else str(task.changed),
                "" if task.changed is None else f"{100 * task.changed / report.records:.2f}",
            )
            for task in report.tasks
        ],
        right="changed %",
    )
    if report.by_place:
        sys.stdout.write(f"{report.by_place}\n")
    if report.removed:
        sys.stdout.write(f"no more: {', '.join(report.removed)}\n")
    if report.old_label_count != report.label_count:
        sys.stdout.write(f"labels a record: {report.label_count}, was {report.old_label_count}\n")
    if report.extra_lines:
        verb = "belongs" if report.extra_lines == 1 else "belong"
        sys.stdout.write(f"{plural(report.extra_lines, 'line')} of the list {verb} to no record\n")
    if report.lines_by == "number":
        sys.stdout.write("keys hold no paths, so lines were taken by the numbers in them\n")
    if report.counts_from_one:
        sys.stdout.write("keys count from 1, so record number n took line n of the list\n")
    if report.lines_by == "order":
        sys.stdout.write("keys hold no paths, so lines were taken by their order alone\n")
    ending = "; nothing was written" if report.dry_run else ""
    sys.stdout.write(
        f"{report.changed_records} of {plural(report.records, 'record')} of {label_db} "
        f"changed{ending} ({report.seconds:.1f} s)\n"
    )
