"""The loss_weight of every loss, and why it is what it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from caffe_multilabel.caffe import losses
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.labels.normalizing import Normalizing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.nets.generate.label_statistics import ColumnStatistics, LabelStatistics
    from caffe_multilabel.tasks import ResolvedTasks, Task, TaskFile

__all__ = ["TaskWeight", "loss_weights", "starting_loss"]

_DIGITS = 7
_NOISE = Decimal("0.000001")
_TINY = 1e-4
_ROUNDING = 1e-12
_EQUAL = "an equal share of 1"
_LEARNED = "learned, from 1 on"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWeight:
    """The weight of one task's losses.

    Attributes:
        task: the task's name.
        weights: the loss_weight at each place that the task hangs on.
        starting_loss: what Caffe's loss is expected to be before training; None where no label
            statistics were asked for.
        reason: where the weight comes from, in a few words.
    """

    task: str
    weights: tuple[float, ...]
    starting_loss: float | None
    reason: str


def loss_weights(
    tasks: ResolvedTasks, statistics: LabelStatistics | None, warnings: list[str]
) -> tuple[TaskWeight, ...]:
    """Weigh the tasks as the task file asks.

    Args:
        tasks: the tasks; `loss_weights` of their file is the rule.
        statistics: what the label DB holds, for `scale` and `learned`.
        warnings: gets a sentence for whatever a user should know.

    Raises:
        TaskFileError: `scale` without statistics, or `scale` or `learned` with a task that has
            nothing to learn.
    """
    file = tasks.file
    if file.loss_weights == "scale":
        return _scaled(tasks, statistics, warnings)
    if file.loss_weights == "learned":
        if statistics is not None:
            _refuse_nothing_to_learn(tasks, statistics)
        one = Decimal(1)
        return tuple(
            _weight(task, [one] * len(task.attach or ("",)), _LEARNED) for task in file.tasks
        )
    if file.loss_weights in ("equal", "log"):
        shares = _shares([1.0] * len(file.tasks), Decimal(1))
        return tuple(
            _weight(task, _split(task, share), _EQUAL)
            for task, share in zip(file.tasks, shares, strict=True)
        )
    return _given(file, warnings)


def starting_loss(
    task: Task, columns: Sequence[ColumnStatistics], records: int, batch_size: int
) -> float:
    """Return the loss that Caffe is expected to show before a task has learned anything.

    All scores are taken as 0; `caffe.losses.starting_loss` has the formulas, which are Caffe's own.
    Where classes have weights, it is times the mean weight of the labels; balanced ones come to 1.
    Of a loss that is made of several layers, that is of features, or of points, which are read as
    places in a crop, nothing is told: it is 0.

    Args:
        task: the task.
        columns: the statistics of its label columns.
        records: records of the label DB.
        batch_size: records of a batch.
    """
    if _is_untold(task):
        return 0.0
    # Images with labels of their own are items, and have the columns of a value one for each.
    images = len(columns) // task.width if task.images == "each" else 1
    value = losses.starting_loss(
        task.traits.layer,
        outputs=task.outputs,
        batch_size=batch_size * images,
        shares=_per_item([column.count / records for column in columns], images),
        mean_squares=_per_item([_mean_square(task, column) for column in columns], images),
        normalization=task.normalization,
    )
    return 0.0 if value is None else value * _mean_class_weight(task, columns)


def _is_untold(task: Task) -> bool:
    """Whether what its loss starts at does not follow from its labels as stored."""
    return task.is_value_by_value or task.traits.is_of_features or task.points is not None


def _mean_class_weight(task: Task, columns: Sequence[ColumnStatistics]) -> float:
    if not isinstance(task.class_weight, tuple):
        return 1.0
    counts = [sum(each) for each in zip(*(column.class_counts for column in columns), strict=True)]
    weighed = math.fsum(w * n for w, n in zip(task.class_weight, counts, strict=True))
    return weighed / sum(counts) if any(counts) else 0.0


def _per_item(columns: Sequence[float], images: int) -> list[float]:
    """Return the mean of each value over the images of a record."""
    values = len(columns) // images
    return [math.fsum(columns[value::values]) / images for value in range(values)]


def _mean_square(task: Task, column: ColumnStatistics) -> float:
    """Return the mean square of the labels of a column as the task's loss reads them."""
    mean, std = (task.normalize.mean, task.normalize.std) if task.normalize else (0.0, 1.0)
    return (column.variance + (column.mean - mean) ** 2) / std**2


