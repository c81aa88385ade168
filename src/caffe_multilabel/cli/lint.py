"""The command `caffe-multilabel lint`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.cli.command import Exit, print_json
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_state_flags, add_tasks_flag, stages_of
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import print_table
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.nets.lint import Finding, Language

_DESCRIPTION = """\
Look for what is wrong in a train_val prototxt, ours or written by hand, alone or against its pairs
of DBs, and in its solver."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] TRAIN_VAL.PROTOTXT",
        description=_DESCRIPTION,
        epilog=text_of("lint"),
    )
    parser.add_argument("NET", nargs="?", metavar="TRAIN_VAL.PROTOTXT", help="the net")
    switch, flag = parser.add_switch, parser.add_flag
    flag("images", metavar="DB", help="image DB of the TRAIN phase")
    flag("labels", metavar="DB", help="label DB of the TRAIN phase; all of it is read")
    flag("val_images", metavar="DB", help="image DB of the TEST phase")
    flag("val_labels", metavar="DB", help="label DB of the TEST phase")
    add_tasks_flag(parser, help="the tasks that the net should be for")
    flag("phase", choices=("TRAIN", "TEST"), help="one phase only; both by default")
    flag(
        "solver",
        metavar="SOLVER.PROTOTXT",
        help="look at the solver as well, and at the net in "
        "the stages and levels of its train_state and test_state",
    )
    add_state_flags(parser)
    flag("proto", metavar="FORK.PROTO", help="schema of a fork of Caffe")
    switch("rules", help="list the rules and end")
    flag("explain", metavar="RULE", help="print the page on a rule, with an example, and end")
    flag("language", metavar="{en,zh}", help="language of that page; en by default")
    switch("json", help="print the findings as JSON")
    return parser


def lint_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, lint, print."""
    options = make_parser(program).parse_flags(arguments)
    if options.rules:
        return _list_rules()
    if options.explain is not None:
        return _explain(options.explain, options.language or "en")
    if options.language is not None:
        raise OptionError("--language is that of the page that --explain RULE prints")
    if options.NET is None:
        raise OptionError(f"a prototxt is wanted; '{program} --help'")
    from caffe_multilabel.caffe.proto import ProtoSchema  # noqa: PLC0415  (the same)
    from caffe_multilabel.nets.lint import (  # noqa: PLC0415  (--help must not load it)
        has_errors,
        lint_net,
        lint_solver,
        report_json,
    )

    proto = None if options.proto is None else ProtoSchema.load(options.proto)
    findings = lint_net(
        options.NET,
        images=options.images,
        labels=options.labels,
        val_images=options.val_images,
        val_labels=options.val_labels,
        phase=options.phase,
        stages=stages_of(options.stage),
        level=options.level,
        solver=options.solver,
        tasks=options.tasks,
        proto=proto,
    )
    of_solver = []
    if options.solver is not None:
        of_solver = lint_solver(
            options.solver,
            net=options.NET,
            val_images=options.val_images,
            val_labels=options.val_labels,
            level=options.level,
            proto=proto,
        )
    everything = findings + of_solver
    if options.json:
        print_json(report_json(everything))
    else:
        _print(findings, options.NET)
        _print(of_solver, options.solver)
        count = len(everything)
        sys.stdout.write(f"{plural(count, 'finding') if count else 'no findings'}\n")
    return Exit.FAILED if has_errors(everything) else Exit.DONE


def _print(findings: list[Finding], path: str) -> None:
    for finding in findings:
        where = path if finding.line is None else f"{path}:{finding.line}"
        sys.stdout.write(f"{where}: {finding.severity}: {finding} [{finding.rule}]\n")


def _list_rules() -> Exit:
    from caffe_multilabel.nets.lint import all_rules  # noqa: PLC0415  (--help must not load it)

    rows = [(rule.id, rule.severity, rule.summary) for rule in all_rules()]
    print_table(("rule", "severity", "what it looks for"), rows)
    return Exit.DONE


def _explain(rule_id: str, language: Language) -> Exit:
    from caffe_multilabel.nets.lint import find_rule  # noqa: PLC0415  (--help must not load it)

    page = find_rule(rule_id).page(language)
    if sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415  (only a terminal pays for rich)
        from rich.markdown import Markdown  # noqa: PLC0415  (the same)

        Console().print(Markdown(page))
    else:
        sys.stdout.write(page)
    return Exit.DONE
