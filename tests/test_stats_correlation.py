"""What labels tell of each other, against plain statements of the measures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel.labels import LabelTask
from caffe_multilabel.views.stats.correlation import (
    correlate,
    correlation_ratio,
    cramers_v,
    pearson,
)

RECORDS = 4000


@pytest.fixture(scope="module")
def generator() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(5))


def plain_cramer(first: np.ndarray, second: np.ndarray) -> float:
    """Cramér's V with Bergsma's correction, written out over the whole table."""
    observed = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    for one, other in zip(first, second, strict=True):
        observed[one, other] += 1
    observed = observed[observed.sum(axis=1) > 0][:, observed.sum(axis=0) > 0]
    count = observed.sum()
    rows, columns = observed.shape
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / count
    chi = ((observed - expected) ** 2 / expected).sum() / count
    chi = max(0.0, chi - (rows - 1) * (columns - 1) / (count - 1))
    rows_left = rows - (rows - 1) ** 2 / (count - 1)
    columns_left = columns - (columns - 1) ** 2 / (count - 1)
    return math.sqrt(min(1.0, chi / min(rows_left - 1, columns_left - 1)))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=12, max_size=60))
def test_cramers_v_is_that_of_the_written_out_table(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs).T
    found = cramers_v(first, second)
    if min(len(set(first)), len(set(second))) < 2:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(plain_cramer(first, second), abs=1e-6)


def test_cramers_v_knows_all_and_nothing(generator: np.random.Generator) -> None:
    classes = generator.integers(0, 36, RECORDS)
    others = generator.integers(0, 36, RECORDS)
    assert cramers_v(classes, (classes * 7) % 36) == pytest.approx(1)
    assert cramers_v(classes, others) < 0.05, "many classes in few records are no connection"
    assert cramers_v(np.append(classes, [-1, 3]), np.append(classes, [4, -1])) == pytest.approx(1)


def test_cramers_v_of_very_many_classes() -> None:
    classes = np.arange(6000) % 3000
    assert cramers_v(classes, 2999 - classes) == pytest.approx(1)


def test_the_correlation_ratio_is_the_part_of_the_variance_between_classes(
    generator: np.random.Generator,
) -> None:
    classes = generator.integers(0, 4, RECORDS)
    valid = np.ones(RECORDS, dtype=bool)
    noise = generator.normal(size=RECORDS)
    assert correlation_ratio(classes, (classes * 2.0).astype(np.float32), valid) == pytest.approx(1)
    assert correlation_ratio(classes, noise.astype(np.float32), valid) < 0.05
    mixed = (classes + noise).astype(np.float32)
    expected = math.sqrt(classes.var() / (classes.var() + 1))
    assert correlation_ratio(classes, mixed, valid) == pytest.approx(expected, abs=0.03)
    assert math.isnan(correlation_ratio(classes, np.ones(RECORDS, dtype=np.float32), valid))


def test_pearson_is_numpys(generator: np.random.Generator) -> None:
    values = generator.normal(size=(RECORDS, 5)) @ generator.normal(size=(5, 5)) + 1e4
    held = values.astype(np.float32)
    found = pearson(held, np.ones(held.shape, dtype=bool))
    assert found == pytest.approx(np.corrcoef(held.T.astype(np.float64)), abs=1e-6)


def test_pearson_is_over_the_records_where_both_count(generator: np.random.Generator) -> None:
    values = generator.normal(size=(500, 3)).astype(np.float32)
    values[:, 1] += values[:, 0]
    valid = generator.random(values.shape) < 0.7
    found = pearson(np.where(valid, values, np.float32(np.nan)), valid)
    for one in range(3):
        for other in range(3):
            both = valid[:, one] & valid[:, other]
            expected = np.corrcoef(values[both, one], values[both, other])[0, 1]
            assert found[one, other] == pytest.approx(expected, abs=1e-6)


def test_pearson_of_a_constant_is_not_known() -> None:
    values = np.array([[0.1, 1], [0.1, 2], [0.1, 3]], dtype=np.float32)
    found = pearson(values, np.ones(values.shape, dtype=bool))
    assert np.isnan(found).tolist() == [[True, True], [True, False]]


def test_each_pair_of_kinds_has_its_measure(generator: np.random.Generator) -> None:
    color = generator.integers(0, 3, RECORDS)
    brand = np.where(generator.random(RECORDS) < 0.9, color, generator.integers(0, 3, RECORDS))
    flag = (color == 2).astype(float)
    size = color * 10 + generator.normal(size=RECORDS)
    shifted = -size
    labels = np.column_stack([color, brand, flag, size, shifted]).astype(np.float32)
    tasks = [
        LabelTask(name="color", loss="softmax", kind="class", columns=(0,), classes=(0, 1, 2)),
        LabelTask(name="corner", loss="euclidean", kind="real", columns=(3, 4)),
        LabelTask(name="brand", loss="softmax", kind="class", columns=(1,), classes=(0, 1, 2)),
        LabelTask(name="flag", loss="sigmoid", kind="binary", columns=(2,)),
    ]
    found = correlate(tasks, labels)
    assert found.names == ("color", "corner.0", "corner.1", "brand", "flag")
    assert found.columns == (0, 3, 4, 1, 2)
    assert found.values == pytest.approx(found.values.T)
    assert np.diag(found.values) == pytest.approx(1)
    assert found.values[1, 2] == pytest.approx(-1)
    assert found.values[0, 1] == pytest.approx(1, abs=0.02)
    assert found.values[0, 3] == pytest.approx(cramers_v(color, brand))
    assert found.values[1, 4] == pytest.approx(np.corrcoef(size, flag)[0, 1], abs=1e-5)
    assert found.values[0, 4] == pytest.approx(1, abs=1e-6)
    measures = {found.measure(0, 3), found.measure(0, 1), found.measure(1, 4), found.measure(4, 0)}
    assert measures == {"Cramér's V", "correlation ratio", "Pearson's r"}

    names, between = found.between_tasks()
    assert names == ("color", "corner", "brand", "flag")
    assert between[0, 1] == max(found.values[0, 1], found.values[0, 2])
    strongest = found.strongest(3)
    assert {strongest[0].first, strongest[0].second} == {"color", "flag"}
    assert all(pair.first.split(".")[0] != pair.second.split(".")[0] for pair in strongest)


def test_missing_labels_do_not_count(generator: np.random.Generator) -> None:
    color = generator.integers(0, 3, 300)
    labels = np.column_stack([color, color]).astype(np.float32)
    labels[:100, 0] = -1
    labels[100:200, 1] = -1
    tasks = [
        LabelTask(
            name=name,
            loss="softmax",
            kind="class",
            columns=(column,),
            classes=(0, 1, 2),
            ignore_label=-1,
        )
        for column, name in enumerate(("first", "second"))
    ]
    assert correlate(tasks, labels).values == pytest.approx(np.ones((2, 2)))
