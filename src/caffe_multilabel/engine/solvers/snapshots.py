"""Snapshots: the weights and the solver's state at an iteration, as Caffe names and writes them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel._base.files import opened, replacing
from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.caffe.proto.solver_state import StoredState, read_state, write_state
from caffe_multilabel.caffe.solver_facts import snapshot_names
from caffe_multilabel.engine.hdf5 import is_hdf5
from caffe_multilabel.engine.solvers.hdf5_state import read_hdf5_state, write_hdf5_state
from caffe_multilabel.engine.solvers.resume import data_content, resume_path
from caffe_multilabel.engine.weights import write_net
from caffe_multilabel.errors import OutputError, PrototxtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.proto.types import SolverParameter
    from caffe_multilabel.engine.net import Net
    from caffe_multilabel.engine.solvers.standing import Standing

__all__ = ["FoundSnapshot", "Snapshot", "check_prefix", "read_snapshot"]


class Snapshot:
    """The files of a snapshot.

    Attributes:
        weights: the path of the weights.
        state: that of the solver's state.
        is_hdf5: whether both are HDF5.
    """

    def __init__(self, solver: SolverParameter, iteration: int) -> None:
        """Name the files after the solver's prefix and an iteration."""
        self.is_hdf5 = enum_name(solver, "snapshot_format") == "HDF5"
        self.weights, self.state = snapshot_names(solver, iteration)
        self._iteration = iteration

    @property
    def files(self) -> tuple[str, str, str]:
        """All of its files: weights, where data stand, state."""
        return self.weights, resume_path(self.state), self.state

    def write(
        self,
        net: Net,
        standing: Standing,
        current_step: int,
        history: Sequence[torch.Tensor],
    ) -> None:
        """Write all files, or none: an older snapshot of this name stays whole until then.

        The state gets its name last: with it there is a snapshot to go on from.

        Args:
            net: the net, whose weights are written.
            standing: where data, layers and random numbers are.
            current_step: how many steps of `multistep` are gone.
            history: what the solver remembers.

        Raises:
            OutputError: a file cannot be written.
            PrototxtError: one would be over the 2 GiB that Caffe reads.
            Error: h5py is not installed.
        """
        stored = StoredState(self._iteration, self.weights, current_step, ())
        with replacing(self.files[::-1]) as (state, data, weights):
            write_net(weights, net.new_message(), net.steps, hdf5=self.is_hdf5)
            with opened(data) as file:
                file.write(data_content(weights, standing))
            arrays = [memory.cpu().numpy() for memory in history]
            (write_hdf5_state if self.is_hdf5 else write_state)(state, stored, arrays)


def check_prefix(solver: SolverParameter) -> None:
    """Refuse a solver whose snapshots could not be written, before it trains for the first one.

    Raises:
        OutputError: the folder is not there, or nothing can be written to it.
    """
    folder = Path(f"{solver.snapshot_prefix}_").parent
    problem = (
        ""
        if os.access(folder, os.W_OK | os.X_OK)
        else "cannot be written to"
        if folder.is_dir()
        else "is not there"
        if not folder.exists()
        else "is no folder"
    )
    if problem:
        raise OutputError(
            f"snapshot_prefix is '{solver.snapshot_prefix}', and the folder {folder} {problem}, "
            f"seen from {Path.cwd()}",
            path=str(folder),
        )


@dataclass(frozen=True, slots=True)
class FoundSnapshot:
    """What a solver goes on from.

    Attributes:
        iteration: how many updates were made.
        current_step: how many steps of `multistep` were gone.
        weights: the file of weights; None where the state names none.
        history: what the solver remembers.
    """

    iteration: int
    current_step: int
    weights: str | None
    history: list[NDArray[Any]]


def read_snapshot(path: StrPath, wanted: Sequence[Shape]) -> FoundSnapshot:
    """Read a solver's state, and find the weights that belong to it.

    Args:
        path: the file; which of the two kinds it is shows in its first bytes.
        wanted: the shapes of what the solver remembers.

    Raises:
        PrototxtError: the file cannot be read, its weights are not there, or it is of another net
            or another type of solver.
        Error: h5py is not installed.
    """
    name = str(path)
    state = read_hdf5_state(path, wanted) if is_hdf5(path) else read_state(path)
    if len(state.history) != len(wanted):
        raise PrototxtError(
            f"{name}: it remembers {plural(len(state.history), 'blob')}, and this solver "
            f"{len(wanted)}; it is of another net, or of another type of solver",
            path=name,
        )
    history = []
    for number, (stored, shape) in enumerate(zip(state.history, wanted, strict=True)):
        if not stored.fits(shape):
            raise PrototxtError(
                f"{name}: history {number} is {shape_text(stored.shape)} there, and "
                f"{shape_text(shape)} in this solver; it is of another net",
                path=name,
            )
        values = stored.array(name=f"{name}: history {number}").reshape(shape)
        history.append(
            np.require(values, np.float64 if values.dtype == np.float64 else np.float32, ["C", "W"])
        )
    return FoundSnapshot(state.iteration, state.current_step, _weights(state, name), history)


def _weights(state: StoredState, name: str) -> str | None:
    """Find the weights that a state names: as the training saw them, or beside the state."""
    if not state.learned_net:
        return None
    beside = Path(name).parent / Path(state.learned_net).name
    for path in (Path(state.learned_net), beside):
        if path.is_file():
            return str(path)
    raise PrototxtError(
        f"{name}: the weights that belong to it are not there: neither {state.learned_net}, seen "
        f"from {Path.cwd()}, nor {beside}",
        path=name,
        key="learned_net",
    )
