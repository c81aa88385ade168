"""A training as TensorBoard reads it: losses, rate and test figures, in a file of events."""

from __future__ import annotations

import logging
import os
import socket
import time
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.extras import import_extra
from caffe_multilabel._base.files import check_folder, make_folder
from caffe_multilabel.engine.solvers.observer import Observer
from caffe_multilabel.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.engine.solvers.observer import Score, Speed

__all__ = ["TensorBoard", "check_board"]

_FLUSH_EVERY = 5.0  # seconds; TensorBoard looks twice a minute
_LOG = logging.getLogger(__name__)
_BOARDS = count()  # of this process: two of one second must not write to one file


def check_board(folder: StrPath) -> None:
    """See that a `TensorBoard` could write to a folder; nothing is written.

    Raises:
        ExtraError: tensorboardX is not installed.
        OutputError: nothing can be written there.
    """
    import_extra("tensorboardX", "tensorboard")
    check_folder(folder)


class TensorBoard(Observer):
    """Writes what a training displays and tests: `train/loss_color`, `test/accuracy_color`.

    A training that goes on after a snapshot adds a file of its own to the folder, and TensorBoard
    forgets what an earlier run had from there on. One that cannot be written to goes on without.

    Example:
        >>> from caffe_multilabel.engine import Solver
        >>> from caffe_multilabel.engine.training.tensorboard import TensorBoard
        >>> with TensorBoard("runs") as board:
        ...     Solver("solver.prototxt", observers=[board]).step(1)
    """

    def __init__(self, folder: StrPath) -> None:
        """Begin a file of events.

        Args:
            folder: where to; it is made if it is not there.

        Raises:
            ExtraError: tensorboardX is not installed.
            OutputError: nothing can be written there.
        """
        # Not its SummaryWriter: that writes in a thread, which ends where a disk is full, and the
        # training then waits for it for ever.
        import_extra("tensorboardX", "tensorboard")
        records = import_module("tensorboardX.record_writer")
        self._messages = import_module("tensorboardX.proto.event_pb2")
        self._folder = str(folder)
        make_folder(Path(folder))
        self._writes, self._flushed_at = True, float("-inf")
        now = time.time()
        whose = f"{socket.gethostname()}.{os.getpid()}.{next(_BOARDS)}"
        name = f"events.out.tfevents.{int(now)}.{whose}"
        try:
            self._file = records.RecordWriter(str(Path(folder, name)))
            self._put(self._messages.Event(wall_time=now, file_version="brain.Event:2"))
        except OSError as error:
            raise OutputError(f"{folder}: {error.strerror}", path=str(folder)) from error

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        try:
            self._file.close()
        except OSError as error:
            self._stop(error)

    def solving(self, net: str, lr_policy: str, iteration: int, max_iter: int) -> None:
        """See `Observer`."""
        del net, lr_policy, max_iter
        if iteration:
            start = self._messages.SessionLog(status=self._messages.SessionLog.START)
            self._write(iteration, session_log=start)

    def displayed(self, iteration: int, loss: float, scores: Sequence[Score], speed: Speed) -> None:
        """See `Observer`."""
        values = {"train/loss": loss} | _tagged("train", scores)
        if speed.iterations and speed.seconds:
            values["train/iterations_per_second"] = speed.iterations / speed.seconds
        self._add(iteration, values)

    def rate(self, iteration: int, rate: float) -> None:
        """See `Observer`."""
        self._add(iteration, {"train/learning_rate": rate})

    def tested(
        self, iteration: int, test_net: int, scores: Sequence[Score], loss: float | None
    ) -> None:
        """See `Observer`."""
        part = f"test_{test_net}" if test_net else "test"
        self._add(
            iteration, ({} if loss is None else {f"{part}/loss": loss}) | _tagged(part, scores)
        )

    def _add(self, iteration: int, values: Mapping[str, float]) -> None:
        """Write numbers of an iteration."""
        listed = [{"tag": tag, "simple_value": value} for tag, value in values.items()]
        self._write(iteration, summary={"value": listed})

    def _write(self, iteration: int, **content: Any) -> None:
        if not self._writes:
            return
        event = self._messages.Event(wall_time=time.time(), step=iteration, **content)
        try:
            self._put(event)
        except OSError as error:
            self._stop(error)

    def _put(self, event: Any) -> None:
        self._file.write(event.SerializeToString())
        now = time.monotonic()
        if now - self._flushed_at > _FLUSH_EVERY:
            self._file.flush()  # with an fsync, which may take as long as an iteration
            self._flushed_at = now

    def _stop(self, error: OSError) -> None:
        """Go on without: a training does not end because its curves cannot be drawn."""
        if self._writes:
            _LOG.warning("%s: %s; no more is written for TensorBoard", self._folder, error.strerror)
        self._writes = False


def _tagged(part: str, scores: Sequence[Score]) -> dict[str, float]:
    """Return scores under their tags; outputs of several numbers have one for each."""
    names = [score.output for score in scores]
    return {
        f"{part}/{name}" + (f"/{names[:number].count(name)}" if names.count(name) > 1 else ""): (
            scores[number].value
        )
        for number, name in enumerate(names)
    }
