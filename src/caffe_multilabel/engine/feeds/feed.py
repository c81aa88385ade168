"""What a feed is: the batches of one data layer, made ahead of the net, without an end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.engine.draws import Draws

__all__ = ["Feed"]


class Feed(ABC):
    """The batches of one data layer, as Caffe's layer of that type makes them.

    It has a cursor and random numbers of its own, whoever else reads the same file.
    """

    @abstractmethod
    def __init__(self, layer: LayerParameter, phase: Phase, threads: int) -> None:
        """Look at what the layer reads.

        Args:
            layer: its message.
            phase: its phase.
            threads: how many threads may decode for it; all feeds of a process share them.

        Raises:
            PrototxtError: a setting of the layer makes no sense.
            DatabaseError: what it reads is not there, or cannot be read.
            ListError: likewise of a list of files; or a line of it does not fit.
            ImageError: likewise of the first image file.
        """

    @property
    @abstractmethod
    def shapes(self) -> tuple[Shape | None, ...]:
        """For each top what its shape rule asks for; see `infer_shapes`, `data_shapes`."""

    @abstractmethod
    def start(self, draws: Draws) -> None:
        """Draw what Caffe's layer draws when it is set up, in its order.

        Raises:
            PrototxtError: a file that the layer names cannot be read.
            OptionError: a number in its `transform_param` makes no sense.
        """

    @abstractmethod
    def next(self) -> tuple[NDArray[Any], ...]:
        """Return the values of each top for the next batch.

        Raises:
            DatabaseError: one of its records cannot be used; it is named.
            ImageError: likewise of its image files.
        """

    @abstractmethod
    def record_of(self, item: int) -> str:
        """Name the record that is an item of the batch given last, for messages."""

    @property
    @abstractmethod
    def place(self) -> dict[str, int | str]:
        """Where it is: what `go_to` needs to go on from here, bit by bit."""

    @abstractmethod
    def go_to(self, place: Mapping[str, Any]) -> None:
        """Go on from a place where a feed of the same settings was.

        Raises:
            KeyError: it is no such place.
            DatabaseError: what it reads has changed since.
            ListError: likewise of a list.
        """
