"""A whole training, as the command `caffe train` runs it."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.text import finite
from caffe_multilabel.engine.solvers.observer import Observer
from caffe_multilabel.engine.solvers.plan import read_trained
from caffe_multilabel.engine.solvers.scores import means_by_output
from caffe_multilabel.engine.solvers.snapshots import check_prefix
from caffe_multilabel.engine.solvers.solver import Solver
from caffe_multilabel.engine.training.device import chosen_device, rounding
from caffe_multilabel.engine.training.diverged import StopWhereItDiverges
from caffe_multilabel.engine.training.kept import check_start, go_on_from, keepers
from caffe_multilabel.engine.training.requests import Requests, effect_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.engine.solvers.observer import Score

__all__ = ["TrainReport", "train"]


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What a training did.

    Attributes:
        first_iteration: where it began, or went on.
        iteration: how many updates were made in all.
        seconds: how long it took.
        device: where it ran.
        stopped: whether a signal ended it before `max_iter`.
        snapshot: the state that was written last; None if none was.
        best: the weights with the best value of `best`; None if there are none.
        tests: for each test net the means of its outputs in the last test.
        tested_at: the iteration of that test; None if there was none.
    """

    first_iteration: int
    iteration: int
    seconds: float
    device: str
    stopped: bool
    snapshot: str | None
    best: str | None
    tests: tuple[dict[str, float], ...]
    tested_at: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it: None for what is no number."""
        tests = [{name: finite(value) for name, value in test.items()} for test in self.tests]
        return asdict(self) | {"tests": tests}


def train(
    solver: StrPath,
    *,
    weights: Sequence[StrPath] = (),
    snapshot: StrPath | Literal["latest"] | None = None,
    restart_data: bool = False,
    gpu: int | None = None,
    cpu: bool = False,
    tf32: bool = False,
    stages: Sequence[str] = (),
    level: int = 0,
    threads: int | None = None,
    keep: int | None = None,
    best: str | None = None,
    sigint_effect: str = "stop",
    sighup_effect: str = "snapshot",
    observers: Iterable[Observer] = (),
) -> TrainReport:
    """Train as `caffe train` does, from a solver's prototxt to its last snapshot.

    Files that the solver and its nets name are seen from the working folder. In the main thread
    SIGINT and SIGHUP are heard, as by Caffe, and SIGTERM, which asks for an end; a second SIGINT
    ends at once, but not one within a quarter of a second, which may have been sent twice.

    Args:
        solver: the solver's prototxt.
        weights: files of weights to begin with, instead of those that the solver names.
        snapshot: a solver's state to go on from; "latest" takes the newest that is whole.
        restart_data: read data from the first record on all the same, as Caffe does.
        gpu: the GPU to train on; what the solver sets in `solver_mode` if None.
        cpu: train on the CPU, whatever the solver says.
        tf32: on a GPU, let products be rounded to TF32, which is faster; if not, they are in whole
            float32, as Caffe's.
        stages: stages of the net that is trained.
        level: its level; as with `caffe train`, it goes before what the solver says.
        threads: how many threads decode images; all CPUs if None.
        keep: how many of the snapshots of this run stay; all of them if None.
        best: an output of the tests; the weights with which it is best are kept beside.
        sigint_effect: what SIGINT does: "stop", "snapshot" or "none".
        sighup_effect: what SIGHUP does.
        observers: who hears of what is done.

    Raises:
        PrototxtError: a file cannot be read, or Caffe would not set the solver or a net up.
        DatabaseError: a database cannot be read.
        ListError: likewise a list of images or a window file.
        ImageError: likewise an image that they name.
        OutputError: a snapshot cannot be written.
        OptionError: an argument is out of its range, or does not go with another.
        Error: there is no such GPU, or the loss is no number any more.
        KeyboardInterrupt: a second SIGINT.

    Example:
        >>> from caffe_multilabel import read_solver
        >>> from caffe_multilabel.caffe.proto import write_text
        >>> from caffe_multilabel.engine import train
        >>> solver = read_solver("solver.prototxt")
        >>> solver.max_iter, solver.test_iter[0], solver.snapshot_prefix = 2, 1, "short"
        >>> write_text("short.prototxt", solver)
        >>> report = train("short.prototxt", cpu=True)
        >>> report.iteration, report.snapshot
        (2, 'short_iter_2.solverstate')
    """
    begin = check_start(weights, snapshot, restart_data=restart_data)
    sigint = effect_of("sigint_effect", sigint_effect)
    sighup = effect_of("sighup_effect", sighup_effect)
    settings = read_trained(solver)
    device = chosen_device(settings, gpu=gpu, cpu=cpu)
    if settings.snapshot_after_train:
        check_prefix(settings)
    watching = list(observers)
    requests = Requests(sigint, sighup)
    began = time.monotonic()
    with requests.heard(), rounding(tf32=tf32):
        for observer in watching:
            observer.using(str(device))
        trained = Solver(
            settings,
            weights=begin,
            device=device,
            stages=stages,
            level=level,
            threads=threads,
            observers=watching,
        )
        trained.request = requests.next
        noted = _Noted()
        last_snapshots, best_weights = keepers(trained, keep=keep, best=best)
        trained.observers += [noted, StopWhereItDiverges(trained)]
        trained.observers += [each for each in (last_snapshots, best_weights) if each is not None]
        if snapshot is not None:
            go_on_from(trained, snapshot, restart_data=restart_data)
        first = trained.iteration
        for observer in trained.observers:
            observer.starting()
        trained.solve()
        for observer in trained.observers:
            observer.ended()
    return TrainReport(
        first_iteration=first,
        iteration=trained.iteration,
        seconds=time.monotonic() - began,
        device=str(device),
        stopped=noted.was_stopped,
        snapshot=noted.snapshot,
        best=None if best_weights is None else best_weights.path_written,
        tests=tuple(noted.tests[number] for number in sorted(noted.tests)),
        tested_at=noted.tested_at,
    )


class _Noted(Observer):
    """Notes what the report is to say."""

    def __init__(self) -> None:
        self.snapshot: str | None = None
        self.was_stopped = False
        self.tests: dict[int, dict[str, float]] = {}
        self.tested_at: int | None = None

    def saved(self, files: tuple[str, ...]) -> None:
        *_, self.snapshot = files

    def tested(
        self, iteration: int, test_net: int, scores: Sequence[Score], loss: float | None
    ) -> None:
        del loss
        self.tested_at = iteration
        self.tests[test_net] = means_by_output(scores)

    def stopped(self) -> None:
        self.was_stopped = True
