"""How many threads to use, and how they wait."""

from __future__ import annotations

import os

from caffe_multilabel._base.arguments import MAX_THREADS, whole_number

__all__ = ["available_cpus", "spin_briefly", "thread_count"]

_SPINS = "10000"  # some tenths of a millisecond; GNU OpenMP's own are 300,000


def available_cpus() -> int:
    """Return the number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0))


def thread_count(threads: int | None) -> int:
    """Return how many threads to use; None takes the CPUs this process may use.

    Raises:
        OptionError: the number is out of its range.
    """
    return available_cpus() if threads is None else whole_number("threads", threads, 1, MAX_THREADS)


def spin_briefly() -> None:
    """Have PyTorch's threads give up their CPU soon when they wait for each other.

    GNU OpenMP has them spin for milliseconds. Where anything else wants the CPUs, threads that
    decode for one, the thread they wait for gets none then: a training of LeNet on two busy cores
    takes three to four times as long. Asleep at once they would be late where nothing else runs.
    It is read from the environment as PyTorch is loaded, and what the user says there counts.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
