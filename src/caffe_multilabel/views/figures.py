"""What a training reached beside what could be had without it: each task's figure and baseline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.proto import read_net, read_solver
from caffe_multilabel.data.databases import is_lmdb
from caffe_multilabel.nets.analysis.sources import find_sources, named_lmdb
from caffe_multilabel.nets.analysis.states import states_of_solver
from caffe_multilabel.views.stats import label_stats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.views.stats import TaskStats

__all__ = ["TaskFigure", "task_figures"]


@dataclass(frozen=True, slots=True)
class TaskFigure:
    """An output of the last test that belongs to a task.

    Attributes:
        task: the task.
        output: the output.
        value: its mean over the test.
        baseline: the same of answering without a look at the image; see `ClassStats`.
    """

    task: str
    output: str
    value: float
    baseline: float


def task_figures(solver: StrPath, outputs: Mapping[str, float]) -> tuple[TaskFigure, ...]:
    """Put the outputs of a solver's test beside the baselines of the labels that it tests with.

    Args:
        solver: the solver; its net and DBs are seen from the working folder.
        outputs: the means of a test by the names of outputs. Those of a task are called after it,
            as the generator does: `accuracy_TASK` and `loss_TASK`.

    Returns:
        Those that belong to a task of the label DB's manifest; none where the test net reads no
        such DB.

    Raises:
        PrototxtError: the solver or its net cannot be read.
        DatabaseError: the label DB cannot be read.
    """
    settings = read_solver(solver)
    path = settings.net
    if not path or not Path(path).is_file():
        return ()
    net = read_net(path)
    state = states_of_solver(settings, net)[1]
    sources = find_sources(NetGraph.of_state(net, state))
    databases = {named_lmdb(node.layer) for node in sources.labels} - {None}
    if len(databases) != 1:
        return ()
    (labels,) = databases
    if labels is None or not is_lmdb(labels):
        return ()
    found = []
    for task in label_stats(labels).tasks:
        for output, baseline in _baselines(task).items():
            if output in outputs and baseline is not None:
                found.append(TaskFigure(task.task, output, outputs[output], baseline))
    return tuple(found)


def _baselines(task: TaskStats) -> dict[str, float | None]:
    """Return the baselines of a task by the names of outputs."""
    accuracy = None if task.kind == "real" else task.baseline_accuracy
    return {f"accuracy_{task.task}": accuracy, f"loss_{task.task}": task.baseline_loss}
