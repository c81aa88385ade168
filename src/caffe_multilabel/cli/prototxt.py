"""The command `generate_prototxt`, also `caffe-multilabel prototxt`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel.cli.command import Exit, arguments_of, print_json, run, say, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import print_table
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from caffe_multilabel.nets.generate import GeneratedNet
    from caffe_multilabel.tasks import TaskFile

PROGRAM = "generate_prototxt"

_DESCRIPTION = """\
Make train_val.prototxt, deploy.prototxt and solver.prototxt from a task file, or from options:

  generate_prototxt vehicles.yaml -o vehicles/
  generate_prototxt --backbone caffenet --task color:softmax:8 --task type:softmax:5 \\
    --train train_images train_labels --test val_images val_labels -o net/"""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        description=_DESCRIPTION,
        epilog=text_of("prototxt"),
    )
    parser.add_argument("TASKS.YAML", nargs="?", help="the task file")
    parser.add_argument("-o", "--output", metavar="DIR", help="folder for the files (required)")
    parser.add_argument("--backbone", metavar="NAME", help="a built-in; --backbone help lists them")
    parser.add_argument(
        "--task",
        action="append",
        default=[],
        metavar="NAME:LOSS:SIZE",
        help="a task, as in color:softmax:8; once for each",
    )
    for phase in ("train", "test"):
        parser.add_argument(
            f"--{phase}", nargs=2, metavar=("IMAGES", "LABELS"), help=f"pair of the {phase} phase"
        )
    parser.add_argument("--batch_size", "--batch-size", type=int, metavar="N", help="default 64")
    parser.add_argument(
        "--loss_weights",
        "--loss-weights",
        choices=("given", "equal", "scale"),
        help="scale: each task's loss counts the same at the start; reads the label DB",
    )
    parser.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="FILE",
        help="leave this file of DIR as it is, as solver.prototxt; once for each",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run(PROGRAM, prototxt_command, arguments_of(argv))


def prototxt_command(arguments: Sequence[str], program: str = PROGRAM) -> Exit:
    """Parse, generate, print."""
    options = make_parser(program).parse_args(arguments)
    if options.backbone == "help":
        return _list_backbones()
    if options.output is None:
        raise OptionError(f"-o DIR is wanted: the folder for the files; '{program} --help'")
    from caffe_multilabel.nets.generate import generate  # noqa: PLC0415  (--help must not load it)

    net = generate(_task_file(options))
    written = net.write(options.output, overwrite=options.overwrite, keep=options.keep)
    paths = [str(path) for path in written]
    for warning in net.warnings:
        say(f"{program}: warning: {warning}")
    with telling_of_files():
        if options.json:
            print_json({"files": paths} | net.to_dict())
        else:
            print_table(*_weight_table(net), right="loss_weight")
            sys.stdout.write(f"wrote {', '.join(paths) or 'nothing'}\n")
    return Exit.DONE


def _task_file(options: argparse.Namespace) -> TaskFile:
    path = getattr(options, "TASKS.YAML")
    quick = {
        "--backbone": options.backbone,
        "--task": options.task,
        "--train": options.train,
        "--test": options.test,
        "--batch_size": options.batch_size,
        "--loss_weights": options.loss_weights,
    }
    if path is not None:
        clash = [flag for flag, value in quick.items() if value]
        if clash:
            raise OptionError(f"{', '.join(clash)}: say it in the task file, or give no task file")
        from caffe_multilabel.tasks import load_tasks  # noqa: PLC0415  (pydantic is slow to load)

        return load_tasks(path)
    missing = [flag for flag in ("--backbone", "--task", "--train") if not quick[flag]]
    if missing:
        raise OptionError(
            f"give a task file, or --backbone, --task and --train; {missing[0]} is missing"
        )
    from caffe_multilabel.nets.generate import tasks_from_options  # noqa: PLC0415  (the same)

    return tasks_from_options(
        backbone=options.backbone,
        tasks=options.task,
        train=tuple(options.train),
        test=None if options.test is None else tuple(options.test),
        batch_size=options.batch_size,
        loss_weights=options.loss_weights,
    )


def _list_backbones() -> Exit:
    from caffe_multilabel.nets.generate import BACKBONES  # noqa: PLC0415  (the same)

    sys.stdout.write("\n".join(BACKBONES) + "\n")
    return Exit.DONE


def _weight_table(net: GeneratedNet) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the head and the rows; losses at the start only if weights go by some of them."""
    losses = [weight.starting_loss for weight in net.loss_weights]
    known = any(loss is not None for loss in losses)
    rows = []
    for weight, loss in zip(net.loss_weights, losses, strict=True):
        at_start = "-" if loss is None else f"{loss:.4g}"
        weights = " + ".join(f"{value:g}" for value in weight.weights)
        rows.append((weight.task, weights, *([at_start] if known else []), weight.reason))
    return ("task", "loss_weight", *(["loss at start"] if known else []), "why"), rows
