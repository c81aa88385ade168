"""Old names of keywords, attributes and classes work, and name the new ones."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest

import caffe_multilabel
from caffe_multilabel import (
    ImageError,
    MultilabelDataset,
    convert,
    errors,
    generate,
    lint_net,
    lint_solver,
    load_records,
    load_tasks,
    read_label_statistics,
    read_net,
    read_solver,
    show_record,
)
from caffe_multilabel.caffe import proto
from caffe_multilabel.caffe.proto.blobs import array_to_blob

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

TASKS = {
    "backbone": "lenet",
    "data": {"shape": [3, 32, 32]},
    "tasks": [{"name": "kind", "loss": "softmax", "classes": 3}],
}


@pytest.fixture
def net(tmp_path: Path) -> Path:
    tasks = load_tasks(
        TASKS | {"data": {"shape": [3, 32, 32], "train": {"images": "i", "labels": "l"}}}
    )
    generate(tasks).write(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (read_net, "deploy.prototxt"),
        (read_solver, "solver.prototxt"),
        (lint_net, "train_val.prototxt"),
        (lint_solver, "solver.prototxt"),
    ],
)
def test_schema_is_proto(net: Path, function: Any, name: str) -> None:
    bvlc = proto.schema()
    with pytest.warns(DeprecationWarning, match=f"^{function.__name__}: 'schema' is now 'proto'$"):
        old = function(net / name, schema=bvlc)
    assert old == function(net / name, proto=bvlc)
    assert "schema" not in inspect.signature(function).parameters


def test_schema_is_proto_wherever_messages_are_read(net: Path, tmp_path: Path) -> None:
    bvlc = proto.schema()
    binary = tmp_path / "net.caffemodel"
    proto.write_binary(binary, read_net(net / "deploy.prototxt"))
    for function, arguments in (
        (proto.parse_text, ('name: "a"', "NetParameter")),
        (proto.parse_binary, (binary.read_bytes(), "NetParameter")),
        (proto.read_binary, (binary, "NetParameter")),
        (array_to_blob, ([1.0, 2.0],)),
    ):
        called: Any = function
        with pytest.warns(DeprecationWarning, match="'schema' is now 'proto'$"):
            old = called(*arguments, schema=bvlc)
        assert old == called(*arguments, proto=bvlc)
        assert "schema" not in inspect.signature(called).parameters


def test_the_source_of_tasks_is_tasks() -> None:
    with pytest.warns(DeprecationWarning, match="^load_tasks: 'source' is now 'tasks'$"):
        old = load_tasks(source=TASKS)
    assert old == load_tasks(tasks=TASKS)


def test_the_source_of_records_is_records() -> None:
    with pytest.warns(DeprecationWarning, match="^load_records: 'source' is now 'records'$"):
        old = load_records(source=[("a.jpg", [1])])
    assert len(old) == len(load_records(records=[("a.jpg", [1])])) == 1


def test_an_argument_by_its_old_and_its_new_name_is_refused() -> None:
    rows = [("a.jpg", [1])]
    with (
        pytest.warns(DeprecationWarning, match="'source' is now 'records'"),
        pytest.raises(TypeError, match="got 'records', and 'source', its old name, as well"),
    ):
        load_records(records=rows, source=rows)


def test_a_label_schema_is_called_so(tmp_path: Path, image_folder: Any) -> None:
    tasks = load_tasks(TASKS)
    records = [(image_folder.folder / image_folder.names[0], [1])]
    pair = {"images": tmp_path / "images", "labels": tmp_path / "labels"}
    convert(records, **pair, tasks=tasks)
    data = MultilabelDataset(**pair)
    with pytest.warns(DeprecationWarning, match="MultilabelDataset.schema is now .*label_schema$"):
        assert data.schema is data.label_schema
    assert data.label_schema is not None
    loaded = load_records(records, tasks=tasks)
    with pytest.warns(DeprecationWarning, match="Records.schema is now Records.label_schema"):
        assert loaded.schema is loaded.label_schema
    with pytest.warns(DeprecationWarning, match="'label_db' is now 'labels'"):
        old = read_label_statistics(label_db=pair["labels"], tasks=tasks)
    assert old == read_label_statistics(pair["labels"], tasks)


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        (caffe_multilabel, "Schema", "ProtoSchema"),
        (proto, "Schema", "ProtoSchema"),
        (caffe_multilabel, "PictureError", "ImageError"),
    ],
)
def test_old_names_of_classes_are_the_classes(module: ModuleType, old: str, new: str) -> None:
    expected = rf"{re.escape(module.__name__)}\.{old} is now .*\.{new}$"
    with pytest.warns(DeprecationWarning, match=expected) as warned:
        assert getattr(module, old) is getattr(module, new)
    assert warned[0].filename == __file__
    assert old not in module.__all__
    with pytest.raises(AttributeError, match="no attribute 'Shema'"):
        _ = module.Shema


def test_programs_that_catch_the_old_error_still_do() -> None:
    assert errors.PictureError is ImageError


def test_a_shown_record_holds_an_image(tmp_path: Path, image_folder: Any) -> None:
    records = [(image_folder.folder / image_folder.names[0], [1])]
    convert(records, images=tmp_path / "images", labels=tmp_path / "labels")
    record = show_record(tmp_path / "images", tmp_path / "labels")
    with pytest.warns(DeprecationWarning, match="ShownRecord.picture is now ShownRecord.image"):
        assert record.picture is record.image
    with pytest.warns(DeprecationWarning, match="write_picture is now ShownRecord.write_image"):
        record.write_picture(tmp_path / "record.png")
    assert (tmp_path / "record.png").exists()
