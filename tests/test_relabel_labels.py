"""Relabelling: every record gets the labels of its line, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import lmdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caffe_multilabel import convert, verify
from caffe_multilabel.data.relabel import relabel
from caffe_multilabel.errors import DatabaseError, ListError, OptionError
from lmdb_tools import datums, records
from relabel_tools import Pair, Rows, make_pair, snapshot, write_list

ROWS: Rows = [("a.png", [1, 10]), ("sub/b.png", [2, 20]), ("c d.png", [3, 30]), ("e.png", [4, 40])]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return make_pair(tmp_path, ROWS)


def test_values_and_keys_are_those_of_a_new_conversion(tmp_path: Path, pair: Pair) -> None:
    new: Rows = [(path, [labels[0], 0.1]) for path, labels in ROWS]
    convert(new, root=tmp_path, images=tmp_path / "images2", labels=tmp_path / "labels2")
    report = relabel(pair.labels, write_list(tmp_path / "new.txt", new[::-1]))
    assert records(pair.labels) == records(tmp_path / "labels2")
    assert (report.records, report.changed_records, report.extra_lines) == (4, 4, 0)


def test_pair_verifies_against_the_new_list(tmp_path: Path, pair: Pair) -> None:
    before = records(pair.images)
    new = write_list(tmp_path / "new.txt", [(path, [0, labels[1]]) for path, labels in ROWS[::-1]])
    report = relabel(pair.labels, new, images=pair.images)
    assert report.image_manifest_written
    assert records(pair.images) == before
    proof = verify(pair.images, pair.labels, records=new, root=tmp_path)
    assert proof.ok
    assert proof.digests_checked


def test_pair_verifies_where_the_image_db_was_not_named(tmp_path: Path) -> None:
    """As it does where a kill, or a read-only image DB, kept its manifest as it was."""
    rows: Rows = [*ROWS, ("gone.png", [5, 50])]
    pair = make_pair(tmp_path, rows, missing=["gone.png"])
    for new in ([(path, [1, 1]) for path, _ in rows], rows):
        relabel(pair.labels, new)
        proof = verify(pair.images, pair.labels, records=new)
        assert (proof.ok, proof.digests_checked) == (True, True)
    with lmdb.open(str(pair.labels)) as env, env.begin(write=True) as txn:
        key = b"00000000label_a.png"
        value = txn.get(key)
        assert value is not None
        txn.put(key, value[:-1] + b"\x40")
    assert not verify(pair.images, pair.labels).ok


def test_second_relabelling_and_the_way_back_verify(pair: Pair) -> None:
    first = records(pair.labels)
    for rows in ([(path, [9, 9]) for path, _ in ROWS], ROWS):
        relabel(pair.labels, rows, images=pair.images)
        assert verify(pair.images, pair.labels, records=rows).ok
    assert records(pair.labels) == first


def test_manifest_tells_of_the_new_list(tmp_path: Path, pair: Pair) -> None:
    (tmp_path / "new.csv").write_text(
        "path,kind,size,age\n" + "".join(f"{path},1,2,3\n" for path, _ in ROWS)
    )
    before = json.loads((pair.labels / "manifest.json").read_text())
    relabel(pair.labels, tmp_path / "new.csv")
    after = json.loads((pair.labels / "manifest.json").read_text())
    assert after["job"]["label_names"] == ["kind", "size", "age"]
    assert (after["job"]["label_count"], after["job"]["label_shape"]) == (3, [3, 1, 1])
    assert after["image_digest"] == before["image_digest"]
    assert after["converted"]["label_digest"] == before["label_digest"] != after["label_digest"]
    assert after["label_bytes"] == sum(len(value) for _, value in records(pair.labels))


def test_changes_are_counted_by_column_and_record(pair: Pair) -> None:
    new = [(path, [labels[0], 20]) for path, labels in ROWS]
    new[0][1][0] = 7
    report = relabel(pair.labels, new)
    assert [(column.name, column.changed) for column in report.columns] == [
        ("column 0", 1),
        ("column 1", 3),
    ]
    assert report.changed_records == 3


def test_dry_run_counts_the_same_and_writes_nothing(tmp_path: Path, pair: Pair) -> None:
    before = snapshot(tmp_path)
    new = [(path, [5, 5]) for path, _ in ROWS]
    counted = relabel(pair.labels, new, images=pair.images, dry_run=True)
    assert snapshot(tmp_path) == before
    done = relabel(pair.labels, new, images=pair.images)
    assert counted.columns == done.columns
    assert (counted.dry_run, done.dry_run) == (True, False)


def test_records_without_a_line_are_named_and_nothing_changes(tmp_path: Path) -> None:
    pair = make_pair(tmp_path, [(f"{number:02}.png", [1]) for number in range(30)])
    before = snapshot(tmp_path)
    with pytest.raises(ListError) as error:
        relabel(pair.labels, [("05.png", [2]), ("07.png", [2])])
    text = error.value.message
    assert text.startswith("28 records have no line of their own in the list, nothing was written")
    assert "00000000label_00.png" in text
    assert "and 8 more" in text
    assert text.count("label_") == 20
    assert "label_05.png" not in text
    assert snapshot(tmp_path) == before


def test_lines_without_a_record_are_an_error_beyond_the_rejected(tmp_path: Path) -> None:
    rows: Rows = [*ROWS, ("gone.png", [5, 50])]
    pair = make_pair(tmp_path, rows, missing=["gone.png"])
    assert relabel(pair.labels, rows).extra_lines == 1
    rows = [*rows, ("never.png", [6, 60])]
    with pytest.raises(
        ListError, match=r"2 lines of the list belong to no record(.|\n)*never\.png"
    ):
        relabel(pair.labels, rows)
    report = relabel(pair.labels, rows, images=pair.images, allow_extra=True)
    assert report.extra_lines == 2
    assert verify(pair.images, pair.labels, records=rows[:-1]).ok


def test_records_of_one_path_take_its_lines_in_order(tmp_path: Path) -> None:
    rows: Rows = [*(("a.png", [float(number)]) for number in range(6)), ("b.png", [9])]
    for seed in range(3):
        folder = tmp_path / str(seed)
        folder.mkdir()
        pair = make_pair(folder, rows, shuffle=True, seed=seed)
        before = pair.label_rows()
        # The lines of other paths may stand anywhere between.
        relabel(pair.labels, [rows[-1], *((path, [row[0] + 100]) for path, row in rows[:-1])])
        assert pair.label_rows() == [
            (path, row if path == "b.png" else [row[0] + 100]) for path, row in before
        ]


def test_line_left_over_of_a_path_with_two_must_be_clear(tmp_path: Path) -> None:
    pair = make_pair(tmp_path, [("z.png", [0]), ("a.png", [1])])
    rows: Rows = [("a.png", [5]), ("z.png", [6]), ("a.png", [7])]
    with pytest.raises(ListError, match=r"a\.png is on 2 lines, but 1 record has it"):
        relabel(pair.labels, rows, allow_extra=True)
    rows[2] = ("a.png", [5])
    relabel(pair.labels, rows, allow_extra=True)
    assert pair.label_rows() == [("z.png", [6]), ("a.png", [5])]
    # Where the record came from the second line of its path, that is the one meant.
    rows = [("z.png", [0]), ("a.png", [8]), ("a.png", [9])]
    relabel(pair.labels, rows, allow_extra=True)
    assert pair.label_rows() == [("z.png", [0]), ("a.png", [8])]


def test_labels_of_another_number_follow_their_shape(tmp_path: Path) -> None:
    rows = (["a.png", "b.png"], np.arange(12, dtype=np.float32).reshape(2, 1, 2, 3))
    pair = make_pair(tmp_path, [("a.png", [0]), ("b.png", [1])])
    relabel(pair.labels, rows)
    assert [(d.channels, d.height, d.width) for d in datums(pair.labels)] == [(1, 2, 3)] * 2
    flat: Rows = [("a.png", [0] * 6), ("b.png", [1] * 6)]
    relabel(pair.labels, flat)
    assert [(d.channels, d.height, d.width) for d in datums(pair.labels)] == [(1, 2, 3)] * 2
    with pytest.raises(OptionError, match="label records of 1 x 2 x 3 do not hold 5 labels"):
        relabel(pair.labels, [(path, labels[:5]) for path, labels in flat])


def test_image_db_must_pair(tmp_path: Path, pair: Pair) -> None:
    (tmp_path / "other").mkdir()
    other = make_pair(tmp_path / "other", ROWS[::-1])
    for manifest in (other.labels / "manifest.json", pair.labels / "manifest.json"):
        if manifest.exists():
            with pytest.raises(DatabaseError, match="are of different conversions"):
                relabel(pair.labels, ROWS, images=other.images)
            manifest.unlink()
    with pytest.raises(DatabaseError, match=r"00000000label_a\.png stands beside 00000000_e\.png"):
        relabel(pair.labels, ROWS, images=other.images)


def test_db_that_was_changed_since_needs_its_image_db(pair: Pair) -> None:
    with lmdb.open(str(pair.labels)) as env, env.begin(write=True) as txn:
        key = b"00000000label_a.png"
        value = txn.get(key)
        assert value is not None
        txn.put(key, value[:-1] + b"\x40")
    with pytest.raises(DatabaseError, match="its records are not those that its manifest tells of"):
        relabel(pair.labels, ROWS)
    relabel(pair.labels, ROWS, images=pair.images)
    assert verify(pair.images, pair.labels, records=ROWS).ok


@pytest.mark.parametrize(
    ("image_key", "label_key"),
    [
        (b"%08d_%s", b"%08d_%s"),  # both made by BVLC's convert_imageset
        (b"%08d_%s", b"%08d"),
        (b"%08d", b"%08d"),
    ],
)
def test_pairs_of_other_tools(tmp_path: Path, image_key: bytes, label_key: bytes) -> None:
    pair = Pair(tmp_path)
    for folder, key, value in (
        (pair.images, image_key, b"\x08\x01\x10\x01\x18\x01\x22\x01\x00"),
        (pair.labels, label_key, b"\x08\x02\x10\x01\x18\x01\x22\x02\x07\x08"),  # labels as bytes
    ):
        with lmdb.open(str(folder)) as env, env.begin(write=True) as txn:
            for number, (path, _) in enumerate(ROWS):
                parts = (number, path.encode())[: key.count(b"%")]
                txn.put(key % parts, value)
    by_path = b"_" in image_key
    report = relabel(pair.labels, ROWS[::-1] if by_path else ROWS, images=pair.images)
    assert report.paths_in_keys == by_path
    assert [list(datum.float_data) for datum in datums(pair.labels)] == [row for _, row in ROWS]
    assert report.changed_records == 4
    assert sorted(path.name for path in pair.labels.iterdir()) == ["data.mdb"]


paths = st.sampled_from(["a.png", "b.png", "dir/c.png", "d e.png"])
labels = st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=2)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(st.tuples(paths, labels), min_size=1, max_size=12),
    seed=st.none() | st.integers(0, 100),
    data=st.data(),
)
def test_any_list_in_any_order(rows: Rows, seed: int | None, data: st.DataObject) -> None:
    """Each record ends with the labels of its own line, told by path and rank within the path."""
    with TemporaryDirectory() as folder:
        marked = [(path, [float(index), 0.0]) for index, (path, _) in enumerate(rows)]
        pair = make_pair(Path(folder), marked, shuffle=seed is not None, seed=seed or 0)
        origin = [int(labels[0]) for _, labels in pair.label_rows()]
        names = data.draw(st.permutations(sorted({path for path, _ in rows})))
        in_groups = [row for name in names for row in rows if row[0] == name]
        relabel(pair.labels, in_groups, images=pair.images)
        assert pair.label_rows() == [(rows[index][0], list(rows[index][1])) for index in origin]
        assert verify(pair.images, pair.labels, records=in_groups).ok
