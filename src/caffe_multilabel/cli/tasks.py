"""The command `caffe-multilabel tasks`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed
from caffe_multilabel._base.utf8 import typed_text
from caffe_multilabel.cli.command import Exit, print_json, say, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_table_arguments, size_of, table_keywords
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import aligned

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from caffe_multilabel.lists.infer import Decision, InferredTasks
    from caffe_multilabel.lists.table import ImageTable

_DESCRIPTION = """\
Tell from a labelled list what its tasks are, and print them as a task file whose comments say why
and what else could be meant. A wrong guess is corrected by one line. SOURCE is what the command
list takes. What each column is taken for goes to standard error."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] SOURCE",
        description=_DESCRIPTION,
        epilog=text_of("tasks"),
    )
    add_table_arguments(parser)
    switch, flag = parser.add_switch, parser.add_flag
    switch("net", help="begin with a backbone and the size of images, from a look at some of them")
    flag("name", type=typed_text, metavar="NAME", default="net", help="with --net: name of the net")
    flag("backbone", metavar="NAME", help="with --net: a built-in; default: by the size of images")
    flag("resize", metavar="W,H", help="with --net: size of the images in the DBs")
    flag("val", metavar="SHARE", help="with --net: to validate with; default: by the list, or 0.1")
    flag("output", "o", metavar="TASKS.YAML", help="the task file; default: standard output")
    switch("overwrite", help="replace a task file that is there")
    switch("json", help="print decisions and doubts as JSON, instead of the task file")
    switch("quiet", help="say nothing but the task file, and what to see to")
    return parser


def tasks_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, infer, print."""
    options = make_parser(program).parse_flags(arguments)
    from caffe_multilabel._base.files import (  # noqa: PLC0415  (--help must not load them)
        check_targets,
        write_together,
    )
    from caffe_multilabel.lists.infer import infer_tasks  # noqa: PLC0415  (likewise)
    from caffe_multilabel.lists.readers import read_table  # noqa: PLC0415  (likewise)

    if options.output is not None:
        check_targets([options.output], overwrite=options.overwrite)
    table = read_table(
        options.SOURCE,
        **table_keywords(options),
    )
    for warning in table.warnings:
        say(f"{program}: warning: {warning}")
    inferred = infer_tasks(table)
    text = _net(options, table, inferred) + inferred.to_yaml()
    if options.output is not None:
        content = {options.output: text.encode("utf-8")}
        write_together(content, overwrite=options.overwrite)
    with telling_of_files(wrote=options.output is not None):
        if options.json:
            print_json(inferred.to_dict())
        elif options.output is None:
            sys.stdout.write(text)
    if not options.quiet:
        for line in aligned(map(_row, inferred.decisions)):
            say(line)
    for decision in inferred.decisions:
        for caution in decision.cautions:
            say(f"mind {listed(decision.called, most=2)}: {caution}")
    return Exit.DONE


def _net(options: argparse.Namespace, table: ImageTable, inferred: InferredTasks) -> str:
    """Return the head of the task file, if it is to have one."""
    if not options.net:
        return ""
    from caffe_multilabel.project import propose_net  # noqa: PLC0415  (seldom asked for)

    return propose_net(
        table,
        inferred,
        root=options.root,
        backbone=options.backbone,
        resize=size_of("resize", options.resize),
        val=options.val,
    ).to_yaml(options.name)


def _row(decision: Decision) -> tuple[str, str, str]:
    task = decision.task
    made = "no task" if task is None else f"{task.loss} task {task.name}"
    made += ", behind a #" if decision.lacking else ""
    return (
        listed(decision.called, most=2),
        decision.kind,
        made + ("" if decision.confident else ", not sure"),
    )
