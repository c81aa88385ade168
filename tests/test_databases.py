"""What the generator reads from databases that are there: sizes, counts, label statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lmdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel import _core
from caffe_multilabel.caffe.proto import schema
from caffe_multilabel.caffe.proto.blobs import blob_to_array
from caffe_multilabel.data.databases import (
    database_facts,
    key_at,
    read_records,
)
from caffe_multilabel.data.label_table import read_stored_labels
from caffe_multilabel.errors import DatabaseError, TaskFileError
from caffe_multilabel.nets.generate import generate, read_label_statistics
from caffe_multilabel.nets.generate.solver_maker import make_solver
from caffe_multilabel.tasks import load_tasks
from image_tools import draw, encode

if TYPE_CHECKING:
    from pathlib import Path

TASKS = [
    {"name": "color", "loss": "softmax", "classes": 3, "ignore_label": -1},
    {"name": "size", "loss": "euclidean", "dim": 2},
    {"name": "flag", "loss": "sigmoid", "dim": 1},
]


def write_db(path: Path, datums: list[dict[str, Any]]) -> str:
    with (
        lmdb.open(str(path), map_size=1 << 24) as environment,
        environment.begin(write=True) as transaction,
    ):
        for index, fields in enumerate(datums):
            datum = schema().message("Datum")(**fields)
            transaction.put(b"%08d" % index, datum.SerializeToString())
    return str(path)


def label_db(path: Path, rows: list[list[float]]) -> str:
    return write_db(
        path,
        [{"channels": len(row), "height": 1, "width": 1, "float_data": row} for row in rows],
    )


def image_db(path: Path, count: int, shape: tuple[int, int, int] = (3, 40, 48)) -> str:
    channels, height, width = shape
    one = {"channels": channels, "height": height, "width": width, "encoded": False}
    return write_db(path, [one] * count)


def encoded_db(path: Path, *, gray: bool = False, size: tuple[int, int] = (40, 48)) -> str:
    """An image DB as `convert_imageset -encoded` leaves it: records tell no size of their own."""
    image = draw(1, *size)
    data = encode(image[:, :, 0] if gray else image, ".png")
    return write_db(path, [{"data": data, "encoded": True}] * 12)


def task_file(tmp_path: Path, **keys: Any) -> dict[str, Any]:
    pair = {"images": str(tmp_path / "images"), "labels": str(tmp_path / "labels")}
    return {
        "backbone": "lenet",
        "data": {
            "transform": {"scale": 0.0078125},  # as lenet was made for, else a warning says so
            "train": pair,
            "test": {**pair, "batch_size": 4},
        },
        "tasks": TASKS,
        **keys,
    }


ROWS = [[0, 1.0, 2.0, 1], [2, 3.0, 2.0, 0], [-1, 5.0, 8.0, 0], [2, 7.0, 8.0, 0]]


def test_statistics_of_each_kind_of_column(tmp_path: Path) -> None:
    found = read_label_statistics(label_db(tmp_path / "labels", ROWS), load_tasks({"tasks": TASKS}))
    assert found.count == 4
    color, width, height, flag = found.columns
    assert (color.count, color.missing, color.class_counts) == (3, 1, (1, 0, 2))
    assert (width.mean, width.variance, width.class_counts) == (4, 5, ())
    assert (height.mean, height.variance) == (5, 9)
    assert flag.class_counts == (3, 1)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6, width=32).map(lambda value: value + 1e4), min_size=1, max_size=30)
)
def test_mean_and_variance_are_numpy_s(tmp_path_factory: Any, values: list[float]) -> None:
    path = label_db(tmp_path_factory.mktemp("db") / "l", [[value] for value in values])
    tasks = load_tasks({"tasks": [{"name": "a", "loss": "euclidean", "dim": 1}]})
    (column,) = read_label_statistics(path, tasks).columns
    labels = np.array(values, dtype=np.float32).astype(np.float64)
    assert column.mean == pytest.approx(labels.mean())
    assert column.variance == pytest.approx(labels.var(), rel=1e-9, abs=1e-6)


def test_chunks_add_up(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(1000, 3, 9000).astype(np.float32)
    path = label_db(tmp_path / "labels", [[float(value)] for value in values])
    tasks = load_tasks({"tasks": [{"name": "a", "loss": "euclidean", "dim": 1}]})
    (column,) = read_label_statistics(path, tasks).columns
    assert column.count == 9000
    assert column.mean == pytest.approx(values.astype(np.float64).mean(), rel=1e-12)
    assert column.variance == pytest.approx(values.astype(np.float64).var(), rel=1e-9)


def test_labels_kept_as_bytes_are_read_as_caffe_reads_them(tmp_path: Path) -> None:
    path = write_db(tmp_path / "l", [{"channels": 2, "height": 1, "width": 1, "data": b"\x02\x07"}])
    tasks = load_tasks(
        {"tasks": [TASKS[0] | {"name": "a"}, {"name": "b", "loss": "euclidean", "dim": 1}]}
    )
    found = read_label_statistics(path, tasks)
    assert found.columns[0].class_counts == (0, 0, 1)
    assert found.columns[1].mean == 7


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([3, 0, 0, 0], "label column 0 is 3; task 'color' takes a class from 0 to 2 or -1"),
        ([0.5, 0, 0, 0], "label column 0 is 0.5"),
        ([0, float("nan"), 0, 0], "label column 1 is nan; task 'size' takes a finite number"),
        ([0, 0, 0, 2], "label column 3 is 2; task 'flag' takes a class from 0 to 1"),
        ([0, 0, 0], "record 00000004 has 3 labels, others have 4"),
    ],
)
def test_labels_that_no_task_takes(tmp_path: Path, row: list[float], reason: str) -> None:
    path = label_db(tmp_path / "labels", [*ROWS, row])
    with pytest.raises(DatabaseError, match=reason) as caught:
        read_label_statistics(path, load_tasks({"tasks": TASKS}))
    assert caught.value.key == "00000004"


def test_net_takes_size_labels_and_test_iter_from_the_databases(tmp_path: Path) -> None:
    image_db(tmp_path / "images", 12)
    label_db(tmp_path / "labels", [[0, 1, 2, 0, 9]] * 12)
    net = generate(load_tasks(task_file(tmp_path)))
    assert list(net.deploy.layer[0].input_param.shape[0].dim) == [1, 3, 40, 48]
    silence = next(layer for layer in net.train_val.layer if layer.type == "Silence")
    assert list(silence.bottom) == ["label_4"]
    assert list(net.solver.test_iter) == [3]
    assert net.warnings == ()


def test_a_batch_size_that_does_not_divide_is_told(tmp_path: Path) -> None:
    image_db(tmp_path / "images", 10)
    label_db(tmp_path / "labels", [[0, 1, 2, 0]] * 10)
    net = generate(load_tasks(task_file(tmp_path)))
    assert list(net.solver.test_iter) == [3]
    assert "test_iter 3 counts 2 of them twice; batch_size 2" in net.warnings[0]
    assert net.warnings[0].endswith("batch_size 2 or 5 would fit")


@pytest.mark.parametrize(
    ("records", "words"),
    [
        (11, "counts 1 of them twice; that is 8% of what a test counts, and no batch_size from 2"),
        (9, "counts 3 of them twice; batch_size 3 would fit"),
        (5, "counts 3 of them twice; batch_size 5 would fit"),
        (
            3,
            "images has 3 records, fewer than batch_size 4: test_iter 1 counts some of them more",
        ),
        (1, "images has 1 record, fewer than batch_size 4: test_iter 1 counts"),
        (211, "counts 1 of them twice; that is 0.47% of what a test counts, and may stay so"),
    ],
)
def test_what_to_do_about_a_batch_size_that_does_not_divide(
    records: int, words: str, tmp_path: Path
) -> None:
    image_db(tmp_path / "images", records)
    label_db(tmp_path / "labels", [[0, 1, 2, 0]] * records)
    assert words in generate(load_tasks(task_file(tmp_path))).warnings[0]


@pytest.mark.parametrize(
    ("records", "batch_size", "words"),
    [
        (2371, 50, "counts 29 of them twice; that is 1.21% of what a test counts, and may stay so"),
        (1000003, 128, "61 of them twice; that is less than 0.01% of what a test counts, and may"),
        (10**9 + 7, 1000, "that is less than 0.01% of what a test counts"),
        (59, 64, "fewer than batch_size 64: test_iter 1 counts some of them more than once; "),
        (59, 64, "batch_size 59 would fit"),
        (2, 1000, "batch_size 2 would fit"),
        (2377, 64, "no batch_size from 32 to 128 would fit; a smaller one counts fewer twice"),
    ],
)
def test_primes_large_numbers_and_few_records(
    records: int, batch_size: int, words: str, tmp_path: Path
) -> None:
    tasks = task_file(tmp_path)
    tasks["data"]["test"]["batch_size"] = batch_size
    warnings: list[str] = []
    solver = make_solver(load_tasks(tasks), records, warnings)
    assert list(solver.test_iter) == [-(-records // batch_size)]
    assert len(warnings) == 1
    assert words in warnings[0]


def test_balanced_classes_get_an_infogain_matrix(tmp_path: Path) -> None:
    image_db(tmp_path / "images", 4)
    label_db(tmp_path / "labels", ROWS)
    balanced = TASKS[0] | {"class_weight": "balanced"}
    net = generate(load_tasks(task_file(tmp_path, tasks=[balanced, *TASKS[1:]])))
    loss = next(layer for layer in net.train_val.layer if layer.name == "loss_color")
    assert loss.type == "InfogainLoss"
    assert loss.infogain_loss_param.source == "infogain_color.binaryproto"
    assert loss.loss_param.ignore_label == -1
    matrix = blob_to_array(net.infogain["infogain_color.binaryproto"])
    # 3 labels count, in 2 classes: once, never, twice.
    np.testing.assert_allclose(matrix, np.diag([1.5, 0, 0.75]))
    assert "1 of 3 classes have no record (1)" in net.warnings[0]


def test_balanced_needs_the_label_db(tmp_path: Path) -> None:
    image_db(tmp_path / "images", 4)
    balanced = TASKS[0] | {"class_weight": "balanced"}
    with pytest.raises(TaskFileError, match="label DB") as caught:
        generate(load_tasks(task_file(tmp_path, tasks=[balanced])))
    assert caught.value.key == "tasks[0].class_weight"


def test_scale_reads_the_label_db(tmp_path: Path) -> None:
    image_db(tmp_path / "images", 4)
    label_db(tmp_path / "labels", ROWS)
    net = generate(load_tasks(task_file(tmp_path, loss_weights="scale")))
    # Half of (5 + 16) + (9 + 25).
    assert net.loss_weights[1].starting_loss == pytest.approx(27.5)


def test_learned_weights_read_the_label_db(tmp_path: Path) -> None:
    image_db(tmp_path / "images", 4)
    label_db(tmp_path / "labels", [[2, *row[1:]] for row in ROWS])
    tasks = load_tasks(task_file(tmp_path, loss_weights="learned"))
    with pytest.raises(TaskFileError, match="are the same in each record") as caught:
        generate(tasks)
    assert caught.value.key == "tasks[0]"


@pytest.mark.parametrize(
    ("transform", "shape", "key"),
    [
        ({"crop_size": 41}, None, "data.transform.crop_size"),
        ({"mean_value": [1, 2]}, None, "data.transform.mean_value"),
        ({}, [1, 40, 48], "data.shape"),
    ],
)
def test_keys_that_do_not_fit_the_images(
    tmp_path: Path, transform: dict[str, Any], shape: list[int] | None, key: str
) -> None:
    image_db(tmp_path / "images", 4)
    keys = task_file(tmp_path)
    keys["data"] |= {"transform": transform} | ({"shape": shape} if shape else {})
    with pytest.raises(TaskFileError, match=r"40 x 48|3 channels") as caught:
        generate(load_tasks(keys))
    assert caught.value.key == key


def test_labels_that_are_no_vectors(tmp_path: Path) -> None:
    image_db(tmp_path / "images", 4)
    write_db(tmp_path / "labels", [{"channels": 1, "height": 2, "width": 2}])
    with pytest.raises(TaskFileError, match="1 x 2 x 2") as caught:
        generate(load_tasks(task_file(tmp_path)))
    assert caught.value.key == "data.train.labels"


def test_a_folder_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    with pytest.raises(DatabaseError, match=r"no data\.mdb"):
        generate(load_tasks(task_file(tmp_path)))


def test_a_database_without_records(tmp_path: Path) -> None:
    write_db(tmp_path / "images", [])
    with pytest.raises(DatabaseError, match="no record"):
        generate(load_tasks(task_file(tmp_path)))


def test_a_record_that_is_no_datum(tmp_path: Path) -> None:
    with (
        lmdb.open(str(tmp_path / "images")) as environment,
        environment.begin(write=True) as transaction,
    ):
        transaction.put(b"00000000_a", b"\xff\xff")
    with pytest.raises(DatabaseError, match="record 00000000_a is no Datum"):
        generate(load_tasks(task_file(tmp_path)))


def test_a_damaged_database(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "data.mdb").write_bytes(b"x" * 9000)
    with pytest.raises(DatabaseError, match=r"data\.mdb: is no LMDB, it does not begin as one"):
        generate(load_tasks(task_file(tmp_path)))


def input_shape(tmp_path: Path, **data: Any) -> list[int]:
    """The shape of deploy's input."""
    keys = task_file(tmp_path)
    keys["data"] |= data
    net = generate(load_tasks(keys))
    return list(net.deploy.layer[0].input_param.shape[0].dim)


