"""The command `caffe-multilabel verify`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.cli.command import Exit, print_json, say
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import (
    add_list_flags,
    add_pair,
    add_tasks_flag,
    add_threads_flag,
    list_keywords,
)
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.progress import make_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.verify import VerifyProblem, VerifyReport

_SHOWN_PROBLEMS = 20

_DESCRIPTION = """\
Prove that two LMDBs hold the same records in the same order and that Caffe can read them, whatever
tool wrote them. With --list the labels are compared with the list, with --root the images with
their files."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] IMAGE_DB LABEL_DB",
        description=_DESCRIPTION,
        epilog=text_of("verify"),
    )
    add_pair(parser)
    switch, flag = parser.add_switch, parser.add_flag
    flag("list", metavar="LISTFILE", help="labels must be those of this list")
    add_list_flags(parser)
    flag("root", metavar="ROOTFOLDER", help="read the images again and compare")
    flag("sample", type=int, metavar="N", help="compare N images only, chosen by --seed")
    flag("seed", type=int, default=0, metavar="N", help="default 0")
    add_tasks_flag(
        parser,
        help="labels must be what the tasks allow; default: the tasks in the label DB's manifest",
    )
    add_threads_flag(parser)
    switch("json", help="print the report as JSON")
    switch("quiet", help="no progress")
    return parser


def verify_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, verify, print."""
    options = make_parser(program).parse_flags(arguments)
    from caffe_multilabel.data.verify import verify  # noqa: PLC0415  (--help must not load it)

    with make_progress("Verifying", quiet=options.quiet) as display:
        report = verify(
            options.IMAGE_DB,
            options.LABEL_DB,
            records=options.list,
            root=options.root,
            sample=options.sample,
            seed=options.seed,
            **list_keywords(options),
            threads=options.threads,
            progress=display.update,
        )
    if options.json:
        print_json(report.to_dict())
    else:
        _print(report, program)
    return Exit.DONE if report.ok else Exit.FAILED


def _print(report: VerifyReport, program: str) -> None:
    for warning in report.warnings:
        say(f"warning: {_line(warning)}")
    if not report.ok:
        for problem in report.problems[:_SHOWN_PROBLEMS]:
            say(_line(problem))
        unsaid = report.problem_count - _SHOWN_PROBLEMS
        if unsaid > 0:
            say(f"and {unsaid} more; --json lists the first 100")
        say(f"{program}: {plural(report.problem_count, 'problem')} found")
        return
    shape = " x ".join(map(str, report.label_shape))
    proofs = [_proof(report)]
    if report.compared:
        files = "its file" if report.compared == 1 else "their files"
        proofs.append(f"{plural(report.compared, 'image')} compared with {files}")
    if report.digests_checked:
        proofs.append("digests agree")
    sys.stdout.write(
        f"{plural(report.images, 'pair')}, labels {shape}: they match {', '.join(proofs)} "
        f"({report.seconds:.1f} s)\n"
    )


def _line(problem: VerifyProblem) -> str:
    return ": ".join(part for part in (problem.kind, problem.key, problem.message) if part)


def _proof(report: VerifyReport) -> str:
    """Say what ties the records, and what does not."""
    if report.paired_by == "order":
        return "by order alone (their keys cannot be compared)"
    if report.unproven:
        return f"by {report.paired_by} and order, {report.unproven} of them by order alone"
    return f"by {report.paired_by} and order"
