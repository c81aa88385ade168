"""Tasks of a task file, put together again of the readers of their columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from caffe_multilabel.labels import LabelLayout, LabelTask, read_label_schema, whole_tasks
from caffe_multilabel.tasks import ResolvedTasks, load_tasks


def layout(*tasks: dict[str, Any], images: int = 2) -> LabelLayout:
    file = load_tasks({"data": {"images_per_record": images}, "tasks": list(tasks)})
    return ResolvedTasks.of(file).layout


PERSON = {"name": "person", "loss": "softmax", "classes": 9, "images": "each"}
FLAGS = {"name": "flags", "loss": "sigmoid", "dim": ["hat", "bag_1"], "images": "each"}
SAME = {"name": "same", "loss": "sigmoid", "dim": 1, "images": "concat"}


def test_each_image_is_an_item() -> None:
    person, flags, same = whole_tasks(layout(PERSON, FLAGS, SAME).tasks)
    assert (person.task.name, person.task.columns, person.columns) == ("person", (0,), ((0,), (1,)))
    assert flags.task.value_names == ("hat", "bag_1")
    assert flags.columns == ((2, 3), (4, 5))
    assert (same.task.name, same.columns) == ("same", ((6,),))
    labels = np.arange(14, dtype=np.float32).reshape(2, 7)
    assert flags.items(labels).tolist() == [[2, 3], [4, 5], [9, 10], [11, 12]]
    assert person.items(labels).tolist() == [[0], [1], [7], [8]]


def test_tasks_that_are_only_called_so_stay_apart() -> None:
    """`size_1` and `size_2` of a task file are two tasks, whatever else they have in common."""
    named = [{"name": f"size_{which}", "loss": "euclidean", "dim": 1} for which in (1, 2)]
    assert [each.task.name for each in whole_tasks(layout(*named, images=1).tasks)] == [
        "size_1",
        "size_2",
    ]


def test_weights_belong_to_their_task_and_0_counts_nowhere() -> None:
    task = {"name": "flags", "loss": "sigmoid", "dim": 2}
    labels = np.array([[1, 0, 0, 2], [1, 1, 1, 0]], dtype=np.float32)
    (whole,) = whole_tasks(layout(task | {"weight_columns": "2-3"}, images=1).tasks)
    assert whole.weights == (2, 3)
    assert np.isnan(whole.weighing_items(labels)).tolist() == [[True, False], [False, True]]
    (whole,) = whole_tasks(layout(task | {"weight_columns": 2}, images=1).tasks)
    assert np.isnan(whole.weighing_items(labels)).tolist() == [[True, True], [False, False]]
    assert whole.items(labels).tolist() == [[1, 0], [1, 1]]


def test_a_manifest_keeps_what_a_reader_is_part_of() -> None:
    """Whole tasks are written as ever; their keys are those of the first release."""
    resolved = load_tasks({"data": {"images_per_record": 2}, "tasks": [PERSON, SAME]})
    schema = ResolvedTasks.of(resolved).schema
    first, second, same = schema.to_json()["tasks"]
    assert (first["part_of"], second["part_of"]) == ("person", "person")
    assert "part_of" not in same
    assert read_label_schema(schema.to_json()) == schema


def test_parts_that_differ_are_not_put_together() -> None:
    """A manifest may have been edited."""
    parts = [
        LabelTask(
            name=f"a_{number}",
            loss="softmax",
            kind="class",
            columns=(number,),
            classes=range(number + 2),
            part_of="a",
        )
        for number in (0, 1)
    ]
    assert [whole.columns for whole in whole_tasks(parts)] == [((0,),), ((1,),)]
