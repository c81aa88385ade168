"""Whether the centers of a center loss come to where their images are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.caffe.proto.types import SolverParameter
    from caffe_multilabel.nets.generate.loss_weights import TaskWeight
    from caffe_multilabel.tasks import TaskFile

__all__ = ["slow_centers"]

# Their step is the rate times the gradient. That of the other types does not shrink with it.
_BY_GRADIENT = ("SGD", "Nesterov")


def slow_centers(
    tasks: TaskFile, weights: Sequence[TaskWeight], solver: SolverParameter
) -> Iterator[str]:
    """Say which centers stay where they start, all of them near 0.

    The gradient of a center is `loss_weight` times its way to its images times their share of the
    batch. Centers that stay at 0 make a loss of the length of features alone.

    Args:
        tasks: the task file.
        weights: the weight of each task.
        solver: the solver.
    """
    source = tasks.data.train
    if source is None or solver.type not in _BY_GRADIENT or not 0 <= solver.momentum < 1:
        return
    rate = solver.base_lr / (1 - solver.momentum)
    classes = {task.name: task.class_count for task in tasks.tasks}
    for task, weight in zip(tasks.tasks, weights, strict=True):
        least = min(weight.weights)
        if task.loss != "center" or not least:
            continue
        count = classes[str(task.identity)]
        # Of the way that is left, one part after the other: after one of them, a third is left.
        ways = rate * task.lr_mult * least / count * solver.max_iter
        advised = min(source.batch_size * tasks.data.record.images, count) / least
        if ways < 1 and task.lr_mult < advised:
            yield (
                f"the centers of task '{task.name}' hardly leave 0 in {solver.max_iter} "
                f"iterations of {solver.type}: they learn at base_lr x lr_mult x loss_weight; "
                f"write lr_mult: {advised:.0f} in the task"
            )
