"""Task-file keys of a task and of a group, as immutable models."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, model_validator
from pydantic_core import PydanticCustomError

from caffe_multilabel.labels.normalizing import is_normalizing
from caffe_multilabel.labels.rule import LABEL_KINDS, LabelKind
from caffe_multilabel.labels.schema import MAX_EXACT
from caffe_multilabel.tasks import fields, losses
from caffe_multilabel.tasks.shared_keys import Model

__all__ = ["Between", "Focal", "Group", "Images", "Normalize", "Points", "Score", "Task"]

Images: TypeAlias = Literal["each", "concat", "sum", "mean", "max", "prod"]
"""What a task makes of the several images of a record."""
Score: TypeAlias = Literal["accuracy", "mae", "nme"]
"""A figure of TEST that Caffe has no layer for."""

Hidden = Annotated[tuple[fields.Positive, ...], BeforeValidator(fields.as_list), fields.OneOrMany()]
Attach = Annotated[
    tuple[fields.LayerName, ...],
    Field(min_length=1),
    BeforeValidator(fields.as_list),
    fields.OneOrMany(),
]
Classes = Annotated[
    Annotated[int, Field(strict=True, ge=2, le=MAX_EXACT), fields.One]
    | Annotated[tuple[fields.ClassName, ...], Field(min_length=2), fields.Many],
    Discriminator(fields.one_or_many),
]
Dim = Annotated[
    Annotated[int, Field(strict=True, ge=1, le=fields.MAX_COLUMNS), fields.One]
    | Annotated[tuple[fields.ClassName, ...], Field(min_length=1), fields.Many],
    Discriminator(fields.one_or_many),
]
PositiveWeight = Annotated[
    Annotated[Literal["balanced"] | fields.AboveZero, fields.One]
    | Annotated[tuple[fields.AboveZero, ...], Field(min_length=1), fields.Many],
    Discriminator(fields.one_or_many),
]
Margin = Literal["column"] | fields.AboveZero
Weights = Annotated[
    Annotated[fields.Multiplier, fields.One]
    | Annotated[tuple[fields.Multiplier, ...], Field(min_length=1), fields.Many],
    Discriminator(fields.one_or_many),
]


class Focal(Model):
    """How much a focal loss leaves of the labels that are right already.

    Example:
        >>> from caffe_multilabel.tasks import Focal
        >>> Focal(alpha=0.25)
        Focal(gamma=2.0, alpha=0.25)
    """

    gamma: fields.Multiplier = Field(
        2.0, description="Power of (1 - probability of what is right) that each loss is times."
    )
    alpha: fields.Ratio | None = Field(
        None,
        description="Weight of a yes of a sigmoid task; that of a no is 1 - alpha. Left out: "
        "both 1.",
    )


class Points(Model):
    """Landmarks that follow the random crop and mirror of their image; needs `data.ramps`.

    Example:
        >>> from caffe_multilabel.tasks import Points
        >>> Points(swap=[[0, 1]])
        Points(swap=((0, 1),))
    """

    swap: tuple[tuple[fields.Index, fields.Index], ...] = Field(
        (),
        description="Pairs of points, counted from 0, that change places where an image is "
        "mirrored, such as the left and the right eye.",
    )


class Between(Model):
    """Two places of a record whose distance an error is divided by.

    Example:
        >>> from caffe_multilabel.tasks import Between
        >>> Between(first=[0], second=[1])
        Between(first=(0,), second=(1,))
    """

    first: Annotated[tuple[fields.Index, ...], Field(min_length=1)] = Field(
        description="Points, counted from 0, whose mean is the first place, as those of one eye."
    )
    second: Annotated[tuple[fields.Index, ...], Field(min_length=1)] = Field(
        description="The same of the second place."
    )


class Normalize(Model):
    """What the numbers of a euclidean task are learnt as: (number - mean) / std.

    Example:
        >>> from caffe_multilabel.tasks import Normalize
        >>> Normalize(mean=120, std=60)
        Normalize(mean=120.0, std=60.0)
    """

    mean: fields.Number = Field(0.0, description="Taken from each number.")
    std: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] = Field(
        1.0, description="What the rest is divided by: the standard deviation of the numbers."
    )

    @model_validator(mode="after")
    def _check(self) -> Normalize:
        """Refuse numbers that the net's layers would read as inf or 0."""
        if not is_normalizing(self.mean, self.std):
            message = "mean, std, 1 / std and mean / std must fit a float32"
            raise PydanticCustomError("normalize", message)
        return self


