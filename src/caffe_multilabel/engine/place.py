"""Where tensors are, of which kind, and in which mode what is theirs is computed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from caffe_multilabel._base.text import shown
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.blob_shape import Shape

__all__ = ["Place", "place_of", "plain_tensors"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where tensors are, and of which kind."""

    device: torch.device
    dtype: torch.dtype

    def zeros(
        self, shape: Shape, order: torch.memory_format = torch.contiguous_format
    ) -> torch.Tensor:
        """Return a new tensor of zeros, which is what Caffe's memory holds at first."""
        with torch.inference_mode(mode=False):  # it is to be written to outside of that, too
            made = torch.empty(shape, dtype=self.dtype, device=self.device, memory_format=order)
            return made.zero_()

    def tensor(self, values: object) -> torch.Tensor:
        """Return values as a tensor of this kind; of the same memory where they are so already.

        Raises:
            OptionError: they are no numbers.
        """
        tensor = values if isinstance(values, torch.Tensor) else self._of_array(values)
        return tensor.to(self.device, self.dtype)

    def carried(self, values: NDArray[Any]) -> torch.Tensor:
        """Return an array as a tensor, which a GPU fetches while it works and its caller goes on.

        It is fetched from memory that the system does not move, a copy of the array.
        """
        here = self._of_array(values)
        if self.device.type != "cuda":
            return here.to(self.device)
        return here.pin_memory().to(self.device, non_blocking=True)

    def _of_array(self, values: Any) -> torch.Tensor:
        try:
            array = np.asarray(values)
        except ValueError:  # rows of different lengths
            array = np.empty(0, object)
        if array.dtype.kind not in "biuf":
            raise OptionError(f"{shown(values)} is no array of numbers")
        kind = np.float64 if self.dtype == torch.float64 else np.float32
        with np.errstate(over="ignore", invalid="ignore"):  # doubles too large, and NaN
            # torch does not take arrays that are read-only, or run backwards.
            return torch.from_numpy(np.require(array, kind, ["C", "W"]))


def place_of(device: str | torch.device, dtype: torch.dtype) -> Place:
    """Return where a net's tensors are to be, and of which kind.

    Raises:
        OptionError: there is no such device, or nets have no such numbers.
    """
    return Place(_device(device), _dtype(dtype))


@contextmanager
def plain_tensors() -> Iterator[None]:
    """Compute with plain tensors, without a tape, in whatever mode the caller is."""
    with torch.inference_mode(mode=False), torch.no_grad():
        yield


def _device(device: str | torch.device) -> torch.device:
    try:
        found = torch.device(device)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise OptionError(f"device {device!r} cannot be used: {reason}") from error
    return found


def _dtype(dtype: torch.dtype) -> torch.dtype:
    if dtype not in (torch.float32, torch.float64):
        raise OptionError(f"dtype is {dtype!r}; torch.float32 or torch.float64 is allowed")
    return dtype
