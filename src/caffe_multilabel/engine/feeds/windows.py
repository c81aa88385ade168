"""Batches of windows in images, for WindowData layers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from caffe_multilabel import _core
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.engine.draws import DataSeeds
from caffe_multilabel.engine.feeds.named_file import NamedFile
from caffe_multilabel.engine.feeds.streamed import StreamedFeed, transform_of
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel._base.core_options import TransformOptions
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.engine.draws import Draws

__all__ = ["WindowFeed"]


class WindowFeed(StreamedFeed):
    """Windows drawn from those of a file, background before objects, as `WindowDataLayer`."""

    def __init__(self, layer: LayerParameter, phase: Phase, threads: int) -> None:
        """Read the window file; see `Feed`."""
        super().__init__(layer, phase, layer.window_data_param.batch_size)
        self._threads = threads
        source = layer.window_data_param.source
        self._file = NamedFile(layer, source, _core.WindowFile, "a window file")
        self._cache: _core.ImageCache | None = None
        self._transform: TransformOptions | None = None
        self._seed = 0

    @property
    def shapes(self) -> tuple[Shape | None, ...]:
        """None: the layer's settings say all of it."""
        return None, None

    def start(self, draws: Draws) -> None:
        """Draw the seed that windows and mirrors are drawn with, and begin to read."""
        self._transform = transform_of(self._layer, self._phase)
        self._seed = DataSeeds.draw(draws, self._layer, self._phase).shuffle or 0
        self._start_stream()  # which finds what makes no sense, as Caffe's does at once

    def record_of(self, item: int) -> str:
        """Return the window's line in the file, and the image."""
        window = int(self._positions[item])
        file = self._file.content
        image = os.fsdecode(file.image(window))
        return f"the window in line {file.line(window)} of {self._file.path}, of '{image}'"

    @property
    def place(self) -> dict[str, int | str]:
        """The seed, how many windows it gave, and of which file."""
        return {"seed": self._seed, "taken": self._taken, "digest": self._file.digest}

    def go_to(self, place: Mapping[str, Any]) -> None:
        """Go on behind so many windows.

        Raises:
            ListError: the file has other lines than it had there.
        """
        self._file.check_place(place)
        self._seed, self._taken = place["seed"], place["taken"]
        self._drop_stream()

    def __getstate__(self) -> dict[str, Any]:
        """Leave the images behind as well, which a copy reads again."""
        return super().__getstate__() | {"_cache": None}

    def _open_stream(self) -> _core.BatchStream:
        assert self._transform is not None  # it was started
        settings = self._layer.window_data_param
        root = os.fsencode(settings.root_folder)
        if settings.cache_images and self._cache is None:
            self._cache = _core.ImageCache(self._file.content, root)
        try:
            return _core.BatchStream.of_windows(
                self._file.content,
                self._cache,
                root=root,
                fg_threshold=settings.fg_threshold,
                bg_threshold=settings.bg_threshold,
                fg_fraction=settings.fg_fraction,
                context_pad=settings.context_pad,
                square=settings.crop_mode == "square",
                batch_size=self._batch,
                drop_last=False,
                endless=True,
                threads=self._threads,
                shared_threads=self._threads,
                seed=self._seed,
                taken=self._taken,
                **self._transform,
            )
        except OptionError as error:
            fail(self._layer, str(error))
