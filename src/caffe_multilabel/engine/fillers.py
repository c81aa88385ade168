"""Caffe's fillers, which give weights their first values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from caffe_multilabel.caffe.named_fields import enum_name

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import FillerParameter

__all__ = ["fill"]

_MOST = torch.finfo(torch.float32).max


def fill(filler: FillerParameter, values: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Fill a tensor, and return it; formulas are those of BVLC Caffe's filler.hpp.

    Args:
        filler: the message; see `caffe.layers.fillers.check_filler` for what Caffe refuses.
        values: the tensor, in the shape of the blob.
        generator: what random numbers are drawn from.
    """
    if filler.type == "constant":
        values.fill_(filler.value)
    elif filler.type == "uniform":
        # By halves: torch wants a difference that is no larger than the largest number.
        least, most = filler.min / 2, min(filler.max, _MOST) / 2
        values.uniform_(least, most, generator=generator).mul_(2)
    elif filler.type == "gaussian":
        values.normal_(filler.mean, filler.std, generator=generator)
        if filler.sparse >= 0:
            # So many weights of an output are not zero, on average.
            share = torch.full_like(values, filler.sparse / values.shape[0])
            values.mul_(torch.bernoulli(share, generator=generator))
    elif filler.type == "positive_unitball":
        values.uniform_(0, 1, generator=generator)
        rows = values.view(len(values), -1)
        rows.div_(rows.sum(1, keepdim=True))
    elif filler.type == "bilinear":
        values.copy_(_bilinear(values))
    elif filler.type == "xavier":
        bound = math.sqrt(3 / _fan(filler, values))
        values.uniform_(-bound, bound, generator=generator)
    else:  # msra
        values.normal_(0, math.sqrt(2 / _fan(filler, values)), generator=generator)
    return values


def _fan(filler: FillerParameter, values: torch.Tensor) -> float:
    """Return the n of xavier and msra: what goes into an output, or comes from an input."""
    count = values.numel()
    into = count / values.shape[0]
    out = count / values.shape[1] if values.dim() > 1 else count
    norm = enum_name(filler, "variance_norm")
    fans: dict[str, float] = {"FAN_IN": into, "FAN_OUT": out, "AVERAGE": (into + out) / 2}
    return fans[norm]


def _bilinear(values: torch.Tensor) -> torch.Tensor:
    """Return the weights that make a deconvolution interpolate."""
    width = values.shape[3]
    factor = math.ceil(width / 2)
    centre = (width - 1) / (2 * factor)
    steps = torch.arange(width, dtype=values.dtype, device=values.device)
    line = 1 - (steps / factor - centre).abs()
    return (line[:, None] * line).expand_as(values)
