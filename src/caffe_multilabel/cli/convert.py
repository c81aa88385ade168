"""The command `convert_multilabel`, also `caffe-multilabel convert`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.cli.command import Exit, arguments_of, print_json, run, say, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_list_flags, add_tasks_flag, add_threads_flag
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.progress import make_progress
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.convert import ConvertReport

PROGRAM = "convert_multilabel"
_SHOWN_REJECTS = 5

_DESCRIPTION = """\
Convert images with N labels each to a pair of LMDBs for two Caffe Data layers: the image DB and
the label DB, with the same records in the same order.

A line of LISTFILE is a path and N labels, separated by blanks, tabs or commas; "-" is standard
input. LABEL_COUNT is N; without it the first line decides."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] ROOTFOLDER LISTFILE IMAGE_DB LABEL_DB [LABEL_COUNT]",
        description=_DESCRIPTION,
        epilog=text_of("convert"),
    )
    # An empty root is Caffe's way to say that paths are seen from here.
    parser.add_argument("ROOTFOLDER", default="", help=argparse.SUPPRESS)
    for name in ("LISTFILE", "IMAGE_DB", "LABEL_DB"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    parser.add_argument("LABEL_COUNT", nargs="?", type=int, help=argparse.SUPPRESS)
    switch, flag = parser.add_switch, parser.add_flag
    switch("gray", default=None, help="store one channel instead of three")
    switch("shuffle", help="convert in a random order, see --seed")
    flag("backend", default="lmdb", help="lmdb, the only one here")
    flag("resize_width", type=int, default=0, help="width in pixels, with --resize_height")
    flag("resize_height", type=int, default=0, help="height in pixels, with --resize_width")
    switch("check_size", help="fail unless all images have one size")
    switch("encoded", help="store compressed images, untouched where Caffe reads them rightly")
    flag("encode_type", default="", help="jpg or png: store all images so")
    switch("trust", help="with --encoded: check headers and ends only, several times as fast")
    flag("label_shape", metavar="C,H,W", help="shape of a label Datum; default N,1,1")
    switch(
        "ramps",
        default=None,
        help="add channels of columns and rows, for landmarks under crop and mirror",
    )
    switch(
        "canary",
        default=None,
        help="number the records in both DBs, so that a net shows that they pair",
    )
    add_tasks_flag(parser, help="check labels against the tasks; names to numbers")
    add_list_flags(parser, label_count=False)
    add_threads_flag(parser)
    flag("seed", type=int, metavar="N", help="of --shuffle; the same order everywhere")
    flag(
        "on_bad_image",
        choices=("reject", "fail"),
        default="reject",
        help="reject: list it in rejects.tsv and go on (default); fail: stop",
    )
    flag("max_bad", type=int, metavar="N", help="stop after N rejected images")
    switch("overwrite", help="replace DBs that exist, once the new pair is complete")
    switch("resume", help="go on with an unfinished conversion")
    switch("ignore_free_space", help="start even if the pair looks too large for the disk")
    switch("json", help="print the summary as JSON")
    switch("quiet", help="no progress, no summary")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run(PROGRAM, convert_command, arguments_of(argv))


def convert_command(arguments: Sequence[str], program: str = PROGRAM) -> Exit:
    """Parse, convert, print."""
    options = make_parser(program).parse_flags(arguments)
    if options.backend != "lmdb":
        raise OptionError(f"--backend is '{options.backend}'; only lmdb is written")
    if options.seed is not None and not options.shuffle:
        # No error: scripts hand over both, and the one that turns shuffling off leaves the seed.
        say(f"{program}: warning: --seed does nothing without --shuffle")
    from caffe_multilabel.data.convert import convert  # noqa: PLC0415  (--help must not load it)

    with make_progress("Converting", quiet=options.quiet) as display:
        report = convert(
            options.LISTFILE,
            root=options.ROOTFOLDER,
            images=options.IMAGE_DB,
            labels=options.LABEL_DB,
            label_count=options.LABEL_COUNT,
            tasks=options.tasks,
            list_format=options.list_format,
            header=options.header,
            kind=options.kind,
            path_column=options.path_column,
            path_prefix=options.path_prefix,
            path_suffix=options.path_suffix,
            images_per_record=options.images_per_record,
            gray=options.gray,
            resize=(options.resize_width, options.resize_height),
            encoded=options.encoded,
            encode_type=options.encode_type,
            trust=options.trust,
            ramps=options.ramps,
            canary=options.canary,
            check_size=options.check_size,
            label_shape=_shape(options.label_shape),
            shuffle=options.shuffle,
            seed=options.seed or 0,
            threads=options.threads,
            on_bad_image=options.on_bad_image,
            max_bad=options.max_bad,
            overwrite=options.overwrite,
            resume=options.resume,
            ignore_free_space=options.ignore_free_space,
            progress=lambda state: display.update(
                state.done,
                state.total,
                f"{state.rejected} rejected" if state.rejected else "",
                state.resumed_at,
            ),
        )
    if report.repeated_paths:
        verb = "has" if report.repeated_paths == 1 else "have"
        paths = "path" if report.images_per_record == 1 else "paths"
        say(
            f"{program}: warning: {plural(report.repeated_paths, 'record')} of the list {verb} "
            f"the {paths} of an earlier one"
        )
    if report.rows_of_bits:
        say(
            f"{program}: warning: the only label of each record is a number of the digits 0 and 1, "
            "as 10101 is; if each digit is a label, part them by blanks"
        )
    for doubt in report.doubts:
        say(f"{program}: warning: {doubt}")
    if report.rejects_path is not None:
        _say_rejects(report, report.rejects_path, program)
    with telling_of_files():
        if options.json:
            print_json(report.to_dict())
        elif not options.quiet:
            sys.stdout.write(_summary(report, options))
    return Exit.DONE if report.rejects_path is None else Exit.REJECTS


def _shape(text: str | None) -> tuple[int, int, int] | None:
    if text is None:
        return None
    try:
        channels, height, width = (int(part) for part in text.split(","))
    except ValueError:
        raise OptionError(f"--label_shape is '{text}', must be C,H,W as in 5,1,1") from None
    return channels, height, width


def _summary(report: ConvertReport, options: argparse.Namespace) -> str:
    lines = [f"{plural(report.converted, 'record')} in {options.IMAGE_DB} and {options.LABEL_DB}"]
    if report.already_complete:
        lines[0] += ", complete before this run"
    else:
        lines.append(
            f"{report.seconds:.1f} s, {report.images_per_second:.0f} images/s, "
            f"{report.image_bytes / 2**20:.1f} MiB of images, "
            f"{report.label_bytes / 2**20:.1f} MiB of labels"
        )
    lines += report.notes
    if report.label_names and not report.notes:
        lines.append(f"line 1 of the list is its header: {', '.join(report.label_names)}")
    if report.resumed_at and not report.already_complete:
        lines.append(f"resumed after {report.resumed_at} of {report.total}")
    if report.passed_through or report.reencoded:
        lines.append(f"{report.passed_through} stored as they are, {report.reencoded} encoded anew")
        if report.reencoded and not options.encode_type:
            lines[-1] += ": PNG of lossless files, JPEG of others"
    if report.other_sizes:
        lines.append(
            f"{plural(report.other_sizes, _unit(report))} of another size than the first: "
            "Caffe's layers take one size, which --resize_width and --resize_height give them, "
            "or a crop_size"
        )
    if report.without_end_marker:
        lines.append(f"JPEGs that lack only their end marker: {report.without_end_marker}")
    if report.from_floats:
        lines.append(
            f"images of floats: {report.from_floats}; of PFM each value is cut to 0 to 255, "
            "of HDR 255 times the value"
        )
    return "\n".join(lines) + "\n"


def _unit(report: ConvertReport) -> str:
    return "image" if report.images_per_record == 1 else "record"


def _say_rejects(report: ConvertReport, path: str, program: str) -> None:
    say(f"{program}: {report.rejected} of {plural(report.total, _unit(report))} rejected:")
    for reject in report.rejects()[:_SHOWN_REJECTS]:
        say(f"  line {reject.line}, {reject.path}: {reject.problem}")
    if report.rejected > _SHOWN_REJECTS:
        say("  ...")
    say(f"all of them: {path}")
