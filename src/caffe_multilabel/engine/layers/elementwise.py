"""Layers that work value by value: the neurons, Eltwise, Reduction, Silence.

What a neuron reads in its backward pass, bottom or top, is what Caffe's reads, for a layer in
place has only one of them left.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]

_E = -1  # stands for the base e


class AbsVal(Layer):
    """|x|; Caffe's gradient at 0 is 0, as torch's."""

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return (bottoms[0].abs(),)


class BNLL(Layer):
    """ln(1 + e^x)."""

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        x = bottoms[0]
        return (x.clamp(min=0) + torch.log(1 + torch.exp(-x.abs())),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs: of the bottom's logistic function, which Caffe cuts off at 50."""
        return [at.diffs[0] * torch.sigmoid(at.bottoms[0].clamp(max=50))]


class Clip(Layer):
    """The nearest value of a range."""

    def read(self, message: LayerParameter) -> None:
        """Keep the range."""
        self._range = message.clip_param.min, message.clip_param.max

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        least, most = self._range
        # What is no number is compared with both ends, and so is the least.
        return (bottoms[0].clamp(least, most).nan_to_num(least, most, least),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, which pass at both ends."""
        least, most = self._range
        x = at.bottoms[0]
        return [at.diffs[0] * ((x >= least) & (x <= most))]


class Dropout(Layer):
    """Zeros at random in TRAIN, and the rest scaled up; nothing in TEST."""

    def read(self, message: LayerParameter) -> None:
        """Keep the ratio."""
        self._ratio: float = message.dropout_param.dropout_ratio
        self._mask: torch.Tensor | None = None

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops; draws anew each time."""
        x = bottoms[0]
        if self.setup.phase == "TEST":
            return (x,)
        self._mask = self.setup.draws.mask(x, self._ratio)
        return (torch.mul(x, self._mask, out=self.tops[0].data),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        diff = at.diffs[0]
        return [diff if self.setup.phase == "TEST" or self._mask is None else diff * self._mask]


class ELU(Layer):
    """x where it is positive, alpha (e^x - 1) elsewhere."""

    def read(self, message: LayerParameter) -> None:
        """Keep alpha."""
        self._alpha: float = message.elu_param.alpha

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        x = bottoms[0]
        return (x.clamp(min=0) + self._alpha * (torch.exp(x.clamp(max=0)) - 1),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, from the bottom's sign and the top."""
        slope = torch.where(at.bottoms[0] > 0, 1.0, self._alpha + at.tops[0])
        return [at.diffs[0] * slope]


class Eltwise(Layer):
    """The sum, product or maximum of bottoms of one shape.

    A layer in place fills its top, which is bottom[0], before it reads that: SUM with zeros, MAX
    with the lowest number.
    """

    spoils_as_caffe = True

    def read(self, message: LayerParameter) -> None:
        """Keep the operation and its coefficients."""
        settings = message.eltwise_param
        self._operation = enum_name(settings, "operation")
        self._coeffs = list(settings.coeff) or [1.0] * self.setup.bottoms
        self._stable: bool = settings.stable_prod_grad
        self._winner = torch.empty(0)

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops, and remember who won.

        They are written step by step, as Caffe does: a bottom may have the memory of the top.
        """
        top = self.tops[0].data
        if self._operation == "PROD":
            torch.mul(bottoms[0], bottoms[1], out=top)
            for bottom in bottoms[2:]:
                top.mul_(bottom)
            return (top,)
        if self._operation == "SUM":
            if self.setup.in_place:
                top.zero_()
            torch.mul(bottoms[0], self._coeffs[0], out=top)
            for bottom, coeff in zip(bottoms[1:], self._coeffs[1:], strict=True):
                top.add_(bottom, alpha=coeff)
            return (top,)
        if self.setup.in_place:
            top.fill_(torch.finfo(top.dtype).min)
        # The second wins a tie with the first, a later one with none.
        wins = bottoms[0] > bottoms[1]
        top.copy_(torch.where(wins, bottoms[0], bottoms[1]))
        self._winner = torch.where(wins, 0, 1)
        for number, bottom in enumerate(bottoms[2:], start=2):
            wins = bottom > top
            top.copy_(torch.where(wins, bottom, top))
            self._winner = torch.where(wins, number, self._winner)
        return (top,)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, one bottom after the other: the first one may be the top's own."""
        diff = at.diffs[0]
        diffs: Gradients = []
        for number, wanted in enumerate(at.wanted):
            if not wanted:
                diffs.append(None)
                continue
            slope = self._slope(number, at)
            over = self.setup.in_place and number == 0
            if over and self._operation == "PROD":
                # Over its own diff a product writes the slope first, and then multiplies that.
                here = slope * slope
            else:
                here = diff if self._operation == "SUM" and slope == 1 else diff * slope
            if over:
                diff = here
            diffs.append(here)
        return diffs

    def _slope(self, number: int, at: Pass) -> torch.Tensor | float:
        if self._operation == "SUM":
            return self._coeffs[number]
        if self._operation == "MAX":
            return torch.eq(self._winner, number).to(at.diffs[0].dtype)
        if not self._stable:
            return at.tops[0] / at.bottoms[number]
        others = [one for other, one in enumerate(at.bottoms) if other != number]
        return math.prod(others[1:], start=others[0])


class Exp(Layer):
    """base^(shift + scale x)."""

    def read(self, message: LayerParameter) -> None:
        """Keep both scales, of the exponent and of the whole."""
        settings = message.exp_param
        natural = settings.base == _E
        self._inner = (1.0 if natural else math.log(settings.base)) * settings.scale
        shift = settings.shift
        self._outer = math.exp(shift) if natural else float(settings.base**shift)

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return (torch.exp(bottoms[0] * self._inner) * self._outer,)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, from the top."""
        return [at.diffs[0] * at.tops[0] * self._inner]


class Log(Layer):
    """The logarithm of shift + scale x."""

    def read(self, message: LayerParameter) -> None:
        """Keep the scales."""
        settings = message.log_param
        self._shift: float = settings.shift
        self._scale: float = settings.scale
        self._outer = 1.0 if settings.base == _E else 1 / math.log(settings.base)

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return (torch.log(bottoms[0] * self._scale + self._shift) * self._outer,)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; in place Caffe writes the slope over the diff that it multiplies."""
        slope = (self._outer * self._scale) / (at.bottoms[0] * self._scale + self._shift)
        return [slope * (slope if self.setup.in_place else at.diffs[0])]


class Power(Layer):
    """(shift + scale x)^power."""

    def read(self, message: LayerParameter) -> None:
        """Keep the three numbers."""
        settings = message.power_param
        self._power: float = settings.power
        self._scale: float = settings.scale
        self._shift: float = settings.shift

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        x = bottoms[0]
        if self._power * self._scale == 0:
            value = 1.0 if self._power == 0 else self._shift**self._power
            return (torch.full_like(x, value),)
        base = x * self._scale + self._shift
        return (base if self._power == 1 else base**self._power,)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; in place Caffe writes the slope over the diff that it multiplies."""
        x, factor = at.bottoms[0], self._power * self._scale
        if factor == 0:
            return [torch.zeros_like(x)]
        if self._power == 1:
            slope = torch.full_like(x, factor)
        elif self._power == 2:
            slope = factor * (self._scale * x + self._shift)
        elif self._shift == 0:
            slope = at.tops[0] / x * self._power
        else:
            slope = at.tops[0] / (self._scale * x + self._shift) * factor
        return [slope * (slope if self.setup.in_place else at.diffs[0])]


class Reduction(Layer):
    """A sum, or a mean, over the last axes."""

    def read(self, message: LayerParameter) -> None:
        """Keep the operation."""
        settings = message.reduction_param
        self._operation = enum_name(settings, "operation")
        self._axis: int = settings.axis
        self._coeff: float = settings.coeff

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        x = bottoms[0]
        if self._operation == "ASUM":
            x = x.abs()
        elif self._operation == "SUMSQ":
            x = x.square()
        flat = x.flatten(self._axis)
        coeff = self._coeff
        if self._operation == "MEAN":  # of no value it is none, as in Caffe
            coeff = coeff / flat.shape[-1] if flat.shape[-1] else math.nan
        return (flat.sum(-1) * coeff,)


class ReLU(Layer):
    """x where it is positive, and its slope times x elsewhere."""

    def read(self, message: LayerParameter) -> None:
        """Keep the slope."""
        self._slope: float = message.relu_param.negative_slope

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        x = bottoms[0]
        if self.setup.in_place:
            return (functional.leaky_relu_(x, self._slope) if self._slope else functional.relu_(x),)
        return (functional.leaky_relu(x, self._slope) if self._slope else functional.relu(x),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, from the bottom's sign."""
        diff, x = at.diffs[0], at.bottoms[0]
        if not self._slope:
            into = self.bottoms[0].diff
            return [torch.ops.aten.threshold_backward(diff, x, 0, grad_input=into)]
        return [torch.where(x > 0, diff, diff * self._slope)]


class Sigmoid(Layer):
    """The logistic function."""

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return (torch.sigmoid(bottoms[0]),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, from the top."""
        return [torch.ops.aten.sigmoid_backward(at.diffs[0], at.tops[0])]


class Silence(Layer):
    """Reads, so that what it reads is no output of the net."""

    def compute(self, _bottoms: Tensors) -> Tensors:
        """Return no top."""
        return ()

    def backward(self, at: Pass) -> Gradients:
        """Return zeros."""
        return [torch.zeros_like(bottom) for bottom in at.bottoms]


class Swish(Layer):
    """x times the logistic function of beta x."""

    def read(self, message: LayerParameter) -> None:
        """Keep beta."""
        self._beta: float = message.swish_param.beta
        self._gate: torch.Tensor | None = None

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops, and keep the gate."""
        self._gate = torch.sigmoid(bottoms[0] * self._beta)
        return (bottoms[0] * self._gate,)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, from the top and the gate."""
        scaled = self._beta * at.tops[0]
        gate = torch.full_like(scaled, 0) if self._gate is None else self._gate
        return [at.diffs[0] * (scaled + gate * (1 - scaled))]


class TanH(Layer):
    """The hyperbolic tangent."""

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return (torch.tanh(bottoms[0]),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, from the top."""
        return [torch.ops.aten.tanh_backward(at.diffs[0], at.tops[0])]


class Threshold(Layer):
    """1 above a threshold, 0 elsewhere."""

    def read(self, message: LayerParameter) -> None:
        """Keep the threshold."""
        self._threshold: float = message.threshold_param.threshold

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return ((bottoms[0] > self._threshold).to(bottoms[0].dtype),)


LAYERS = (
    AbsVal,
    BNLL,
    Clip,
    Dropout,
    ELU,
    Eltwise,
    Exp,
    Log,
    Power,
    Reduction,
    ReLU,
    Sigmoid,
    Silence,
    Swish,
    TanH,
    Threshold,
)