def _scaled(
    tasks: ResolvedTasks, statistics: LabelStatistics | None, warnings: list[str]
) -> tuple[TaskWeight, ...]:
    train = tasks.file.data.train
    if statistics is None or train is None:
        raise TaskFileError(
            "loss_weights: scale needs the label DB at data.train.labels, which is not there yet; "
            "given and equal need none",
            key="loss_weights",
        )
    starts: list[float] = []
    advice: list[str] = []
    for index, (task, (columns, _)) in enumerate(tasks.with_columns()):
        if _is_untold(task):
            raise TaskFileError(
                f"tasks[{index}]: what the loss of task '{task.name}' starts at cannot be told "
                "from its labels, so loss_weights: scale cannot weigh it; given, equal, learned "
                "and log can",
                key=f"tasks[{index}]",
            )
        found = [statistics.columns[column] for column in columns]
        loss = starting_loss(task, found, statistics.count, train.batch_size)
        if loss <= 0:
            raise TaskFileError(
                f"tasks[{index}]: task '{task.name}' starts at a loss of 0 (all its labels are 0 "
                "or missing), so loss_weights: scale cannot weigh it; give loss_weight instead",
                key=f"tasks[{index}]",
            )
        starts.append(loss)
        advice.append(_advice(found))
    shares = _shares([1 / loss for loss in starts], Decimal(1))
    for task, loss, share, better in zip(tasks.file.tasks, starts, shares, advice, strict=True):
        if share < _TINY:
            warnings.append(
                f"task '{task.name}' starts at a loss of {loss:.4g}, so its loss_weight is only "
                f"{share:f}; {better}"
            )
    return tuple(
        _weight(task, _split(task, share), f"its loss starts at {loss:.4g}", loss)
        for task, loss, share in zip(tasks.file.tasks, starts, shares, strict=True)
    )


def _refuse_nothing_to_learn(tasks: ResolvedTasks, statistics: LabelStatistics) -> None:
    """Refuse tasks whose loss comes to 0, for nothing bounds a learnt weight then.

    Raises:
        TaskFileError: all labels of a task are missing, or the same.
    """
    for index, (task, (columns, _)) in enumerate(tasks.with_columns()):
        found = [statistics.columns[column] for column in columns]
        if found and all(map(_is_constant, found)):
            why = "the same in each record" if any(each.count for each in found) else "missing"
            raise TaskFileError(
                f"tasks[{index}]: all labels of task '{task.name}' are {why}, so its loss comes to "
                "0, and the weight that loss_weights: learned gives it would grow for ever; leave "
                "the task out, or take log, equal or given",
                key=f"tasks[{index}]",
            )


def _is_constant(column: ColumnStatistics) -> bool:
    # The mean of equal numbers is rounded, and so is what they are from it.
    return not column.count or column.variance <= _ROUNDING * column.mean**2


def _advice(columns: Sequence[ColumnStatistics]) -> str:
    """Say what makes large labels small."""
    wanted = Normalizing.of((each.count, each.mean, each.variance) for each in columns)
    return f"write {wanted or 'normalize'} in the task"


def _given(tasks: TaskFile, warnings: list[str]) -> tuple[TaskWeight, ...]:
    written = {task.name: _written(task) for task in tasks.tasks if task.loss_weight is not None}
    total = sum((weight for weights in written.values() for weight in weights), Decimal(0))
    rest = 1 - total
    left_out = len(tasks.tasks) - len(written)
    if not left_out and abs(rest) > _NOISE:
        warnings.append(f"the loss weights of all tasks sum to {float(total):g}, not to 1")
    shares = iter(_shares([1.0] * left_out, rest))
    reason = f"an equal share of the {float(rest):g} that the given weights leave"
    return tuple(
        _weight(task, written[task.name], "given")
        if task.name in written
        else _weight(task, _split(task, next(shares)), reason if written else _EQUAL)
        for task in tasks.tasks
    )


def _written(task: Task) -> list[Decimal]:
    """Return a task's given weight for each of its places, as the decimals the user wrote."""
    if isinstance(task.loss_weight, tuple):
        return [Decimal(repr(weight)) for weight in task.loss_weight]
    return _split(task, Decimal(repr(task.loss_weight)))


def _split(task: Task, weight: Decimal) -> list[Decimal]:
    """Share a task's weight equally among its places."""
    return _shares([1.0] * len(task.attach or ("",)), weight)


def _weight(
    task: Task, weights: Sequence[Decimal], reason: str, loss: float | None = None
) -> TaskWeight:
    return TaskWeight(
        task=task.name, weights=tuple(map(float, weights)), starting_loss=loss, reason=reason
    )


def _shares(proportions: Sequence[float], total: Decimal) -> list[Decimal]:
    """Split a total in proportion, in decimal steps; the largest part takes what is left over.

    No part is 0, which would switch a loss off. A step is so large that every multiple of it up to
    the total is the shortest text of its own float32, so that weights which sum to 1 on paper do
    so in the prototxt.
    """
    if len(proportions) < 2 or not total:
        return [total] * len(proportions)
    step = Decimal(1).scaleb(math.ceil(math.log10(total)) - _DIGITS)
    whole = Decimal(math.fsum(proportions))
    parts = [max((total * Decimal(part) / whole).quantize(step), step) for part in proportions]
    largest = max(range(len(parts)), key=lambda index: (parts[index], index))
    parts[largest] += total - sum(parts, Decimal(0))
    return parts
