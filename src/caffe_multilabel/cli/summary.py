"""The command `caffe-multilabel summary`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel.cli.command import Exit, print_json, say
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_state_flags, stages_of
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import print_table
from caffe_multilabel.errors import OptionError, PrototxtError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.shapes import Shape
    from caffe_multilabel.nets.analysis.load import LoadedNet
    from caffe_multilabel.nets.summary import NetSummary

_DESCRIPTION = """\
Show a net layer by layer: type, output shape, parameters and multiply-adds of one forward pass of
the whole batch, for each phase that has data. DBs that the net names are looked into where they
are there, seen from the working folder; else a label layer has the columns that the net reads."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        description=_DESCRIPTION,
        epilog=text_of("summary"),
    )
    parser.add_argument("NET", metavar="NET.PROTOTXT", help="the net")
    parser.add_flag("phase", choices=("TRAIN", "TEST"), help="one phase only; both by default")
    parser.add_flag(
        "shape",
        action="append",
        default=[],
        metavar="TOP=C,H,W",
        help="what a Data layer's DB holds, where neither the DB nor the net says; once for "
        "each top",
    )
    add_state_flags(parser)
    parser.add_flag("proto", metavar="FORK.PROTO", help="schema of a fork of Caffe")
    parser.add_switch("json", help="print as JSON")
    return parser


def summary_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, summarise, print."""
    options = make_parser(program).parse_flags(arguments)
    from caffe_multilabel.caffe.net_state import stage_problem  # noqa: PLC0415  (the same)
    from caffe_multilabel.caffe.proto import ProtoSchema  # noqa: PLC0415  (the same)
    from caffe_multilabel.nets.analysis.load import load_net  # noqa: PLC0415  (--help must not load it)
    from caffe_multilabel.nets.summary import NoDataError  # noqa: PLC0415  (the same)

    proto = None if options.proto is None else ProtoSchema.load(options.proto)
    net = load_net(options.NET, proto=proto)
    shapes = dict(map(_shape, options.shape))
    for stage in dict.fromkeys((*stages_of(options.stage), *net.net.state.stage)):
        found = stage_problem(net.net.layer, stage)
        if found is not None:
            say(f"{program}: {'; '.join(found)}")
    phases: tuple[Phase, ...] = (options.phase,) if options.phase else ("TRAIN", "TEST")
    summaries: list[NetSummary] = []
    failed: dict[Phase, PrototxtError] = {}
    for phase in phases:
        try:
            summaries.append(_summarise(net, phase, options, shapes))
        except PrototxtError as error:
            failed[phase] = error
    broken = [error for error in failed.values() if not isinstance(error, NoDataError)]
    if not summaries:
        raise next(iter((*broken, *failed.values())))
    if options.json:
        print_json([summary.to_dict() for summary in summaries])
    else:
        for number, summary in enumerate(summaries):
            sys.stdout.write("\n" if number else "")
            _print(summary, options)
    for phase, why in failed.items():
        say(f"{program}: phase {phase} is left out: {why.message}")
    return Exit.FAILED if broken else Exit.DONE


def _shape(text: str) -> tuple[str, Shape]:
    top, _, numbers = text.partition("=")
    try:
        return top, tuple(int(number) for number in numbers.split(","))
    except ValueError:
        raise OptionError(f"--shape is '{text}', must be TOP=C,H,W as in label=5,1,1") from None


def _summarise(
    net: LoadedNet, phase: Phase, options: Namespace, data_shapes: dict[str, Shape]
) -> NetSummary:
    from caffe_multilabel.nets.analysis.data_shapes import UnknownShapeError  # noqa: PLC0415  (the same)
    from caffe_multilabel.nets.summary import summarise_with_dbs  # noqa: PLC0415  (the same)

    try:
        return summarise_with_dbs(
            net,
            phase,
            stages=stages_of(options.stage),
            level=options.level or 0,
            data_shapes=data_shapes,
        )
    except UnknownShapeError as error:
        flag = f"--shape {error.top}={'N,C,H,W' if error.whole else 'C,H,W'}"
        advice = f"; give all of it by {flag}" if error.whole else f", or {flag}"
        raise PrototxtError(error.message + advice, key=error.key) from None


def _print(summary: NetSummary, options: Namespace) -> None:
    from caffe_multilabel.caffe.net_state import NetState  # noqa: PLC0415  (--help must not load it)

    state = NetState(summary.phase, stages_of(options.stage), options.level or 0)
    sys.stdout.write(f"{summary.name or 'net'}, {state}\n")
    rows = [
        (row.name, row.type, row.output, f"{row.parameters:,}", f"{row.multiply_adds:,}")
        for row in summary.rows
    ]
    totals = summary.totals
    batch = "" if totals.batch_size is None else f"batch of {totals.batch_size}"
    rows.append(("total", "", batch, f"{totals.parameters:,}", f"{totals.multiply_adds:,}"))
    print_table(
        ("layer", "type", "output", "parameters", "multiply-adds"),
        rows,
        right="parameters multiply-adds",
    )
    for assumption in summary.assumptions:
        sys.stdout.write(f"assumed: {assumption}\n")
