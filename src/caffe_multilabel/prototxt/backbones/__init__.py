"""The built-in backbones, by the names that task files use."""

from __future__ import annotations

from caffe_multilabel.prototxt.backbones.alexnet import ALEXNET, CAFFENET
from caffe_multilabel.prototxt.backbones.base import Backbone
from caffe_multilabel.prototxt.backbones.googlenet import GOOGLENET
from caffe_multilabel.prototxt.backbones.lenet import LENET
from caffe_multilabel.prototxt.backbones.mcnn import MCNN
from caffe_multilabel.prototxt.backbones.mobilenet import MOBILENET
from caffe_multilabel.prototxt.backbones.resnet import RESNET18, RESNET50
from caffe_multilabel.prototxt.backbones.squeezenet import SQUEEZENET
from caffe_multilabel.prototxt.backbones.vgg import VGG16

__all__ = ["BACKBONES", "Backbone"]

BACKBONES: dict[str, Backbone] = {
    backbone.name: backbone
    for backbone in (
        LENET,
        CAFFENET,
        ALEXNET,
        VGG16,
        GOOGLENET,
        RESNET18,
        RESNET50,
        SQUEEZENET,
        MOBILENET,
        MCNN,
    )
}
