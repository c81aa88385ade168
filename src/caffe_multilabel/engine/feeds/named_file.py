"""What data layers name: whether it is there, and as it was."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.errors import DatabaseError, ListError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["NamedFile", "same_records"]

_RESTART = "--restart_data reads it from its first"


class _Content(Protocol):
    @property
    def digest(self) -> str: ...


_ContentT = TypeVar("_ContentT", bound=_Content)


class NamedFile(Generic[_ContentT]):
    """A text file that a layer's `source` names, as the core reads it; a copy reads it again.

    Attributes:
        path: its path.
        digest: what tells its lines from others.
    """

    def __init__(
        self, layer: LayerParameter, path: str, read: Callable[[bytes], _ContentT], what: str
    ) -> None:
        """Read it.

        Args:
            layer: the layer.
            path: its `source`.
            read: reads a file at a path.
            what: what it is, with its article, for messages.

        Raises:
            PrototxtError: the layer names none, or there is no such file.
            ListError: it cannot be read, or a line of it does not fit.
        """
        self.path = _regular_file(layer, path, what)
        self._read = read
        self._content: _ContentT | None = read(os.fsencode(path))
        self.digest = self._content.digest

    @property
    def content(self) -> _ContentT:
        """What stands in it.

        Raises:
            ListError: in a copy, it is not what the first one has read; or it cannot be read.
        """
        if self._content is None:
            content = self._read(os.fsencode(self.path))
            if content.digest != self.digest:
                raise self._changed("the net was made; make the net anew")
            self._content = content
        return self._content

    def check_place(self, place: Mapping[str, Any]) -> None:
        """Refuse a place in a file that had other lines.

        Raises:
            KeyError: it is no such place.
            ListError: it had.
        """
        if place["digest"] != self.digest:
            raise self._changed(f"the snapshot was made; {_RESTART} line on")

    def __getstate__(self) -> dict[str, Any]:
        """Leave the content behind."""
        return self.__dict__ | {"_content": None}

    def _changed(self, since: str) -> ListError:
        return ListError(f"{self.path}: it has other lines than when {since}", path=self.path)


def same_records(
    path: str, place: Mapping[str, Any], *, records: int, digest: str, unit: str
) -> None:
    """Refuse a place in what holds other records now.

    Args:
        path: what is read.
        place: the place, with its `records` and `digest` there.
        records: how many it holds.
        digest: what tells them from others.
        unit: what one is called.

    Raises:
        KeyError: it is no such place.
        DatabaseError: it holds others.
    """
    if place["records"] != records:
        raise DatabaseError(
            f"{path}: it holds {plural(records, unit)}, and {place['records']} when the snapshot "
            f"was made; {_RESTART} {unit} on",
            path=path,
        )
    if place["digest"] != digest:
        raise DatabaseError(
            f"{path}: its {unit}s are others than when the snapshot was made; {_RESTART} {unit} on",
            path=path,
        )


def _regular_file(layer: LayerParameter, path: str, what: str) -> str:
    """Return the path of a file. A pipe is none: it may be read again, as by a copy of the net."""
    if not path:
        fail(layer, f"it has no source; give the path of {what}")
    if not Path(path).exists():
        fail(layer, f"there is no '{path}', seen from {Path.cwd()}; its source is {what}")
    if not Path(path).is_file():
        fail(layer, f"'{path}' is no regular file; its source is {what}")
    return path
