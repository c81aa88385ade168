"""Where a net runs, as `caffe train` and `caffe test` choose it, and how exactly."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from caffe_multilabel._base.arguments import switch, whole_number
from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.errors import Error, OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.proto.types import SolverParameter

__all__ = ["chosen_device", "rounding"]


def chosen_device(
    solver: SolverParameter | None, *, gpu: int | None = None, cpu: bool = False
) -> torch.device:
    """Return the device to run on.

    As in Caffe it is the GPU where it is asked for, or where a solver sets `solver_mode`: what a
    solver that says nothing would be by default does not count.

    Args:
        solver: the solver; None where there is none.
        gpu: the number of a GPU that is asked for.
        cpu: stay on the CPU, whatever the solver says.

    Raises:
        OptionError: both are asked for, or an argument is of another type.
        Error: there is no such GPU.
    """
    cpu = switch("cpu", cpu)
    if gpu is not None and cpu:
        raise OptionError("a GPU and the CPU are asked for; only one is allowed")
    asked = "" if gpu is None else f"GPU {gpu} is asked for"
    if gpu is None and not cpu and _wants_gpu(solver):
        assert solver is not None
        gpu, asked = solver.device_id, "the solver says solver_mode: GPU"
    if gpu is None:
        return torch.device("cpu")
    number = whole_number("gpu", gpu, 0, 1023)
    found = torch.cuda.device_count()
    if number >= found:
        there = f"there is {'none' if not found else f'only GPU 0 to {found - 1}'}"
        raise Error(f"{asked}, and {there} that PyTorch can use; --cpu runs on the CPU")
    return torch.device("cuda", number)


@contextmanager
def rounding(*, tf32: bool) -> Iterator[None]:
    """Let a GPU round what it multiplies to TF32 meanwhile, or have it compute in whole float32.

    By default PyTorch rounds in convolutions and not in other products. Caffe knows whole float32
    only. On the CPU this changes nothing.

    Raises:
        OptionError: it is neither true nor false.
    """
    tf32 = switch("tf32", tf32)
    products, convolutions = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = tf32
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(products)
        torch.backends.cudnn.allow_tf32 = convolutions


def _wants_gpu(solver: SolverParameter | None) -> bool:
    return (
        solver is not None
        and solver.HasField("solver_mode")
        and enum_name(solver, "solver_mode") == "GPU"
    )
