"""The command `caffe-multilabel time`."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from caffe_multilabel._base.cpus import spin_briefly
from caffe_multilabel.cli.command import Exit, print_json, say
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_model_flags, run_keywords
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import print_table
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Measure how long each layer of a net takes, forward and backward, as `caffe time` does. Standard
error gets Caffe's lines, where it is no terminal those of each layer too, and standard output a
table. It needs PyTorch: pip install 'caffe-multilabel[torch]'.

  caffe-multilabel time --model=net/train_val.prototxt --iterations=20"""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] --model=FILE",
        description=_DESCRIPTION,
        epilog=text_of("time"),
    )
    add_model_flags(parser, iterations="passes", answer="times")
    parser.add_flag("phase", choices=("TRAIN", "TEST"), default="TRAIN", help="TRAIN by default")
    return parser


def time_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, measure, print."""
    options = make_parser(program).parse_flags(arguments)
    if options.model is None:
        raise OptionError(f"--model is wanted; '{program} --help'")
    keywords = run_keywords(options)
    spin_briefly()
    from caffe_multilabel.engine import time_net  # noqa: PLC0415  (--help must not load it)
    from caffe_multilabel.engine.training.logs import TimeLog  # noqa: PLC0415  (the same)

    log = None if options.quiet or options.json else TimeLog(say)
    if log is not None:
        log.using(keywords["gpu"])
    report = time_net(
        options.model,
        iterations=options.iterations,
        phase=options.phase,
        **keywords,
        on_start=None if log is None else partial(log.begin, iterations=options.iterations),
        on_iteration=None if log is None else log.iteration,
    )
    if log is not None and not sys.stderr.isatty():  # where the table says it
        log.end(report)
    if options.json:
        print_json(report.to_dict())
        return Exit.DONE
    print_table(
        ("layer", "type", "forward ms", "backward ms"),
        [
            (one.name, one.type, f"{one.forward:.4g}", f"{one.backward:.4g}")
            for one in report.layers
        ],
        right="forward ms backward",
    )
    sys.stdout.write(
        f"a pass: forward {report.forward:.4g} ms, backward {report.backward:.4g} ms, the mean of "
        f"{report.iterations}\n"
    )
    return Exit.DONE
