"""The command `caffe-multilabel report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel.cli.command import Exit, say, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_pair, add_tasks_flag, add_threads_flag
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.progress import make_progress
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Look at every record of a pair and make one page of HTML of what is in it, to be opened in any
browser, without a network:

  caffe-multilabel report train_images train_labels --val val_images val_labels \\
    --net train_val.prototxt -o report.html

Wants the extra 'report'."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] IMAGE_DB LABEL_DB -o FILE",
        description=_DESCRIPTION,
        epilog=text_of("report"),
    )
    add_pair(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="the page, a .html file (required)")
    add_tasks_flag(parser, help="the tasks; default: those in the DB's manifest")
    parser.add_argument(
        "--val", nargs=2, metavar=("IMAGE_DB", "LABEL_DB"), help="the pair for validation"
    )
    parser.add_argument("--net", metavar="TRAIN_VAL.PROTOTXT", help="a net to draw and to lint")
    parser.add_argument(
        "--caffe_log",
        "--caffe-log",
        action="append",
        default=[],
        metavar="LOG",
        help="a training log of Caffe, for its curves; once for each",
    )
    add_threads_flag(parser)
    parser.add_argument("--quiet", action="store_true", help="print only what stands out")
    return parser


def report_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, look, write."""
    options = make_parser(program).parse_args(arguments)
    if options.output is None:
        raise OptionError(f"-o FILE.html is wanted: the page; '{program} --help'")
    if Path(options.output).suffix.lower() not in (".html", ".htm"):
        raise OptionError(f"-o is '{options.output}', must end in .html")
    from caffe_multilabel.views.report import make_report  # noqa: PLC0415  (--help must not load it)

    with make_progress("Looking", quiet=options.quiet) as display:
        report = make_report(
            options.IMAGE_DB,
            options.LABEL_DB,
            tasks=options.tasks,
            val=None if options.val is None else tuple(options.val),
            net=options.net,
            caffe_logs=options.caffe_log,
            threads=options.threads,
            progress=display.update,
        )
    report.write(options.output)
    with telling_of_files():
        for note in report.notes:
            sys.stdout.write(f"{note.text}\n")
    if not options.quiet:
        say(f"wrote {options.output}")
    return Exit.DONE
