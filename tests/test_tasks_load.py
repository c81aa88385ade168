"""Task files: what loads, and what an error says about what does not."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.tasks import TaskFile, load_tasks, parse_tasks

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = "{name: a, loss: softmax, classes: 3}"


def error_of(text: str | bytes) -> TaskFileError:
    with pytest.raises(TaskFileError) as caught:
        parse_tasks(text, name="t.yaml")
    return caught.value


def task_error(keys: str, *, more: str = "") -> str:
    return str(error_of(f"tasks:\n  - {{name: a, {keys}}}\n{more}"))


def test_only_names_and_labels_are_needed() -> None:
    task_file = parse_tasks(f"tasks: [{CLASSES}]")
    assert task_file.tasks[0].name == "a"
    assert task_file.tasks[0].outputs == 3
    assert task_file.backbone is None
    assert task_file.loss_weights == "given"


def test_everything_at_once() -> None:
    task_file = parse_tasks(
        """
        name: all
        backbone: {name: googlenet, features: pool5/7x7_s1, freeze: conv2/3x3, lr_mult: 0.1,
                   decay_mult: 2}
        data:
          transform: {crop_size: 224, mirror: true, mean_value: 128, scale: 0.5, force_color: true}
          train: {images: ti, labels: tl, batch_size: 32}
          test: {images: vi, labels: vl}
          shape: [3, 256, 256]
        tasks:
          - {name: a, loss: softmax, classes: [x, y, z], attach: [p, q], loss_weight: [0.3, 0.1],
             hidden: [64, 32], dropout: 0.5, ignore_label: -1, normalization: NONE,
             class_weight: balanced, top_k: 2, lr_mult: 10, decay_mult: 0}
          - {name: b, loss: sigmoid, dim: [u, v], group: g, map: {-1: 0}}
          - {name: c, loss: euclidean, dim: 2, columns: [5, 3], loss_weight: 0.2}
          - {name: d, loss: hinge, classes: 4, columns: 4, hidden: 16}
        groups: [{name: g, attach: p, hidden: 128, dropout: 0.2, lr_mult: 2, decay_mult: 3}]
        solver: {base_lr: 1e-3, stepvalue: [10, 20], train_state: {stage: [s]}}
        """
    )
    backbone = task_file.backbone
    assert backbone is not None
    assert (backbone.name, backbone.freeze, backbone.lr_mult) == ("googlenet", "conv2/3x3", 0.1)
    assert task_file.data.transform.mean_value == (128.0,)
    assert task_file.data.train is not None
    assert task_file.data.train.batch_size == 32
    assert task_file.data.shape == (3, 256, 256)
    a, b, c, d = task_file.tasks
    assert (a.class_names, a.weights, a.attach) == (("x", "y", "z"), (0.3, 0.1), ("p", "q"))
    assert (b.outputs, b.value_names, b.map) == (2, ("u", "v"), {-1: 0})
    assert b.weights is None
    assert (c.columns, c.outputs, c.weights) == ((5, 3), 2, (0.2,))
    assert (d.width, d.outputs, d.columns, d.hidden) == (1, 4, (4,), (16,))
    assert task_file.groups[0].hidden == (128,)
    assert task_file.solver["base_lr"] == 0.001
    assert task_file.solver["train_state"] == {"stage": ["s"]}


def test_one_weight_is_shared_by_the_places_of_attach() -> None:
    task_file = load_tasks(
        {
            "tasks": [
                {
                    "name": "a",
                    "loss": "softmax",
                    "classes": 3,
                    "attach": ["x", "y"],
                    "loss_weight": 0.5,
                }
            ]
        }
    )
    assert task_file.tasks[0].weights == (0.25, 0.25)


def test_backbone_by_name_and_from_a_file_beside_the_task_file(tmp_path: Path) -> None:
    assert load_tasks(parse_tasks(f"backbone: lenet\ntasks: [{CLASSES}]")).backbone is not None
    path = tmp_path / "t.yaml"
    path.write_text(f"backbone: {{file: net/backbone.prototxt, features: fc7}}\ntasks: [{CLASSES}]")
    backbone = load_tasks(path).backbone
    assert backbone is not None
    assert backbone.file == str(tmp_path / "net/backbone.prototxt")


def test_columns_in_every_form() -> None:
    for written, columns in (("3", (3,)), ("3-5", (3, 4, 5)), ('[9, "0-1", 4]', (9, 0, 1, 4))):
        task_file = parse_tasks(f"tasks: [{{name: a, loss: euclidean, columns: {written}}}]")
        assert task_file.tasks[0].columns == columns
        assert task_file.tasks[0].width == len(columns)


def test_class_names_stay_as_written() -> None:
    task_file = parse_tasks(
        "tasks: [{name: a, loss: softmax,"
        " classes: [no, on, 007, 1.50, 2020-01-02, 12:30, 'true', 1e3, dark red]}]"
    )
    assert task_file.tasks[0].class_names == (
        "no",
        "on",
        "007",
        "1.50",
        "2020-01-02",
        "12:30",
        "true",
        "1e3",
        "dark red",
    )


def test_anchors_and_merge_keys() -> None:
    task_file = parse_tasks(
        "tasks:\n"
        "  - &first {name: a, loss: softmax, classes: &names [x, 01]}\n"
        "  - {<<: *first, name: b}\n"
        "  - {name: c, loss: hinge, classes: *names}\n"
    )
    assert [task.name for task in task_file.tasks] == ["a", "b", "c"]
    assert {task.class_names for task in task_file.tasks} == {("x", "01")}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("loss: softmax", "tasks[0].classes: missing; a softmax task needs a number or names"),
        ("loss: sigmoid", "tasks[0].dim: missing; a sigmoid task needs dim or columns"),
        ("classes: 3", "tasks[0].loss: missing. softmax: one of several classes"),
        (
            "loss: SoftmaxWithLoss, classes: 3",
            "found 'SoftmaxWithLoss'; must be softmax, sigmoid, euclidean, hinge, smooth_l1, ",
        ),
        ("loss: softmax, classes: 1", "tasks[0].classes: found 1; must be 2 or more, or a list"),
        ("loss: softmax, classes: '3'", "tasks[0].classes: found '3'; must be a whole number"),
        ("loss: softmax, classes: [x]", "tasks[0].classes: found ['x']; must have at least 2"),
        (
            "loss: softmax, classes: [x, true]",
            "tasks[0].classes[1]: found true; YAML does not read true as a word; put it in quotes",
        ),
        ("loss: softmax, classes: [x, ~]", "tasks[0].classes[1]: found nothing; YAML does not"),
        ("loss: softmax, classes: [x, ' y']", "tasks[0].classes[1]: found ' y'; must be printable"),
        (
            "loss: softmax, classes: [x, y, x]",
            "tasks[0].classes[2]: found 'x' again; it is classes[0] already",
        ),
        ("loss: sigmoid, dim: [x, x]", "tasks[0].dim[1]: found 'x' again; it is dim[0] already"),
        (
            "loss: softmax, classes: 3, dim: 3",
            "dim: a softmax task (SoftmaxWithLoss) takes none; only sigmoid, euclidean, ",
        ),
        ("loss: sigmoid, dim: 3, classes: 2", "tasks[0].classes: a sigmoid task"),
        ("loss: hinge, classes: 2, ignore_label: -1", "tasks[0].ignore_label: a hinge task"),
        (
            "loss: euclidean, dim: 2, normalization: FULL",
            "tasks[0].normalization: found FULL; must be VALID, what is known, or BATCH_SIZE",
        ),
        ("loss: hinge, classes: 2, class_weight: balanced", "tasks[0].class_weight: a hinge task"),
        ("loss: sigmoid, dim: 2, top_k: 1", "tasks[0].top_k: a sigmoid task"),
        (
            "loss: softmax, classes: 3, ignore_label: 2",
            "tasks[0].ignore_label: found 2, a label of the task; must not be one of 0 to 2",
        ),
        ("loss: sigmoid, dim: 3, ignore_label: 1", "must not be one of 0 to 1"),
        (
            "loss: softmax, classes: 3, ignore_label: 1.5",
            "tasks[0].ignore_label: found 1.5; must be a whole number",
        ),
        (
            "loss: softmax, classes: 3, normalization: valid",
            "found 'valid'; must be VALID, FULL, BATCH_SIZE or NONE (did you mean 'VALID'?)",
        ),
        ("loss: softmax, classes: 3, top_k: 4", "tasks[0].top_k: found 4; must be at most the 3"),
        ("loss: softmax, classes: 3, loss_weight: -1", "tasks[0].loss_weight: found -1; must be 0"),
        (
            "loss: softmax, classes: 3, loss_weight: [0.1, 0.2]",
            "tasks[0].loss_weight: found 2 weights; attach makes 1 of them",
        ),
        ("loss: softmax, classes: 3, loss_weight: .nan", "must be a finite number"),
        ("loss: softmax, classes: 3, attach: [x, x]", "tasks[0].attach: names a blob twice"),
        ("loss: softmax, classes: 3, dropout: 1", "tasks[0].dropout: found 1; must be less than 1"),
        ("loss: softmax, classes: 3, hidden: [8, 0]", "tasks[0].hidden[1]: found 0; must be 1"),
        ("loss: softmax, classes: 3, lr_mult: true", "tasks[0].lr_mult: found true; must be a"),
        (
            "loss: softmax, classes: 3, columns: [0, 1]",
            "tasks[0].columns: found 2 columns; the task has one column",
        ),
        ("loss: euclidean, dim: 3, columns: 0-1", "found 2 columns; the task has 3 columns"),
        ("loss: euclidean, columns: 5-3", "tasks[0].columns: found '5-3'; must be a column"),
        ("loss: euclidean, columns: [1, 0-2]", "must not name column 1 twice"),
        ("loss: euclidean, columns: []", "must name at least one column"),
        ("loss: euclidean, columns: 0-99999999", "label columns go from 0 to 999999"),
        ("loss: euclidean, columns: -1", "tasks[0].columns: found -1; must be a column"),
        (
            "loss: softmax, classes: 3, map: {7: 3}",
            "tasks[0].map: found 7: 3; must turn a number into one of 0 to 2",
        ),
        ("loss: sigmoid, dim: 3, map: {2: 0.5}", "found 2: 0.5; must turn a number into one of 0"),
        ("loss: sigmoid, dim: 3, map: {no: 0}", "tasks[0].map.no: found 'no'; must be a number"),
        (
            "loss: sigmoid, dim: 3, map: {-1: 0}, ignore_label: -1",
            "tasks[0].ignore_label: found -1, which map turns into another label",
        ),
        ("loss: softmax, classes: 3, group: g", "tasks[0].group: found 'g'; must be a group under"),
        (
            "loss: softmax, classes: 3, los_weight: 1",
            "tasks[0].los_weight: unknown key (did you mean 'loss_weight'?); known here: name, ",
        ),
        (
            "loss: softmax, classes: 3, freeze: conv1",
            "tasks[0].freeze: unknown key (it belongs at backbone.freeze); known here: name, ",
        ),
    ],
)
def test_an_error_names_key_found_and_allowed(keys: str, message: str) -> None:
    assert message in task_error(keys)


@pytest.mark.parametrize("name", ["''", "a b", "'a\"b'", '"a\\tb"', "'a\\b'", '"\\u0007"'])
def test_a_task_name_must_do_as_layer_name(name: str) -> None:
    error = error_of(f"tasks: [{{name: {name}, loss: softmax, classes: 3}}]")
    assert error.key == "tasks[0].name"
    assert "without whitespace, quotes or backslashes" in str(error)


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("backbone: resnet5", "backbone", "(did you mean 'resnet50'?)"),
        ("backbone: {lr_mult: 2}", "backbone", "found none of them"),
        ("backbone: {name: lenet, file: f, features: x}", "backbone", "found both"),
        ("backbone: {file: f}", "backbone.features", "missing"),
        (
            "data: {transform: {mean_value: 3, mean_file: f}}",
            "data.transform.mean_file",
            "beside mean_value",
        ),
        (
            "data: {transform: {force_color: true, force_gray: true}}",
            "data.transform.force_gray",
            "beside force_color",
        ),
        ("data: {transform: {mirror: yes}}", "data.transform.mirror", "must be true or false"),
        ("data: {transform: {crop_size: 0}}", "data.transform.crop_size", "must be 1 or more"),
        ("data: {train: {images: x}}", "data.train.labels", "missing. Folder of the label DB"),
        ("data: {shape: [3, 5]}", "data.shape[2]", "missing"),
        ("batch_size: 3", "batch_size", "it belongs at data.train.batch_size or data.test"),
        ("loss_weights: equl", "loss_weights", "(did you mean 'equal'?)"),
        ("solver: [1]", "solver", "must be keys and values"),
        ("groups: [{name: g, hidden: 8}]", "groups[0].name", "no task has group: g"),
        ("groups: [{name: a, hidden: 8}]", "groups[0].name", "the name of tasks[0] already"),
        ("groups: [{name: g}]", "groups[0].hidden", "missing"),
    ],
)
def test_an_error_outside_tasks_names_its_key(text: str, key: str, message: str) -> None:
    error = error_of(f"{text}\ntasks: [{CLASSES}]")
    assert error.key == key
    assert message in str(error)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("loss: triplet, margin: '1'", "margin: found '1'; must be column or a number"),
        ("loss: softmax, classes: 2, class_weight: [a, 1]", "[0]: found 'a'; must be a number"),
    ],
)
def test_a_value_of_two_forms_is_one_error(keys: str, message: str) -> None:
    [line] = task_error(keys, more="data: {images_per_record: 3}").splitlines()
    assert line.endswith(message)


def test_tasks_must_differ_in_name() -> None:
    error = error_of(f"tasks:\n  - {CLASSES}\n  - {CLASSES}\n")
    assert (error.line, error.key) == (3, "tasks[1].name")
    assert "found 'a', the name of tasks[0] already" in str(error)


def test_a_group_gives_the_place() -> None:
    group = "groups: [{name: gg, hidden: 8}]"
    assert "tasks[0].attach: found beside group" in task_error(
        "loss: softmax, classes: 3, group: gg, attach: fc7", more=group
    )
    assert "must be one of gg (did you mean 'gg'?)" in task_error(
        "loss: softmax, classes: 3, group: g", more=group
    )


def test_weights_must_leave_something_for_the_rest() -> None:
    tasks = "tasks:\n  - {name: a, loss: softmax, classes: 3, loss_weight: 1}\n"
    error = error_of(f"{tasks}  - {{name: b, loss: softmax, classes: 3}}\n")
    assert (error.line, error.key) == (3, "tasks[1].loss_weight")
    assert "sum to 1 and leave nothing" in str(error)
    assert parse_tasks(tasks).tasks[0].weights == (1,)


@pytest.mark.parametrize("policy", ["equal", "scale"])
def test_a_policy_sets_weights_alone(policy: str) -> None:
    message = task_error(
        "loss: softmax, classes: 3, loss_weight: 0.5", more=f"loss_weights: {policy}"
    )
    assert f"tasks[0].loss_weight: found beside loss_weights: {policy}" in message


def test_tasks_share_a_column_only_if_its_labels_can_serve_both() -> None:
    age = "{name: age, loss: softmax, classes: 100, columns: 0}"
    parse_tasks(f"tasks: [{age}, {{name: years, loss: euclidean, columns: 0}}]")
    parse_tasks(f"tasks: [{age}, {{name: again, loss: hinge, classes: 100, columns: 0}}]")
    for other in (
        "loss: softmax, classes: 99",
        "loss: softmax, classes: 100, ignore_label: -1",
        "loss: euclidean, map: {1: 2}",
        "loss: sigmoid",
    ):
        error = error_of(f"tasks: [{age}, {{name: b, {other}, columns: 0}}]")
        assert error.key == "tasks[1].columns"
        assert "column 0 is read by task 'age' too" in str(error)


def test_every_problem_is_listed_up_to_ten() -> None:
    tasks = "".join(f"  - {{name: a{i}, loss: softmax, classes: {i - 20}}}\n" for i in range(12))
    error = error_of(f"tasks:\n{tasks}")
    lines = str(error).splitlines()
    assert lines[0].startswith("t.yaml:2: tasks[0].classes: found -20;")
    assert lines[9].startswith("t.yaml:11: tasks[9].classes: found -11;")
    assert lines[10:] == ["t.yaml: and 2 more"]
    assert (error.path, error.line, error.key) == ("t.yaml", 2, "tasks[0].classes")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (f"name: a\nname: b\ntasks: [{CLASSES}]", 2, "key 'name' stands on line 1 already"),
        ("tasks:\n  - {name: a, loss: softmax, name: b}", 2, "key 'name' stands on line 2"),
        ("tasks: [", 1, "expected the node content"),
        ("? [a]\n: b", 1, "a key must be a word or a number"),
        ("tasks: !!python/name:os.system", 1, "could not determine a constructor"),
        ("tasks: *nowhere", 1, "undefined alias"),
        ("a: 1\n---\nb: 2", 2, "single document"),
        ("name: !!int x", None, "invalid literal"),
        (b"name: \xff\xfe", None, "invalid start byte"),
        (f"1: 2\ntasks: [{CLASSES}]", 1, "[1]: found 1; keys must be words"),
        ("", None, "found nothing"),
        ("- a", None, "found a list"),
    ],
)
def test_what_is_no_task_file_is_one_error(
    text: str | bytes, line: int | None, message: str
) -> None:
    error = error_of(text)
    assert error.line == line
    assert message in str(error)
    assert str(error).startswith("t.yaml:" if line is None else f"t.yaml:{line}:")


def test_what_is_nested_too_deep_is_one_error(request: pytest.FixtureRequest) -> None:
    request.addfinalizer(partial(sys.setrecursionlimit, sys.getrecursionlimit()))
    sys.setrecursionlimit(1000)  # mypy raises it where it runs in the same process
    assert str(error_of("[" * 5000)) == "t.yaml: nested too deep"


def test_aliases_that_hold_themselves_or_explode_are_refused() -> None:
    levels = "".join(f"b{i}: &b{i} [*b{i - 1}, *b{i - 1}, *b{i - 1}]\n" for i in range(1, 40))
    for text in (f"b0: &b0 [x, x]\n{levels}tasks: [{CLASSES}]", "tasks: &t [*t]"):
        assert "aliases in here add up to too much" in str(error_of(text))


def test_a_mapping_needs_no_file() -> None:
    task = {"name": "a", "loss": "softmax", "classes": ["x", 2, 3.5]}
    task_file = load_tasks({"tasks": [task]})
    assert isinstance(task_file, TaskFile)
    assert task_file.tasks[0].class_names == ("x", "2", "3.5")
    with pytest.raises(TaskFileError, match=r"^tasks: tasks\[0\]\.classes: found 0;") as caught:
        load_tasks({"tasks": [{**task, "classes": 0}]})
    assert caught.value.path is None
    with pytest.raises(TaskFileError, match=r"tasks\[0\]\.classes\[0\]: found false; YAML"):
        load_tasks({"tasks": [{**task, "classes": [False, "yes"]}]})


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(TaskFileError, match="cannot read the task file") as caught:
            load_tasks(path)
        assert caught.value.path == str(path)


def test_a_task_file_does_not_change() -> None:
    task_file = parse_tasks(f"tasks: [{CLASSES}]")
    with pytest.raises(ValueError, match="frozen"):
        task_file.tasks[0].name = "b"  # type: ignore[misc]  # the model says so to mypy as well


def test_importing_the_package_costs_no_pydantic() -> None:
    code = (
        "import sys, caffe_multilabel.labels as l, caffe_multilabel.tasks as t;"
        "assert not {'pydantic', 'yaml'} & set(sys.modules);"
        "l.LabelLayout, l.LabelSchema; assert not {'pydantic', 'yaml'} & set(sys.modules);"
        "t.load_tasks; assert {'pydantic', 'yaml'} <= set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
