"""Layers that shift and scale values: BatchNorm, Scale, Bias, LRN, MVN, PReLU, Softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from caffe_multilabel.caffe.layers.base import axis_from_0
from caffe_multilabel.caffe.layers.normalisation import scale_forgets
from caffe_multilabel.caffe.named_fields import enum_name, is_set
from caffe_multilabel.engine.layers.layer import (
    Gradients,
    Layer,
    Pass,
    Tensors,
    kept,
    runs_of_items,
)

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]


_MANY = 1 << 16  # values of a channel
_SEVERAL = 1 << 10  # likewise


def _has_wide_channels(blob: torch.Tensor) -> bool:
    """Tell whether its channels are too wide for torch's kernels of a batch norm.

    On a CPU those of channels side by side add value after value to one float: of 100,000 values
    the variance is off by 1e-5 and more. On a GPU they give each channel to one block of threads,
    of which it could run many more than there are channels. With few values in each that costs
    less than more kernels would.
    """
    if blob.device.type == "cpu":
        return bool(blob.stride(1) == 1 and blob.numel() > _SEVERAL * blob.shape[1])
    return bool(blob.numel() > _MANY * blob.shape[1])


def _is_summed_first(blob: torch.Tensor) -> bool:
    """Tell whether sums, and then the diffs, cost less than torch's kernels that make both.

    On the CPU those make a blob's worth of memory, a hole in the heap that glibc fills with
    nothing of the same size, so that each layer would have its own.
    """
    return blob.device.type == "cpu" or _has_wide_channels(blob)


def _sum_by_channel(blob: torch.Tensor) -> torch.Tensor:
    planes = blob.flatten(2).sum(2) if blob.dim() > 2 else blob
    return planes.sum(0)


class _Channels:
    """What torch's kernels for a batch norm are asked channel by channel."""

    def __init__(self) -> None:
        self._made: tuple[torch.Tensor, torch.Tensor] | None = None

    def standard(self, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the mean 0 and the variance 1 of each channel, made once."""
        if self._made is None or self._made[0].shape != like.shape:
            self._made = torch.zeros_like(like), torch.ones_like(like)
        return self._made

    def sums(self, values: torch.Tensor, diff: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the sums of diff x values and of diff in each channel."""
        if _has_wide_channels(diff):
            of_products = of_diffs = diff.new_zeros(diff.shape[1])
            for run in runs_of_items(diff):
                of_products = of_products + _sum_by_channel(diff[run] * values[run])
                of_diffs = of_diffs + _sum_by_channel(diff[run])
            return of_products, of_diffs
        # In one go over the values: a batch norm of this mean and variance would sum up the same
        # for its weights.
        zeros, ones = self.standard(diff.new_empty(diff.shape[1]))
        _, of_products, of_diffs = torch.ops.aten.native_batch_norm_backward(
            diff, values, None, zeros, ones, zeros, ones, False, 0.0, [False, True, True]
        )
        return of_products, of_diffs


class BatchNorm(Layer):
    """(x - mean) / sqrt(variance + eps) of each channel.

    Its blobs are sums of means, of variances, and of what they are to be divided by. They grow
    wherever the statistics of the batch are used, in TEST too where that is asked for.
    """

    writes_unwanted = True

    def read(self, message: LayerParameter) -> None:
        """Keep the settings."""
        settings = message.batch_norm_param
        self._eps: float = settings.eps
        self._fraction: float = settings.moving_average_fraction
        self._stored: bool = self.setup.phase == "TEST"
        if is_set(settings, "use_global_stats"):
            self._stored = settings.use_global_stats
        self._normal: torch.Tensor | None = None
        self._channels = _Channels()

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops, and keep what the gradient is made of."""
        bottom = self._with_channels(bottoms[0])
        mean, variance = self._statistics(bottom)
        self._factor = (variance + self._eps).rsqrt()
        if self._normal is None or self._normal.shape != bottom.shape:
            self._normal = torch.empty_like(bottom)
        torch.sub(bottom, self._along(mean, bottom), out=self._normal)
        self._normal.mul_(self._along(self._factor, bottom))
        return (self._normal.reshape(bottoms[0].shape),)

    def _statistics(self, bottom: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        means, variances, count = (blob.data for blob in self.setup.blobs)
        if self._stored:
            factor = torch.where(count == 0, 0, 1 / count)
            return means * factor, variances * factor
        if _has_wide_channels(bottom):
            mean, variance = self._of_wide_batch(bottom)
        else:
            mean, variance = torch.batch_norm_update_stats(bottom, None, None, 0.0)
        values = bottom.numel() // bottom.shape[1]
        torch._foreach_mul_([count, means, variances], self._fraction)
        count.add_(1)
        means.add_(mean)
        variances.add_(variance, alpha=values / max(values - 1, 1))
        return mean, variance

    def _of_wide_batch(self, bottom: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return means and variances."""
        if bottom.device.type != "cpu":
            others = [axis for axis in range(bottom.dim()) if axis != 1]
            variance, mean = torch.var_mean(bottom, others, correction=0)
            return mean, variance
        # The same on a CPU takes ten times as long.
        values = bottom.numel() // bottom.shape[1]
        mean = _sum_by_channel(bottom) / values
        squares = torch.zeros_like(mean)
        for run in runs_of_items(bottom):
            squares += _sum_by_channel((bottom[run] - self._along(mean, bottom)).square_())
        return mean, squares / values

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; stored statistics are constants."""
        diff, bottom = self._with_channels(at.diffs[0]), self.bottoms[0]
        if self._stored:
            torch.mul(diff, self._along(self._factor, diff), out=self._with_channels(bottom.diff))
        elif _is_summed_first(diff):
            self._send_back(diff, self._with_channels(bottom.diff))
        else:
            # As if what came in had been the result: of mean 0, and what the factor is for.
            zeros, ones = self._channels.standard(self._factor)
            found, _, _ = torch.ops.aten.native_batch_norm_backward(
                diff, self._normal, self._factor, None, None, zeros, ones, True, self._eps,
                [True, False, False],
            )  # fmt: skip
            bottom.put_diff(slice(None), found.reshape(bottom.shape))
        return [bottom.diff]

    def _send_back(self, diff: torch.Tensor, into: torch.Tensor) -> None:
        """Write factor (diff - its mean - normal x the mean of diff x normal); diff may be into."""
        assert self._normal is not None
        values = diff.numel() // diff.shape[1]
        of_products, of_diffs = self._channels.sums(self._normal, diff)
        mean, share = self._along(of_diffs / values, diff), self._along(of_products / values, diff)
        factor = self._along(self._factor, diff)
        for run in runs_of_items(diff):
            torch.sub(diff[run], mean, out=into[run])
            into[run].addcmul_(self._normal[run], share, value=-1).mul_(factor)

    def _along(self, values: torch.Tensor, blob: torch.Tensor) -> torch.Tensor:
        return values.reshape(1, -1, *(1,) * (blob.dim() - 2))

    def _with_channels(self, blob: torch.Tensor) -> torch.Tensor:
        """Return a blob of one axis as one of a single channel."""
        return blob.unsqueeze(1) if blob.dim() == 1 else blob


class _Broadcast(Layer):
    """An operand, weights or a second bottom, along some axes of bottom[0]."""

    def _operand(self, bottoms: Tensors, axis: int) -> torch.Tensor:
        x = bottoms[0]
        operand = bottoms[1] if len(bottoms) > 1 else self.setup.blobs[0].data
        return _along(operand, x, axis)


def _along(operand: torch.Tensor, x: torch.Tensor, axis: int) -> torch.Tensor:
    first = axis_from_0(axis, x.dim()) or 0
    behind = x.dim() - first - operand.dim()
    return operand.reshape(*operand.shape, *(1,) * behind) if operand.dim() else operand


class Scale(_Broadcast):
    """A product, and a bias.

    Where the bottom wants no diff, what the factor's is summed of is left there.
    """

    writes_unwanted = True

    def read(self, message: LayerParameter) -> None:
        """Keep the axis."""
        self._axis: int = message.scale_param.axis
        self._has_bias: bool = message.scale_param.bias_term
        self._bottom: torch.Tensor | None = None
        self._channels = _Channels()

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops; in place the bottom is kept, for it is written over."""
        x = bottoms[0]
        if self.setup.in_place:
            self._bottom = kept(self._bottom, x)
        scale, top = self._operand(bottoms, self._axis), self.tops[0].data
        if not self._has_bias:
            return (torch.mul(x, scale, out=top),)
        bias = _along(self.setup.blobs[-1].data, x, self._axis)
        return (torch.addcmul(bias, x, scale, out=top),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        diff = at.diffs[0]
        x = self._bottom if self.setup.in_place else at.bottoms[0]
        assert x is not None
        own = len(at.bottoms) == 1
        if own and self._axis == 1 and self.setup.blobs[0].data.dim() == 1 and at.wanted[0]:
            return [self._of_channels(x, diff)]
        if self._has_bias and self.blob_wanted[-1]:
            bias = _along(self.setup.blobs[-1].data, x, self._axis)
            self.add(len(self.setup.blobs) - 1, diff.sum_to_size(bias.shape))
        scale = self._operand(at.bottoms, self._axis)
        of_scale = None
        if self.blob_wanted[0] if own else at.wanted[1]:
            of_scale = (diff * x).sum_to_size(scale.shape)
        found = diff * scale if at.wanted[0] else None
        if found is None and of_scale is not None and not self.setup.in_place:
            found = diff * x if x.numel() != scale.numel() else None
        if not own:
            return [found, None if of_scale is None else of_scale.reshape(at.bottoms[1].shape)]
        if of_scale is not None:
            self._take_factor(of_scale, x)
        return [found]

    def _take_factor(self, found: torch.Tensor, x: torch.Tensor) -> None:
        """Add to the diff of the factor, or write over it as Caffe does with a single item.

        What came from the batches of `iter_size` before this one, or from layers that share the
        factor, is lost then.
        """
        scale = self.setup.blobs[0]
        if scale_forgets(x.shape, scale.shape, self._axis):
            scale.diff.copy_(found.reshape(scale.shape))
        else:
            self.add(0, found)

    def _of_channels(self, x: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        """Return the diff where there is a factor a channel, which may be that of the top."""
        scale, into = self.setup.blobs[0].data, self.bottoms[0]
        mask = [True, self.blob_wanted[0], self._has_bias and self.blob_wanted[-1]]
        if _is_summed_first(diff):
            of_scale, of_bias = self._channels.sums(x, diff)
            torch.mul(diff, _along(scale, diff, 1), out=into.diff)
        else:
            # In one go over the values: as a batch norm that knows its mean 0 and its variance 1.
            # Which of the two pairs a kernel reads differs from device to device.
            zeros, ones = self._channels.standard(scale)
            found, of_scale, of_bias = torch.ops.aten.native_batch_norm_backward(
                diff, x, scale, zeros, ones, zeros, ones, False, 0.0, mask
            )
            into.put_diff(slice(None), found)
        if mask[1]:
            self._take_factor(of_scale, x)
        if mask[2]:
            self.add(1, of_bias)
        return into.diff


class Bias(_Broadcast):
    """A sum."""

    def read(self, message: LayerParameter) -> None:
        """Keep the axis."""
        self._axis: int = message.bias_param.axis

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return (bottoms[0] + self._operand(bottoms, self._axis),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        diff = at.diffs[0]
        shape = self._operand(at.bottoms, self._axis).shape
        diffs: Gradients = [diff]
        if len(at.bottoms) > 1:
            diffs.append(diff.sum_to_size(shape).reshape(at.bottoms[1].shape))
        elif self.blob_wanted[0]:
            self.add(0, diff.sum_to_size(shape))
        return diffs


class LRN(Layer):
    """Each value over a power of the squares around it, across channels or within one."""

    writes_unwanted = True

    def read(self, message: LayerParameter) -> None:
        """Keep the settings."""
        settings = message.lrn_param
        self._size: int = settings.local_size
        self._alpha: float = settings.alpha
        self._beta: float = settings.beta
        self._k: float = settings.k
        self._within = enum_name(settings, "norm_region") == "WITHIN_CHANNEL"
        self._scale: torch.Tensor | None = None

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops, and keep what the values are over a power of."""
        x, top = bottoms[0], self.tops[0].data
        if self._scale is None or self._scale.shape != x.shape:
            self._scale = torch.empty_like(x)
        for run in runs_of_items(x):
            scale = self._scale[run]
            self._write_scale(x[run], scale)
            torch.mul(x[run], scale.pow(-self._beta), out=top[run])
        return (top,)

    def _write_scale(self, x: torch.Tensor, scale: torch.Tensor) -> None:
        """Write the scale of some items; within channels Caffe does not read k."""
        squares = x.square()
        if self._within:
            mean = functional.avg_pool2d(squares, self._size, 1, self._size // 2)
            torch.add(mean.mul_(self._alpha), 1, out=scale)
        else:
            around = self._around(squares)
            torch.add(around.mul_(self._alpha / self._size), self._k, out=scale)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, from bottom, top and the scale that forward kept."""
        if self._within and not at.wanted[0]:
            return [None]
        assert self._scale is not None
        diff, x, top, into = at.diffs[0], at.bottoms[0], at.tops[0], self.bottoms[0].diff
        of_items = self._within_channels if self._within else self._across_channels
        for run in runs_of_items(x):
            into[run] = of_items(diff[run], x[run], top[run], self._scale[run])
        return [into]

    def _within_channels(
        self, diff: torch.Tensor, x: torch.Tensor, _top: torch.Tensor, scale: torch.Tensor
    ) -> torch.Tensor:
        shares = diff * x * scale.pow(-self._beta - 1)
        # A mean over windows around each value is its own transpose.
        shares = functional.avg_pool2d(shares, self._size, 1, self._size // 2)
        slope = -2 * self._alpha * self._beta * x * shares
        return diff * scale.pow(-self._beta) + slope

    def _across_channels(
        self, diff: torch.Tensor, x: torch.Tensor, top: torch.Tensor, scale: torch.Tensor
    ) -> torch.Tensor:
        ratio = self._around(torch.mul(diff, top).div_(scale))
        factor = 2 * self._alpha * self._beta / self._size
        found = scale.pow(-self._beta).mul_(diff)
        return found.addcmul_(x, ratio, value=-factor)

    def _around(self, values: torch.Tensor) -> torch.Tensor:
        """Return the sum over the channels around each."""
        half = self._size // 2
        total = values.clone()
        channels = values.shape[1]
        for step in range(1, min(half, channels - 1) + 1):
            total[:, step:].add_(values[:, :-step])
            total[:, :-step].add_(values[:, step:])
        return total


class MVN(Layer):
    """Values less their mean, and over their deviation, of each channel or item."""

    writes_unwanted = True

    def read(self, message: LayerParameter) -> None:
        """Keep the settings."""
        settings = message.mvn_param
        self._across: bool = settings.across_channels
        self._scales: bool = settings.normalize_variance
        self._eps: float = settings.eps

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops, and keep the deviation."""
        rows = self._rows(bottoms[0])
        centred = rows - rows.mean(1, keepdim=True)
        if self._scales:
            self._deviation = centred.square().mean(1, keepdim=True).sqrt() + self._eps
            centred = centred / self._deviation
        return (centred.reshape(self.top_shapes[0]),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, from the top; in place each step writes over the top's diff."""
        diff, shape = self._rows(at.diffs[0]), at.bottoms[0].shape
        if not self._scales:
            return [(diff - diff.mean(1, keepdim=True)).reshape(shape)]
        top = self._rows(at.tops[0])
        share = top * (top * diff).sum(1, keepdim=True)
        if self.setup.in_place:
            # caffe_cpu_axpby scales what it writes to before it adds, here the same once more.
            found = -2 * (share + share.sum(1, keepdim=True)) / diff.shape[1]
        else:
            found = diff - (share + diff.sum(1, keepdim=True)) / diff.shape[1]
        return [(found / self._deviation).reshape(shape)]

    def _rows(self, blob: torch.Tensor) -> torch.Tensor:
        sets = blob.shape[0] if self._across else blob.shape[:2].numel()
        return blob.reshape(sets, -1)


class PReLU(Layer):
    """x where it is positive, and a learnt slope times x elsewhere."""

    def read(self, message: LayerParameter) -> None:
        """Nothing is kept yet."""
        del message
        self._bottom: torch.Tensor | None = None

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops; in place the bottom is kept, for it is written over."""
        x = bottoms[0]
        if self.setup.in_place:
            self._bottom = kept(self._bottom, x)
        return (torch.where(x > 0, x, x * self._slopes(x, self.weights[0])),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        x = self._bottom if self.setup.in_place else at.bottoms[0]
        assert x is not None
        diff, slopes = at.diffs[0], self._slopes(x, self.weights[0])
        if self.blob_wanted[0]:
            self.add(0, torch.where(x > 0, 0, diff * x).sum_to_size(slopes.shape))
        return [torch.where(x > 0, diff, diff * slopes)] if at.wanted[0] else [None]

    def _slopes(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return weight.reshape(1, -1, *(1,) * (x.dim() - 2)) if weight.dim() else weight


class Softmax(Layer):
    """Exponentials over their sum, along an axis."""

    writes_unwanted = True

    def read(self, message: LayerParameter) -> None:
        """Keep the axis."""
        self._axis: int = message.softmax_param.axis

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return (torch.softmax(bottoms[0], self._axis),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, from the top."""
        diff, top = at.diffs[0], at.tops[0]
        return [(diff - (diff * top).sum(self._axis, keepdim=True)) * top]


LAYERS = (BatchNorm, Scale, Bias, LRN, MVN, PReLU, Softmax)
