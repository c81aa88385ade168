"""Where the data and the random numbers of a training stand: a small file beside a snapshot.

Caffe never looks at it, and begins at the first record. With it a training that was cut ends with
the bits of an unbroken one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.files import write_bytes
from caffe_multilabel._base.text import listed
from caffe_multilabel.errors import OptionError, PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caffe_multilabel.engine.draws import Draws
    from caffe_multilabel.engine.feeds.feed import Feed

__all__ = ["NamedFeed", "PlaceError", "restore_data", "resume_path", "write_data"]

_FORMAT = 1

NamedFeed = tuple[str, "Feed"]
"""The name of a data layer, and what it reads."""


class PlaceError(PrototxtError):
    """The file beside a snapshot cannot be gone by; the snapshot itself may be whole."""


def resume_path(state: str) -> str:
    """Return the path of the file that stands beside a solver's state."""
    return f"{state}.data.json"


def write_data(files: Sequence[str], feeds: Iterable[NamedFeed], draws: Draws) -> str:
    """Write where data layers and random numbers are, for a snapshot.

    Args:
        files: the weights and the solver's state, which are there.
        feeds: what the data layers of all nets read, in the order of nets and layers.
        draws: what the nets draw from.

    Returns:
        The path of the file.

    Raises:
        OutputError: the file cannot be written.
    """
    path = resume_path(files[1])
    document = {
        "format": _FORMAT,
        "snapshot": [_digest(file) for file in files],
        "data": [{"layer": name, "place": feed.place} for name, feed in feeds],
        "draws": {name: base64.b64encode(value).decode() for name, value in draws.state().items()},
    }
    write_bytes(path, json.dumps(document).encode())
    return path


def restore_data(files: Sequence[str], feeds: Sequence[NamedFeed], draws: Draws) -> bool:
    """Take data layers and random numbers to where they were at a snapshot.

    Args:
        files: the weights and the solver's state.
        feeds: what the data layers of all nets read, in the order of nets and layers.
        draws: what the nets draw from.

    Returns:
        Whether such a file belongs to the snapshot; without one, nothing changes.

    Raises:
        PlaceError: the file is damaged, or of other data layers. Nothing has changed then.
        DatabaseError: a database has changed since; likewise.
    """
    path = resume_path(files[1])
    try:
        document: Any = json.loads(Path(path).read_bytes())
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    before = [feed.place for _, feed in feeds]
    try:
        if document["format"] != _FORMAT:
            raise PlaceError(f"{path}: written by a later version; {_WAY_OUT}", path=path)
        if document["snapshot"] != [_digest(file) for file in files]:
            return False  # a Caffe has written it anew
        names, own = [one["layer"] for one in document["data"]], [name for name, _ in feeds]
        if names != own:
            raise PlaceError(
                f"{path}: it is of the data layers {listed(names)}, and the nets have "
                f"{listed(own)}; {_WAY_OUT}",
                path=path,
            )
        found = {name: base64.b64decode(value) for name, value in document["draws"].items()}
        for one, (_, feed) in zip(document["data"], feeds, strict=True):
            feed.go_to(one["place"])
        draws.restore(found)
    except (AttributeError, KeyError, TypeError, OptionError, binascii.Error) as error:
        _go_back(feeds, before)
        raise _damaged(path) from error
    except Exception:
        _go_back(feeds, before)
        raise
    return True


_WAY_OUT = "--restart_data goes on without it"


def _go_back(feeds: Iterable[NamedFeed], places: Iterable[dict[str, int]]) -> None:
    for (_, feed), place in zip(feeds, places, strict=True):
        feed.go_to(place)


def _damaged(path: str) -> PlaceError:
    return PlaceError(f"{path}: damaged; {_WAY_OUT}", path=path)


def _digest(path: str) -> str:
    digest = hashlib.blake2b()
    with Path(path).open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
