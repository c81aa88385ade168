"""Where the data and the random numbers of a training stand: a small file beside a snapshot.

Caffe never looks at it, and begins at the first record. With it a training that was cut ends with
the bits of an unbroken one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from caffe_multilabel.engine.solvers.standing import Standing, go_to
from caffe_multilabel.errors import Error, OptionError, PrototxtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.engine.draws import Draws
    from caffe_multilabel.engine.layers.layer import Tensors
    from caffe_multilabel.engine.net import Net

__all__ = ["PlaceError", "data_content", "restore_data", "resume_path"]

_FORMAT = 1


class PlaceError(PrototxtError):
    """The file beside a snapshot cannot be gone by; the snapshot itself may be whole."""


def resume_path(state: str) -> str:
    """Return the path of the file that stands beside a solver's state."""
    return f"{state}.data.json"


def data_content(weights: StrPath, standing: Standing) -> bytes:
    """Return what the file says of where data, layers and random numbers are.

    Args:
        weights: the snapshot's file of weights, which is there.
        standing: where they are.
    """
    document = {
        "format": _FORMAT,
        "weights": _digest(weights),
        "data": [{"layer": name, "place": place} for name, place in standing.data],
        "states": [
            {
                "layer": name,
                "values": [_text(each.cpu().double().numpy().tobytes()) for each in values],
            }
            for name, values in standing.carried
        ],
        "draws": {name: _text(value) for name, value in standing.draws.items()},
    }
    return json.dumps(document).encode()


def restore_data(weights: str, state: str, nets: Sequence[Net], draws: Draws) -> bool:
    """Take data layers, what layers carry on and random numbers to where they were at a snapshot.

    Args:
        weights: the file of weights.
        state: the solver's state.
        nets: the nets, in the solver's order.
        draws: what they draw from.

    Returns:
        Whether such a file belongs to the snapshot; without one, nothing changes.

    Raises:
        PlaceError: the file is damaged, or of other layers. Nothing has changed then.
        DatabaseError: a database has changed since; likewise.
        ListError: a list of images or windows; likewise.
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
            raise PlaceError(f"{path}: written by a later version; {_WAY_OUT}", path=path)
        if document["weights"] != _digest(weights):
            return False  # a Caffe has written it anew
        standing = Standing(
            tuple((one["layer"], one["place"]) for one in document["data"]),
            tuple((one["layer"], _tensors(one["values"])) for one in document["states"]),
            {name: base64.b64decode(value) for name, value in document["draws"].items()},
        )
        go_to(standing, nets, draws)
    except OptionError as error:
        raise PlaceError(f"{path}: {error.message}; {_WAY_OUT}", path=path) from error
    except Error:
        raise  # some are ValueErrors, and none of them is damage
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error
    return True


_WAY_OUT = "--restart_data goes on without it"


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _tensors(texts: Sequence[str]) -> Tensors:
    """Return values that were written."""
    return tuple(
        torch.from_numpy(np.frombuffer(base64.b64decode(text), np.float64).copy()) for text in texts
    )


def _damaged(path: str) -> PlaceError:
    return PlaceError(f"{path}: damaged; {_WAY_OUT}", path=path)


def _digest(path: StrPath) -> str:
    digest = hashlib.blake2b()
    with Path(path).open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
