"""The command `caffe-multilabel start`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.utf8 import typed_text
from caffe_multilabel.cli.command import Exit, print_json, say, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_source_flags, size_of
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.project import StartReport

_DESCRIPTION = """\
Make a project folder of a labelled list: tasks.yaml, with comments that say why and what else could
be meant; train and val lists; a pair of LMDBs of each, verified; nets, linted; report.html; and
run.sh, which holds the commands. Run again, it does what has changed; tasks.yaml is yours to edit,
and leads."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] SOURCE -o PROJECT",
        description=_DESCRIPTION,
        epilog=text_of("start"),
    )
    parser.add_argument("SOURCE", help="a list, or a folder with a folder for each class")
    switch, flag = parser.add_switch, parser.add_flag
    flag("output", "o", metavar="PROJECT", help="the folder to make (required)")
    flag("root", metavar="DIR", help="folder that the paths begin at; default: the list's own")
    add_source_flags(parser)
    flag("name", type=typed_text, metavar="NAME", help="name of the net; default: the project's")
    flag("backbone", metavar="NAME", help="a built-in; default: by the size of images")
    flag("resize", metavar="W,H", help="size of the images in the DBs; default: by the backbone")
    flag("val", metavar="SHARE", help="share to validate with; default: by the list, or 0.1")
    flag("val_list", metavar="SOURCE", help="a second list, to validate with, read as the first is")
    flag("seed", type=int, default=1, metavar="N", help="of the split and the order; default 1")
    switch("train", help="train the nets, too, and print each task's figure (extra 'torch')")
    switch("overwrite", help="make files anew that were edited by hand, but for tasks.yaml")
    switch("json", help="print what was done as JSON")
    switch("quiet", help="print only what goes wrong")
    return parser


def start_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, start, print."""
    options = make_parser(program).parse_flags(arguments)
    if options.output is None:
        raise OptionError("-o PROJECT is wanted: the folder to make")
    from caffe_multilabel.project import start  # noqa: PLC0415  (--help must not load it)

    report = start(
        options.SOURCE,
        options.output,
        root=options.root,
        kind=options.kind,
        path_column=options.path_column,
        path_prefix=options.path_prefix,
        path_suffix=options.path_suffix,
        name=options.name,
        backbone=options.backbone,
        resize=size_of("resize", options.resize),
        val=options.val,
        val_list=options.val_list,
        seed=options.seed,
        train=options.train,
        overwrite=options.overwrite,
        say=None if options.quiet else say,
        quiet=options.quiet or options.json,
    )
    with telling_of_files():
        if options.json:
            print_json(report.to_dict())
        elif not options.quiet:
            sys.stdout.write(_told(report))
    codes = {step.exit_code for step in report.steps}
    return next((code for code in (Exit.UNPRINTED, Exit.REJECTS) if code in codes), Exit.DONE)


def _told(report: StartReport) -> str:
    page = "" if report.left_out else "report.html, "
    lines = [f"{report.project} is ready: tasks.yaml, four DBs, net/, {page}run.sh"]
    lines += [f"not sure of {doubt}; tasks.yaml says what else to write" for doubt in report.doubts]
    lines += [f"mind {each}" for each in report.cautions]
    lines += [f"left out: {each}" for each in report.left_out]
    lines.append(f"Next: edit {report.project}/tasks.yaml and run the same again")
    if report.steps[-1].name != "train":
        folder = shlex.quote(report.project)
        lines += [
            "Or train it, with PyTorch or with a Caffe:",
            f"  cd {folder} && caffe-multilabel train --solver=net/solver.prototxt --cpu",
            f"  cd {folder} && caffe train --solver=net/solver.prototxt",
        ]
    return "\n".join(lines) + "\n"
