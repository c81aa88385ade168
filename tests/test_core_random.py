"""Caffe's random numbers as Python gets them; cpp/tests/random holds them against Boost's."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from caffe_multilabel import _core
from caffe_multilabel.errors import OptionError


def test_arrays_are_written_in_their_order() -> None:
    whole, rows = np.empty(12, np.float32), np.empty((3, 4), np.float32)
    _core.CaffeRandom(1).uniform(0, 1, whole)
    random = _core.CaffeRandom(1)
    for row in rows:
        random.uniform(0, 1, row)
    np.testing.assert_array_equal(rows.ravel(), whole)
    doubles = np.empty(12)
    _core.CaffeRandom(1).uniform(0, 1, doubles)
    np.testing.assert_allclose(whole, doubles, rtol=1e-6)
    # A normal double takes two draws, a float one.
    _core.CaffeRandom(1).gaussian(0, 1, doubles)
    _core.CaffeRandom(1).gaussian(0, 1, whole)
    assert not np.isclose(whole, doubles).any()


def test_float_and_double_probabilities_differ() -> None:
    # Nearly 1: a float is 1 itself, which every draw is below.
    kept = np.empty(2**20, np.uint8)
    _core.CaffeRandom(1).bernoulli(1 - 1e-5, kept, single=False)
    assert 0 < len(kept) - kept.sum() < 40
    _core.CaffeRandom(1).bernoulli(1 - 1e-9, kept, single=True)
    assert kept.all()


def test_positions_are_shuffled_in_place() -> None:
    positions = np.arange(8, dtype=np.uint32)
    _core.CaffeRandom(1).shuffle(positions)
    assert positions.tolist() == [1, 2, 7, 0, 5, 4, 6, 3]


def test_an_array_that_would_be_copied_is_refused() -> None:
    random: Any = _core.CaffeRandom(1)
    state = random.state()
    locked = np.empty(4, np.float32)
    locked.flags.writeable = False
    for values in (np.empty(4, np.float16), np.empty((4, 4), np.float32).T, [0.0], None):
        with pytest.raises(TypeError):
            random.uniform(0, 1, values)
    with pytest.raises(ValueError, match="not writeable"):
        random.uniform(0, 1, locked)
    assert random.state() == state


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda random: pickle.loads(pickle.dumps(random))]
)
def test_copies_go_on(again: Any) -> None:
    random = _core.CaffeRandom(9)
    random.next()
    other = again(random)
    assert [other.next() for _ in range(700)] == [random.next() for _ in range(700)]


def test_errors_are_of_options() -> None:
    random = _core.CaffeRandom(9)
    with pytest.raises(OptionError, match="low must be finite"):
        random.uniform(1, 0, np.empty(1))
    with pytest.raises(OptionError, match="deviation must be above 0"):
        random.gaussian(0, 0, np.empty(1))
    with pytest.raises(OptionError, match="probability must be from 0 to 1"):
        random.bernoulli(2, np.empty(1, np.uint8), single=False)
    with pytest.raises(OptionError, match="damaged"):
        random.set_state(b"1 2 3")