def _loss_conditions(schema: dict[str, Any]) -> None:
    """Tell editors which keys go with which loss."""
    for loss, traits in losses.LOSSES.items():
        needed = {"classes": ["classes"], "dim": ["dim", "columns"]}.get(traits.size, [])
        others: dict[str, Any] = {
            key: {"enum": [None, False, []]} for key in sorted(losses.LOSS_KEYS - traits.keys)
        }
        then: dict[str, Any] = {"properties": others}
        if needed:
            then["anyOf"] = [{"required": [key]} for key in needed]
        schema.setdefault("allOf", []).append(
            {
                "if": {"properties": {"loss": {"const": loss}}, "required": ["loss"]},
                "then": then,
            }
        )


class Task(Model):
    """One task: its labels, its head and its loss."""

    model_config = ConfigDict(json_schema_extra=_loss_conditions)

    name: fields.LayerName = Field(
        description="Name of the task; its layers and its deploy output are named after it."
    )
    loss: losses.Loss = Field(
        description="softmax: one of several classes (SoftmaxWithLoss). "
        "sigmoid: any number of yes/no values (SigmoidCrossEntropyLoss). "
        "euclidean: real numbers (EuclideanLoss). "
        "smooth_l1: real numbers, large errors by their size alone. "
        "hinge: one of several classes with a margin (HingeLoss). "
        "contrastive: the two images of a record, near each other where they are of one identity "
        "(ContrastiveLoss). "
        "triplet: the first image of a record nearer to the second than to the third; with one "
        "image a record, each to the farthest of its identity in the batch than to the nearest of "
        "another. "
        "center: each image near the center of its identity, which is learnt (Embed and "
        "EuclideanLoss)."
    )
    classes: Classes | None = Field(
        None,
        description="Classes of a softmax or hinge task: their number, or the list of their names. "
        "A label in a list of images may be a name, which becomes its index in this list, from 0; "
        "a label that equals a name is never read as a number.",
    )
    dim: Dim | None = Field(
        None,
        description="Values of a sigmoid, euclidean or smooth_l1 task, one label column each: "
        "their number, or the list of their names. May be left out where `columns` tells it. Of a "
        "contrastive or triplet task the numbers that an image becomes; left out, the blob that "
        "it hangs on as it is.",
    )
    columns: fields.Columns | None = Field(
        None,
        description="Label columns of the task, counted from 0: 3, or a range with both ends such "
        "as 3-7, or a list of those. Left out: the next columns in task order that no task names. "
        "Tasks may name the same column if they agree on what its labels may be.",
    )
    map: dict[fields.NumberKey, fields.Number] = Field(
        {},
        description="Numbers in a list of images that stand for another label, such as "
        "{-1: 0} where a list writes -1 for no. Applied once, at conversion, before labels are "
        "checked; other numbers stay as they are.",
    )
    ignore_label: Annotated[int, Field(strict=True, ge=-MAX_EXACT, le=MAX_EXACT)] | None = Field(
        None,
        description="Label of what this task is to leave out, and what blank cells and ? of a "
        "list become; not for hinge, contrastive and triplet. Must not be a class, nor a number "
        "that is a label; -1 is usual.",
    )
    loss_weight: Weights | None = Field(
        None,
        description="Weight of this task's loss in the sum. A list gives one a place of `attach`; "
        "a number is shared equally among them. Left out: an equal share of what the others "
        "leave of 1.",
    )
    normalize: Normalize | None = Field(
        None,
        description="Learn the numbers of a euclidean task as (number - mean) / std (Power). The "
        "label DB keeps them as they are, and deploy gives them so. One pair for all values of "
        "the task; values of other scales make a task of their own.",
    )
    normalization: Literal["VALID", "FULL", "BATCH_SIZE", "NONE"] | None = Field(
        None,
        description="What a loss is divided by. Left out: Caffe's own, VALID for softmax and "
        "BATCH_SIZE for sigmoid and numbers. Numbers take VALID, what is known or the sum of "
        "`weight_columns`, or BATCH_SIZE.",
    )
    class_weight: Literal["balanced"] | tuple[fields.Multiplier, ...] | None = Field(
        None,
        description="Weight of each class of a softmax task (InfogainLoss): a number for each, or "
        "balanced, by how rare they are in the label DB.",
    )
    label_smoothing: fields.Ratio | None = Field(
        None,
        description="Part of each softmax label that is shared among all classes, such as 0.1 "
        "(InfogainLoss). It goes with class_weight.",
    )
    positive_weight: PositiveWeight | None = Field(
        None,
        description="Weight of a yes of a sigmoid task, that of a no being 1: a number, or one a "
        "value, or balanced: as many times as there are more noes in the label DB.",
    )
    focal: Focal | None = Field(
        None,
        description="Make the loss of a sigmoid or softmax task a focal one, which leaves little "
        "of what is right already: {} for gamma 2.",
    )
    weight_columns: fields.WeightColumns | None = Field(
        None,
        description="Label columns that hold a weight of each record's loss: record for one, "
        "which a header calls NAME_weight, value for one a value, or their numbers. "
        "0 leaves a value out, of the scores too; none is below 0.",
    )
    sigma: fields.AboveZero | None = Field(
        None,
        description="Where a smooth_l1 loss goes over from squares to sizes: at an error of "
        "1 / sigma^2. Left out: 1.",
    )
    margin: Margin | None = Field(
        None,
        description="How far apart a contrastive or triplet task wants images of two identities; "
        "of length 1, they are at most 2, or 4 in the squares of a triplet task. "
        "Of a triplet task it may be column: a label column holds that of each record.",
    )
    identity: fields.LayerName | None = Field(
        None,
        description="The softmax task whose labels tell of a contrastive, triplet or center task "
        "which images are of one identity. Left out: a contrastive task reads a column of its own, "
        "1 where they are.",
    )
    l2_normalize: fields.Flag = Field(
        False,
        description="Bring what a contrastive, triplet or center task reads or makes of an image "
        "to length 1. Triplets of single images need it.",
    )
    images: Images | None = Field(
        None,
        description="Of records of several images (`data.images_per_record`): each has labels of "
        "its own (each), or they have one label together, read from their features one behind the "
        "other (concat) or value by value (sum, mean, max, prod).",
    )
    points: Points | None = Field(
        None,
        description="The numbers are points x, y, x, y, ... in pixels of the stored image, and "
        "become places in the image as cropped and mirrored, 0 to 1: {} or {swap: [[0, 1]]}.",
    )
    scores: Annotated[tuple[Score, ...], BeforeValidator(fields.as_list), fields.OneOrMany()] = (
        Field(
            (),
            description="Figures of TEST: accuracy of the values of a sigmoid task; of numbers "
            "mae, the mean absolute error, and nme, the mean distance of points by that of "
            "`nme_between`; both in units of the label DB.",
        )
    )
    nme_between: Between | None = Field(
        None, description="The distance that nme is divided by, as that between the eyes."
    )
    top_k: fields.Positive | None = Field(
        None,
        description="Beside the plain accuracy in TEST, count a record as right when its class "
        "is among the best k. For softmax and hinge.",
    )
    group: fields.LayerName | None = Field(
        None, description="Group whose hidden layers this task hangs on, instead of `attach`."
    )
    attach: Attach | None = Field(
        None,
        description="Blob of the backbone that the head hangs on. A list makes a head and a loss "
        "at each; the first is the one that deploy keeps. Left out: the backbone's features.",
    )
    hidden: Hidden = Field(
        (), description="Outputs of the task's own hidden layers (InnerProduct and ReLU), in order."
    )
    dropout: fields.Ratio | None = Field(
        None,
        description="Dropout ratio after each hidden layer, or before the output layer of a task "
        "that has none.",
    )
    gradient_scale: fields.Number = Field(
        1.0,
        description="Factor on the gradient that this task sends into what it hangs on; its own "
        "layers learn as ever. 0 sends none, a negative one turns it round.",
    )
    lr_mult: fields.Multiplier = Field(
        1.0,
        description="Factor on the learning rate of this task's own layers; of a center task that "
        "of its centers.",
    )
    decay_mult: fields.Multiplier = Field(
        1.0,
        description="Factor on the weight decay of this task's own layers. Centers do not decay.",
    )

    @property
    def traits(self) -> losses.LossTraits:
        """What the task's loss asks of labels and keys."""
        return losses.LOSSES[self.loss]

    @property
    def class_count(self) -> int:
        """Number of classes of a softmax or hinge task; 0 for the others."""
        return self.classes if isinstance(self.classes, int) else len(self.classes or ())

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes in order; empty where only their number is known."""
        return self.classes if isinstance(self.classes, tuple) else ()

    @property
    def value_names(self) -> tuple[str, ...]:
        """Names of a sigmoid or euclidean task's values; empty where only `dim` is known."""
        return self.dim if isinstance(self.dim, tuple) else ()

    @property
    def label_kind(self) -> LabelKind:
        """What its labels are."""
        return LABEL_KINDS[self.loss]

    @property
    def width(self) -> int:
        """Number of label columns, of one image where each has labels of its own."""
        if self.traits.size == "classes":
            return 1
        if self.traits.is_of_features:
            own = {"contrastive": not self.identity, "triplet": self.margin == "column"}
            return int(own.get(self.loss, False))
        if self.dim is None:
            return len(self.columns or ())
        return self.dim if isinstance(self.dim, int) else len(self.dim)

    @property
    def weight_width(self) -> int:
        """Number of label columns that hold weights: none, one, or one a value."""
        if isinstance(self.weight_columns, tuple):
            return len(self.weight_columns)
        return {None: 0, "record": 1, "value": self.width}[self.weight_columns]

    @property
    def numbered_weights(self) -> tuple[int, ...] | None:
        """The label columns that hold weights, where they are given by number."""
        return self.weight_columns if isinstance(self.weight_columns, tuple) else None

    @property
    def outputs(self) -> int:
        """Number of outputs of the task's last layer; 0 where it has none."""
        if self.traits.size == "classes":
            return self.class_count
        if self.traits.size == "embedding":
            return self.dim if isinstance(self.dim, int) else len(self.dim or ())
        return self.width

    @property
    def is_value_by_value(self) -> bool:
        """Whether its loss is made of one for each value, and not by one layer of Caffe's."""
        by_task = self.loss == "smooth_l1" or self.focal is not None
        weighted = self.positive_weight is not None or self.weight_columns is not None
        divided = self.ignore_label is not None or self.normalization == "VALID"
        return by_task or weighted or (self.label_kind == "real" and divided)

    @property
    def has_usual_loss(self) -> bool:
        """Whether its loss is what Caffe's layer makes of the labels as stored, by its defaults.

        What is unknown may be left out. It is not where a key weighs, scales or divides otherwise.
        """
        usual = "VALID" if self.loss == "softmax" else "BATCH_SIZE"
        changing = (
            self.normalize,
            self.class_weight,
            self.label_smoothing,
            self.positive_weight,
            self.focal,
            self.weight_columns,
            self.points,
        )
        return all(key is None for key in changing) and self.normalization in (None, usual)

    @property
    def weights(self) -> tuple[float, ...] | None:
        """The given loss_weight for each place of `attach`, or None where it is left out."""
        if self.loss_weight is None or isinstance(self.loss_weight, tuple):
            return self.loss_weight
        heads = len(self.attach or ("",))
        return (self.loss_weight / heads,) * heads


class Group(Model):
    """Hidden layers that several tasks share, between the backbone and their heads."""

    name: fields.LayerName = Field(description="Name that tasks give as `group`.")
    hidden: Annotated[Hidden, Field(min_length=1)] = Field(
        description="Outputs of the group's hidden layers (InnerProduct and ReLU), in order."
    )
    attach: fields.LayerName | None = Field(
        None,
        description="Blob of the backbone that the group hangs on. "
        "Left out: the backbone's features.",
    )
    dropout: fields.Ratio | None = Field(None, description="Dropout ratio after each hidden layer.")
    lr_mult: fields.Multiplier = Field(
        1.0, description="Factor on the learning rate of the group's layers."
    )
    decay_mult: fields.Multiplier = Field(
        1.0, description="Factor on the weight decay of the group's layers."
    )
