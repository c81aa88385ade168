"""Batches of the images that a list names, for ImageData layers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from caffe_multilabel import _core
from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.data.image_lists import file_options, list_decoding
from caffe_multilabel.engine.draws import DataSeeds
from caffe_multilabel.engine.feeds.named_file import NamedFile
from caffe_multilabel.engine.feeds.streamed import StreamedFeed, transform_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel._base.core_options import TransformOptions
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.engine.draws import Draws

__all__ = ["ImageListFeed"]


class ImageListFeed(StreamedFeed):
    """The images of a list with a label each, in its order or shuffled, as `ImageDataLayer`.

    The order changes each time round, in mid-batch.
    """

    def __init__(self, layer: LayerParameter, phase: Phase, threads: int) -> None:
        """Read the list and its first image; see `Feed`."""
        super().__init__(layer, phase, layer.image_data_param.batch_size)
        self._threads = threads
        source = layer.image_data_param.source
        self._list = NamedFile(layer, source, _core.LabelledFiles, "a list of images")
        self._lines = len(self._list.content)
        self._seed = self._skip = 0
        self._shuffle: int | None = None
        self._transform: TransformOptions | None = None
        self._shape = self._first_shape()

    @property
    def shapes(self) -> tuple[Shape | None, ...]:
        """Channels, height and width of the image that comes first; its label has none."""
        return self._shape, None

    def start(self, draws: Draws) -> None:
        """Draw the order, how many lines to skip, and the seed of the transformer."""
        layer, settings = self._layer, self._layer.image_data_param
        self._transform = transform_of(layer, self._phase)
        self._transform["decoding"] = list_decoding(layer)
        seeds = DataSeeds.draw(draws, layer, self._phase)
        self._seed, self._shuffle = seeds.transformer or 0, seeds.shuffle
        if seeds.skip is not None:
            self._skip = seeds.skip % settings.rand_skip
        if self._skip >= self._lines:
            fail(
                layer,
                f"rand_skip: {settings.rand_skip} has drawn {self._skip} lines to skip, and "
                f"{self._list.path} has {plural(self._lines, 'line')}",
            )
        self._shape = self._first_shape()

    def record_of(self, item: int) -> str:
        """Return the image, its line and the list."""
        line = int(self._positions[item])
        image = os.fsdecode(self._list.content.path(line))
        return f"line {line + 1} of {self._list.path}, '{image}'"

    @property
    def place(self) -> dict[str, int | str]:
        """What it drew, how many images it gave, and of which list."""
        return {
            "seed": self._seed,
            "shuffle": -1 if self._shuffle is None else self._shuffle,
            "skip": self._skip,
            "taken": self._taken,
            "digest": self._list.digest,
        }

    def go_to(self, place: Mapping[str, Any]) -> None:
        """Go on behind so many images.

        Raises:
            ListError: the list has other lines than it had there.
        """
        self._list.check_place(place)
        self._seed, self._skip, self._taken = place["seed"], place["skip"], place["taken"]
        self._shuffle = None if place["shuffle"] < 0 else place["shuffle"]
        self._drop_stream()

    def _open_stream(self) -> _core.BatchStream:
        assert self._transform is not None  # it was started
        return _core.BatchStream.of_files(
            self._list.content,
            batch_size=self._batch,
            drop_last=False,
            endless=True,
            threads=self._threads,
            shared_threads=self._threads,
            seed=self._seed,
            taken=self._taken,
            **file_options(self._layer, skip=self._skip, shuffle=self._shuffle),
            **self._transform,
        )

    def _first_shape(self) -> Shape:
        options = file_options(self._layer, skip=self._skip, shuffle=self._shuffle)
        return self._list.content.first_shape(decoding=list_decoding(self._layer), **options)
