"""Layers that work value by value: the neurons, Eltwise, Silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput, Rule, enum_name, same_shape

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.base import LayerInput

__all__ = ["RULES"]

_E = -1  # stands for the base e


def _dropout(layer: LayerInput) -> LayerOutput:
    ratio = layer.layer.dropout_param.dropout_ratio
    if not 0 <= ratio < 1:
        layer.fail(f"dropout_ratio is {ratio:g}; it must be from 0 up to, not including, 1")
    return same_shape(layer)


def _exp(layer: LayerInput) -> LayerOutput:
    base = layer.layer.exp_param.base
    if base != _E and not base > 0:
        layer.fail(f"base is {base:g}; it must be positive, or -1 for e")
    return same_shape(layer)


def _log(layer: LayerInput) -> LayerOutput:
    base = layer.layer.log_param.base
    if base != _E and (not base > 0 or base == 1):
        layer.fail(f"base is {base:g}; it must be positive and not 1, or -1 for e")
    return same_shape(layer)


def _eltwise(layer: LayerInput) -> LayerOutput:
    message = layer.layer.eltwise_param
    if message.coeff and enum_name(message, "operation") == "PROD":
        layer.fail("coeff with operation PROD; coefficients are for SUM only")
    if message.coeff and len(message.coeff) != len(layer.bottoms):
        layer.fail(
            f"coeff is given {plural(len(message.coeff), 'time')}; once for each bottom "
            f"({len(layer.bottoms)}), or not at all, is allowed"
        )
    for index, shape in enumerate(layer.bottoms):
        if shape != layer.bottoms[0]:
            layer.fail(
                f"bottom[{index}] is {shape_text(shape)}; it must be as bottom[0], "
                f"{shape_text(layer.bottoms[0])}"
            )
    return same_shape(layer)


def _silence(_layer: LayerInput) -> LayerOutput:
    return LayerOutput()


RULES = {
    "AbsVal": Rule(same_shape, in_place=False),
    "BNLL": Rule(same_shape),
    "Clip": Rule(same_shape),
    "Dropout": Rule(_dropout),
    "ELU": Rule(same_shape),
    "Eltwise": Rule(_eltwise, bottoms=(2, None)),
    "Exp": Rule(_exp),
    "Log": Rule(_log),
    "Power": Rule(same_shape),
    "ReLU": Rule(same_shape),
    "Sigmoid": Rule(same_shape),
    "Silence": Rule(_silence, bottoms=(1, None), tops=(0, 0)),
    "Swish": Rule(same_shape),
    "TanH": Rule(same_shape),
    "Threshold": Rule(same_shape),
}
