"""Task-file keys of what all tasks share: the data, what is done to images, and the backbone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from caffe_multilabel.tasks import fields
from caffe_multilabel.tasks.record_shape import RecordShape

__all__ = ["Backbone", "BackboneName", "Data", "Model", "Source", "Transform"]

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
        "are stored one after another, as channels, and the net sees them one by one. What "
        "--images_per_record says for one run.",
    )
    ramps: fields.Flag | None = Field(
        None,
        description="true: a conversion adds two channels to each image, in which every pixel "
        "holds its column and its row, so that `points` can follow a random crop and mirror. For "
        "raw images of up to 256 x 256. What --ramps says for one run.",
    )
    canary: fields.Flag | None = Field(
        None,
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
        return (self.record.channels(1 if self.gray else 3), height, width)

    @property
    def record(self) -> RecordShape:
        """How a record of the image DB is made up."""
        return RecordShape(self.images_per_record or 1, bool(self.ramps))


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
    towers: fields.Flag = Field(
        False,
        description="true: each image of a record (`data.images_per_record`) goes through layers "
        "of its own, which share their parameters by name. Left out: all images go through the "
        "same layers, which gives the same losses with fewer.",
    )
    lr_mult: fields.Multiplier = Field(
        1.0, description="Factor on the learning rate of the backbone's layers."
    )
    decay_mult: fields.Multiplier = Field(
        1.0, description="Factor on the weight decay of the backbone's layers."
    )
