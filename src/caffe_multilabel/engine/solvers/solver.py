"""A solver: trains a net as Caffe's `Solver`, iteration by iteration."""

from __future__ import annotations

import logging
import math
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import torch
from google.protobuf.message import Message

from caffe_multilabel._base.arguments import whole_number
from caffe_multilabel._base.cpus import thread_count
from caffe_multilabel.caffe.proto.checks import check_message
from caffe_multilabel.engine.draws import Draws
from caffe_multilabel.engine.net import Net
from caffe_multilabel.engine.place import place_of, plain_tensors
from caffe_multilabel.engine.solvers.observer import Speed
from caffe_multilabel.engine.solvers.plan import check_solver, planned_nets, read_trained
from caffe_multilabel.engine.solvers.rates import LearningRate
from caffe_multilabel.engine.solvers.resume import restore_data
from caffe_multilabel.engine.solvers.scores import MeanScores, scores_of
from caffe_multilabel.engine.solvers.snapshots import Snapshot, check_prefix, read_snapshot
from caffe_multilabel.engine.solvers.standing import go_to, standing_of
from caffe_multilabel.engine.solvers.updates import UPDATES
from caffe_multilabel.engine.weights import copied_in_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.proto.types import SolverParameter
    from caffe_multilabel.engine.solvers.observer import Observer, Score
    from caffe_multilabel.engine.solvers.plan import PlannedNet
    from caffe_multilabel.engine.solvers.standing import Standing
    from caffe_multilabel.engine.weights import CopiedWeights

__all__ = ["Request", "Solver"]

Request: TypeAlias = Literal["snapshot", "stop"]
"""What a training may be asked for while it runs."""

_MAX_ITERATIONS = 2**31 - 1
_LOG = logging.getLogger(__name__)


