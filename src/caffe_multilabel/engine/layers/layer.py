"""What a layer of the engine is: values forward, gradients backward, as Caffe's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import torch

from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.engine.blob import Blob
    from caffe_multilabel.engine.draws import Draws
    from caffe_multilabel.engine.feeds.feed import Feed
    from caffe_multilabel.engine.place import Place

__all__ = ["Gradients", "Layer", "Pass", "Setup", "Tensors", "kept", "runs_of_items"]

Tensors = tuple[torch.Tensor, ...]
Gradients = list["torch.Tensor | None"]
"""One for each bottom; None where Caffe leaves the diff of the bottom alone."""

_MOST_AT_ONCE = 1 << 19  # values of a blob: some MiB, which caches hold and malloc keeps


@dataclass(frozen=True, slots=True)
class Setup:
    """A layer about to be made.

    Attributes:
        message: its message.
        phase: its phase, which is the net's where it has none of its own.
        bottoms: how many bottoms it has.
        tops: how many tops.
        in_place: whether its first top is written over its first bottom.
        blobs: its weights, filled, or those of the layer that owns them.
        own: of a layer with a net inside, its weights as they were filled, whoever owns them.
        place: where its tensors are.
        draws: what random numbers are drawn from.
        feed: what it reads; None but for layers that read files.
    """

    message: LayerParameter
    phase: Phase
    bottoms: int
    tops: int
    in_place: bool
    blobs: tuple[Blob, ...]
    own: tuple[Blob, ...]
    place: Place
    draws: Draws
    feed: Feed | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """What a layer finds when its gradients are asked for.

    The values are those that its blobs hold then. A layer that works in place below this one, or
    above it, may have written over what forward saw, and Caffe reads what is there.

    Attributes:
        bottoms: the data of its bottoms.
        tops: the data of its tops.
        diffs: the diffs of its tops.
        wanted: for each bottom, whether its diff is wanted.
    """

    bottoms: Tensors
    tops: Tensors
    diffs: Tensors
    wanted: tuple[bool, ...]


@dataclass(eq=False)
class Layer:
    """A layer of a net. A type says in `compute` what its tops are, and that is enough.

    Gradients are then the vector-Jacobian product of `compute` at the values that the blobs hold.
    A type whose gradient is Caffe's own, reads its top, or costs time overrides `backward`.
    """

    setup: Setup
    blob_wanted: list[bool] = field(init=False)
    """For each blob of weights, whether its diff is wanted."""
    top_shapes: tuple[Shape, ...] = field(init=False, default=())
    """What its shape rule makes of its bottoms, which the net asks when their shapes change."""
    bottoms: tuple[Blob, ...] = field(init=False, default=())
    """Its bottoms; `backward` may write to their diffs, and return what it has written to."""
    tops: tuple[Blob, ...] = field(init=False, default=())
    """Its tops; `forward` may write to their data, and return what it has written to."""

    spoils_as_caffe: ClassVar[bool] = False
    """In place it makes the wrong values that Caffe makes; others that spoil them are refused."""
    needs_items: ClassVar[bool] = False
    """Its top is of all items together, and Caffe stops where there is none."""
    writes_unwanted: ClassVar[bool] = False
    """Its Backward writes diffs that are not wanted as well: whatever it returns."""
    writes_files: ClassVar[bool] = False
    """Its forward pass writes a file, and makes no top."""

    def __post_init__(self) -> None:
        """Read what the message says, once."""
        self.blob_wanted = [True] * len(self.setup.blobs)
        self.read(self.setup.message)

    def read(self, message: LayerParameter) -> None:
        """Keep what the layer needs of its message."""

    def reshaped(self, tops: tuple[Shape, ...]) -> None:
        """Take over what its shape rule makes of its bottoms, whose shapes changed.

        Raises:
            PrototxtError: it was not set up for these.
        """
        self.top_shapes = tops

    @property
    def weights(self) -> Tensors:
        """The data of its blobs of weights."""
        return tuple(blob.data for blob in self.setup.blobs)

    @property
    def carried(self) -> Tensors:
        """A copy of what it takes from one pass to the next, besides weights and random numbers."""
        return ()

    def carry(self, values: Tensors) -> None:
        """Go on with what was `carried`, here or by another layer of the same settings.

        Raises:
            OptionError: it is not that.
        """
        if values:
            raise OptionError(
                f"layer '{self.setup.message.name}' carries nothing from pass to pass"
            )

    def compute(self, _bottoms: Tensors) -> Tensors:
        """Return the tops; differentiable, and without a trace in the layer."""
        raise NotImplementedError

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops, which are copied to their blobs: views of bottoms are allowed.

        What backward needs besides the blobs is kept.
        """
        return self.compute(bottoms)

    def backward(self, at: Pass) -> Gradients:
        """Return the diff of each bottom that wants one, and add to those of the weights."""
        return self.product(at, lambda bottoms, _: self.compute(bottoms))

    def product(self, at: Pass, compute: Callable[[Tensors, Tensors], Tensors]) -> Gradients:
        """Return the vector-Jacobian product of a function of bottoms and weights."""
        with torch.enable_grad():
            bottoms = [
                bottom.detach().requires_grad_(wanted)
                for bottom, wanted in zip(at.bottoms, at.wanted, strict=True)
            ]
            weights = [
                weight.detach().requires_grad_(wanted)
                for weight, wanted in zip(self.weights, self.blob_wanted, strict=True)
            ]
            leaves = [leaf for leaf in (*bottoms, *weights) if leaf.requires_grad]
            if not leaves:
                return [None] * len(bottoms)
            tops = compute(tuple(bottoms), tuple(weights))
            found = iter(
                torch.autograd.grad(tops, leaves, at.diffs[: len(tops)], materialize_grads=True)
            )
        diffs: Gradients = [next(found) if bottom.requires_grad else None for bottom in bottoms]
        for number, weight in enumerate(weights):
            if weight.requires_grad:
                self.add(number, next(found))
        return diffs

    def add(self, number: int, diff: torch.Tensor) -> None:
        """Add to the diff of a blob of weights."""
        blob = self.setup.blobs[number]
        blob.diff.add_(diff.reshape(blob.shape))


def kept(before: torch.Tensor | None, values: torch.Tensor) -> torch.Tensor:
    """Return a copy of values, in the memory of the copy before it where that has their shape."""
    if before is None or before.shape != values.shape:
        return values.clone()
    return before.copy_(values)


def runs_of_items(blob: torch.Tensor, values: int = 0) -> list[slice]:
    """Return slices of items, so few in each that what is made of them on the way stays small.

    That stays in caches then, and in memory that malloc has: larger blocks come from the system
    with every pass, page by page, or leave holes in the heap. A GPU gets all at once.

    Args:
        blob: what is read.
        values: how many are written, where that may be more.
    """
    items = len(blob)
    most = max(blob.numel(), values)
    if most <= _MOST_AT_ONCE or blob.device.type != "cpu":
        return [slice(0, items)]
    step = max(1, items * _MOST_AT_ONCE // most)
    return [slice(first, first + step) for first in range(0, items, step)]
