"""Layers that bring values in, and HDF5Output, which takes them out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import torch

from caffe_multilabel._base.extras import import_extra
from caffe_multilabel._base.files import replacing
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.caffe.proto.types import FillerParameter
from caffe_multilabel.engine.draws import DataSeeds
from caffe_multilabel.engine.fillers import fill
from caffe_multilabel.engine.hdf5 import hdf5_file
from caffe_multilabel.engine.layers.images import Fed
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS", "MemoryData"]

_LOG = logging.getLogger(__name__)


class Input(Layer):
    """What the caller feeds; the net leaves its tops as they are."""


class Parameter(Layer):
    """A blob of weights; the net gives its top the memory of that."""


class DummyData(Layer):
    """What fillers draw, anew with every pass.

    Constants are written once. What a layer in place makes of them is there in the next pass, as in
    Caffe.
    """

    def read(self, message: LayerParameter) -> None:
        """Keep the fillers, one for each top."""
        settings = message.dummy_data_param
        # Where none is given: the constant 0.
        given = list(settings.data_filler) or [FillerParameter()]
        self._fillers = given * self.setup.tops if len(given) == 1 else given

    def reshaped(self, tops: tuple[Shape, ...]) -> None:
        """Write the constants."""
        super().reshaped(tops)
        self._fill(constants=True)

    def forward(self, _bottoms: Tensors) -> Tensors:
        """Return the tops."""
        self._fill(constants=False)
        return tuple(top.data for top in self.tops)

    def _fill(self, *, constants: bool) -> None:
        for filler, top in zip(self._fillers, self.tops, strict=True):
            if (filler.type == "constant") == constants:
                fill(filler, top.data, self.setup.draws)


class MemoryData(Layer):
    """Batches of arrays that the caller gives, which begin anew at their end."""

    def read(self, message: LayerParameter) -> None:
        """Begin without arrays, and draw what the layer does not need, as Caffe's does."""
        DataSeeds.draw(self.setup.draws, message, self.setup.phase)
        self._arrays: Tensors | None = None
        self._at = 0

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.setup.message.name

    @property
    def carried(self) -> Tensors:
        """Where in the arrays the next batch is."""
        return (torch.tensor([self._at], dtype=torch.float64),)

    def carry(self, values: Tensors) -> None:
        """Go on there; the arrays have to be given, and stay the caller's.

        Raises:
            OptionError: they have not so many items.
        """
        (at,) = values
        items = 0 if self._arrays is None else len(self._arrays[0])
        if not 0 <= int(at) <= max(items - 1, 0):
            raise OptionError(
                f"layer '{self.name}' (MemoryData) was at item {int(at)}, and has {items}",
                key=self.name,
            )
        self._at = int(at)

    def set_arrays(self, data: object, labels: object) -> None:
        """Go on with other arrays, from their beginning; see `Net.set_input_arrays`.

        Raises:
            OptionError: they do not fit the layer's settings.
        """
        name = f"layer '{self.name}' (MemoryData)"
        batch, *record = self.top_shapes[0]
        images, numbers = self.setup.place.tensor(data), self.setup.place.tensor(labels)
        if list(images.shape[1:]) != record:
            raise OptionError(
                f"{name}: data is {_shape(images)}, must be Nx{shape_text(tuple(record))}",
                key=self.name,
            )
        count = len(images)
        if not count or count % batch:
            raise OptionError(
                f"{name}: data is {_shape(images)}; its first axis must be a multiple of "
                f"batch_size, which is {batch}",
                key=self.name,
            )
        if tuple(numbers.shape) not in ((count,), (count, 1, 1, 1)):
            raise OptionError(
                f"{name}: labels are {_shape(numbers)}, must be {count} for data of "
                f"{_shape(images)}",
                key=self.name,
            )
        if self.setup.message.HasField("transform_param"):
            _LOG.warning("%s: transform_param does nothing to arrays, in Caffe as well", name)
        # Caffe's label blob has one axis only till the first pass.
        self._arrays, self._at = (images, numbers.reshape(count, 1, 1, 1)), 0

    def forward(self, _bottoms: Tensors) -> Tensors:
        """Return the next batch.

        Raises:
            OptionError: no arrays were given.
        """
        if self._arrays is None:
            raise OptionError(
                f"layer '{self.name}' (MemoryData) has no arrays: call set_input_arrays first",
                key=self.name,
            )
        batch = self.top_shapes[0][0]
        tops = tuple(array[self._at : self._at + batch] for array in self._arrays)
        self._at = (self._at + batch) % len(self._arrays[0])
        return tops


class HDF5Data(Fed):
    """Rows of HDF5 files."""


class HDF5Output(Layer):
    """Writes its bottoms to a file, as the sets `data` and `label`."""

    writes_files = True

    def read(self, message: LayerParameter) -> None:
        """Keep the name of the file, and see that it can be written later."""
        import_extra("h5py", "torch")
        self._file = message.hdf5_output_param.file_name
        if not self._file:
            fail(message, "hdf5_output_param has no file_name")
        self._written = False

    def forward(self, bottoms: Tensors) -> Tensors:
        """Write the file.

        Raises:
            PrototxtError: it was written already, which Caffe dies on too.
            OutputError: it cannot be written.
        """
        if self._written:
            fail(
                self.setup.message,
                f"{self._file} has a batch already, and takes no other, in Caffe as well; "
                "set the net up anew",
            )
        with replacing([self._file]) as [new], hdf5_file(new) as file:
            for name, values in zip(("data", "label"), bottoms, strict=True):
                axes = (*values.shape, 1, 1, 1, 1)[:4]
                file.create_dataset(name, data=values.reshape(axes).cpu().numpy())
        self._written = True
        return ()

    def backward(self, at: Pass) -> Gradients:
        """Leave the diffs alone."""
        return [None] * len(at.bottoms)


def _shape(tensor: torch.Tensor) -> str:
    return shape_text(tuple(tensor.shape))


LAYERS = (Input, Parameter, DummyData, MemoryData, HDF5Data, HDF5Output)
