"""Which columns tasks read, what labels may be, and what a manifest keeps of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from caffe_multilabel.data.label_schema import find_label_schema
from caffe_multilabel.data.records import load_records
from caffe_multilabel.errors import ListError, TaskFileError
from caffe_multilabel.labels import (
    LabelLayout,
    LabelRule,
    LabelSchema,
    TaskLabels,
    read_label_schema,
)
from caffe_multilabel.labels.rule import LOSSES_OF_UNKNOWN
from caffe_multilabel.tasks import ResolvedTasks, TaskFile, load_tasks
from caffe_multilabel.tasks.losses import LOSSES

FREE = LabelRule(task="", kind="free")


def tasks(*items: dict[str, Any]) -> Any:
    names = "abcdef"
    return load_tasks({"tasks": [{"name": names[i], **item} for i, item in enumerate(items)]})


def label_rules(task_file: TaskFile, label_count: int) -> list[LabelRule]:
    return list(ResolvedTasks.of(task_file, label_count).layout.rules)


def label_schema(task_file: TaskFile, label_count: int) -> dict[str, Any]:
    return ResolvedTasks.of(task_file, label_count).schema.to_json()


def rules_of(document: dict[str, Any]) -> list[LabelRule]:
    return list(LabelLayout.of(read_label_schema(document)).rules)


def softmax(classes: Any = 3, **keys: Any) -> dict[str, Any]:
    return {"loss": "softmax", "classes": classes, **keys}


def sigmoid(dim: Any = 2, **keys: Any) -> dict[str, Any]:
    return {"loss": "sigmoid", "dim": dim, **keys}


def columns_of(*items: dict[str, Any]) -> list[tuple[int, ...]]:
    return list(ResolvedTasks.of(tasks(*items)).layout.columns)


def test_columns_follow_task_order() -> None:
    assert columns_of(softmax(), sigmoid(3), softmax()) == [(0,), (1, 2, 3), (4,)]


def test_named_columns_are_left_to_the_task_that_names_them() -> None:
    assert columns_of(sigmoid(3), softmax(columns=1), softmax()) == [(0, 2, 3), (1,), (4,)]
    assert columns_of(sigmoid(2, columns=[7, 5]), softmax()) == [(7, 5), (0,)]


def test_columns_that_no_task_reads_are_free() -> None:
    known = ResolvedTasks.of(tasks(softmax(columns=1), sigmoid(2, columns="3-4")))
    assert known.schema.width == 5
    assert known.over(5).layout.free == (0, 2)
    assert known.over(7).layout.free == (0, 2, 5, 6)


def test_too_few_labels_names_the_task() -> None:
    task_file = tasks(softmax(), sigmoid(4), softmax())
    with pytest.raises(TaskFileError, match=r"'b' reads label column 4, but .* 3 labels") as caught:
        label_rules(task_file, 3)
    assert caught.value.key == "tasks[1]"
    assert "the tasks need 6" in str(caught.value)
    assert len(label_rules(task_file, 6)) == 6


def test_a_rule_for_each_column() -> None:
    task_file = tasks(
        softmax(["x", "y", "z"], ignore_label=-1),
        sigmoid(["u", "v"], map={-1: 0}, columns="3-4"),
        {"loss": "euclidean", "dim": 1},
        {"loss": "hinge", "classes": 5, "columns": 6},
    )
    attribute = LabelRule(task="b", kind="binary", mapping=((-1.0, 0.0),), part="u")
    assert label_rules(task_file, 8) == [
        LabelRule(task="a", kind="class", classes=3, names=("x", "y", "z"), ignore=-1.0),
        LabelRule(task="c", kind="real"),
        FREE,
        attribute,
        LabelRule(task="b", kind="binary", mapping=((-1.0, 0.0),), part="v"),
        FREE,
        LabelRule(task="d", kind="class", classes=5, takes_unknown=False),
        FREE,
    ]


def test_identities_take_no_unknown_label() -> None:
    """An ignore_label of theirs would be refused, so none is asked for."""
    of = {"name": "near", "loss": "contrastive", "identity": "who"}
    task_file = load_tasks(
        {
            "data": {"images_per_record": 2},
            "tasks": [of, {"name": "who", "loss": "softmax", "classes": 3, "images": "each"}],
        }
    )
    rules = label_rules(task_file, 2)
    assert [(rule.task, rule.takes_unknown) for rule in rules] == [
        ("who_1", False),
        ("who_2", False),
    ]
    assert all("tells_identity" not in task for task in label_schema(task_file, 2)["tasks"])
    with pytest.raises(ListError, match="'who_2' takes no unknown labels: leave the record out"):
        load_records([(("a.png", "b.png"), ["0", "?"])], tasks=task_file)


def test_a_vector_keeps_the_order_of_its_columns() -> None:
    rules = label_rules(tasks(sigmoid(["u", "v"], columns=[1, 0])), 2)
    assert [rule.part for rule in rules] == ["v", "u"]


@pytest.mark.parametrize("order", [1, -1])
def test_a_shared_column_keeps_the_stricter_rule(order: int) -> None:
    items = [softmax(["x", "y"], columns=0), {"loss": "euclidean", "columns": 0}][::order]
    (rule,) = label_rules(tasks(*items), 1)
    assert (rule.kind, rule.names) == ("class", ("x", "y"))


@pytest.mark.parametrize(
    ("names", "by_name_only"),
    [
        (["x", "y"], False),
        (["0", "1", "x"], False),
        (["00", "1.0"], False),
        (["1", "0"], True),
        (["1998", "1999"], True),
        (["x", "inf"], True),
    ],
)
def test_numbers_as_names_rule_out_indices_where_the_two_differ(
    names: list[str], by_name_only: bool
) -> None:
    (rule,) = label_rules(tasks(softmax(names)), 1)
    assert rule.by_name_only is by_name_only


def test_a_manifest_gives_the_rules_back() -> None:
    task_file = tasks(
        softmax(["x", "é"], ignore_label=255, map={2: 0, -1: 255}),
        sigmoid(["u", "v"]),
        {"loss": "euclidean", "columns": [7, 5]},
    )
    document = label_schema(task_file, 9)
    again = read_label_schema(json.loads(json.dumps(document)))
    assert list(LabelLayout.of(again).rules) == label_rules(task_file, 9)
    assert again.to_json() == document
    assert document["label_count"] == 9
    assert document["tasks"][0] == {
        "name": "a",
        "loss": "softmax",
        "columns": [0],
        "classes": 2,
        "class_names": ["x", "é"],
        "value_names": [],
        "ignore_label": 255,
        "map": [[2.0, 0.0], [-1.0, 255.0]],
    }


def test_a_manifest_of_a_later_version_is_read() -> None:
    document = label_schema(tasks(softmax()), 1)
    document["tasks"][0]["mask"] = 3
    document["more"] = True
    assert rules_of(document) == [LabelRule(task="a", kind="class", classes=3)]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"loss": "l1"}, "tasks[0].loss"),
        ({"columns": [1, "x"]}, "tasks[0].columns[1]"),
        ({"columns": [0, 5]}, "tasks[0].columns"),
        ({"columns": [-1, 0]}, "tasks[0].columns"),
        ({"value_names": ["u"]}, "tasks[0].value_names"),
        ({"map": [[1]]}, "tasks[0].map[0][1]"),
    ],
)
def test_a_broken_manifest_is_an_error(change: dict[str, Any], key: str) -> None:
    document = label_schema(tasks(sigmoid()), 2)
    document["tasks"][0].update(change)
    with pytest.raises(TaskFileError, match="label schema: ") as caught:
        read_label_schema(document)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("task", "change", "key"),
    [
        (softmax(), {"columns": []}, "columns"),
        (softmax(), {"columns": [0, 1]}, "columns"),
        (softmax(), {"classes": 0}, "classes"),
        (softmax(), {"classes": 2**24 + 1}, "classes"),
        (softmax(["x", "y"]), {"class_names": ["x"]}, "class_names"),
        (softmax(), {"ignore_label": 2}, "ignore_label"),
        (softmax(), {"ignore_label": -(2**24) - 1}, "ignore_label"),
        (softmax(), {"map": [[5, 3]]}, "map"),
        (softmax(), {"map": [[float("nan"), 1]]}, "map"),
        (sigmoid(), {"columns": []}, "columns"),
        (sigmoid(), {"classes": 2}, "classes"),
        (sigmoid(), {"class_names": ["x"]}, "class_names"),
    ],
)
def test_a_schema_that_no_task_file_makes_is_an_error(
    task: dict[str, Any], change: dict[str, Any], key: str
) -> None:
    document = label_schema(tasks(task), 2)
    document["tasks"][0].update(change)
    with pytest.raises(TaskFileError, match="label schema: ") as caught:
        read_label_schema(document)
    assert caught.value.key == f"tasks[0].{key}"


def test_a_schema_made_by_hand_is_checked_where_it_is_used() -> None:
    wrong = TaskLabels(name="a", loss="softmax", columns=(), classes=2)
    schema = LabelSchema(label_count=1, tasks=(wrong,))
    with pytest.raises(TaskFileError, match=r"label schema: tasks\[0\]\.columns: found 0 columns"):
        load_records([("a.png", [1])], tasks=schema)
    with pytest.raises(TaskFileError, match=r"label schema: tasks\[0\]\.columns: found 0 columns"):
        find_label_schema("labels", 1, schema)


def test_a_schema_made_by_hand_may_hold_whole_numbers() -> None:
    task = TaskLabels(name="a", loss="softmax", columns=(0,), classes=2, map=((5, 1),))
    schema = LabelSchema(label_count=1, tasks=(task,))
    assert find_label_schema("labels", 1, schema) is schema


def test_a_schema_that_is_no_mapping_is_an_error() -> None:
    with pytest.raises(TaskFileError, match="label schema: Input should be") as caught:
        read_label_schema([])  # type: ignore[arg-type]
    assert caught.value.key is None


def test_a_manifest_without_tasks_is_an_error() -> None:
    with pytest.raises(TaskFileError, match="label schema: tasks: Field required"):
        read_label_schema({"label_count": 3})


def test_the_losses_that_leave_out_what_is_unknown_are_those_that_say_so() -> None:
    found = {loss for loss, traits in LOSSES.items() if "ignore_label" in traits.keys}
    assert found == LOSSES_OF_UNKNOWN


def test_numbers_that_are_no_index_may_be_names_which_is_said_once() -> None:
    tasks = {"tasks": [{"name": "car", "loss": "softmax", "classes": 18}]}
    rows = [(f"{number}.jpg", [str(number)]) for number in (1354, 3, 1366, 1149)]
    with pytest.raises(ListError) as caught:
        load_records(rows, tasks=load_tasks(tasks))
    said = "numbers may be the names of classes, as in classes: [1354, 1366], which"
    lines = str(caught.value).splitlines()
    assert [said in line for line in lines[1:]] == [True, False, False]
