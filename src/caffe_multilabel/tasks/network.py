"""Models of the parts of a task file that only the network needs: data and backbone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from caffe_multilabel.tasks import fields

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
    """What is done to a picture on its way into the net; Caffe's `transform_param`."""

    crop_size: fields.Positive | None = Field(
        None, description="Side of the square cut out: at random in TRAIN, the centre in TEST."
    )
    mirror: fields.Flag = Field(
        False,
        description="Flip half of the TRAIN pictures left to right. Labels do not flip with them.",
    )
    mean_value: Annotated[
        tuple[fields.Number, ...],
        BeforeValidator(fields.as_list),
        fields.OneOrMany(),
    ] = Field((), description="Mean to subtract: one number, or one a channel in BGR order.")
    mean_file: fields.Text | None = Field(
        None, description="Mean picture (binaryproto) to subtract, instead of mean_value."
    )
    scale: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] = Field(
        1.0, description="Factor on the pixels once the mean is subtracted, such as 0.00390625."
    )
    force_color: fields.Flag = Field(
        False, description="Decode stored pictures to 3 channels. For encoded image DBs."
    )
    force_gray: fields.Flag = Field(
        False, description="Decode stored pictures to 1 channel. For encoded image DBs."
    )


class Source(Model):
    """The pair of DBs that one phase reads."""

    images: fields.Text = Field(description="Folder of the image DB, as Caffe will open it.")
    labels: fields.Text = Field(description="Folder of the label DB, as Caffe will open it.")
    batch_size: fields.Positive = Field(
        64, description="Records a batch; written into both Data layers, so that they stay paired."
    )


class Data(Model):
    """Where pictures and labels come from."""

    transform: Transform = Field(
        Transform(), description="What is done to each picture on its way into the net."
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
        description="Channels, height and width of the pictures in the image DB. Only needed "
        "where neither crop_size nor an image DB that is already there tells it.",
    )


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