class Solver:
    """Trains a net with Caffe's formulas, in Caffe's order, on the batches that its layers read.

    Attributes:
        net: the net that is trained; its weights are those of the test nets too.
        test_nets: the nets that are tested.
        iteration: how many updates were made.
        copied: the layers that got no weights of the files to begin with, or of the snapshot to go
            on from, and those of the files that no net has; None without files.
        observers: who hears of what is done, see `Observer`.
        request: asked after each update and between the batches of a test for what a signal wants:
            None as long as there is nothing.

    Example:
        >>> from caffe_multilabel.engine import Solver
        >>> solver = Solver("solver.prototxt")
        >>> solver.step(2)
        >>> solver.iteration
        2
        >>> solver.net.params["conv1"][0].data.shape
        torch.Size([20, 3, 5, 5])
    """

    def __init__(
        self,
        solver: StrPath | SolverParameter,
        *,
        weights: Sequence[StrPath] | None = None,
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float32,
        stages: Sequence[str] = (),
        level: int | None = None,
        threads: int | None = None,
        observers: Iterable[Observer] = (),
    ) -> None:
        """Set a solver up with its nets.

        Args:
            solver: a prototxt, or its message; files that it names are seen from the working
                folder, as in Caffe.
            weights: files of weights to begin with, in their order; those that the solver names if
                None.
            device: where it trains. What the solver says in `solver_mode` is for the command.
            dtype: `torch.float32`, as Caffe's, or `torch.float64`.
            stages: more stages of the net to train, as of `caffe train --stage`.
            level: its level; what the solver says if None.
            threads: how many threads decode images; all CPUs if None.
            observers: who hears of what is done.

        Raises:
            PrototxtError: a file cannot be read, or Caffe would not set the solver or a net up.
            DatabaseError: a database cannot be read.
            ListError: likewise a list of images or a window file.
            ImageError: likewise an image that they name.
            OptionError: an argument is out of its range, or there is no such device.
        """
        self.settings = solver if isinstance(solver, Message) else read_trained(solver)
        check_message("solver", self.settings, "SolverParameter")
        check_solver(self.settings)
        if self.settings.snapshot:
            check_prefix(self.settings)
        if self.settings.snapshot_diff:
            _LOG.warning("snapshot_diff: snapshots hold no diffs here; nothing reads them")
        self.observers = list(observers)
        train, tests = planned_nets(self.settings, stages=stages, level=level)
        place, decoders = place_of(device, dtype), thread_count(threads)
        seed = self.settings.random_seed
        draws = self._draws = Draws(seed if seed >= 0 else None, place.device)

        def make(planned: PlannedNet) -> Net:
            return Net.of_state(
                planned.net,
                planned.state,
                path=planned.path,
                place=place,
                draws=draws,
                threads=decoders,
            )

        self.net = make(train)
        self.test_nets = tuple(map(make, tests))
        files = self._named_weights() if weights is None else weights
        self.copied = self._begin_with(files) if files else None
        self.iteration = 0
        self.request: Callable[[], Request | None] = lambda: None
        self._learnable = self.net.learnable
        self._rate, self._current_step = LearningRate(self.settings), 0
        self._update = UPDATES[self.settings.type](self.settings, self._weights())
        self._losses = _SmoothedLoss(self.settings.average_loss)
        self._stopping = False
        self._before_tests: Standing | None = None
        self._displayed_at, self._clock = 0, time.monotonic()

    @property
    def smoothed_loss(self) -> float:
        """The mean loss of the last `average_loss` iterations, since `step` was called."""
        return self._losses.mean

    @property
    def learning_rate(self) -> float:
        """The rate of the next update.

        Example:
            >>> solver = Solver("solver.prototxt")
            >>> f"{solver.learning_rate:g}"
            '0.001'
        """
        step = self._rate.step_at(self.iteration, self._current_step)
        return self._rate.at(self.iteration, step, double=self.net.dtype == torch.float64)

    @property
    def history(self) -> list[torch.Tensor]:
        """What the solver remembers, in the order of a `.solverstate`."""
        return self._update.history

    def step(self, iterations: int) -> None:
        """Train so many iterations, with the tests and snapshots that fall into them.

        A request to stop ends it early.

        Args:
            iterations: how many.

        Raises:
            DatabaseError: a record cannot be used.
            ImageError: an image of a list cannot be used.
            PrototxtError: labels are no classes of the net, or shapes do not fit.
            OutputError: a snapshot cannot be written.
        """
        settings = self.settings
        end = self.iteration + whole_number("iterations", iterations, 0, _MAX_ITERATIONS)
        self._losses = _SmoothedLoss(settings.average_loss)
        self._stopping, self._clock = False, time.monotonic()
        while self.iteration < end and not self._stopping:
            self.net.clear_diffs()
            may_test = self.iteration > 0 or settings.test_initialization
            if may_test and self._is_due(settings.test_interval) and not self._test_all():
                break
            display = self._is_due(settings.display)
            self.net.debug_info = display and settings.debug_info
            self._losses.add(self._pass_over_batches())
            if display:
                self._display()
            self._apply_update(display=display)
            request = self.request()
            if self._is_due(settings.snapshot) or request == "snapshot":
                self.snapshot()
            self._stopping = request == "stop"

    def solve(self) -> None:
        """Train up to `max_iter`, as `caffe train` does, with what comes at its end."""
        settings = self.settings
        self._tell("solving", self.net.name, settings.lr_policy, self.iteration, settings.max_iter)
        self.step(max(0, settings.max_iter - self.iteration))
        if settings.snapshot_after_train and not self._is_due(settings.snapshot):
            self.snapshot()
        if self._stopping:
            self._tell("stopped")
            return
        if self._is_due(settings.display):
            self.net.forward()
            self._losses.add(self.net.loss)
            self._tell("finished", self.iteration, self.smoothed_loss)
        if self._is_due(settings.test_interval):
            self._test_all()
        self._tell("done")

    def test(self, number: int = 0) -> list[Score]:
        """Run a test net over its `test_iter` batches, from where its data are.

        Args:
            number: which of the test nets.

        Returns:
            The mean of each value of its outputs; none where a request stopped it.

        Raises:
            OptionError: there is no such test net.
            PrototxtError: its weights do not fit those of the net that is trained.
            DatabaseError: a record cannot be used.
            ImageError: an image of a list cannot be used.
        """
        number = whole_number("number", number, 0, len(self.test_nets) - 1)
        self._stopping = False
        with self._in_tests():
            return self._test(number)

    def _test(self, number: int) -> list[Score]:
        net = self.test_nets[number]
        self._tell("testing", self.iteration, number)
        net.share_with(self.net)
        net.debug_info = self.settings.debug_info
        means = MeanScores()
        for _ in range(self.settings.test_iter[number]):
            self._heed_requests()
            if self._stopping:
                self._tell("test_stopped")
                return []
            net.forward()
            means.add(net)
        loss = means.loss if self.settings.test_compute_loss else None
        self._tell("tested", self.iteration, number, means.scores, loss)
        return means.scores

    def snapshot(self) -> str:
        """Write the weights and the state, both whole or neither.

        Returns:
            The path of the state, from which `restore` and `caffe train --snapshot` go on.

        Raises:
            OutputError: a file cannot be written.
            PrototxtError: it would be over the 2 GiB that Caffe reads.
            Error: h5py is not installed, and the solver wants HDF5.
        """
        snapshot = Snapshot(self.settings, self.iteration)
        # In a test, what is gone on from is the place before it: the test is then made anew.
        standing = self._before_tests or self._standing()
        snapshot.write(self.net, standing, self._current_step, self.history)
        self._tell("saved", snapshot.files)
        return snapshot.state

    def restore(self, path: StrPath, *, restart_data: bool = False) -> None:
        """Go on from a snapshot, Caffe's or ours: iteration, weights, and what the solver knows.

        Beside our own stands where data and random numbers were, and all goes on there, bit by bit
        as if it had not ended. From Caffe's, data and random numbers go on where this solver has
        them, as in Caffe: of a new one at the first record.

        Args:
            path: a `.solverstate`, or the same in HDF5. The weights that it names are looked for
                from the working folder, then beside it.
            restart_data: leave data and random numbers where they are.

        Raises:
            PrototxtError: a file cannot be read, or is of another net or type of solver.
            DatabaseError: a database has changed since.
            ListError: a list of images or a window file has changed since.
            Error: h5py is not installed.
        """
        self._tell("restoring", str(path))
        found = read_snapshot(path, [memory.shape for memory in self.history])
        if found.weights is not None:
            if not restart_data:
                restore_data(found.weights, str(path), self._nets, self._draws)
            self.copied = self.net.copy_from(found.weights)
            self._tell("copied", self.copied)
            self._tell("copied_in_all", self.copied)
        self.iteration, self._current_step = found.iteration, found.current_step
        for memory, values in zip(self.history, found.history, strict=True):
            memory.copy_(torch.from_numpy(values))
        self._displayed_at = self.iteration

    @property
    def _nets(self) -> tuple[Net, ...]:
        return (self.net, *self.test_nets)

    def _standing(self) -> Standing:
        return standing_of(self._nets, self._draws)

    def _named_weights(self) -> list[str]:
        """Return the files of weights that the solver names, several of them parted by commas."""
        return [file.strip() for files in self.settings.weights for file in files.split(",")]

    def _begin_with(self, files: Sequence[StrPath]) -> CopiedWeights:
        """Let each net take over the weights of files, in Caffe's order."""
        nets = []
        for net in self._nets:
            each = []
            for file in files:
                self._tell("finetuning", str(file))
                each.append(net.copy_from(file))
                self._tell("copied", each[-1])
            nets.append(each)
        copied = copied_in_all(nets)
        self._tell("copied_in_all", copied)
        return copied

    def _weights(self) -> list[torch.Tensor]:
        return [learned.blob.data for learned in self._learnable]

    def _is_due(self, interval: int) -> bool:
        return interval != 0 and self.iteration % interval == 0

    def _tell(self, what: str, *values: Any, **named: Any) -> None:
        for observer in self.observers:
            getattr(observer, what)(*values, **named)

    def _pass_over_batches(self) -> float:
        """Run forward and backward over `iter_size` batches, and return their mean loss."""
        loss = 0.0
        for _ in range(self.settings.iter_size):
            self.net.forward()
            if not math.isfinite(self.net.loss):
                self._tell("diverged", self.iteration, self.net.loss)
            self.net.backward()
            loss += self.net.loss
        return loss / self.settings.iter_size

    def _display(self) -> None:
        now = time.monotonic()
        seconds, iterations = now - self._clock, self.iteration - self._displayed_at
        speed = Speed(seconds, iterations, self.settings.display)
        self._tell("displayed", self.iteration, self.smoothed_loss, scores_of(self.net), speed)
        self._clock, self._displayed_at = now, self.iteration

    def _apply_update(self, *, display: bool) -> None:
        """Make updates of the gradients, and take them off the weights."""
        settings = self.settings
        rate, step = self.learning_rate, self._rate.step_at(self.iteration, self._current_step)
        if step != self._current_step and settings.lr_policy == "multistep":
            self._tell("stepped", self.iteration, step)
        self._current_step = step
        if display:
            self._tell("rate", self.iteration, rate)
        weights = self._weights()
        gradients = [learned.blob.diff for learned in self._learnable]
        with plain_tensors():
            self._clip(gradients)
            if settings.iter_size != 1:
                torch._foreach_mul_(gradients, 1 / settings.iter_size)
            self._add_decay(gradients, weights)
            rates = [rate * learned.lr_mult for learned in self._learnable]
            self._update.make(gradients, rates, self.iteration)
            torch._foreach_sub_(weights, gradients)
        self.iteration += 1
        self._tell("updated", self.iteration)

    def _clip(self, gradients: list[torch.Tensor]) -> None:
        limit = self.settings.clip_gradients
        if limit < 0 or not gradients:
            return
        norms = [torch.linalg.vector_norm(gradient) for gradient in gradients]
        norm = float(torch.linalg.vector_norm(torch.stack(norms)))
        if norm > limit:
            self._tell("clipped", norm, limit)
            torch._foreach_mul_(gradients, limit / norm)

    def _add_decay(self, gradients: list[torch.Tensor], weights: list[torch.Tensor]) -> None:
        for learned, gradient, weight in zip(self._learnable, gradients, weights, strict=True):
            decay = self.settings.weight_decay * learned.decay_mult
            if decay:
                l1 = self.settings.regularization_type == "L1"
                gradient.add_(weight.sign() if l1 else weight, alpha=decay)

    def _test_all(self) -> bool:
        """Test each net in turn; return False where a request stopped it."""
        with self._in_tests():
            for number in range(len(self.test_nets)):
                if not self._stopping:
                    self._test(number)
        return not self._stopping

    @contextmanager
    def _in_tests(self) -> Iterator[None]:
        """Go back to where data were before tests that a request stops: they are made anew."""
        self._before_tests = self._standing()
        try:
            yield
            if self._stopping:
                go_to(self._before_tests, self._nets, self._draws)
        finally:
            self._before_tests = None

    def _heed_requests(self) -> None:
        """Make the snapshots that are asked for in a test, and mark that it is to stop."""
        while (request := self.request()) is not None:
            if request == "snapshot":
                self.snapshot()
            else:
                self._stopping = True


class _SmoothedLoss:
    """The mean of the last losses: `Solver::UpdateSmoothedLoss`."""

    def __init__(self, window: int) -> None:
        self.mean = 0.0
        self._window = window
        self._losses: list[float] = []
        self._count = 0

    def add(self, loss: float) -> None:
        """Take in the next loss."""
        losses = self._losses
        if len(losses) < self._window:
            losses.append(loss)
            self.mean = (self.mean * (len(losses) - 1) + loss) / len(losses)
        else:
            place = self._count % self._window
            self.mean += (loss - losses[place]) / self._window
            losses[place] = loss
        self._count += 1
