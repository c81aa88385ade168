"""The parts of a task file as immutable models; field descriptions are its documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from caffe_multilabel.labels.layout import assign_columns
from caffe_multilabel.labels.normalizing import is_normalizing
from caffe_multilabel.labels.schema import MAX_EXACT, TaskLabels
from caffe_multilabel.tasks import fields, losses

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Backbone",
    "BackboneName",
    "Data",
    "Group",
    "Model",
    "Normalize",
    "Source",
    "Task",
    "Transform",
    "task_labels",
]

BackboneName = Literal[
    "alexnet",
    "caffenet",
    "googlenet",
    "lenet",
    "mcnn",
    "mobilenet",
    "resnet18",
    "resnet50",
    "squeezenet1.1",
    "vgg16",
]


class Model(BaseModel):
    """Base of every part of a task file: immutable, and no key it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Transform(Model):
    """What is done to an image on its way into the net; Caffe's `transform_param`."""

    crop_size: fields.Positive | None = Field(
        None, description="Side of the square cut out: at random in TRAIN, the centre in TEST."
    )
    mirror: fields.Flag = Field(
        False,
        description="Flip half of the TRAIN images left to right. Labels do not flip with them.",
    )
    mean_value: Annotated[
        tuple[fields.Number, ...],
        BeforeValidator(fields.as_list),
        fields.OneOrMany(),
    ] = Field((), description="Mean to subtract: one number, or one a channel in BGR order.")
    mean_file: fields.Text | None = Field(
        None, description="Mean image (binaryproto) to subtract, instead of mean_value."
    )
    scale: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] = Field(
        1.0, description="Factor on the pixels once the mean is subtracted, such as 0.00390625."
    )
    defaults: Literal["backbone"] | None = Field(
        None,
        description="backbone: mean_value, scale and crop_size are what the built-in backbone was "
        "made for, where they are left out here. Smaller images are taken whole; crop_size: null "
        "takes all images whole.",
    )
    force_color: fields.Flag = Field(
        False, description="Decode stored images to 3 channels. For encoded image DBs."
    )
    force_gray: fields.Flag = Field(
        False, description="Decode stored images to 1 channel. For encoded image DBs."
    )


class Source(Model):
    """The pair of DBs that one phase reads."""

    images: fields.Text = Field(description="Folder of the image DB, as Caffe will open it.")
    labels: fields.Text = Field(description="Folder of the label DB, as Caffe will open it.")
    batch_size: fields.Positive = Field(
        64, description="Records a batch; written into both Data layers, so that they stay paired."
    )


class Data(Model):
    """Where images and labels come from."""

    transform: Transform = Field(
        Transform(), description="What is done to each image on its way into the net."
    )
    train: Source | None = Field(None, description="The pair of DBs for the TRAIN phase.")
    test: Source | None = Field(None, description="The pair of DBs for the TEST phase.")
    shape: (
        Annotated[
            tuple[fields.Positive, fields.Positive, fields.Positive],
            Field(json_schema_extra={"examples": [[3, 256, 256]]}),
        ]
        | None
    ) = Field(
        None,
        description="Channels, height and width of the images in the image DB. Only needed "
        "where neither resize nor crop_size nor an image DB that is already there tells it.",
    )
    resize: (
        Annotated[
            tuple[fields.Positive, fields.Positive],
            Field(json_schema_extra={"examples": [[256, 256]]}),
        ]
        | None
    ) = Field(
        None,
        description="Width and height in pixels that a conversion gives each image; what "
        "--resize_width and --resize_height say for one run.",
    )
    gray: fields.Flag | None = Field(
        None,
        description="true: a conversion stores one channel instead of three, as --gray does.",
    )
    images_per_record: fields.ImageCount | None = Field(
        None,
        description="Images in each record, whose paths stand in front of a line's labels; they "
        "are stored one after another, as channels. What --images_per_record says for one run.",
    )
    ramps: fields.Flag = Field(
        False,
        description="true: a conversion adds two channels to each image, in which every pixel "
        "holds its column and its row, so that `points` can follow a random crop and mirror. For "
        "raw images of up to 256 x 256. What --ramps says for one run.",
    )
    canary: fields.Flag = Field(
        False,
        description="true: a conversion writes each record's number, modulo 2^20, as the Datum's "
        "label into both DBs, and the net shows half the square of their difference, which stays "
        "0 as long as images and labels are of the same record. What --canary says for one run.",
    )

    @property
    def stored_shape(self) -> tuple[int, int, int] | None:
        """Channels, height and width of the images in the image DB, where the file tells them."""
        if self.shape is not None or self.resize is None:
            return self.shape
        width, height = self.resize
        return ((1 if self.gray else 3) * (self.images_per_record or 1), height, width)


