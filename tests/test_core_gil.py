"""Long work of the core lets other threads of Python run."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_multilabel import _core
from reader_tools import labels, write_db

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RECORDS = 2000


@pytest.fixture
def directory(tmp_path: Path) -> bytes:
    return os.fsencode(write_db(tmp_path / "labels", [labels(1)] * RECORDS))


@pytest.fixture(autouse=True)
def no_switches() -> Iterator[None]:
    """Threads run only while the one before gives up the GIL by itself."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    yield
    sys.setswitchinterval(interval)


def lets_others_run(work: Callable[[], object]) -> bool:
    """Whether another thread that waits for the GIL gets it while `work` is done, again and again.

    A short piece of work may be over before the system wakes the other thread up.
    """
    ran: list[bool] = []
    go = threading.Lock()
    with go:
        other = threading.Thread(target=lambda: go.acquire() and ran.append(True))
        other.start()
    for _ in range(2000):
        work()
        if ran:
            break
    has_run = bool(ran)
    other.join()
    return has_run


def test_random_numbers_are_drawn_without_the_gil() -> None:
    random, values = _core.CaffeRandom(1), np.empty(100_000, np.float32)
    assert lets_others_run(lambda: random.gaussian(0, 1, values))


def test_work_under_the_gil_is_told_from_work_without(directory: bytes) -> None:
    assert not lets_others_run(lambda: sum(range(1000)))
    assert lets_others_run(lambda: _core.RecordIndex(directory))


def test_keys_are_read_without_the_gil(directory: bytes) -> None:
    assert lets_others_run(lambda: _core.read_keys(directory))
    assert lets_others_run(lambda: _core.key_at(directory=directory, position=RECORDS - 1))


def test_lists_are_digested_without_the_gil() -> None:
    values = np.ones((RECORDS, 4), np.float32)
    records = _core.make_list(
        paths=[b"%d.jpg" % at for at in range(RECORDS)],
        labels=values,
        rules=[],
        images_per_record=1,
    )
    assert lets_others_run(lambda: records.digest)


def test_targets_are_locked_without_the_gil(directory: bytes) -> None:
    assert lets_others_run(lambda: _core.LabelTarget(directory).close())
