"""What the feeds have in common whose batches the core makes: a stream of them, at a place."""

from __future__ import annotations

import logging
import weakref
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from caffe_multilabel.caffe.layers import type_of
from caffe_multilabel.caffe.named_fields import submessage
from caffe_multilabel.engine.feeds.feed import Feed
from caffe_multilabel.reader.transform import transform_options

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from caffe_multilabel import _core
    from caffe_multilabel._base.core_options import TransformOptions
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["StreamedFeed", "transform_of"]

_LOG = logging.getLogger(__name__)


class StreamedFeed(Feed):
    """A feed whose batches the core makes ahead, on threads that all such feeds share.

    Attributes:
        _layer: the message of its layer.
        _phase: the phase of that.
        _batch: how many items a batch has.
        _taken: how many items it gave.
        _positions: of the items of the batch given last, which records of the source they are.
    """

    _positions: NDArray[np.uint32]

    def __init__(self, layer: LayerParameter, phase: Phase, batch: int) -> None:
        self._layer, self._phase, self._batch = layer, phase, batch
        self._taken = 0
        self._stream: _core.BatchStream | None = None
        self._close: Callable[[], object] = _nothing

    @abstractmethod
    def _open_stream(self) -> _core.BatchStream:
        """Begin a stream without an end behind the items that were taken."""

    def next(self) -> tuple[NDArray[Any], ...]:
        """Return the images, and their labels where the layer has two tops."""
        stream = self._start_stream() if self._stream is None else self._stream
        try:
            found = stream.next()
        except Exception:  # the stream is over; a new one begins at this batch
            self._drop_stream()
            raise
        assert found is not None  # it has no end
        self._taken += self._batch
        images, _, labels, self._positions = found
        return (images, labels)[: len(self._layer.top)]

    def __getstate__(self) -> dict[str, Any]:
        """Leave the stream behind: a copy starts its own, at the same place."""
        return self.__dict__ | {"_stream": None, "_close": _nothing}

    def _start_stream(self) -> _core.BatchStream:
        stream = self._stream = self._open_stream()
        # At the latest before the interpreter goes, and the libraries under the threads with it.
        self._close = weakref.finalize(self, stream.close)
        return stream

    def _drop_stream(self) -> None:
        self._close()
        self._stream, self._close = None, _nothing


def transform_of(layer: LayerParameter, phase: Phase) -> TransformOptions:
    """Return how the core has to transform the images of a layer; warn of a scale without effect.

    Args:
        layer: its message.
        phase: its phase.

    Raises:
        PrototxtError: the mean file cannot be read.
        OptionError: a number makes no sense.
    """
    given, entry = layer.transform_param, type_of(layer)
    if entry.own_scale and given.scale != 1:
        _LOG.warning(
            "layer '%s' (%s): scale in transform_param does nothing, in Caffe as well; write it "
            "into %s",
            layer.name,
            layer.type,
            entry.message,
        )
    scaling: Any = submessage(layer, entry.message) if entry.own_scale else given
    return transform_options(
        phase=phase,
        crop_size=given.crop_size,
        mirror=given.mirror,
        mean_value=list(given.mean_value),
        mean_file=given.mean_file if given.HasField("mean_file") else None,
        scale=scaling.scale,
        force_color=given.force_color,
        force_gray=given.force_gray,
    )


def _nothing() -> None:
    """Close nothing."""
