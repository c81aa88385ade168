"""How long each layer of a net takes, as the command `caffe time` measures it."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from caffe_multilabel._base.arguments import whole_number
from caffe_multilabel._base.text import finite
from caffe_multilabel.engine.net import Net
from caffe_multilabel.engine.training.device import chosen_device, rounding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.net_state import Phase

__all__ = ["LayerTime", "TimeReport", "time_net"]


@dataclass(frozen=True, slots=True)
class LayerTime:
    """How long a layer takes.

    Attributes:
        name: its name.
        type: its type.
        forward: milliseconds of a forward pass, the mean.
        backward: milliseconds of a backward pass.
    """

    name: str
    type: str
    forward: float
    backward: float


@dataclass(frozen=True, slots=True)
class TimeReport:
    """How long a net takes.

    Attributes:
        iterations: how many passes were measured.
        initial_loss: the loss of a pass before them.
        layers: each layer, in the order of the net.
        forward: milliseconds of a forward pass, the mean.
        backward: milliseconds of a backward pass.
        total: milliseconds of all of them.
    """

    iterations: int
    initial_loss: float
    layers: tuple[LayerTime, ...]
    forward: float
    backward: float
    total: float

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it: None for what is no number."""
        return asdict(self) | {"initial_loss": finite(self.initial_loss)}


def time_net(
    model: StrPath,
    *,
    iterations: int = 50,
    phase: Phase = "TRAIN",
    gpu: int | None = None,
    tf32: bool = False,
    stages: Sequence[str] = (),
    level: int = 0,
    threads: int | None = None,
    on_start: Callable[[float], None] | None = None,
    on_iteration: Callable[[int, float], None] | None = None,
) -> TimeReport:
    """Measure forward and backward passes of a net, layer by layer.

    Args:
        model: the net's prototxt; files that it names are seen from the working folder.
        iterations: how many passes to measure, after one that is not.
        phase: the phase.
        gpu: the GPU to run on; the CPU if None.
        tf32: on a GPU, let products be rounded to TF32, which is faster; if not, they are in whole
            float32, as Caffe's.
        stages: stages of the net.
        level: its level.
        threads: how many threads decode images; all CPUs if None.
        on_start: called with the loss of the pass before, once all is set up.
        on_iteration: called with the number of each pass, from 1, and its milliseconds.

    Raises:
        PrototxtError: the file cannot be read, or Caffe would not set the net up.
        DatabaseError: a database cannot be read.
        ListError: likewise a list of images or a window file.
        ImageError: likewise an image that they name.
        OptionError: an argument is out of its range.
        Error: there is no such GPU.

    Example:
        >>> from caffe_multilabel.engine import time_net
        >>> report = time_net("train_val.prototxt", iterations=1)
        >>> report.layers[0].name, report.forward > 0
        ('data', True)
    """
    iterations = whole_number("iterations", iterations, 1, 2**31 - 1)
    device = chosen_device(None, gpu=gpu)
    net = Net(model, phase=phase, stages=stages, level=level, device=device, threads=threads)
    forward, backward = [0.0] * len(net.steps), [0.0] * len(net.steps)

    def clock() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter()

    with rounding(tf32=tf32):
        net.forward()
        loss = net.loss
        net.backward()
        if on_start is not None:
            on_start(loss)
        begin = time.perf_counter()
        for number in range(iterations):
            start = time.perf_counter()
            for sums, found in zip((forward, backward), net.timed_passes(clock), strict=True):
                sums[:] = [before + seconds for before, seconds in zip(sums, found, strict=True)]
            if on_iteration is not None:
                on_iteration(number + 1, 1000 * (time.perf_counter() - start))
        total = time.perf_counter() - begin
    per_pass = 1000 / iterations
    return TimeReport(
        iterations,
        loss,
        tuple(
            LayerTime(step.name, step.node.type, forward[i] * per_pass, backward[i] * per_pass)
            for i, step in enumerate(net.steps)
        ),
        sum(forward) * per_pass,
        sum(backward) * per_pass,
        1000 * total,
    )
