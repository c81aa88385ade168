"""The command `caffe-multilabel test`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.cpus import spin_briefly
from caffe_multilabel.cli.command import Exit, print_json, say
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_model_flags, run_keywords
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Score a net on its own data as `caffe test` does, without Caffe: forward in phase TEST over so many
batches, and the mean of each output. Standard error gets Caffe's lines, standard output the means.
It needs PyTorch: pip install 'caffe-multilabel[torch]'.

  caffe-multilabel test --model=net/train_val.prototxt --weights=net/x.caffemodel --iterations=50"""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] --model=FILE --weights=FILE",
        description=_DESCRIPTION,
        epilog=text_of("test"),
    )
    add_model_flags(parser, iterations="batches", answer="means")
    parser.add_flag("weights", metavar="FILE", help="the weights (required)")
    return parser


def test_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, score, print."""
    options = make_parser(program).parse_flags(arguments)
    if options.model is None or options.weights is None:
        raise OptionError(f"--model and --weights are wanted; '{program} --help'")
    keywords = run_keywords(options)
    spin_briefly()
    from caffe_multilabel.engine import score_net  # noqa: PLC0415  (--help must not load it)
    from caffe_multilabel.engine.training.logs import TestLog  # noqa: PLC0415  (the same)

    log = None if options.quiet or options.json else TestLog(say)
    if log is not None:
        log.begin(keywords["gpu"], options.iterations)
    report = score_net(
        options.model,
        options.weights,
        iterations=options.iterations,
        **keywords,
        on_batch=None if log is None else log.batch,
    )
    if log is not None:
        log.end(report.loss, report.scores)
    if options.json:
        print_json(report.to_dict())
    else:
        sys.stdout.write(f"loss {report.loss:g}\n")
        for score in report.scores:
            sys.stdout.write(f"{score.output} {score.value:g}\n")
    return Exit.DONE
