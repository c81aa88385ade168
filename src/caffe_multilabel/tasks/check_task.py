"""What the keys of one task must be to each other, and to the records that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural, shown
from caffe_multilabel.labels.schema import label_problems
from caffe_multilabel.tasks.losses import LOSS_KEYS, LOSSES
from caffe_multilabel.tasks.problem import Problem

if TYPE_CHECKING:
    from caffe_multilabel.tasks.model import Task
    from caffe_multilabel.tasks.problem import Problems
    from caffe_multilabel.tasks.shared_keys import Data

__all__ = ["problems_of_task"]

_PAIR, _TRIPLET = 2, 3
_FARTHEST = {"contrastive": 2.0, "triplet": 4.0}
"""Between features of length 1: the distance that a margin is of, and its square."""
_OWN_LAYER_KEYS = ("gradient_scale", "lr_mult", "decay_mult")
_SCORES = {"binary": ("accuracy",), "real": ("mae", "nme")}


def problems_of_task(task: Task, data: Data) -> Problems:
    """Go through everything that does not fit together in a task; each `loc` is below the task."""
    for check in (_loss_keys, _size, _class_names, _labels, _classes, _values, _scores, _head):
        yield from check(task)
    if task.traits.size == "embedding":
        yield from _embedding(task, data)
    elif task.traits.size == "features":
        yield from _centers(task)
    else:
        yield from _images(task, data)
    if task.points is not None:
        yield from _points(task, data)


def _loss_keys(task: Task) -> Problems:
    for key in sorted(task.model_fields_set & LOSS_KEYS - task.traits.keys):
        value = getattr(task, key)
        if value is None or value is False or value == ():
            continue
        *some, last = (loss for loss, traits in LOSSES.items() if key in traits.keys)
        takers = f"{', '.join(some)} and {last}" if some else last
        message = f"a {task.loss} task ({task.traits.title}) takes none; only {takers} tasks do"
        yield Problem((key,), message)


def _size(task: Task) -> Problems:
    size = task.traits.size
    columns = len(task.columns or ())
    if size == "classes" and task.classes is None:
        yield Problem(("classes",), f"missing; a {task.loss} task needs a number or names")
    if size == "dim" and task.dim is None and (not columns or task.images == "each"):
        needs = "dim; columns are those of all images" if columns else "dim or columns"
        yield Problem(("dim",), f"missing; a {task.loss} task needs {needs}")


def _class_names(task: Task) -> Problems:
    for key, names in (("classes", task.class_names), ("dim", task.value_names)):
        seen: dict[str, int] = {}
        for index, name in enumerate(names):
            if (first := seen.setdefault(name, index)) < index:
                yield Problem(
                    (key, index), f"found {shown(name)} again; it is {key}[{first}] already"
                )


def _labels(task: Task) -> Problems:
    found = label_problems(task.label_kind, task.class_count, task.ignore_label, task.map)
    for key, message in found:
        yield Problem((key,), message)


def _classes(task: Task) -> Problems:
    if isinstance(task.class_weight, tuple):
        yield from _one_each("class_weight", len(task.class_weight), task.class_count, "class")
        if not any(task.class_weight):
            yield Problem(("class_weight",), "found no weight above 0")
    if task.loss == "softmax" and task.focal is not None:
        for key in ("class_weight", "label_smoothing"):
            if getattr(task, key) is not None:
                yield Problem(("focal",), f"found beside {key}; it is for the plain loss")
        if task.focal.alpha is not None:
            message = "found in a softmax task; it weighs the yes and the no of a sigmoid task"
            yield Problem(("focal", "alpha"), message)


def _values(task: Task) -> Problems:
    if isinstance(task.positive_weight, tuple):
        yield from _one_each("positive_weight", len(task.positive_weight), task.width, "value")
    if task.positive_weight is not None and task.focal is not None:
        yield Problem(("focal",), "found beside positive_weight; its alpha weighs yes and no")
    if task.weight_columns is not None and task.weight_width not in (1, task.width):
        found = plural(task.weight_width, "column")
        yield Problem(("weight_columns",), f"found {found}; must be 1, or one a value")
    if task.weight_columns is not None and task.images == "each":
        message = "found beside images: each; weights are one a record, or one a value"
        yield Problem(("weight_columns",), message)
    of_caffe = task.loss in ("softmax", "sigmoid") and not task.is_value_by_value
    if task.normalization in ("FULL", "NONE") and not of_caffe:
        message = f"found {task.normalization}; must be VALID, what is known, or BATCH_SIZE"
        yield Problem(("normalization",), message)


def _one_each(key: str, found: int, wanted: int, what: str) -> Problems:
    if found != wanted:
        message = f"found {plural(found, 'number')}; must be one for each {what}, {wanted}"
        yield Problem((key,), message)


def _scores(task: Task) -> Problems:
    allowed = _SCORES.get(task.label_kind, ()) if "scores" in task.traits.keys else ()
    for index, score in enumerate(task.scores):
        if allowed and score not in allowed:
            message = f"found {score}; a {task.loss} task has {' and '.join(allowed)}"
            yield Problem(("scores", index), message)
    if "nme" in task.scores and task.nme_between is None:
        message = (
            "missing; nme needs the points between which the distance is that it is divided by"
        )
        yield Problem(("nme_between",), message)
    if task.nme_between is not None:
        if "nme" not in task.scores:
            yield Problem(("nme_between",), "found without scores: nme, which reads it")
        first, second = task.nme_between.first, task.nme_between.second
        yield from _point_numbers(task, "nme_between", (*first, *second))
        if set(first) == set(second):
            yield Problem(("nme_between",), "found the same points twice; their distance is 0")
        for key, points in (("first", first), ("second", second)):
            if len(set(points)) < len(points):
                yield Problem(("nme_between", key), "names a point twice")


def _point_numbers(task: Task, key: str, points: tuple[int, ...]) -> Problems:
    if task.width % 2:
        found = plural(task.width, "value")
        yield Problem(("dim",), f"found {found}; points are pairs of values, x and y")
    elif points and max(points) >= task.width // 2:
        message = f"found point {max(points)}; the task has points 0 to {task.width // 2 - 1}"
        yield Problem((key,), message)


def _points(task: Task, data: Data) -> Problems:
    assert task.points is not None
    if not data.ramps:
        message = "found without data.ramps: true, by which the net sees where an image was cut"
        yield Problem(("points",), message)
    if task.normalize is not None:
        yield Problem(("normalize",), "found beside points, which are places from 0 to 1 already")
    numbers = tuple(point for pair in task.points.swap for point in pair)
    yield from _point_numbers(task, "points", numbers)
    if len(set(numbers)) < len(numbers):
        yield Problem(("points", "swap"), "names a point twice")


def _images(task: Task, data: Data) -> Problems:
    images = data.record.images
    if images == 1 and task.images is not None:
        yield Problem(("images",), "found with one image a record; data.images_per_record is 1")
    if images > 1 and task.images is None:
        message = (
            f"missing; records have {images} images: each where each has labels of its own, or "
            "concat, sum, mean, max or prod where they have one label together"
        )
        yield Problem(("images",), message)
    count = len(task.columns or ())
    wanted = task.width * (images if task.images == "each" else 1)
    unsized = task.traits.size == "dim" and task.dim is None
    if count and wanted and count != wanted and not unsized:
        text = "one column" if wanted == 1 else f"{wanted} columns"
        yield Problem(("columns",), f"found {count} columns; the task has {text}")


def _embedding(task: Task, data: Data) -> Problems:
    images = data.record.images
    wanted = (_PAIR,) if task.loss == "contrastive" else (1, _TRIPLET)
    if task.images is not None:
        message = f"found beside loss: {task.loss}, which compares the images of a record"
        yield Problem(("images",), message)
    if task.class_names or task.value_names:
        yield Problem(("dim",), "found names; must be how many numbers an image becomes")
    if images not in wanted:
        message = (
            f"found {task.loss} with {plural(images, 'image')} a record; "
            f"data.images_per_record must be {' or '.join(map(str, wanted))}"
        )
        yield Problem(("loss",), message)
        return
    if task.loss == "triplet" and images == 1 and task.identity is None:
        message = (
            "missing; triplets among the images of a batch need the task that tells them apart"
        )
        yield Problem(("identity",), message)
    sizes = {source.batch_size for source in (data.train, data.test) if source is not None}
    if task.loss == "triplet" and images == 1 and len(sizes) > 1:
        message = "found among the images of a batch, and batch_size differs between the phases"
        yield Problem(("loss",), message)
    if task.loss == "triplet" and images == _TRIPLET and task.identity is not None:
        message = "found with triplets, whose first two images are of one identity by their order"
        yield Problem(("identity",), message)
    if task.margin == "column" and (task.loss != "triplet" or images == 1):
        yield Problem(("margin",), "found column; only triplets of three images a record have one")
    yield from _own_columns(task)
    yield from _distances(task, images)


def _own_columns(task: Task) -> Problems:
    if task.columns and len(task.columns) != task.width:
        found = plural(len(task.columns), "column")
        yield Problem(("columns",), f"found {found}; the task reads {task.width or 'none'}")


def _distances(task: Task, images: int) -> Problems:
    if task.loss == "triplet" and images == 1 and not task.l2_normalize:
        message = (
            "missing; triplets among the images of a batch are found by distances that have an "
            "end: write l2_normalize: true"
        )
        yield Problem(("l2_normalize",), message)
    farthest = _FARTHEST[task.loss]
    margin = task.margin if isinstance(task.margin, float) else 0.0
    if task.l2_normalize and margin >= farthest:
        message = (
            f"found {margin:g}; images of length 1 are at most {farthest:g} apart"
            f"{' (squared)' if task.loss == 'triplet' else ''}, so it must be below"
        )
        yield Problem(("margin",), message)
    if task.outputs or task.hidden:
        return
    for key in _OWN_LAYER_KEYS:
        if getattr(task, key) != 1:
            message = "found in a task without layers of its own; dim or hidden gives it some"
            yield Problem((key,), message)


def _centers(task: Task) -> Problems:
    if task.images is not None:
        message = "found beside loss: center, which takes each image of a record by itself"
        yield Problem(("images",), message)
    if task.identity is None:
        yield Problem(
            ("identity",), "missing; centers need the softmax task whose classes have one"
        )
    for key in ("hidden", "dropout"):
        if getattr(task, key):
            message = (
                "found beside loss: center; nothing would keep layers of its own from making all "
                "images alike. Give its identity and it the same group"
            )
            yield Problem((key,), message)
    if task.decay_mult != 1:
        yield Problem(("decay_mult",), "found beside loss: center, whose centers do not decay")
    yield from _own_columns(task)


def _head(task: Task) -> Problems:
    if task.top_k is not None and task.class_count and task.top_k > task.class_count:
        message = f"found {task.top_k}; must be at most the {task.class_count} classes"
        yield Problem(("top_k",), message)
    if task.attach and len(set(task.attach)) < len(task.attach):
        yield Problem(("attach",), "names a blob twice; each place makes one head")
    if isinstance(task.loss_weight, tuple) and len(task.loss_weight) != len(task.attach or ("",)):
        heads = len(task.attach or ("",))
        message = f"found {len(task.loss_weight)} weights; attach makes {heads} of them"
        yield Problem(("loss_weight",), message)
