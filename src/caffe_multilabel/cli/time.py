"""The command `caffe-multilabel time`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel.cli.command import Exit, print_json, say
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_run_flags, add_threads_flag, gpu_of, stages_of
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import print_table
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Measure how long each layer of a net takes, forward and backward, as `caffe time` does. It needs
PyTorch: pip install 'caffe-multilabel[torch]'.

  caffe-multilabel time --model=net/train_val.prototxt --iterations=20"""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] --model=FILE",
        description=_DESCRIPTION,
        epilog=text_of("time"),
    )
    flag = parser.add_flag
    flag("model", metavar="FILE", help="the net's prototxt (required)")
    flag("iterations", type=int, default=50, metavar="N", help="passes; 50 by default")
    flag("phase", choices=("TRAIN", "TEST"), default="TRAIN", help="TRAIN by default")
    add_run_flags(parser)
    add_threads_flag(parser)
    parser.add_switch("json", help="print the times as JSON")
    parser.add_switch("quiet", help="print the times only")
    return parser


def time_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, measure, print."""
    options = make_parser(program).parse_flags(arguments)
    if options.model is None:
        raise OptionError(f"--model is wanted; '{program} --help'")
    gpu = gpu_of(options.gpu)
    from caffe_multilabel._base.extras import import_extra  # noqa: PLC0415  (--help)

    import_extra("torch", "torch")
    from caffe_multilabel.engine import time_net  # noqa: PLC0415  (--help must not load it)

    def tell(number: int, milliseconds: float) -> None:
        say(f"iteration {number} of {options.iterations}: {milliseconds:.4g} ms")

    report = time_net(
        options.model,
        iterations=options.iterations,
        phase=options.phase,
        gpu=gpu,
        stages=stages_of(options.stage),
        level=options.level or 0,
        threads=options.threads,
        on_iteration=None if options.quiet or options.json else tell,
    )
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
