"""The command `caffe-multilabel show`."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.cli.command import Exit, say, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_pair, add_tasks_flag
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.views.show import ShownRecord

_DESCRIPTION = """\
Show one record of a pair: its image, in the terminal or as a file, and what its labels mean."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] IMAGE_DB LABEL_DB",
        description=_DESCRIPTION,
        epilog=text_of("show"),
    )
    add_pair(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--index", type=int, metavar="N", help="index of the record; -1 is the last; default 0"
    )
    which.add_argument("--key", help="key of the record, or the path in it")
    add_tasks_flag(parser, help="the tasks; default: those in the DB's manifest")
    parser.add_argument(
        "--list",
        metavar="LISTFILE",
        help="the list of the conversion: print all paths of a record of several images",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write the image, as a .png or .jpg file"
    )
    return parser


def show_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, read, show."""
    options = make_parser(program).parse_args(arguments)
    from caffe_multilabel.views.show import show_record  # noqa: PLC0415  (--help must not load it)

    record = show_record(
        options.IMAGE_DB,
        options.LABEL_DB,
        options.index,
        key=options.key,
        tasks=options.tasks,
        records=options.list,
    )
    if options.output is not None:
        record.write_image(options.output)
    elif _draws_images():
        _draw(record)
    else:
        say("the image needs a terminal with colours, or -o FILE.png")
    with telling_of_files(wrote=options.output is not None):
        _print(record)
    return Exit.DONE


def _draws_images() -> bool:
    """Tell whether standard output is a terminal that shows colours and blocks."""
    return (
        sys.stdout.isatty()
        and "NO_COLOR" not in os.environ
        and os.environ.get("TERM", "dumb") != "dumb"
        and sys.stdout.encoding.lower().replace("-", "") == "utf8"
    )


def _draw(record: ShownRecord) -> None:
    from caffe_multilabel.views.images import half_blocks  # noqa: PLC0415  (only terminals)

    columns, lines = shutil.get_terminal_size()
    room = max(8, lines - len(record.meanings) - 4)
    for line in half_blocks(record.viewable(), columns, room):
        sys.stdout.write(f"{line}\n")


def _print(record: ShownRecord) -> None:
    channels, height, width = record.image.shape
    numbers = "" if record.image.dtype.itemsize == 1 else ", floats"
    image = f"{width} x {height}, {plural(channels, 'channel')}{numbers}"
    several = record.images > 1
    if several:
        image += f": {record.images} images, side by side here"
    if record.ramps:
        image += ": the last two are ramps, left out here"
    rows = [
        ("record", str(record.index)),
        ("key", record.key),
        ("image", image),
        *((f"image {number}", path) for number, path in enumerate(record.paths, 1) if several),
        *record.meanings,
    ]
    for line in aligned(rows):
        sys.stdout.write(f"{line}\n")
