"""Blobs: values and gradients, in Caffe's shapes, whose memory several of them may have."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.engine.place import Place

__all__ = ["Blob", "Memory"]


def _is_memory_cheap(values: torch.Tensor) -> bool:
    """Tell whether new memory costs nothing: torch keeps that of a GPU.

    That of the CPU would come from the system page by page with each pass, and leave holes.
    """
    return bool(values.device.type != "cpu")


class Memory:
    """A tensor that one blob or several have; None until it is first asked for.

    What several have is viewed in several shapes, and lies in the order of its axes for that.
    """

    __slots__ = ("shared", "tensor")

    def __init__(self) -> None:
        self.tensor: torch.Tensor | None = None
        self.shared = False

    def new(self, like: torch.Tensor) -> torch.Tensor:
        """Have zeros, as many as a tensor has, in its order of axes where one blob has them."""
        order = torch.contiguous_format if self.shared else torch.preserve_format
        with torch.inference_mode(mode=False):
            self.tensor = torch.zeros_like(like, memory_format=order, requires_grad=False)
        return self.tensor


class Blob:
    """A blob of a net.

    Attributes:
        shape: its shape, as Caffe has it.
        owned: of weights, whether they are this layer's own, and not those of an earlier one.

    Example:
        >>> from caffe_multilabel.engine import Net
        >>> net = Net("deploy.prototxt")
        >>> net.blobs["data"].shape, net.params["conv1"][0].data.dtype
        ((1, 3, 64, 64), torch.float32)
    """

    __slots__ = ("_data", "_diff", "_lender", "_place", "owned", "shape")

    def __init__(self, shape: Shape, place: Place) -> None:
        """Make a blob of zeros."""
        self.shape = shape
        self.owned = True
        self._place = place
        self._data = Memory()
        self._diff = Memory()
        self._lender: Blob | None = None

    def __repr__(self) -> str:
        """Return its shape and kind."""
        return f"Blob({shape_text(self.shape)}, {self._place.dtype}, {self._place.device})"

    @property
    def data(self) -> torch.Tensor:
        """Its values: a tensor of its shape, which may be written to; what is set is copied.

        On the CPU it stays the blob's from pass to pass. On a GPU a pass may give the blob another,
        so that it is to be asked for again.

        Raises:
            OptionError: it shares memory with a blob that has another number of values by now; the
                layers between them have yet to run.
        """
        if self._lender is not None:
            self._lender.check_count(math.prod(self.shape))
        return self._view(self._data)

    @data.setter
    def data(self, values: object) -> None:
        self._set(self.data, values)

    @property
    def diff(self) -> torch.Tensor:
        """Its gradient: a tensor of its shape, which may be written to."""
        if self._diff.tensor is None and self._data.tensor is not None:
            # In the same order of axes, which most layers are faster with.
            self._diff.new(self._data.tensor)
        return self._view(self._diff)

    @diff.setter
    def diff(self, values: object) -> None:
        self._set(self.diff, values)

    def write(self, values: NDArray[Any]) -> None:
        """Copy an array of its shape into its data, of whatever type, alignment or owner."""
        target = self.data
        host = target.cpu()  # itself where it is there already
        with np.errstate(over="ignore", invalid="ignore"):  # doubles too large, and NaN
            np.copyto(host.numpy(), values, casting="unsafe")
        target.copy_(host)

    def data_like(self, values: torch.Tensor) -> torch.Tensor:
        """Return its data; memory that it has yet to get is in the order of axes of values."""
        if self._data.tensor is None and not self._data.shared:
            last = values.dim() == len(self.shape) == 4 and not values.is_contiguous()
            order = torch.channels_last if last else torch.contiguous_format
            self._data.tensor = self._place.zeros(self.shape, order)
        return self.data

    def put(self, items: slice, data: torch.Tensor) -> None:
        """Write values of some items, in new memory that the layer which made them does not keep.

        On a GPU those of all items are not copied: their memory is the blob's from then on.
        """
        if not self._adopts(self._data, data):
            self.data_like(data)[items] = data

    def put_diff(self, items: slice, diff: torch.Tensor) -> None:
        """Write a gradient of some items, likewise."""
        if not self._adopts(self._diff, diff):
            self.diff[items] = diff

    def take(self, data: torch.Tensor) -> None:
        """Copy values that a layer made into its data, and take over their shape."""
        self.shape = tuple(data.shape)
        self._write(self._data, data)

    def take_diff(self, diff: torch.Tensor) -> None:
        """Copy a gradient of its shape into its diff."""
        self._write(self._diff, diff)

    def reshape(self, shape: Shape) -> None:
        """Give it another shape; its values stay where their number does."""
        self.shape = shape

    def check_count(self, count: int) -> None:
        """Refuse to lend its data as another number of values than it has by now."""
        if math.prod(self.shape) != count:
            raise OptionError(
                f"{count} values share the memory of a blob that is {shape_text(self.shape)} by "
                "now; run the layers between them first"
            )
        if self._lender is not None:
            self._lender.check_count(count)

    def share_data(self, owner: Blob) -> None:
        """Go on with the data of another blob of as many values."""
        if owner is self:
            return
        self._data = owner._data
        self._data.shared = True
        self._lender = owner

    def share_diff(self, owner: Blob) -> None:
        """Go on with the diff of another blob of as many values."""
        self._diff = owner._diff
        self._diff.shared = True

    def _adopts(self, memory: Memory, values: torch.Tensor) -> bool:
        """Go on with the memory of values where that is as good; tell whether it is."""
        whole = tuple(values.shape) == self.shape and values.is_contiguous()
        if whole and _is_memory_cheap(values):
            memory.tensor = values
            return True
        return False

    def _write(self, memory: Memory, values: torch.Tensor) -> None:
        """Copy values to where they are to lie, unless they were computed there.

        The memory stays the same one from pass to pass: tensors that a caller has of it stay valid,
        and the process does not grow by the holes that new ones would leave. The first values
        choose its order of axes.
        """
        if memory.tensor is None or memory.tensor.numel() != values.numel():
            memory.new(values)
        into = self._view(memory)
        if into.data_ptr() != values.data_ptr():
            into.copy_(values)

    def _view(self, memory: Memory) -> torch.Tensor:
        tensor = memory.tensor
        if tensor is not None and tensor.shape == self.shape:
            return tensor
        if tensor is None or tensor.numel() != math.prod(self.shape):
            tensor = memory.tensor = self._place.zeros(self.shape)
        if tensor.shape != self.shape:
            # Others have this memory too: what one writes all must see, so it is made viewable.
            tensor = memory.tensor = tensor.contiguous()
            tensor = tensor.view(self.shape)
        return tensor

    def _set(self, into: torch.Tensor, values: object) -> None:
        given = self._checked(values).detach()
        if given.untyped_storage().data_ptr() == into.untyped_storage().data_ptr():
            given = given.clone()  # it may be another view, as a transposed one
        with torch.no_grad():
            into.copy_(given)

    def _checked(self, values: object) -> torch.Tensor:
        tensor = self._place.tensor(values)
        if tuple(tensor.shape) != self.shape:
            raise OptionError(
                f"values of shape {shape_text(tuple(tensor.shape))} for a blob of "
                f"{shape_text(self.shape)}; reshape it first"
            )
        return tensor
