"""The command `caffe-multilabel mean`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.cli.command import Exit, print_json, say, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_threads_flag
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.progress import make_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Compute the mean image of an image DB, as Caffe's compute_image_mean does, in double precision and
on all cores. All images must have one size."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] IMAGE_DB [MEAN.BINARYPROTO]",
        description=_DESCRIPTION,
        epilog=text_of("mean"),
    )
    parser.add_argument("IMAGE_DB", help="folder of the image DB")
    parser.add_argument("MEAN", nargs="?", metavar="MEAN.BINARYPROTO", help="file to write")
    add_threads_flag(parser)
    parser.add_switch("json", help="print as JSON")
    parser.add_switch("quiet", help="no progress")
    return parser


def mean_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, compute, print."""
    options = make_parser(program).parse_flags(arguments)
    from caffe_multilabel.data.mean import compute_mean, write_mean  # noqa: PLC0415  (not for --help)

    with make_progress("Summing", quiet=options.quiet) as display:
        report = compute_mean(options.IMAGE_DB, threads=options.threads, progress=display.update)
    if options.MEAN is not None:
        write_mean(report, options.MEAN)
    with telling_of_files(wrote=options.MEAN is not None):
        if options.json:
            print_json(report.to_dict())
        else:
            sys.stdout.write(f"{report.mean_value_line}\n")
    if report.images_per_record > 1:
        images = plural(report.images_per_record, "image")
        say(f"over the {images} of each record, as a task file takes it")
    if report.ramps:
        say("ramps are left out, as a task file leaves them")
    return Exit.DONE
