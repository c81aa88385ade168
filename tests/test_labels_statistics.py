"""One pass over labels, against plain statements of what it finds."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel.labels import ColumnSummary, LabelRule, measure_columns, statistics
from caffe_multilabel.labels.rule import FREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NAN, INF = float("nan"), float("inf")
COLORS = LabelRule(task="color", kind="class", classes=3, ignore=-1)
FLAG = LabelRule(task="flag", kind="binary")
SIZE = LabelRule(task="size", kind="real")
ROWS = st.sampled_from([1, 3, 1 << 16])

VALUES = st.one_of(
    st.integers(-3, 5).map(float),
    st.sampled_from([0.5, -0.0, NAN, INF, -INF, 1e9, 16777216.0, 3e38, -3e38]),
    st.floats(-1e6, 1e6, width=32),
)


def column(values: list[float]) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32).reshape(-1, 1)


def measured(
    labels: NDArray[np.float32],
    rules: Sequence[LabelRule],
    columns: Sequence[int] | None = None,
    *,
    rows: int,
    most: int = 0,
) -> tuple[ColumnSummary, ...]:
    """Measure in blocks of so many rows, so that small labels too are put together from several."""
    with patch.object(statistics, "_ROWS", rows):
        return measure_columns(labels, rules, columns, most_distinct=most)


@given(st.lists(VALUES, min_size=1, max_size=30), ROWS)
def test_numbers(values: list[float], rows: int) -> None:
    (found,) = measured(column(values), [FREE], rows=rows, most=1000)
    labels = column(values)[:, 0].astype(np.float64)
    finite = labels[np.isfinite(labels)]
    assert (found.count, found.wrong, found.missing) == (
        len(finite),
        len(labels) - len(finite),
        0,
    )
    wrong = np.flatnonzero(~np.isfinite(labels))
    assert found.first_wrong == (int(wrong[0]) if len(wrong) else None)
    if not len(finite):
        assert (found.mean, found.variance, found.least, found.greatest) == (0, 0, None, None)
        return
    scale = float(np.abs(finite).max()) or 1.0
    assert found.mean == pytest.approx(finite.mean(), abs=1e-12 * scale)
    assert found.variance == pytest.approx(finite.var(), rel=1e-9, abs=1e-12 * scale**2)
    assert (found.least, found.greatest) == (finite.min(), finite.max())
    assert found.distinct is not None
    assert found.distinct.complete
    counts = Counter(finite.tolist())
    assert found.distinct.values.tolist() == sorted(counts)
    assert found.distinct.counts.tolist() == [counts[value] for value in sorted(counts)]
    indices = labels.tolist()
    assert found.distinct.first.tolist() == [indices.index(value) for value in sorted(counts)]


@given(st.lists(VALUES, min_size=1, max_size=30), ROWS)
def test_classes(values: list[float], rows: int) -> None:
    (found,) = measured(column(values), [COLORS], rows=rows)
    counts = Counter(column(values)[:, 0].tolist())
    assert found.class_counts.tolist() == [counts[0], counts[1], counts[2]]
    assert found.missing == counts[-1]
    assert found.count + found.missing + found.wrong == len(values)
    wrong = [at for at, value in enumerate(values) if value not in (-1, 0, 1, 2)]
    assert found.first_wrong == (wrong[0] if wrong else None)
    assert found.distinct is None
    good = np.array([value for value in values if value in (0, 1, 2)])
    if len(good):
        assert found.mean == pytest.approx(good.mean())
        assert found.variance == pytest.approx(good.var())
        assert (found.least, found.greatest) == (good.min(), good.max())


@given(st.lists(VALUES, min_size=1, max_size=40), st.integers(1, 4), ROWS)
def test_more_values_than_are_kept(values: list[float], most: int, rows: int) -> None:
    labels = column(values)[:, 0].astype(np.float64).tolist()
    finite = [value for value in labels if np.isfinite(value)]
    (found,) = measured(column(values), [FREE], rows=rows, most=most)
    distinct = found.distinct
    assert distinct is not None
    assert distinct.complete == (len(set(finite)) <= most)
    if distinct.complete:
        return
    fractions = [value for value in finite if value != np.floor(value)][:1]
    assert distinct.values.tolist() == sorted({min(finite), max(finite), *fractions})
    assert distinct.first.tolist() == [labels.index(value) for value in distinct.values]
    assert (distinct.counts == 1).all()


def test_a_large_mean_keeps_the_digits_of_the_variance() -> None:
    values = np.random.default_rng(1).normal(0, 1, 4000) + 1e6
    labels = column(values.tolist())
    (found,) = measured(labels, [SIZE], rows=100)
    assert found.variance == pytest.approx(labels.astype(np.float64).var(), rel=1e-9)


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_columns_in_any_order_and_twice(rows: int) -> None:
    labels = np.array([[0, 1, 5], [2, 0, 7], [-1, 1, NAN]], dtype=np.float32)
    rules = [SIZE, COLORS, FLAG, FREE]
    size, color, flag, free = measured(labels, rules, [2, 0, 1, 0], rows=rows)
    assert (size.count, size.mean, size.first_wrong) == (2, 6, 2)
    assert (color.class_counts.tolist(), color.missing) == ([1, 0, 1], 1)
    assert flag.class_counts.tolist() == [1, 2]
    assert (free.count, free.least, free.distinct) == (3, -1, None)


def test_many_columns_are_those_of_looking_at_each() -> None:
    labels = np.random.default_rng(2).integers(-1, 4, (50, 101)).astype(np.float32)
    rules = [(COLORS, SIZE, FREE)[at % 3] for at in range(101)]
    for at, found in enumerate(measure_columns(labels, rules)):
        (alone,) = measure_columns(labels[:, at : at + 1], rules[at : at + 1])
        assert (found.count, found.missing, found.wrong, found.first_wrong) == (
            alone.count,
            alone.missing,
            alone.wrong,
            alone.first_wrong,
        )
        assert (found.mean, found.variance) == (alone.mean, alone.variance)
        assert found.class_counts.tolist() == alone.class_counts.tolist()


def test_memory_is_that_of_a_block() -> None:
    generator = np.random.default_rng(3)
    labels = np.empty((1_000_000, 8), dtype=np.float32)
    labels[:, :4] = generator.integers(0, 50, (len(labels), 4))
    labels[:, 4:] = generator.random((len(labels), 4), dtype=np.float32)
    rules = [LabelRule(task="t", kind="class", classes=50)] * 2 + [FREE] * 6
    tracemalloc.start()
    try:
        measure_columns(labels, rules, most_distinct=1 << 16)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < labels.nbytes
