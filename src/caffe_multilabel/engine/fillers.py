"""Caffe's fillers, which give weights their first values: the same to the bit, with a seed.

They compute in the type of the net, one step after the other as Caffe's filler.hpp, for the last
bit of a bound is seen in every weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from caffe_multilabel.caffe.named_fields import enum_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel._core import CaffeRandom
    from caffe_multilabel.caffe.proto.types import FillerParameter
    from caffe_multilabel.engine.draws import Draws

__all__ = ["fill"]


def fill(filler: FillerParameter, values: torch.Tensor, draws: Draws) -> torch.Tensor:
    """Fill a tensor on the CPU, wherever it is, and return it.

    Args:
        filler: the message; see `caffe.layers.fillers.check_filler` for what Caffe refuses.
        values: the tensor, in the shape of the blob.
        draws: what random numbers are drawn from.
    """
    here = values.device.type == "cpu" and values.is_contiguous()
    host = values if here else torch.empty(values.shape, dtype=values.dtype)
    _fill(filler, host.numpy(), draws.caffe)
    return values if here else values.copy_(host)


def _fill(filler: FillerParameter, values: NDArray[Any], random: CaffeRandom) -> None:
    real = values.dtype.type
    if filler.type == "constant":
        values.fill(filler.value)
    elif filler.type == "uniform":
        random.uniform(filler.min, filler.max, values)
    elif filler.type == "gaussian":
        random.gaussian(filler.mean, filler.std, values)
        if filler.sparse >= 0:
            # So many weights of an output are not zero, on average.
            share = real(filler.sparse) / real(values.shape[0])
            kept = np.empty(values.shape, np.uint8)
            random.bernoulli(float(share), kept, single=values.dtype == np.float32)
            values *= kept
    elif filler.type == "positive_unitball":
        random.uniform(0, 1, values)
        rows = values.reshape(len(values), -1)
        # Not numpy's sum, which adds up in another order.
        rows /= np.add.accumulate(rows, axis=1)[:, -1:]
    elif filler.type == "bilinear":
        values[:] = _bilinear(values)
    elif filler.type == "xavier":
        bound = float(np.sqrt(real(3) / _fan(filler, values)))
        random.uniform(-bound, bound, values)
    else:  # msra
        random.gaussian(0, float(np.sqrt(real(2) / _fan(filler, values))), values)


def _fan(filler: FillerParameter, values: NDArray[Any]) -> Any:
    """Return the n of xavier and msra: what goes into an output, or comes from an input."""
    real = values.dtype.type
    into = values.size // values.shape[0]
    out = values.size // values.shape[1] if values.ndim > 1 else values.size
    norm = enum_name(filler, "variance_norm")
    if norm == "AVERAGE":
        return real(into + out) / real(2)
    return real(into if norm == "FAN_IN" else out)


def _bilinear(values: NDArray[Any]) -> NDArray[Any]:
    """Return the weights that make a deconvolution interpolate."""
    real = values.dtype.type
    width = values.shape[3]
    factor = -(-width // 2)
    centre = real((width - 1) / (2 * factor))
    line = 1 - np.abs(np.arange(width, dtype=real) / real(factor) - centre)
    weights: NDArray[Any] = line * line[:, None]
    return weights
