"""The built-in backbones, by the names that task files use."""

from __future__ import annotations

from caffe_multilabel.nets.generate.backbones.alexnet import ALEXNET, CAFFENET
from caffe_multilabel.nets.generate.backbones.base import Backbone
from caffe_multilabel.nets.generate.backbones.googlenet import GOOGLENET
from caffe_multilabel.nets.generate.backbones.lenet import LENET
from caffe_multilabel.nets.generate.backbones.mcnn import MCNN
from caffe_multilabel.nets.generate.backbones.mobilenet import MOBILENET
from caffe_multilabel.nets.generate.backbones.resnet import RESNET18, RESNET50
from caffe_multilabel.nets.generate.backbones.squeezenet import SQUEEZENET
from caffe_multilabel.nets.generate.backbones.vgg import VGG16

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
