"""Solver states in HDF5, as `SGDSolver::SnapshotSolverStateToHDF5` writes them: needs h5py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel.caffe.proto.solver_state import StoredState
from caffe_multilabel.engine.hdf5 import hdf5_file, reading_hdf5, stored_dataset
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.blob_shape import Shape

__all__ = ["read_hdf5_state", "write_hdf5_state"]


def read_hdf5_state(path: StrPath, wanted: Sequence[Shape]) -> StoredState:
    """Read a solver's state.

    Args:
        path: the file.
        wanted: the shapes of what the solver remembers; what has another there is not read.

    Raises:
        PrototxtError: the file is damaged or cut short, or no solver's state.
        Error: h5py is not installed.
    """
    with reading_hdf5(path) as file:
        lacking = next((key for key in ("iter", "current_step", "history") if key not in file), "")
        if not lacking:
            group = file["history"]
            net = file["learned_net"][()] if "learned_net" in file else b""
            return StoredState(
                int(np.ravel(file["iter"][()])[0]),
                bytes(net).rstrip(b"\0").decode(errors="surrogateescape"),
                int(np.ravel(file["current_step"][()])[0]),
                [
                    stored_dataset(
                        group[str(number)], wanted[number] if number < len(wanted) else ()
                    )
                    for number in range(len(group))
                ],
            )
    raise PrototxtError(
        f"{path}: HDF5, and no solver's state: it has no '{lacking}'", path=str(path), key=lacking
    )


def write_hdf5_state(path: Path, state: StoredState, history: Sequence[NDArray[Any]]) -> None:
    """Write a solver's state to where `replacing` wants it.

    Args:
        path: the file.
        state: the state; its history is not looked at.
        history: what the solver remembers.

    Raises:
        OSError: the file cannot be written.
        Error: h5py is not installed.
    """
    net = state.learned_net.encode(errors="surrogateescape")
    with hdf5_file(path) as file:
        file.create_dataset("iter", data=np.array([state.iteration], np.int32))
        # Caffe reads up to a zero, which has to be there.
        file.create_dataset("learned_net", data=np.array(net, f"S{len(net) + 1}"))
        file.create_dataset("current_step", data=np.array([state.current_step], np.int32))
        group = file.create_group("history")
        for number, values in enumerate(history):
            group.create_dataset(str(number), data=values)
