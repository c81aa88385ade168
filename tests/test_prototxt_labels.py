"""How the label vector is cut for the tasks."""

from __future__ import annotations

from typing import Any

import pytest

from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.nets.generate.builder import NetBuilder
from caffe_multilabel.nets.generate.label_layers import slice_labels
from caffe_multilabel.tasks import ResolvedTasks, load_tasks


def cut(tasks: list[dict[str, Any]], label_count: int) -> tuple[NetBuilder, dict[str, str]]:
    net = NetBuilder("n")
    net.add("Input", "label", input_param={"shape": [{"dim": [4, label_count, 1, 1]}]})
    resolved = ResolvedTasks.of(load_tasks({"tasks": tasks}), label_count)
    columns = {task.name: own.labels for task, own in resolved.with_columns()}
    return net, slice_labels(net, label_count, columns)


def softmax(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "loss": "softmax", "classes": 3, **keys}


def vector(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "loss": "euclidean", **keys}


def test_each_task_gets_its_columns() -> None:
    net, labels = cut([softmax("a"), vector("b", dim=5), softmax("c")], 7)
    assert labels == {"a": "label_a", "b": "label_b", "c": "label_c"}
    layer = net.net.layer[1]
    assert (layer.type, list(layer.top)) == ("Slice", ["label_a", "label_b", "label_c"])
    assert layer.slice_param.axis == 1
    assert list(layer.slice_param.slice_point) == [1, 6]
    assert infer_shapes(net.net, "TRAIN").blobs["label_b"] == (4, 5, 1, 1)


def test_a_task_that_reads_everything_needs_no_slice() -> None:
    net, labels = cut([vector("a", dim=7)], 7)
    assert labels == {"a": "label"}
    assert len(net.net.layer) == 1


def test_columns_of_no_task_are_silenced() -> None:
    net, labels = cut([softmax("a", columns=2), softmax("b", columns=5)], 8)
    assert labels == {"a": "label_a", "b": "label_b"}
    slice_layer, silence = net.net.layer[1:]
    assert list(slice_layer.slice_param.slice_point) == [2, 3, 5, 6]
    assert silence.type == "Silence"
    assert list(silence.bottom) == ["label_0-1", "label_3-4", "label_6-7"]


def test_columns_apart_are_joined_in_the_task_s_order() -> None:
    net, labels = cut([vector("a", columns=[4, "0-1"]), softmax("b"), softmax("c")], 5)
    concat = net.net.layer[-1]
    assert labels["a"] == concat.top[0] == "label_a"
    assert list(concat.bottom) == ["label_4", "label_0-1"]
    assert infer_shapes(net.net, "TRAIN").blobs["label_a"] == (4, 3, 1, 1)


def test_tasks_may_share_columns() -> None:
    net, labels = cut(
        [softmax("age", columns=0), vector("years", columns=0), vector("all", columns="0-2")], 3
    )
    assert labels == {"age": "label_age", "years": "label_age", "all": "label_all"}
    assert list(net.net.layer[-1].bottom) == ["label_age", "label_1-2"]


def test_a_column_that_records_lack_names_the_task() -> None:
    with pytest.raises(TaskFileError, match="records have 2 labels") as caught:
        cut([softmax("a"), softmax("b", columns=5)], 2)
    assert caught.value.key == "tasks[1]"
