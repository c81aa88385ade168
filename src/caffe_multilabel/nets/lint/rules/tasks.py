"""The heads of a net against the tasks of a task file, or of the label DB's manifest."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from caffe_multilabel.labels.differences import differences, differences_of_dbs
from caffe_multilabel.nets.lint.findings import Problem, Rule
from caffe_multilabel.tasks.losses import LOSSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.layers.layer_type import LayerType
    from caffe_multilabel.caffe.net_graph import NetGraph, Node
    from caffe_multilabel.labels.schema import TaskLabels
    from caffe_multilabel.nets.analysis.scaling import Scaling
    from caffe_multilabel.nets.analysis.score_heads import Head
    from caffe_multilabel.nets.lint.view import NetView, PhaseView

__all__ = ["NET_RULES"]

_KEEP_VALUES = {"Concat", "Flatten", "Reshape", "Slice", "Split", "Tile"}
"""Layers of masks in other shapes."""
_ROUNDING = 1e-4
"""Numbers of layers are float32, and written with a few digits."""


def _task_heads(view: NetView) -> Iterator[tuple[TaskLabels, list[Head]]]:
    """Give each task with the losses of phase TRAIN that read just its columns.

    The labels of each image of a record are a task's, and go into one loss.
    """
    train = view.train
    if view.tasks is None or train is None or len(train.labels) != 1:
        return
    for task in view.tasks.tasks:
        losses = (head for head in train.heads if head.is_loss)
        yield task, [head for head in losses if task.columns in head.columns_of_items]


def _said_once(view: NetView) -> Iterator[tuple[TaskLabels, Head]]:
    """Give each such loss with its task; the task of the first image stands for those of all."""
    for task, heads in _task_heads(view):
        yield from ((task, head) for head in heads if head.columns_of_items[0] == task.columns)


def _no_loss(view: NetView) -> Iterator[Problem]:
    for task, heads in _task_heads(view):
        if not heads and not _reaches_loss(view, task):
            columns = f"column{'s' * (len(task.columns) > 1)} {', '.join(map(str, task.columns))}"
            yield Problem(
                None,
                f"no loss reads exactly label {columns} of task '{task.name}'",
                _way_to(view, task) or "cut them out with Slice, and give them a head and a loss",
            )


def _reaches_loss(view: NetView, task: TaskLabels) -> bool:
    """Tell whether a task's columns go into a loss by other layers, and not straight as labels.

    So they do where a loss is made of several layers. The images of a record may have labels of
    their own: those of all of them are then one blob, which no single task's columns are.
    """
    train = view.train
    if train is None or view.tasks is None:
        return False
    alike = {
        column
        for other in view.tasks.tasks
        if (other.loss, other.classes) == (task.loss, task.classes)
        for column in other.columns
    }
    pending = [
        wire
        for wire, part in train.columns.items()
        if set(task.columns) <= set(part.columns.ravel().tolist()) <= alike
    ]
    straight = {head.node.index for head in train.heads if head.columns is not None}
    below = train.graph.below(pending) - straight
    return any(train.graph.nodes[index].loss_weight for index in below)


def _way_to(view: NetView, task: TaskLabels) -> str:
    """Return what to do where a blob holds just a task's columns; empty where none does."""
    if view.train is None:
        return ""
    for wire, part in view.train.columns.items():
        if tuple(part.columns.ravel().tolist()) == task.columns:
            blob = view.train.graph.nodes[wire.node].layer.top[wire.top]
            return f"'{blob}' holds just them: make it the labels of the loss of '{task.name}'"
    return ""


def _loss_type(view: NetView) -> Iterator[Problem]:
    for task, head in _said_once(view):
        traits = None if task.loss is None else LOSSES[task.loss]
        if traits is None or traits.type is None:
            continue
        types = _types_on(view, task.columns)
        # Tasks may share columns, each with a loss of its own.
        if types[0] is traits.type and not any(_stands_for(head.node, kind) for kind in types):
            yield Problem(
                head.node,
                f"{head.node.type} on the labels of task '{task.name}', which is a "
                f"{task.loss} task",
                f"take {traits.layer}, or correct loss in the task file",
            )


def _types_on(view: NetView, columns: tuple[int, ...]) -> list[LayerType]:
    """Return the types of the losses of all tasks that read some columns, in their order."""
    tasks = () if view.tasks is None else view.tasks.tasks
    traits = [LOSSES[task.loss] for task in tasks if task.loss and task.columns == columns]
    return [each.type for each in traits if each.type is not None]


def _stands_for(node: Node, entry: LayerType) -> bool:
    """Tell whether a loss takes the same labels and scores as the type of a task does."""
    if node.entry is None or node.labels is None or entry.labels is None:
        return False
    alike = node.labels.kind == entry.labels.kind and node.entry.output == entry.output != ""
    return node.type == entry.name or alike


def _outputs(view: NetView) -> Iterator[Problem]:
    for task, head in _said_once(view):
        if head.outputs in (None, task.outputs) or head.traits.kind == "similar":
            continue
        names = task.class_names or task.value_names
        known = f" ({', '.join(names[:5])}{', ...' * (len(names) > 5)})" if names else ""
        what = "classes" if task.classes else "values"
        yield Problem(
            head.node,
            f"it gets {head.outputs} scores, and task '{task.name}' has {task.outputs} "
            f"{what}{known}",
            f"make num_output of its last layer {task.outputs}",
        )