@pytest.mark.parametrize(
    ("gray", "transform", "channels"),
    [
        (False, {}, 3),
        (True, {}, 1),
        (False, {"force_gray": True}, 1),
        (True, {"force_color": True}, 3),
    ],
)
def test_encoded_images_are_what_caffe_decodes(
    tmp_path: Path, gray: bool, transform: dict[str, Any], channels: int
) -> None:
    path = encoded_db(tmp_path / "images", gray=gray)
    label_db(tmp_path / "labels", ROWS * 3)
    facts = database_facts(path)
    assert facts is not None
    assert facts.shape == (1 if gray else 3, 40, 48)
    assert facts.encoded
    assert input_shape(tmp_path, transform=transform) == [1, channels, 40, 48]
    # The record's own shape may be said as well, whatever is forced on it.
    said = input_shape(tmp_path, transform=transform, shape=[1 if gray else 3, 40, 48])
    assert said == [1, channels, 40, 48]


def test_raw_images_are_not_forced(tmp_path: Path) -> None:
    image_db(tmp_path / "images", 12)
    label_db(tmp_path / "labels", ROWS * 3)
    assert input_shape(tmp_path, transform={"force_gray": True}) == [1, 3, 40, 48]
    keys = task_file(tmp_path)
    keys["data"]["transform"]["force_gray"] = True
    (warning,) = generate(load_tasks(keys)).warnings
    assert "data.transform.force_gray does nothing" in warning


