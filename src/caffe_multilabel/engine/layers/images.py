"""Layers that read images and their labels from files."""

from __future__ import annotations

from caffe_multilabel.engine.layers.layer import Layer, Tensors

__all__ = ["LAYERS", "Fed"]


class Fed(Layer):
    """A layer whose tops are what a feed gives, batch by batch."""

    def forward(self, _bottoms: Tensors) -> Tensors:
        """Return the next batch.

        Raises:
            DatabaseError: one of its records cannot be used.
            ImageError: one of its image files cannot be used.
        """
        feed = self.setup.feed
        assert feed is not None  # its type is in FEEDS
        return tuple(self.setup.place.carried(values) for values in feed.next())


class Data(Fed):
    """Records of a database."""


class ImageData(Fed):
    """Image files of a list."""


class WindowData(Fed):
    """Windows cut out of image files."""


LAYERS = (Data, ImageData, WindowData)
