"""Which net to begin with: a backbone and the size of its images, from a look at the data."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import (
    MAX_SIDE,
    StrPath,
    instance_of,
    is_one_of,
    root_text,
    whole_numbers,
)
from caffe_multilabel._base.text import shown, suggestion
from caffe_multilabel.errors import OptionError
from caffe_multilabel.lists.infer import InferredTasks
from caffe_multilabel.lists.table import ImageTable
from caffe_multilabel.nets.generate.backbones import BACKBONES
from caffe_multilabel.project.look import look_at_images
from caffe_multilabel.project.parts import PartCounts
from caffe_multilabel.project.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from caffe_multilabel.lists.infer import Decision
    from caffe_multilabel.project.look import ImageLook

__all__ = ["NetProposal", "check_backbone", "propose_net"]

_SMALL, _LARGE = "lenet", "resnet18"
_SMALL_SIDE = 96
"""Up to here a net of two convolutions sees a whole image, and a deep one shrinks it to nothing."""
_LEAST_SIDE = 28
"""What LeNet was made for; smaller images leave its last layers nothing."""
_ROOM = 32
"""Pixels that a random crop moves in: public nets crop 224 or 227 out of 256."""

_BATCH = 64
_TEST_BATCH, _LARGEST_TEST_BATCH = 50, 64
"""Or what lies near, for a test to count each record once."""

_PLACES = ("landmarks", "vector", "box")
_SIDED = re.compile(
    r"left|right|side|direction|orient|facing|angle|yaw|pose|char|digit|letter|text|plate|number|"
    r"code|左|右|方向|朝向|角度|字符|字母|数字|车牌"
)
"""What a mirrored image no longer has as the label says."""

_PLAIN = re.compile(r"[^\W\d][\w-]*")
"""A name that YAML takes as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetProposal:
    """A net to begin with.

    Attributes:
        backbone: a built-in.
        resize: width and height that a conversion gives the images.
        gray: whether it makes them gray.
        crop_size: side of the square that training cuts out; None takes the whole image.
        crops: whether images may be cropped, if they are larger than a backbone wants.
        mirror: whether training flips half of the images.
        schedule: how long to train.
        test_batch_size: records of a batch in TEST, of which whole ones make all there are, or
            nearly so.
        reasons: why, a sentence for each of `backbone`, `resize`, `transform` and `defaults`; and
            `records`, what `schedule` counts.

    Example:
        >>> from caffe_multilabel import infer_tasks, propose_net, read_table
        >>> table = read_table("train.csv")
        >>> net = propose_net(table, infer_tasks(table), backbone="lenet", resize=(64, 64))
        >>> print(net.to_yaml("shapes").splitlines()[0], net.reasons["backbone"][:8])
        name: shapes As asked
    """

    backbone: str
    resize: tuple[int, int]
    gray: bool
    crop_size: int | None
    crops: bool
    mirror: bool
    schedule: Schedule
    test_batch_size: int
    reasons: dict[str, str]

    def to_yaml(self, name: str) -> str:
        """Return the head of a task file: name, backbone, data and solver, with the reasons."""
        quoted = name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)
        return "".join(f"{line}\n" for line in self._lines(quoted))

    def _lines(self, name: str) -> Iterator[str]:
        width, height = self.resize
        yield f"name: {name}"
        yield f"# {self.reasons['backbone']}"
        yield f"backbone: {self.backbone}"
        yield "data:"
        yield f"  # {self.reasons['resize']}"
        yield f"  resize: [{width}, {height}]"
        if self.gray:
            yield "  gray: true"
        yield f"  # {self.reasons['transform']}"
        yield f"  # {self.reasons['defaults']}"
        yield f"  transform: {{{', '.join(self._transform())}}}"
        batch = self.schedule.batch_size
        yield f"  train: {{images: train_images, labels: train_labels, batch_size: {batch}}}"
        batch = self.test_batch_size
        yield f"  test:  {{images: val_images,   labels: val_labels,   batch_size: {batch}}}"
        yield from self.schedule.lines(self.reasons["records"])

    def _transform(self) -> Iterator[str]:
        yield "defaults: backbone"
        if not self.crops:
            yield "crop_size: null"
        yield f"mirror: {str(self.mirror).lower()}"


