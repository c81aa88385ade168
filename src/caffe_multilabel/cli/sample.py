"""The command `caffe-multilabel sample`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel.cli.command import Exit, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.progress import make_progress

if TYPE_CHECKING:
    from collections.abc import Sequence


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        description="Draw a small data set of labelled images: images, lists and a task file.",
        epilog=text_of("sample"),
    )
    parser.add_argument("DIR", help="folder to make; must be empty if it is there")
    parser.add_argument("-n", type=int, default=2000, metavar="N", help="images (default 2000)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same pixels")
    parser.add_argument(
        "--objects",
        action="store_true",
        help="also lists with identities, blank cells and landmarks, to try schemes on",
    )
    return parser


def sample_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, draw, print."""
    options = make_parser(program).parse_args(arguments)
    from caffe_multilabel.data.sample import draw_sample  # noqa: PLC0415  (--help must not load it)

    with make_progress("Drawing") as display:
        summary = draw_sample(
            options.DIR,
            options.n,
            options.seed,
            objects=options.objects,
            progress=display.update,
        )
    more = ", those of objects objects_train.csv and objects_val.csv" if options.objects else ""
    with telling_of_files():
        sys.stdout.write(
            f"{summary.train} images to train and {summary.val} to validate in {options.DIR}; "
            f"lists are train.txt and val.txt{more}, the tasks are in tasks.yaml\n"
        )
    return Exit.DONE
