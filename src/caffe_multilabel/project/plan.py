"""The steps from a list to linted nets, as commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.solver_facts import snapshot_names
from caffe_multilabel.project.parts import VAL_SHARE
from caffe_multilabel.project.steps import Step
from caffe_multilabel.project.task_parts import ALL, CONVERSION, LABELS, TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.proto.types import SolverParameter
    from caffe_multilabel.project.choices import Choices
    from caffe_multilabel.project.task_parts import Pairs

__all__ = ["LIST", "PATHS", "SOLVER", "first_steps", "other_steps", "training_step"]

LIST = "lists/all.csv"
PATHS = 0
"""The column of the paths in it."""
SOLVER = "net/solver.prototxt"
_PROGRAM = "caffe-multilabel"
_REJECTS = 3  # of a conversion: published, some images left out


def first_steps(choices: Choices) -> Iterator[Step]:
    """Give the steps up to the task file, which the others go by."""
    options = [f"--from={choices.kind}"] if choices.kind != "auto" else []
    if choices.path_column is not None:
        options.append(f"--path_column={choices.path_column}")
    if choices.val_list is not None:
        options.append(f"--val_list={choices.val_list}")
    added = (("path_prefix", choices.path_prefix), ("path_suffix", choices.path_suffix))
    options += [f"--{name}={text}" for name, text in added if text]
    yield Step(
        name="list",
        command=(
            _PROGRAM, "list", choices.source, f"--root={choices.root}", *options, "-o", LIST,
            "--overwrite",
        ),
        reads=(choices.source, *([choices.val_list] if choices.val_list else [])),
        writes=(LIST,),
        edited="all",
    )  # fmt: skip
    wanted = [f"--backbone={choices.backbone}"] if choices.backbone else []
    if choices.resize is not None:
        wanted.append(f"--resize={choices.resize[0]},{choices.resize[1]}")
    if choices.val is not None:
        wanted.append(f"--val={choices.val}")
    yield Step(
        name="tasks",
        command=(
            _PROGRAM, "tasks", LIST, *_paths(choices), f"--root={choices.root}", "--net",
            f"--name={choices.name}", *wanted, "-o", TASKS,
        ),
        reads=(LIST,),
        writes=(TASKS,),
        yours=True,
    )  # fmt: skip


def other_steps(
    choices: Choices, pairs: Pairs, *, identity: str | None, parts: str | None, page: bool
) -> Iterator[Step]:
    """Give the steps behind the task file.

    Args:
        choices: what the user wants.
        pairs: what the nets read.
        identity: the column whose records stay together in a split, or None.
        parts: the column that says of each record which part it is of, or None.
        page: whether a report can be made.
    """
    how = [f"--val={choices.val or VAL_SHARE}", "--stratify", f"--seed={choices.seed}"]
    if parts is not None:
        how = [f"--parts={parts}"]
    elif identity is not None:
        how.append(f"--group={identity}")
    yield Step(
        name="split",
        command=(
            _PROGRAM, "split", LIST, *_paths(choices), *how, f"--tasks={TASKS}", "--output=lists",
            "--overwrite", "--brief",
        ),
        reads=(LIST,),
        tasks=LABELS,
        writes=("lists/train.csv", "lists/val.csv"),
        edited="all",
    )  # fmt: skip
    for part in ("train", "val"):
        yield _conversion(choices, part)
    for part in ("train", "val"):
        images, labels, listed = f"{part}_images", f"{part}_labels", f"lists/{part}.csv"
        yield Step(
            name=f"verify_{part}",
            command=(
                _PROGRAM, "verify", images, labels, f"--list={listed}", f"--tasks={TASKS}",
                *_paths(choices),
            ),
            reads=(images, labels, listed),
            tasks=LABELS,
            writes=(),
        )  # fmt: skip
    nets = ("net/train_val.prototxt", "net/deploy.prototxt", SOLVER)
    yield Step(
        name="nets",
        command=(_PROGRAM, "prototxt", TASKS, "-o", "net", "--overwrite"),
        reads=(*pairs.train, pairs.val[0]),
        tasks=ALL,
        writes=nets,
        quiet="",
        edited="it",
    )
    yield Step(
        name="lint",
        command=(_PROGRAM, "lint", nets[0], f"--solver={nets[2]}", f"--tasks={TASKS}"),
        reads=(*nets, pairs.train[1], pairs.val[1]),
        tasks=ALL,
        writes=(),
        quiet="",
    )
    if page:
        yield Step(
            name="report",
            command=(
                _PROGRAM, "report", *pairs.train, "--tasks", TASKS, "--val", *pairs.val,
                "--net", nets[0], "-o", "report.html",
            ),
            reads=(*pairs.train, *pairs.val, nets[0]),
            tasks=ALL,
            writes=("report.html",),
        )  # fmt: skip


def training_step(solver: SolverParameter, pairs: Pairs, *, gpu: bool) -> Step:
    """Return the step that trains the nets.

    Args:
        solver: the solver of the project, which other steps have made.
        pairs: what the nets read.
        gpu: whether there is a GPU to train on.
    """
    where = [] if gpu else ["--cpu"]
    return Step(
        name="train",
        command=(_PROGRAM, "train", f"--solver={SOLVER}", *where),
        reads=("net/train_val.prototxt", SOLVER, *pairs.train, *pairs.val),
        writes=snapshot_names(solver, solver.max_iter)[:1],
        resume="--snapshot",
        snapshots=solver.snapshot_prefix,
    )


def _paths(choices: Choices) -> list[str]:
    """Return the flag by which the paths are found in the project's own lists.

    They stand in the first column there; where the user had to say which they are, their own words
    do not tell.
    """
    return [] if choices.path_column is None else [f"--path_column={PATHS}"]


def _conversion(choices: Choices, part: str) -> Step:
    order = ["--shuffle", f"--seed={choices.seed}"] if part == "train" else []
    listed = f"lists/{part}.csv"
    return Step(
        name=f"convert_{part}",
        command=(
            _PROGRAM, "convert", *_paths(choices), *order, f"--tasks={TASKS}", choices.root or ".",
            listed, f"{part}_images", f"{part}_labels", "--overwrite",
        ),
        reads=(listed,),
        tasks=CONVERSION,
        writes=(f"{part}_images", f"{part}_labels"),
        images=True,
        fine={0: "", _REJECTS: f"images were rejected, see {part}_images/rejects.tsv"},
        resume="--resume",
    )  # fmt: skip
