"""Label DBs as arrays: sound ones, and those that something is wrong with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lmdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel.caffe.proto import schema
from caffe_multilabel.data import label_table
from caffe_multilabel.data.label_table import read_label_table, read_stored_labels
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.labels import LabelRule, measure_columns
from caffe_multilabel.nets.generate import read_label_statistics
from caffe_multilabel.nets.lint.label_facts import read_label_facts
from caffe_multilabel.tasks import load_tasks
from caffe_multilabel.views.stats import BinaryStats, ClassStats, RealStats, label_stats
from image_tools import draw, encode

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [[0.0, 1.5], [2.0, -3.0], [-1.0, 0.25]]


def write(path: Path, *datums: dict[str, Any]) -> str:
    with lmdb.open(str(path), map_size=1 << 24) as environment, environment.begin(write=True) as t:
        for index, fields in enumerate(datums):
            t.put(b"%08d" % index, schema().message("Datum")(**fields).SerializeToString())
    return str(path)


def vector(*labels: float, **fields: Any) -> dict[str, Any]:
    shape = {"channels": len(labels), "height": 1, "width": 1}
    return {**shape, "float_data": labels, **fields}


def test_a_sound_db(tmp_path: Path) -> None:
    path = write(tmp_path / "l", *[vector(*row) for row in ROWS])
    stored = read_stored_labels(path)
    assert stored.labels.tolist() == ROWS
    assert (stored.records, stored.shape, stored.width) == (3, (2, 1, 1), 2)
    assert (stored.pixels, stored.odd_record) == (False, None)
    assert [stored.key(at) for at in range(3)] == ["00000000", "00000001", "00000002"]
    table = read_label_table(path)
    assert table.labels.tolist() == ROWS
    assert table.layout.guessed
    assert table.layout.label_count == 2


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.floats(width=32), min_size=3, max_size=3), min_size=1, max_size=9))
def test_records_walked_one_by_one_are_those_the_core_reads(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[float]]
) -> None:
    folder = tmp_path_factory.mktemp("labels")
    sound = read_stored_labels(write(folder / "sound", *[vector(*row) for row in rows]))
    # A shape that does not hold the values is what the core refuses.
    odd = read_stored_labels(write(folder / "odd", *[vector(*row, height=2) for row in rows]))
    assert (sound.shape, odd.shape) == ((3, 1, 1), (3, 2, 1))
    np.testing.assert_array_equal(sound.labels, odd.labels)
    assert (sound.width, odd.width) == (3, 3)


def test_labels_kept_as_bytes(tmp_path: Path) -> None:
    one = {"channels": 2, "height": 1, "width": 1, "data": b"\x02\xff"}
    stored = read_stored_labels(write(tmp_path / "l", one))
    assert stored.labels.tolist() == [[2, 255]]
    assert stored.pixels
    both = one | {"float_data": [7, 7, 7]}  # bytes win, as in Caffe
    assert read_stored_labels(write(tmp_path / "both", both)).labels.tolist() == [[2, 255]]


@pytest.mark.parametrize("at", [1, 2])
def test_the_first_record_of_another_length_is_told(tmp_path: Path, at: int) -> None:
    datums = [vector(*row) for row in ROWS]
    datums.insert(at, vector(1, 2, 3))
    stored = read_stored_labels(write(tmp_path / "l", *datums))
    assert stored.odd_record == (f"{at:08d}", 3)
    assert (stored.records, stored.labels.shape) == (4, (0, 2))


def test_a_later_record_of_another_shape_is_no_other_length(tmp_path: Path) -> None:
    stored = read_stored_labels(write(tmp_path / "l", vector(1, 2), vector(3, 4, channels=5)))
    assert stored.odd_record is None
    assert stored.odd_shape == ("00000001", (5, 1, 1))
    assert stored.labels.tolist() == [[1, 2], [3, 4]]


def test_maps_and_encoded_labels_are_not_read_where_nobody_wants_them(tmp_path: Path) -> None:
    wide = write(tmp_path / "wide", vector(*range(9)), vector(*range(9)))
    assert read_stored_labels(wide, widest=9).labels.shape == (2, 9)
    stored = read_stored_labels(wide, widest=8)
    assert (stored.records, stored.width, stored.labels.shape) == (2, 9, (0, 9))
    image = encode(draw(1, 5, 6), ".png")
    coded = write(tmp_path / "coded", {"data": image, "encoded": True})
    stored = read_stored_labels(coded, widest=1 << 20)
    assert (stored.shape, stored.width, len(stored.labels)) == ((3, 5, 6), len(image), 0)


def test_records_without_labels(tmp_path: Path) -> None:
    stored = read_stored_labels(write(tmp_path / "l", vector(), vector()))
    assert (stored.records, stored.width, len(stored.labels)) == (2, 0, 0)


def test_an_empty_db(tmp_path: Path) -> None:
    path = write(tmp_path / "l")
    for read in (read_stored_labels, read_label_table):
        with pytest.raises(DatabaseError, match="no record") as caught:
            read(path)
        assert caught.value.path == path


def test_statistics_lint_and_generator_see_the_same(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    rows = np.column_stack(
        [generator.integers(-1, 3, 500), generator.normal(5, 2, 500), generator.integers(0, 2, 500)]
    ).astype(np.float32)
    path = write(tmp_path / "l", *[vector(*row) for row in rows.tolist()])
    tasks = load_tasks(
        {
            "tasks": [
                {"name": "kind", "loss": "softmax", "classes": 3, "ignore_label": -1},
                {"name": "size", "loss": "euclidean", "dim": 1},
                {"name": "flag", "loss": "sigmoid", "dim": 1},
            ]
        }
    )
    made = read_label_statistics(path, tasks)
    linted = read_label_facts(path).columns
    kind, size, flag = label_stats(path, tasks=tasks).tasks
    assert isinstance(kind, ClassStats)
    assert isinstance(size, RealStats)
    assert isinstance(flag, BinaryStats)
    seen = {int(each.value): each.count for each in linted[0].values}
    assert [each.count for each in kind.classes] == [seen[0], seen[1], seen[2]]
    assert made.columns[0].class_counts == (seen[0], seen[1], seen[2])
    assert made.columns[0].missing == kind.missing == seen[-1]
    assert made.columns[1].mean == linted[1].summary.mean == size.values[0].mean
    assert made.columns[2].class_counts[1] == flag.values[0].positives


def test_keys_are_read_only_for_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "l", *[vector(*row) for row in ROWS])
    asked: list[int] = []

    def key(stored: label_table.StoredLabels, record: int) -> str:
        asked.append(record)
        return f"key {record} of {stored.path}"

    monkeypatch.setattr(label_table.StoredLabels, "key", key)
    facts = read_label_facts(path)
    values = facts.columns[0].values
    assert [each.value for each in values] == [-1, 0, 2]
    assert asked == []
    assert values[0].key == f"key 2 of {path}"


def test_a_column_may_be_asked_for_by_two_rules(tmp_path: Path) -> None:
    stored = read_stored_labels(write(tmp_path / "l", *[vector(*row) for row in ROWS]))
    rules = [LabelRule(task="a", kind="class", classes=3), LabelRule(task="b", kind="real")]
    strict, loose = measure_columns(stored.labels, rules, [0, 0])
    assert (strict.count, strict.first_wrong, loose.count) == (2, 2, 3)