@pytest.mark.parametrize(
    ("transform", "channels"), [({"force_gray": True}, 1), ({"force_color": True}, 3), ({}, 2)]
)
def test_without_a_db_flags_work_on_the_shape_that_is_said(
    tmp_path: Path, transform: dict[str, Any], channels: int
) -> None:
    assert input_shape(tmp_path, shape=[2, 40, 48], transform=transform) == [1, channels, 40, 48]


def test_encoded_images_that_are_cropped_may_differ_in_size(tmp_path: Path) -> None:
    encoded_db(tmp_path / "images")
    label_db(tmp_path / "labels", ROWS * 3)
    crop = {"crop_size": 32}
    assert input_shape(tmp_path, shape=[3, 64, 64], transform=crop) == [1, 3, 32, 32]
    with pytest.raises(TaskFileError, match="3 x 40 x 48") as caught:
        input_shape(tmp_path, shape=[1, 64, 64], transform=crop)
    assert caught.value.key == "data.shape"
    with pytest.raises(TaskFileError, match="3 x 40 x 48"):
        input_shape(tmp_path, shape=[3, 64, 64])


def test_an_encoded_image_that_does_not_decode(tmp_path: Path) -> None:
    path = write_db(tmp_path / "images", [{"data": b"no image", "encoded": True}])
    facts = database_facts(path)
    assert facts is not None
    assert facts.shape is None
    with pytest.raises(DatabaseError, match="first record does not decode"):
        generate(load_tasks(task_file(tmp_path)))