def propose_net(
    table: ImageTable,
    tasks: InferredTasks,
    *,
    root: StrPath = "",
    backbone: str | None = None,
    resize: tuple[int, int] | None = None,
    val: float | str | Fraction | None = None,
) -> NetProposal:
    """Propose a backbone, and how its images are made.

    Args:
        table: the list; some of its images are looked at.
        tasks: what its columns are.
        root: the folder that the paths of its images begin at.
        backbone: the user's choice.
        resize: the user's choice of width and height.
        val: share of the records to validate with, by which the length of training goes; None where
            a column of the list tells, or a tenth is taken.

    Raises:
        OptionError: there is no such backbone, or an argument is out of its range.

    Example:
        >>> from caffe_multilabel import infer_tasks, propose_net, read_table
        >>> table = read_table("train.csv")
        >>> net = propose_net(table, infer_tasks(table))
        >>> net.backbone, net.resize, net.mirror
        ('resnet18', (224, 224), False)
    """
    instance_of("table", table, ImageTable, "an ImageTable, which read_table returns")
    instance_of("tasks", tasks, InferredTasks, "an InferredTasks, which infer_tasks returns")
    root = root_text(root)
    check_backbone(backbone)
    if resize is not None:
        width, height = whole_numbers("resize", resize, ("width", "height"), 1, MAX_SIDE)
        resize = (width, height)
    look = look_at_images(table.paths, root)
    counts = PartCounts.of(table, tasks, val)
    decisions = tasks.decisions
    usual = look.usual
    small = usual is not None and max(usual) <= _SMALL_SIDE
    chosen = backbone or (_SMALL if small else _LARGE)
    places = [each for each in decisions if each.task is not None and each.kind in _PLACES]
    sided = [each.task.name for each in decisions if each.task and _SIDED.search(each.task.name)]
    row = _in_a_row(tasks)
    side = BACKBONES[chosen].crop_size if chosen != _SMALL else None
    mirror = not (places or sided or row or chosen == _SMALL)
    crops = side is not None and not (places or row) and (resize is None or min(resize) > side)
    if resize is None:
        resize = _size(side, usual, crops=crops)
    return NetProposal(
        backbone=chosen,
        resize=resize,
        gray=look.gray and chosen == _SMALL,
        crop_size=side if crops else None,
        crops=not (places or row),
        mirror=mirror,
        schedule=Schedule(records=counts.train, batch_size=_BATCH),
        test_batch_size=_test_batch(counts.val),
        reasons={
            "backbone": _why_backbone(chosen, usual, given=backbone is not None),
            "resize": _why_size(look, places=bool(places), crops=crops),
            "transform": _why_transform(places, sided, row, small=chosen == _SMALL),
            "defaults": _why_defaults(chosen),
            "records": counts.words,
        },
    )


def _test_batch(records: int) -> int:
    """Return a size of which whole batches count the fewest records twice."""
    if records <= _LARGEST_TEST_BATCH:
        return records
    sizes = range(_TEST_BATCH // 2, _LARGEST_TEST_BATCH + 1)
    return min(sizes, key=lambda size: (-records % size, abs(size - _TEST_BATCH)))


def check_backbone(backbone: object) -> None:
    """Refuse a name that is no built-in's; None is any.

    Raises:
        OptionError: there is no such backbone.
    """
    if backbone is not None and not is_one_of(backbone, BACKBONES):
        raise OptionError(
            f"backbone is {shown(backbone)}, must be one of {', '.join(BACKBONES)}"
            f"{suggestion(backbone, BACKBONES)}"
        )


def _size(side: int | None, usual: tuple[int, int] | None, *, crops: bool) -> tuple[int, int]:
    if side is not None:
        return (side + _ROOM, side + _ROOM) if crops else (side, side)
    width, height = usual or (_LEAST_SIDE, _LEAST_SIDE)
    larger = max(width, height)
    if larger > _SMALL_SIDE:  # the user's lenet on large images
        width, height = (round(each * _SMALL_SIDE / larger) for each in (width, height))
    return max(width, _LEAST_SIDE), max(height, _LEAST_SIDE)


def _why_backbone(chosen: str, usual: tuple[int, int] | None, *, given: bool) -> str:
    if given:
        return f"As asked. Others: {', '.join(BACKBONES)}."
    if usual is None:
        return f"No image could be looked at. Built-in backbones: {', '.join(BACKBONES)}."
    seen = f"Images are about {usual[0]} x {usual[1]} pixels"
    if chosen == _SMALL:
        return f"{seen}, for which a small net does. Others: {', '.join(BACKBONES)}."
    return f"{seen}. Others: {', '.join(BACKBONES)}."


def _why_size(look: ImageLook, *, places: bool, crops: bool) -> str:
    seen = "All images looked at have one size" if len(look.sizes) == 1 else "Images differ in size"
    if look.unreadable:
        seen = f"{look.unreadable} of the images looked at could not be read. {seen}"
    if places:
        return f"{seen}. Width and height; nothing is cropped, for places must stay where they are."
    if crops:
        return f"{seen}. Width and height; training cuts a random square out of it."
    return f"{seen}. Width and height."


def _in_a_row(tasks: InferredTasks) -> Sequence[str]:
    """Return the tasks that have the same classes, as the characters of a plate have."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for task in tasks.tasks:
        if task.loss == "softmax" and isinstance(task.classes, tuple):
            alike.setdefault(task.classes, []).append(task.name)
    return next((names for names in alike.values() if len(names) > 2), ())


def _why_defaults(chosen: str) -> str:
    backbone = BACKBONES[chosen]
    means = ", ".join(f"{mean:g}" for mean in backbone.mean_value)
    crop = "" if backbone.crop_size is None else f", crop_size {backbone.crop_size}"
    made_for = f"mean_value [{means}], scale {backbone.scale:g}{crop}"
    return f"Else as the backbone was made for, {chosen} for {made_for}; keys written here lead."


def _why_transform(
    places: Sequence[Decision], sided: Sequence[str], row: Sequence[str], *, small: bool
) -> str:
    if places:
        return "A crop or a mirror image would move what the labels say the place of."
    if row:
        return (
            f"Neither cropped nor mirrored: '{row[0]}', '{row[1]}' and so on have the same classes,"
            " as characters in a row have."
        )
    if sided:
        return f"Not mirrored: '{sided[0]}' may be another one in a mirror."
    if small:
        return "Not mirrored: small images are often signs, which have a right way round."
    return "Mirrored in training: right only if no task tells left from right."
