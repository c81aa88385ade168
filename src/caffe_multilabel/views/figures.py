"""What a training reached beside what could be had without it: each task's figure and baseline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.proto import read_net, read_solver
from caffe_multilabel.data.databases import is_lmdb
from caffe_multilabel.data.label_table import read_stored_labels
from caffe_multilabel.nets.analysis.scaling import scaling_of
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
            as the generator does: `accuracy_TASK`, `loss_TASK` and `error_TASK`, the mean absolute
            error of numbers.

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
    graph = NetGraph.of_state(net, state)
    sources = find_sources(graph)
    databases = {named_lmdb(node.layer) for node in sources.labels} - {None}
    if len(databases) != 1:
        return ()
    (labels,) = databases
    if labels is None or not is_lmdb(labels):
        return ()
    found = []
    for task in label_stats(labels).tasks:
        baselines = _baselines(task, _scale(graph, f"loss_{task.task}"))
        if f"error_{task.task}" in outputs:
            baselines[f"error_{task.task}"] = _median_error(labels, task)
        for output, baseline in baselines.items():
            if output in outputs and baseline is not None:
                found.append(TaskFigure(task.task, output, outputs[output], baseline))
    return tuple(found)


def _baselines(task: TaskStats, scale: float) -> dict[str, float | None]:
    """Return the baselines of a task by the names of outputs.

    Args:
        task: what the label DB holds of it.
        scale: what its loss reads for each 1 of a label.
    """
    accuracy, loss = None, task.baseline_loss
    if task.kind != "real":
        accuracy = task.baseline_accuracy
    elif loss is not None:
        loss *= scale**2
    return {f"accuracy_{task.task}": accuracy, f"loss_{task.task}": loss}


def _scale(graph: NetGraph, loss: str) -> float:
    """Return what a loss reads for each 1 of a label, if its labels are scaled on their way."""
    node = next((node for node in graph.nodes if node.name == loss), None)
    wire = None if node is None or node.labels is None else node.bottom(node.labels.bottom)
    scaling = None if wire is None else scaling_of(graph.maker(wire))
    return 1.0 if scaling is None else scaling.scale


def _median_error(labels: str, task: TaskStats) -> float | None:
    """Return the mean absolute error of answering the median of each value, the best one can."""
    if task.kind != "real" or task.baseline_loss is None:
        return None
    stored = read_stored_labels(labels).labels
    columns = stored[:, [value.column for value in task.values]].astype(np.float64)
    return float(np.abs(columns - np.median(columns, axis=0)).mean())
