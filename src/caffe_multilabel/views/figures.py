"""What a training reached beside what could be had without it: each task's figure and baseline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.proto import read_net, read_solver
from caffe_multilabel.data.databases import is_lmdb
from caffe_multilabel.data.label_table import read_label_table
from caffe_multilabel.labels import whole_tasks
from caffe_multilabel.nets.analysis.scaling import scaling_of
from caffe_multilabel.nets.analysis.sources import find_sources, named_lmdb
from caffe_multilabel.nets.analysis.states import states_of_solver
from caffe_multilabel.views.stats.measure import measure_task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.labels import LabelTask
    from caffe_multilabel.views.stats import TaskStats

__all__ = ["TaskFigure", "task_figures"]


_CARRYING = frozenset({"Data", "Slice", "Concat", "Reshape", "Flatten"})
"""Types of layers that labels leave as they came."""


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

    Labels that are unknown count in no baseline, nor do those that weigh nothing; those of all
    images of a record count together. Losses made of several layers, as weighted ones are, have no
    baseline, nor has an infogain loss.

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
    (database,) = databases
    if database is None or not is_lmdb(database):
        return ()
    table = read_label_table(database)
    found = []
    for whole in whole_tasks(table.layout.tasks):
        labels = whole.weighing_items(table.labels)
        for output, baseline in _baselines(whole.task, labels, graph).items():
            if output in outputs and baseline is not None:
                found.append(TaskFigure(whole.task.name, output, outputs[output], baseline))
    return tuple(found)


def _baselines(
    task: LabelTask, labels: NDArray[np.float32], graph: NetGraph
) -> dict[str, float | None]:
    """Return the baselines of a task by the names of outputs.

    Args:
        task: the task.
        labels: of all items, float32 (N, k).
        graph: the net of the test.
    """
    stats = measure_task(task, labels)
    loss = next((node for node in graph.nodes if node.name == f"loss_{task.name}"), None)
    return {
        f"accuracy_{task.name}": _accuracy(stats),
        f"loss_{task.name}": None if loss is None else _loss(stats, loss, graph, len(labels)),
        f"error_{task.name}": _median_error(task, labels) if task.kind == "real" else None,
    }


def _accuracy(stats: TaskStats) -> float | None:
    """Return the part of all labels that the commonest answers are right for."""
    if stats.kind == "real":
        return None
    if stats.kind == "class":
        return stats.baseline_accuracy
    right = sum((value.baseline_accuracy or 0.0) * value.counted for value in stats.values)
    counted = sum(value.counted for value in stats.values)
    return right / counted if counted else None


def _loss(stats: TaskStats, node: Node, graph: NetGraph, items: int) -> float | None:
    """Return what a loss layer shows for the shares or means; None where it is none of the three.

    Args:
        stats: of the labels that it reads.
        node: the layer; the last one of a loss that several make.
        graph: the net.
        items: number of all items.
    """
    baseline = stats.baseline_loss
    if baseline is None or node.labels is None:
        return None
    divisor = node.labels.divisor(node.layer)
    if node.type == "EuclideanLoss" and stats.kind == "real":
        scale = _scale(graph, node)
        return None if scale is None else baseline * scale**2
    if node.type == "SoftmaxWithLoss" and stats.kind == "class":
        shared = {"VALID": stats.counted, "FULL": items, "BATCH_SIZE": items}
        total = baseline * stats.counted
    elif node.type == "SigmoidCrossEntropyLoss" and stats.kind == "binary":
        counted = sum(value.counted for value in stats.values)
        shared = {"VALID": counted, "FULL": items * len(stats.values), "BATCH_SIZE": items}
        total = baseline * items
    else:
        return None
    return total / shared[divisor] if divisor in shared else None


def _scale(graph: NetGraph, loss: Node) -> float | None:
    """Return what a loss reads for each 1 of a label; None where its labels are made otherwise."""
    wire = None if loss.labels is None else loss.bottom(loss.labels.bottom)
    if wire is None:
        return None
    maker = graph.maker(wire)
    scaling = scaling_of(maker)
    above = [graph.nodes[index] for index in graph.above([wire])]
    if any(node.type not in _CARRYING for node in above if scaling is None or node is not maker):
        return None
    return 1.0 if scaling is None else scaling.scale


def _median_error(task: LabelTask, labels: NDArray[np.float32]) -> float | None:
    """Return the mean absolute error of answering the median of each value, the best one can."""
    counts = task.counts(labels)
    if not counts.any():
        return None
    total = 0.0
    for column, good in zip(labels.T, counts.T, strict=True):
        known = column[good].astype(np.float64)
        total += float(np.abs(known - np.median(known)).sum()) if len(known) else 0.0
    return total / int(counts.sum())