def test_a_record_without_pixels(tmp_path: Path) -> None:
    image_db(tmp_path / "images", 1, (3, 0, 0))
    with pytest.raises(DatabaseError, match="3 x 0 x 0"):
        generate(load_tasks(task_file(tmp_path)))


def test_labels_that_are_images(tmp_path: Path) -> None:
    image_db(tmp_path / "images", 4)
    encoded_db(tmp_path / "labels")
    with pytest.raises(TaskFileError, match="are 3 x 40 x 48; tasks read vectors") as caught:
        generate(load_tasks(task_file(tmp_path)))
    assert caught.value.key == "data.train.labels"


def test_records_come_in_the_order_of_their_keys(tmp_path: Path) -> None:
    path = label_db(tmp_path / "labels", ROWS)
    found = list(read_records(path))
    assert [key for key, _ in found] == [b"%08d" % index for index in range(4)]
    np.testing.assert_array_equal([datum.float_data for _, datum in found], ROWS)
    assert [key_at(path, position) for position in (3, 0, 3)] == [
        "00000003",
        "00000000",
        "00000003",
    ]
    with pytest.raises(IndexError, match="no such record"):
        key_at(path, 4)


def test_the_core_reads_rows_up_to_the_first_odd_record(tmp_path: Path) -> None:
    paths = (
        label_db(tmp_path / "whole", ROWS),
        label_db(tmp_path / "odd", [*ROWS, [1, 2], ROWS[0], [1]]),
    )
    for path, expected in zip(paths, (None, (4, 2)), strict=True):
        index = _core.RecordIndex(path.encode())
        rows, odd = _core.read_stored_values(index=index, value_count=4, threads=2, want_rows=True)
        np.testing.assert_array_equal(rows, ROWS)
        assert odd == expected
    stored = read_stored_labels(paths[1])
    assert (stored.records, stored.width, stored.odd_record) == (7, 4, ("00000004", 2))


