"""One layer at work in a net: its blobs, whose memory it may share, and both passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerInput, fail
from caffe_multilabel.engine.blob import Blob
from caffe_multilabel.engine.layers.layer import Pass
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    import torch

    from caffe_multilabel.caffe.backward import Course
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.base import LayerOutput
    from caffe_multilabel.caffe.layers.layer_type import LayerType
    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.engine.layers.layer import Layer
    from caffe_multilabel.engine.place import Place

__all__ = ["Step", "shapes_of"]


@dataclass(eq=False)
class Step:
    """A layer with its blobs.

    Attributes:
        node: its place in the graph.
        layer: how it computes.
        bottoms: the blobs that it reads.
        tops: the blobs that it writes; one in place is a bottom too.
        loss_weights: a weight for each top.
        course: what becomes of it in the backward pass.
    """

    node: Node
    layer: Layer
    bottoms: tuple[Blob, ...]
    tops: tuple[Blob, ...]
    loss_weights: tuple[float, ...]
    course: Course = field(init=False)
    _ran_with: tuple[tuple[int, ...], ...] | None = None
    _bottom_shapes: tuple[tuple[int, ...], ...] = ()
    _inside: Blob | None = None

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.node.name

    @property
    def message(self) -> LayerParameter:
        """The layer's message."""
        return self.node.layer

    @property
    def top_names(self) -> tuple[str, ...]:
        """The names of its tops."""
        return self.node.top_names

    @property
    def _entry(self) -> LayerType:
        entry = self.node.entry
        assert entry is not None  # it has an emitter
        return entry

    @property
    def _feeds(self) -> bool:
        """Whether the caller writes its tops."""
        return self.node.kind == "input"

    def set_up(self, place: Place) -> None:
        """Give the tops their shapes, and each its weight in the loss."""
        if self._entry.top_diff == "inside":
            self._inside = Blob((), place)
        self.layer.bottoms, self.layer.tops = self.bottoms, self.tops
        self.layer.reshaped(tuple(top.shape for top in self.tops))
        self.reshape()
        self._weigh()

    def reshape(self) -> None:
        """Give the tops the shapes that its rule makes of those of the bottoms."""
        shapes = tuple(blob.shape for blob in self.bottoms)
        changed = shapes != self._bottom_shapes
        if changed:
            output = shapes_of(self.node, shapes)
            self._check_weights([weight.shape for weight in output.weights])
            self.layer.reshaped(output.tops)
            self._bottom_shapes = shapes
            for top, shape in zip(self.tops, self.layer.top_shapes, strict=True):
                top.reshape(shape)
        self._share()
        if changed:
            self._weigh()

    def _check_weights(self, wanted: list[tuple[int, ...]]) -> None:
        """Refuse bottoms that the weights were not set up for."""
        for number, (blob, shape) in enumerate(zip(self.layer.setup.blobs, wanted, strict=True)):
            if blob.shape != shape:
                fail(
                    self.message,
                    f"blob {number} of its weights is {shape_text(blob.shape)}, and would have to "
                    f"be {shape_text(shape)} for such bottoms",
                )

    def _share(self) -> None:
        """Point tops to the memory of the bottom, as Caffe does anew with every forward pass."""
        if self._inside is not None:
            self._inside.reshape(self.tops[0].shape)
            self.tops[0].share_diff(self._inside)
        elif self._entry.shares_memory(self.message):
            for top in self.tops:
                top.share_data(self.bottoms[0])
                if self._entry.top_diff == "shares":
                    top.share_diff(self.bottoms[0])

    def _weigh(self) -> None:
        """Write weights into the diffs of tops, where Caffe keeps them."""
        for top, weight in zip(self.tops, self.loss_weights, strict=True):
            if weight:
                top.diff.fill_(weight)

    def forward(self, *, dry: bool = False) -> None:
        """Write the tops; if dry, write no file."""
        self.reshape()
        self._ran_with = None
        if self._entry.shares == "weight":
            for top, weight in zip(self.tops, self.layer.setup.blobs, strict=True):
                top.share_data(weight)
                top.share_diff(weight)
        elif not (
            self._feeds
            or self._entry.shares_memory(self.message)
            or self._is_idle()
            or (dry and self.layer.writes_files)
        ):
            found = self.layer.forward(tuple(blob.data for blob in self.bottoms))
            for top, data in zip(self.tops, found, strict=True):
                top.take(data)
        self._ran_with = self._bottom_shapes

    def weighted_losses(self) -> list[torch.Tensor]:
        """Return the weighted loss of each top that has a weight: still on the device."""
        return [
            (blob.data * blob.diff).sum()
            for blob, weight in zip(self.tops, self.loss_weights, strict=True)
            if weight
        ]

    def _is_idle(self) -> bool:
        """Tell whether there is nothing to compute: a batch of no item in, and none out.

        Some of Caffe's layers stop there, where they divide by the number of items or look at the
        first one; with the others nothing happens, as here.
        """
        if not self.bottoms or 0 not in self.bottoms[0].shape:
            return False
        if self.layer.needs_items:
            shape = shape_text(self.bottoms[0].shape)
            fail(self.message, f"bottom[0] is {shape}, without an item, and Caffe stops")
        return all(0 in top.shape for top in self.tops)

    def make_diffs(self) -> None:
        """Have memory for the diffs that backward writes."""
        if not self.course.runs:
            return
        for blob, wanted in zip(self.bottoms, self.course.wanted, strict=True):
            if wanted:
                _ = blob.diff
        for blob, wanted in zip(self.layer.setup.blobs, self.layer.blob_wanted, strict=True):
            if wanted:
                _ = blob.diff

    def backward(self) -> None:
        """Write the diffs of the bottoms that want one, and add to those of the weights."""
        if not self.course.runs:
            return
        self._refuse()
        if self._entry.hands_diff_down:
            self.bottoms[0].share_diff(self.tops[0])
            return
        if self._entry.lends_diff(self.message) and self._inside is None:
            return  # the diff is shared already
        if not (any(self.course.wanted) or any(self.course.weights) or self.layer.writes_unwanted):
            return
        if self._ran_with != self._bottom_shapes:
            raise OptionError(
                f"layer '{self.name}' ({self.node.type}) cannot run backward: it has not run "
                "forward with the shapes that its bottoms have now",
                key=self.name,
            )
        if self._is_idle():
            for blob, wanted in zip(self.bottoms, self.course.wanted, strict=True):
                if wanted:
                    blob.diff.zero_()
            return
        diffs = [blob.diff for blob in self.tops]
        if self._inside is not None:
            diffs[0] = self._inside.diff
        found = self.layer.backward(
            Pass(
                tuple(blob.data for blob in self.bottoms),
                tuple(blob.data for blob in self.tops),
                tuple(diffs),
                tuple(self.course.wanted),
            )
        )
        for bottom, diff, wanted in zip(self.bottoms, found, self.course.wanted, strict=True):
            if diff is not None and (wanted or self.layer.writes_unwanted):
                bottom.take_diff(diff)

    def _refuse(self) -> None:
        """Refuse a gradient that no bottom can get, as Caffe does in its backward pass."""
        bottom = self.course.stops(self.node)
        if bottom is not None:
            fail(
                self.message,
                f"no gradient can go to bottom[{bottom}] ('{self.message.bottom[bottom]}'), and "
                "Caffe stops",
            )


def shapes_of(
    node: Node, shapes: tuple[Shape, ...], data_shapes: tuple[Shape | None, ...] = ()
) -> LayerOutput:
    """Ask the shape rule of a layer; of one that reads a file, with what is known of that."""
    assert node.entry is not None
    tops = len(node.top_names)
    known = data_shapes or (None,) * tops
    return node.entry.shape(LayerInput(node.layer, shapes, tops, known))
