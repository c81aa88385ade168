"""How many threads to use."""

from __future__ import annotations

import os

from caffe_multilabel._base.arguments import MAX_THREADS, whole_number

__all__ = ["available_cpus", "thread_count"]


def available_cpus() -> int:
    """Return the number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0))


def thread_count(threads: int | None) -> int:
    """Return how many threads to use; None takes the CPUs this process may use.

    Raises:
        OptionError: the number is out of its range.
    """
    return available_cpus() if threads is None else whole_number("threads", threads, 1, MAX_THREADS)
