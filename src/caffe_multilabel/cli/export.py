"""The command `caffe-multilabel export`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.cli.command import Exit, print_json, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_pair, add_tasks_flag, add_threads_flag
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.progress import make_progress
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from caffe_multilabel.data.export import ExportReport

_DESCRIPTION = """\
Write a pair of LMDBs as files that other tools read. Raw images become PNG files, encoded ones
files of their own bytes.

  --files DIR            image files, and list.txt to convert them again
  --webdataset PATTERN   tar files for WebDataset, each sample an image and a json of its labels"""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] IMAGE_DB LABEL_DB",
        description=_DESCRIPTION,
        epilog=text_of("export"),
    )
    add_pair(parser)
    switch, flag = parser.add_switch, parser.add_flag
    flag("files", metavar="DIR", help="folder to make; must be empty if it is there")
    flag("webdataset", metavar="PATTERN", help="path of the tar files, as in out-%%06d.tar")
    flag(
        "max_per_shard",
        type=int,
        default=10_000,
        metavar="N",
        help="records of a tar file; default 10000",
    )
    add_tasks_flag(parser, help="the tasks; default: those in the DB's manifest")
    add_threads_flag(parser)
    switch("overwrite", help="replace all tar files of the pattern")
    switch("json", help="print the report as JSON")
    switch("quiet", help="no progress, no report")
    return parser


def export_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, export, print."""
    options = make_parser(program).parse_flags(arguments)
    _check_combination(options)
    with make_progress("Exporting", quiet=options.quiet) as display:
        if options.files is not None:
            from caffe_multilabel.data.export import export_files  # noqa: PLC0415  (not for --help)

            report = export_files(
                options.IMAGE_DB,
                options.LABEL_DB,
                options.files,
                threads=options.threads,
                progress=display.update,
            )
        else:
            from caffe_multilabel.data.export import export_webdataset  # noqa: PLC0415  (the same)

            report = export_webdataset(
                options.IMAGE_DB,
                options.LABEL_DB,
                options.webdataset,
                tasks=options.tasks,
                max_per_shard=options.max_per_shard,
                threads=options.threads,
                overwrite=options.overwrite,
                progress=display.update,
            )
    with telling_of_files():
        if options.json:
            print_json(report.to_dict())
        elif not options.quiet:
            _print(report, options.files)
    return Exit.DONE


def _check_combination(options: argparse.Namespace) -> None:
    if (options.files is None) == (options.webdataset is None):
        raise OptionError("give one of --files DIR and --webdataset PATTERN")
    if options.files is not None and (options.tasks is not None or options.overwrite):
        raise OptionError("--tasks and --overwrite go with --webdataset only")


def _print(report: ExportReport, directory: str | None) -> None:
    more = f" and {len(report.paths) - 1} more" if len(report.paths) > 1 else ""
    sys.stdout.write(
        f"{plural(report.records, 'record')} in {report.paths[0]}{more}: {report.raw} as PNG, "
        f"{report.encoded} as their own bytes ({report.seconds:.1f} s)\n"
    )
    if directory is None:
        return
    if report.renamed:
        verb = "has" if report.renamed == 1 else "have"
        sys.stdout.write(f"{plural(report.renamed, 'image')} {verb} another path than in the key\n")
    if report.convert_flags is None:
        sys.stdout.write("some images are gray or encoded and others not: no flags do for all\n")
    else:
        flags = "".join(f"{flag} " for flag in report.convert_flags)
        sys.stdout.write(
            f"to convert again: convert_multilabel {flags}{directory} {report.paths[0]} "
            "IMAGE_DB LABEL_DB\n"
        )
