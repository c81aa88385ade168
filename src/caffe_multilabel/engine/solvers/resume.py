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
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.engine.draws import Draws
    from caffe_multilabel.engine.feeds.feed import Feed

__all__ = ["restore_data", "resume_path", "write_data"]

_FORMAT = 1


def resume_path(state: str) -> str:
    """Return the path of the file that stands beside a solver's state."""
    return f"{state}.data.json"


def write_data(state: str, feeds: Sequence[Feed], draws: Draws) -> None:
    """Write where data layers and random numbers are, for the state of a solver.

    Args:
        state: the solver's state, which is there.
        feeds: what the data layers of all nets read, in the order of nets and layers.
        draws: what the nets draw from.

    Raises:
        OutputError: the file cannot be written.
    """
    document = {
        "format": _FORMAT,
        "state": _digest(state),
        "data": [feed.place for feed in feeds],
        "draws": {name: base64.b64encode(value).decode() for name, value in draws.state().items()},
    }
    write_bytes(resume_path(state), json.dumps(document).encode())


def restore_data(state: str, feeds: Sequence[Feed], draws: Draws) -> bool:
    """Take data layers and random numbers to where they were at a solver's state.

    Args:
        state: the solver's state.
        feeds: what the data layers of all nets read, in the order of nets and layers.
        draws: what the nets draw from.

    Returns:
        Whether such a file belongs to the state; without one, nothing changes.

    Raises:
        PrototxtError: the file is damaged, or of other data layers.
        DatabaseError: a database has changed since.
    """
    path = resume_path(state)
    try:
        document: Any = json.loads(Path(path).read_bytes())
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    try:
        if document["format"] != _FORMAT:
            raise PrototxtError(
                f"{path}: written by a later version; --restart_data goes on without it", path=path
            )
        if document["state"] != _digest(state):
            return False  # the state was written anew, by a Caffe
        places = document["data"]
        if len(places) != len(feeds):
            raise PrototxtError(
                f"{path}: it is of {len(places)} data layers, and the nets have {len(feeds)}; "
                "--restart_data goes on without it",
                path=path,
            )
        found = {name: base64.b64decode(value) for name, value in document["draws"].items()}
        for feed, place in zip(feeds, places, strict=True):
            feed.go_to(place)
        draws.restore(found)
    except (AttributeError, KeyError, TypeError, binascii.Error) as error:
        raise _damaged(path) from error
    return True


def _damaged(path: str) -> PrototxtError:
    return PrototxtError(f"{path}: damaged; --restart_data goes on without it", path=path)


def _digest(path: str) -> str:
    digest = hashlib.blake2b()
    with Path(path).open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