class Backbone(Model):
    """The layers that all tasks share: a built-in net by name, or the user's own prototxt."""

    name: BackboneName | None = Field(None, description="A built-in backbone.")
    file: fields.Text | None = Field(
        None,
        description="A prototxt of your own, its path relative to the task file. "
        "Its data, loss and accuracy layers are taken off.",
    )
    features: fields.LayerName | None = Field(
        None,
        description="Blob that tasks without `attach` hang on. Needed with `file`; "
        "a built-in backbone knows its own.",
    )
    freeze: fields.LayerName | None = Field(
        None,
        description="Keep every layer up to and including this one as it is: lr_mult and "
        "decay_mult 0, BatchNorm on its stored statistics.",
    )
    lr_mult: fields.Multiplier = Field(
        1.0, description="Factor on the learning rate of the backbone's layers."
    )
    decay_mult: fields.Multiplier = Field(
        1.0, description="Factor on the weight decay of the backbone's layers."
    )


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
Weights = Annotated[
    Annotated[fields.Multiplier, fields.One]
    | Annotated[tuple[fields.Multiplier, ...], Field(min_length=1), fields.Many],
    Discriminator(fields.one_or_many),
]


class Normalize(Model):
    """What the numbers of a euclidean task are learnt as: (number - mean) / std.

    Example:
        >>> from caffe_multilabel.tasks import Normalize
        >>> Normalize(mean=120, std=60)
        Normalize(mean=120.0, std=60.0)
    """

    mean: fields.Number = Field(0.0, description="Taken from each number.")
    std: fields.Spread = Field(
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
        needed = [traits.size] if traits.size == "classes" else [traits.size, "columns"]
        schema.setdefault("allOf", []).append(
            {
                "if": {"properties": {"loss": {"const": loss}}, "required": ["loss"]},
                "then": {
                    "anyOf": [{"required": [key]} for key in needed],
                    "properties": {
                        key: {"type": "null"} for key in sorted(losses.LOSS_KEYS - traits.keys)
                    },
                },
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
        "hinge: one of several classes with a margin (HingeLoss)."
    )
    classes: Classes | None = Field(
        None,
        description="Classes of a softmax or hinge task: their number, or the list of their names. "
        "A label in a list of images may be a name, which becomes its index in this list, from 0; "
        "a label that equals a name is never read as a number.",
    )
    dim: Dim | None = Field(
        None,
        description="Values of a sigmoid or euclidean task, one label column each: their number, "
        "or the list of their names. May be left out where `columns` tells it.",
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
        description="Label of records that this task is to leave out, for softmax and sigmoid. "
        "Must not be a class; -1 is usual.",
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
        description="What a softmax or sigmoid loss is divided by. "
        "Left out: Caffe's own, VALID for softmax and BATCH_SIZE for sigmoid.",
    )
    class_weight: Literal["balanced"] | None = Field(
        None,
        description="balanced: weigh the classes of a softmax task by how rare they are in the "
        "label DB (InfogainLoss).",
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
    lr_mult: fields.Multiplier = Field(
        1.0, description="Factor on the learning rate of this task's own layers."
    )
    decay_mult: fields.Multiplier = Field(
        1.0, description="Factor on the weight decay of this task's own layers."
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
    def width(self) -> int:
        """Number of label columns."""
        if self.traits.size == "classes":
            return 1
        if self.dim is None:
            return len(self.columns or ())
        return self.dim if isinstance(self.dim, int) else len(self.dim)

    @property
    def outputs(self) -> int:
        """Number of outputs of the task's last layer."""
        return self.class_count if self.traits.size == "classes" else self.width

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


def task_labels(tasks: Sequence[Task]) -> tuple[TaskLabels, ...]:
    """Return the label side of each task, its columns assigned."""
    assigned = assign_columns((task.columns for task in tasks), (task.width for task in tasks))
    return tuple(
        TaskLabels(
            name=task.name,
            loss=task.loss,
            columns=columns,
            classes=task.class_count,
            class_names=task.class_names,
            value_names=task.value_names,
            ignore_label=task.ignore_label,
            map=tuple(task.map.items()),
        )
        for task, columns in zip(tasks, assigned, strict=True)
    )