def test_stored_labels_are_read_whatever_their_shape_says(tmp_path: Path) -> None:
    rows = [{"channels": 9, "float_data": [0.5, 1]}, {"data": b"\x02\xff", "float_data": [7]}]
    stored = read_stored_labels(write_db(tmp_path / "labels", rows))
    np.testing.assert_array_equal(stored.labels, [[0.5, 1], [2, 255]])


def test_stored_label_maps_are_only_counted(tmp_path: Path) -> None:
    maps = [[0.0] * 9] * 3
    stored = read_stored_labels(label_db(tmp_path / "maps", maps), widest=8)
    assert (stored.records, stored.width, len(stored.labels)) == (3, 9, 0)
    assert stored.odd_record is None
    stored = read_stored_labels(label_db(tmp_path / "odd", [*maps, [1]]), widest=8)
    assert (len(stored.labels), stored.odd_record) == (0, ("00000003", 1))
    assert len(read_stored_labels(encoded_db(tmp_path / "encoded"), widest=9999).labels) == 0


def test_stored_labels_name_the_record_that_is_no_datum(tmp_path: Path) -> None:
    path = label_db(tmp_path / "labels", ROWS)
    with lmdb.open(path) as environment, environment.begin(write=True) as transaction:
        transaction.put(b"00000002", b"\xff")
    with pytest.raises(DatabaseError, match=r"record 2 \(00000002\): it is no Datum") as caught:
        read_stored_labels(path)
    assert (caught.value.path, caught.value.key) == (path, "00000002")