def _ignore_label(view: NetView) -> Iterator[Problem]:
    for task, head in _said_once(view):
        reads = head.traits.ignore_label != ""
        if reads and head.ignore_label != task.ignore_label:
            here, there = (
                "none" if label is None else str(label)
                for label in (head.ignore_label, task.ignore_label)
            )
            yield Problem(
                head.node,
                f"ignore_label is {here}, and {there} for task '{task.name}'",
                "write the same ignore_label in the net and in the task file",
            )
    yield from _blind_masks(view)


def _other_labels(view: NetView) -> Iterator[Problem]:
    """Find label DBs whose labels mean something else to the tasks, or one to another DB."""
    if view.tasks is None:
        return
    known = {
        facts.path: facts.schema
        for phase in view.phases
        for facts in phase.databases.label_dbs
        if facts.schema is not None
    }
    wrong: set[tuple[str, str]] = set()  # said of the task file already
    if view.tasks not in known.values():
        for path, schema in known.items():
            for each in differences(view.tasks, schema):
                wrong.add((each.task, each.key))
                yield Problem(None, *each.against(path))
    for (path, first), (other, second) in combinations(known.items(), 2):
        for each in differences_of_dbs(first, second, view.tasks):
            if (each.task, each.key) not in wrong:
                yield Problem(None, *each.between(path, other))


def _blind_masks(view: NetView) -> Iterator[Problem]:
    """Find masks of labels that are 1 where the label of a task is unknown."""
    phases = [phase for phase in view.phases if len(phase.labels) == 1]
    for task in view.tasks.tasks if view.tasks is not None else ():
        unknown = task.ignore_label
        if unknown is None:
            continue
        for phase in phases:
            if _leaves_out(phase, task, unknown):
                continue
            masks = [mask for mask in _masks(phase) if mask.columns <= set(task.columns)]
            read = _as_read(phase.labels[0].node, unknown)
            if not masks or read is None or any(mask.tells(read) for mask in masks):
                continue
            known_as = f"{unknown:g}" if read == unknown else f"{unknown:g}, here read as {read:g},"
            for mask in masks:
                yield Problem(
                    mask.node,
                    f"it masks labels that are {mask.number:g}, and task '{task.name}' has "
                    f"{known_as} for what nobody knows, which counts as a label",
                    f"let the layers above make 0 of {read:g}, as Power {{ shift: {-read:g} }} "
                    "does, or correct ignore_label in the task file",
                )


def _leaves_out(phase: PhaseView, task: TaskLabels, unknown: int) -> bool:
    """Tell whether a loss of a task leaves out what is unknown by itself, and needs no mask."""
    losses = (head for head in phase.heads if head.is_loss and head.columns is not None)
    return any(
        head.ignore_label == unknown and set(head.columns or ()) <= set(task.columns)
        for head in losses
    )


@dataclass(frozen=True, slots=True)
class _Mask:
    """What multiplies by a Threshold of how far labels are from a number, or of labels as they are.

    One that nothing is multiplied by makes other labels of them: one class against the rest.
    """

    node: Node
    columns: set[int]
    scaling: Scaling
    apart: bool

    @property
    def number(self) -> float:
        """The label that it is 0 at."""
        return -self.scaling.shift / self.scaling.scale

    def tells(self, label: float) -> bool:
        """Tell whether it is 0 at a label, or may be."""
        value = abs(self.scaling.scale * label + self.scaling.shift)
        slack = _ROUNDING * max(1.0, abs(self.scaling.scale * label))
        return not self.apart or value <= self.node.layer.threshold_param.threshold + slack


def _masks(phase: PhaseView) -> Iterator[_Mask]:
    for node in phase.graph.nodes:
        wire = node.bottom(0) if node.type == "Threshold" else None
        maker = None if wire is None else phase.graph.maker(wire)
        apart = maker is not None and maker.type == "AbsVal"
        labels = maker.bottom(0) if maker is not None and apart else wire
        part = None if labels is None else phase.columns.get(labels)
        if part is not None and _multiplies(phase.graph, node):
            yield _Mask(node, set(part.columns.ravel().tolist()), part.scaling, apart)


def _multiplies(graph: NetGraph, node: Node) -> bool:
    """Tell whether something is multiplied by what a layer makes, in whatever shape."""
    reached = set(node.tops)
    for reader in graph.nodes[node.index + 1 :]:
        if not reached.intersection(reader.bottoms):
            continue
        if _is_product(reader):
            return True
        if reader.type in _KEEP_VALUES or reader.type == "Power":
            reached.update(reader.tops)
    return False


def _is_product(node: Node) -> bool:
    if node.type == "Scale":
        return len(node.bottoms) > 1
    fields = node.layer.eltwise_param
    return node.type == "Eltwise" and fields.operation == fields.PROD


def _as_read(node: Node, label: float) -> float | None:
    """Return a label as a layer with a `transform_param` reads it; None where that differs."""
    transform = node.layer.transform_param
    means = list(transform.mean_value) or [0.0]
    if transform.mean_file or len(means) > 1:
        return None
    return (label - means[0]) * transform.scale


NET_RULES = (
    Rule(
        "task-loss",
        "warning",
        "a task whose columns no loss reads by themselves",
        _no_loss,
    ),
    Rule("task-type", "warning", "a loss of another kind than its task", _loss_type),
    Rule("task-outputs", "error", "num_output is not the classes of the task", _outputs),
    Rule("task-ignore", "warning", "another ignore_label than the task's", _ignore_label),
    Rule(
        "task-labels",
        "error",
        "a label DB that was converted by tasks that say otherwise",
        _other_labels,
    ),
)
