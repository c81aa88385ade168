"""The command `caffe-multilabel log`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed, plural
from caffe_multilabel.cli.command import Exit, print_json, say, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.views.log import OutputSummary, TrainingLog

_DESCRIPTION = """\
Read the log that Caffe wrote while it trained, and draw the losses and accuracies of each task:

  caffe-multilabel log caffe.log                                    # the last and best of each
  caffe-multilabel log caffe.log -o curves.png -o curves.html -o curves.csv

A training that was resumed may have several logs; give them in their order. A log may be packed by
gzip, be UTF-16 as PowerShell writes it, or be Docker's JSON.

PNG and HTML want the extra 'report'."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] LOG [LOG ...]",
        description=_DESCRIPTION,
        epilog=text_of("log"),
    )
    parser.add_argument("LOG", nargs="+", help="a log, what `caffe train` prints on standard error")
    parser.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="draw an image (.png) or a page (.html), or write a table (.csv); once for each",
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser


def log_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, read, draw, print."""
    options = make_parser(program).parse_args(arguments)
    from caffe_multilabel.views.log import (  # noqa: PLC0415  (--help must not load it)
        read_log,
        write_log,
    )

    log = read_log(options.LOG)
    if log.unread:
        say(
            f"{plural(len(log.unread), 'line', thousands=True)} of a test or of training's display "
            f"could not be read, the first at {log.unread[0]}"
        )
    for output in options.output:
        write_log(log, output)
    with telling_of_files(wrote=bool(options.output)):
        if options.json:
            print_json([summary.to_dict() for summary in log.summaries()])
        elif options.output:
            say(f"wrote {', '.join(options.output)}")
        else:
            _print(log)
    return Exit.DONE


def _print(log: TrainingLog) -> None:
    if log.went_back:
        starts = listed(log.went_back)
        say(f"training went back to iteration {starts}; what it did again counts once")
    print_table(
        ("output", "phase", "weight", "points", "last", "least", "greatest", "nan or inf"),
        [_row(summary) for summary in log.summaries()],
        right="weight points",
    )


def _row(summary: OutputSummary) -> tuple[str, ...]:
    wrong = f"{summary.not_finite}, first at {summary.not_finite_iteration}"
    return (
        summary.output,
        summary.phase,
        "" if summary.loss_weight is None else f"{summary.loss_weight:g}",
        str(summary.points),
        f"{summary.last:g} at {summary.last_iteration}",
        _value_at(summary.least, summary.least_iteration),
        _value_at(summary.greatest, summary.greatest_iteration),
        wrong if summary.not_finite else "",
    )


def _value_at(value: float | None, iteration: int | None) -> str:
    return "-" if value is None else f"{value:g} at {iteration}"
