"""Arguments that several commands take, and the keywords that they are in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, get_args

from caffe_multilabel._base.core_options import HeaderLine, ListFormat, ListKind
from caffe_multilabel._base.utf8 import typed_text
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    import argparse

    from caffe_multilabel.cli.gflags import FlagParser

__all__ = [
    "ListKeywords",
    "RunKeywords",
    "TableKeywords",
    "TrainKeywords",
    "add_list_flags",
    "add_model_flags",
    "add_pair",
    "add_run_flags",
    "add_source_flags",
    "add_state_flags",
    "add_table_arguments",
    "add_tasks_flag",
    "add_threads_flag",
    "list_keywords",
    "run_keywords",
    "size_of",
    "stages_of",
    "table_keywords",
    "train_keywords",
]


class ListKeywords(TypedDict):
    """How a list is read, as every function that reads one takes it."""

    label_count: int | None
    tasks: str | None
    list_format: ListFormat
    header: HeaderLine
    kind: ListKind
    path_column: str | None
    path_prefix: str
    path_suffix: str
    images_per_record: int | None


class TableKeywords(TypedDict):
    """How a list is read as a table, as `read_table` takes it."""

    kind: ListKind
    root: str
    path_column: str | None
    path_prefix: str
    path_suffix: str
    header: HeaderLine


class RunKeywords(TypedDict):
    """Where a net runs, how, and in which state, as every function that runs one takes it."""

    gpu: int | None
    tf32: bool
    stages: tuple[str, ...]
    level: int
    threads: int | None


class TrainKeywords(RunKeywords):
    """How a training runs, as `train` and `check_training` take it."""

    weights: list[str]
    snapshot: str | None
    restart_data: bool
    cpu: bool
    keep: int | None
    best: str | None
    sigint_effect: str
    sighup_effect: str


def list_keywords(options: argparse.Namespace) -> ListKeywords:
    """Return how the list is to be read, by the flags below."""
    return {
        "label_count": options.label_count,
        "tasks": options.tasks,
        "list_format": options.list_format,
        "header": options.header,
        "kind": options.kind,
        "path_column": options.path_column,
        "path_prefix": options.path_prefix,
        "path_suffix": options.path_suffix,
        "images_per_record": options.images_per_record,
    }


def add_list_flags(parser: FlagParser, *, label_count: bool = True) -> None:
    """Add the flags of a list; `--label_count` not where the command has it as an argument."""
    if label_count:
        parser.add_flag(
            "label_count", type=int, metavar="N", help="labels on each line of the list"
        )
    parser.add_flag(
        "list_format",
        choices=get_args(ListFormat),
        default="auto",
        help="how lines are cut; default: told from name and first line",
    )
    _add_header_flag(parser)
    add_source_flags(parser)
    parser.add_flag(
        "images_per_record",
        type=int,
        metavar="K",
        help="paths on each line, of images that make one record; default: 1",
    )


def add_source_flags(parser: FlagParser) -> None:
    """Add `--from` and the flags of paths: what a list is, where its paths are, what they lack."""
    parser.add_flag(
        "from",
        dest="kind",
        choices=get_args(ListKind),
        default="auto",
        help="what the list is; default: told from name and content",
    )
    parser.add_flag(
        "path_column",
        type=typed_text,
        metavar="X",
        help="column of the paths, by name or number from 0; default: told from its cells",
    )
    parser.add_flag("path_prefix", metavar="TEXT", default="", help="put before each path")
    parser.add_flag("path_suffix", metavar="TEXT", default="", help="put behind each path, as .jpg")


def add_table_arguments(parser: FlagParser) -> None:
    """Add a list as people have it, and how it is read; `table_keywords` gives what was said."""
    parser.add_argument("SOURCE", help="a list, or a folder with a folder for each class")
    add_source_flags(parser)
    _add_header_flag(parser)
    parser.add_flag("root", metavar="DIR", default="", help="folder that the paths begin at")


def table_keywords(options: argparse.Namespace) -> TableKeywords:
    """Return how a list is to be read as a table, by the flags above."""
    return {
        "kind": options.kind,
        "root": options.root,
        "path_column": options.path_column,
        "path_prefix": options.path_prefix,
        "path_suffix": options.path_suffix,
        "header": options.header,
    }


def _add_header_flag(parser: FlagParser) -> None:
    parser.add_flag(
        "header",
        choices=get_args(HeaderLine),
        default="auto",
        help="whether line 1 is a header; default: told from its words",
    )


def add_state_flags(parser: FlagParser) -> None:
    """Add `--stage` and `--level`, by which nets choose layers, as `caffe test` has them."""
    parser.add_flag("stage", metavar="A,B", help="stages that the net is in, separated by commas")
    parser.add_flag("level", type=int, metavar="N", help="level that the net is in; 0 by default")


def stages_of(flag: str | None) -> tuple[str, ...]:
    """Return the stages of a `--stage`."""
    return () if flag is None else tuple(filter(None, flag.split(",")))


def add_run_flags(parser: FlagParser) -> None:
    """Add where a net runs, how, and in which state; `run_keywords` gives what was said."""
    parser.add_flag("gpu", metavar="N", help="number of the GPU to run on")
    parser.add_switch("tf32", help="round products to TF32 on a GPU: faster, less exact than Caffe")
    add_state_flags(parser)
    add_threads_flag(parser)


def run_keywords(options: argparse.Namespace) -> RunKeywords:
    """Return where a net is to run, and in which state, by the flags above.

    Raises:
        OptionError: `--gpu` is no number of one GPU.
    """
    return {
        "gpu": _gpu_of(options.gpu),
        "tf32": options.tf32,
        "stages": stages_of(options.stage),
        "level": options.level or 0,
        "threads": options.threads,
    }


def train_keywords(options: argparse.Namespace) -> TrainKeywords:
    """Return how a training is to run, by the flags of `train`.

    Raises:
        OptionError: `--gpu` is no number of one GPU.
    """
    return {
        **run_keywords(options),
        "weights": [file.strip() for file in (options.weights or "").split(",") if file.strip()],
        "snapshot": options.snapshot or None,
        "restart_data": options.restart_data,
        "cpu": options.cpu,
        "keep": options.keep,
        "best": options.best,
        "sigint_effect": options.sigint_effect,
        "sighup_effect": options.sighup_effect,
    }


def add_model_flags(parser: FlagParser, *, iterations: str, answer: str) -> None:
    """Add what commands take that run a net so many times and print an answer.

    Args:
        parser: their parser.
        iterations: what they make that many of.
        answer: what they print.
    """
    parser.add_flag("model", metavar="FILE", help="the net's prototxt (required)")
    parser.add_flag(
        "iterations", type=int, default=50, metavar="N", help=f"{iterations}; 50 by default"
    )
    add_run_flags(parser)
    parser.add_switch("json", help=f"print the {answer} as JSON")
    parser.add_switch("quiet", help=f"print the {answer} only")


def _gpu_of(flag: str | None) -> int | None:
    """Return the number of a `--gpu`; None where it is not given.

    Raises:
        OptionError: it is no number of one GPU.
    """
    if not flag:
        return None
    if not flag.isdecimal():
        raise OptionError(f"--gpu is '{flag}', must be the number of one GPU, as in --gpu=0")
    return int(flag)


def add_tasks_flag(parser: FlagParser, *, help: str) -> None:  # noqa: A002  (argparse's word)
    """Add `--tasks`, the `tasks=` of the Python functions; it was once called `--schema`."""
    parser.add_flag("tasks", "schema", metavar="TASKS.YAML", help=help)


def add_threads_flag(parser: FlagParser) -> None:
    """Add `--threads`."""
    parser.add_flag("threads", type=int, metavar="N", help="default: all CPUs")


def add_pair(parser: FlagParser) -> None:
    """Add the two DBs of a pair as positional arguments."""
    parser.add_argument("IMAGE_DB", help="folder of the image DB")
    parser.add_argument("LABEL_DB", help="folder of the label DB")


def size_of(name: str, flag: str | None) -> tuple[int, int] | None:
    """Return the width and height of a flag `--NAME=W,H`; None where it is not given.

    Raises:
        OptionError: it is no such pair of numbers.
    """
    if flag is None:
        return None
    try:
        width, height = (int(part) for part in flag.split(","))
    except ValueError:
        raise OptionError(f"--{name} is '{flag}', must be W,H as in 256,256") from None
    return width, height
