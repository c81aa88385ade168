"""A task file from the options of a command line, for those who want no file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.arguments import instance_of, is_one_of, items_of
from caffe_multilabel._base.text import shown, suggestion
from caffe_multilabel.errors import OptionError
from caffe_multilabel.nets.generate.backbones import BACKBONES
from caffe_multilabel.tasks import load_tasks
from caffe_multilabel.tasks.losses import LOSSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.tasks import TaskFile

__all__ = ["tasks_from_options"]

_PAIR = "the paths (images, labels) of a pair"


def tasks_from_options(
    *,
    backbone: str,
    tasks: Sequence[str],
    train: tuple[str, str],
    test: tuple[str, str] | None = None,
    name: str | None = None,
    batch_size: int | None = None,
    test_batch_size: int | None = None,
    shape: Sequence[int] | None = None,
    transform: Mapping[str, Any] | None = None,
    solver: Mapping[str, Any] | None = None,
    loss_weights: str | None = None,
) -> TaskFile:
    """Make a task file.

    Args:
        backbone: a built-in.
        tasks: a `NAME:LOSS:SIZE` each, as in `color:softmax:8`; the size is the number of classes
            of a softmax or hinge task, of values of a sigmoid or euclidean one.
        train: image DB and label DB of the TRAIN phase.
        test: the same of the TEST phase.
        name: name of the net.
        batch_size: records a batch in TRAIN.
        test_batch_size: records a batch in TEST; as in TRAIN if None.
        shape: channels, height and width of the images in the image DB.
        transform: keys of `data.transform`. Without `crop_size` in it, images are cropped to
            the size that the backbone is made for, if it is made for one.
        solver: keys of `solver`.
        loss_weights: `given`, `equal` or `scale`.

    Raises:
        OptionError: a backbone or loss that there is not, or a task that is no NAME:LOSS:SIZE.
        TaskFileError: a value is out of its range; `key` names it as in a task file.

    Example:
        >>> from caffe_multilabel import generate, tasks_from_options
        >>> tasks = tasks_from_options(
        ...     backbone="lenet",
        ...     tasks=["kind:softmax:7", "size:euclidean:1"],
        ...     train=("train_images", "train_labels"),
        ... )
        >>> [(task.name, task.loss) for task in tasks.tasks]
        [('kind', 'softmax'), ('size', 'euclidean')]
    """
    if not is_one_of(backbone, BACKBONES):
        raise OptionError(
            f"backbone: found {shown(backbone)}; must be one of {', '.join(BACKBONES)}"
            f"{suggestion(backbone, BACKBONES)}"
        )
    changes = {} if transform is None else dict(_mapping("transform", transform))
    crop_size = BACKBONES[backbone].crop_size
    if crop_size is not None:
        changes.setdefault("crop_size", crop_size)
    data: dict[str, Any] = {"transform": changes, "train": _source("train", train, batch_size)}
    if test is not None:
        size = batch_size if test_batch_size is None else test_batch_size
        data["test"] = _source("test", test, size)
    if shape is not None:
        data["shape"] = items_of("shape", shape, "(channels, height, width)")
    if solver is not None:
        solver = dict(_mapping("solver", solver))
    options = {"name": name, "solver": solver, "loss_weights": loss_weights}
    return load_tasks(
        {
            "backbone": backbone,
            "data": data,
            "tasks": [_task(text) for text in items_of("tasks", tasks, "NAME:LOSS:SIZE each")],
            **{key: value for key, value in options.items() if value is not None},
        }
    )


def _mapping(name: str, keys: Mapping[str, Any]) -> Mapping[str, Any]:
    return instance_of(name, keys, Mapping, f"keys of `{name}` and their values")


def _source(name: str, pair: tuple[str, str], batch_size: int | None) -> dict[str, Any]:
    paths = items_of(name, pair, _PAIR)
    if len(paths) != 2:
        raise OptionError(f"{name} is {shown(pair)}, must be {_PAIR}")
    images, labels = paths
    size = {} if batch_size is None else {"batch_size": batch_size}
    return {"images": images, "labels": labels, **size}


def _task(text: str) -> dict[str, Any]:
    instance_of("a task", text, str, "text, as in color:softmax:8")
    name, _, rest = text.partition(":")
    loss, _, size = rest.partition(":")
    if not (name and loss and size.isascii() and size.isdigit()):
        raise OptionError(
            f"task: found {shown(text)}; must be NAME:LOSS:SIZE, as in color:softmax:8"
        )
    for known, traits in LOSSES.items():
        if loss == known:
            return {"name": name, "loss": loss, traits.size_key or "dim": int(size)}
    raise OptionError(
        f"task: found {shown(text)}; its loss must be one of {', '.join(LOSSES)}"
        f"{suggestion(loss, LOSSES)}"
    )
