"""Files of solver states: where a training stands, from and to a `.solverstate`.

As in files of weights, numbers are taken from the bytes of the file and written from the arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caffe_multilabel.caffe.proto.binary import damaged, parse_binary, write_pieces
from caffe_multilabel.caffe.proto.files import read_bytes
from caffe_multilabel.caffe.proto.schemas import schema
from caffe_multilabel.caffe.proto.stored import blob_pieces, parse_blob
from caffe_multilabel.caffe.proto.types import BlobProto, SolverState
from caffe_multilabel.caffe.proto.wire import WireError, swap_blobs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.proto.weights import Stored

__all__ = ["StoredState", "read_state", "write_state"]


@dataclass(frozen=True, slots=True)
class StoredState:
    """A solver's state in a file.

    Attributes:
        iteration: how many updates were made.
        learned_net: the file of weights that belongs to it, as the training saw its path; empty
            where none is named.
        current_step: how many steps of `multistep` were gone.
        history: what the solver remembers, in its order.
    """

    iteration: int
    learned_net: str
    current_step: int
    history: Sequence[Stored]


def read_state(path: StrPath) -> StoredState:
    """Read a `.solverstate`; the arrays of its history are views of one copy of the file.

    Raises:
        PrototxtError: the file cannot be read, is damaged, cut short or another message.
    """
    content, name = read_bytes(path), str(path)
    history: list[Stored] = []

    def take_out(blob: memoryview) -> list[bytes | memoryview]:
        history.append(parse_blob(blob))
        return []

    message = schema().message("SolverState").DESCRIPTOR
    try:
        pieces = swap_blobs(memoryview(content), message, take_out)
    except WireError as error:
        raise damaged(name, "SolverState") from error
    state = parse_binary(b"".join(pieces), "SolverState", name=name)
    assert isinstance(state, SolverState)
    return StoredState(state.iter, state.learned_net, state.current_step, history)


def write_state(path: Path, state: StoredState, history: Sequence[NDArray[Any]]) -> None:
    """Write a `.solverstate` to where `replacing` wants it.

    Args:
        path: the file.
        state: the state; its history is not looked at.
        history: what the solver remembers, float64 as such and all else as float32.

    Raises:
        PrototxtError: the file is over the 2 GiB that Caffe reads.
        OSError: the file cannot be written.
    """
    message = SolverState(
        iter=state.iteration, learned_net=state.learned_net, current_step=state.current_step
    )
    for number in range(len(history)):
        message.history.add(num=number)
    write_pieces(
        path,
        "SolverState",
        swap_blobs(
            memoryview(message.SerializeToString()),
            message.DESCRIPTOR,
            lambda blob: blob_pieces(history[BlobProto.FromString(bytes(blob)).num]),
        ),
    )
