"""A task file that was changed after the conversion, so that stored labels mean something else."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from caffe_multilabel import MultilabelDataset, convert, load_tasks
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.nets.generate import generate
from relabel_tools import draw

COLOR = {"name": "color", "loss": "softmax", "classes": ["red", "green", "blue"]}
AT = {"name": "at", "loss": "smooth_l1", "dim": ["x", "y"], "ignore_label": -1}
SEEN = {"name": "seen", "loss": "sigmoid", "dim": 1, "map": {2: 0}}
TASKS = [COLOR, AT, SEEN]
BACK = ["blue", "green", "red"]


def make(name: str, tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """Convert a pair whose labels fit any of the tasks."""
    paths = ["a.png", "b.png"]
    draw(Path(), paths)
    convert(
        [(path, [0, 0.5, 0.5, 1]) for path in paths],
        root=".",
        images=f"{name}_i",
        labels=f"{name}_l",
        resize=(28, 28),
        tasks=load_tasks({"tasks": tasks}),
    )
    return {"images": f"{name}_i", "labels": f"{name}_l", "batch_size": 2}


def net_of(tasks: list[dict[str, Any]], **pairs: dict[str, Any]) -> None:
    generate(load_tasks({"backbone": "lenet", "data": pairs, "tasks": tasks}))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


OTHERWISE = [
    (
        [COLOR | {"classes": BACK}, AT, SEEN],
        "'color': .* classes: .blue, green, red., but a_l .*red, g",
    ),
    ([COLOR | {"classes": 2}, AT, SEEN], "'color': .* classes: 2, but a_l .* classes: 3"),
    ([COLOR, AT | {"dim": ["y", "x"]}, SEEN], r"'at': .* dim: \[y, x\], but a_l .* \[x, y\]"),
    ([AT, COLOR, SEEN], r"'at': .* columns: \[0, 1\], but a_l .* \[1, 2\]"),
    # A value that the labels have no column of: column 3 is that of `seen`.
    ([COLOR, AT | {"dim": ["x", "y", "z"]}], r"'at': .* columns: \[1, 2, 3\], but a_l .* \[1, 2\]"),
    ([COLOR, AT | {"ignore_label": -2}, SEEN], "'at': .* ignore_label: -2, but a_l .*: -1"),
    ([COLOR, AT, SEEN | {"map": {2: 1}}], "'seen': .* map: {2: 1}, but a_l .* {2: 0}"),
]
LIKEWISE = [
    TASKS,
    [COLOR | {"classes": [*COLOR["classes"], "grey"], "loss": "hinge"}, AT, SEEN],
    [COLOR | {"classes": 3, "loss_weight": 0.3, "hidden": [4]}, AT | {"dim": 2}, SEEN],
    [COLOR, AT | {"dim": ["y", "x"], "columns": [2, 1]}, SEEN | {"ignore_label": -1}],
    [COLOR, AT | {"dim": ["y"], "columns": 2}],
    [COLOR | {"name": "shade", "classes": BACK}, AT],  # of another name, nothing is known
    [COLOR, AT, {"name": "seen", "loss": "sigmoid", "dim": 1}],  # no list has a 2 by it
]


@pytest.mark.parametrize(("tasks", "said"), [*OTHERWISE, *((tasks, "") for tasks in LIKEWISE)])
def test_stored_labels_mean_what_the_task_file_says(tasks: list[dict[str, Any]], said: str) -> None:
    pair = make("a", TASKS)
    with pytest.raises(TaskFileError, match=said) if said else nullcontext():
        net_of(tasks, train=pair)
    with pytest.raises(TaskFileError, match=said) if said else nullcontext():
        MultilabelDataset("a_i", "a_l", tasks=load_tasks({"tasks": tasks}))


def test_the_labels_of_both_phases_mean_the_same() -> None:
    """A number of classes says nothing of their order; the two DBs do."""
    pairs = {"train": make("a", TASKS), "test": make("b", [COLOR | {"classes": BACK}, AT, SEEN])}
    with pytest.raises(TaskFileError, match=r"task file says .* but b_l was converted with"):
        net_of(TASKS, **pairs)
    with pytest.raises(
        TaskFileError, match=r"a_l was converted with .* and b_l with classes: .blue"
    ):
        net_of([COLOR | {"classes": 3}, AT, SEEN], **pairs)
    net_of([{**COLOR, "name": "other", "columns": 3, "classes": 2}], **pairs)


def test_a_long_list_is_said_from_where_it_differs() -> None:
    names = [f"c{number}" for number in range(20)]
    pair = make("a", [COLOR | {"classes": names}, AT, SEEN])
    names[12:14] = names[13:11:-1]
    with pytest.raises(TaskFileError, match=r"\[\.\.\., c13, c12, .*\[\.\.\., c12, c13, "):
        net_of([COLOR | {"classes": names}, AT, SEEN], train=pair)


def test_labels_of_each_image_and_of_the_record_are_others() -> None:
    draw(Path(), ["a.png", "b.png"])
    tasks = {"data": {"images_per_record": 2}, "tasks": [COLOR | {"images": "each"}]}
    convert(
        [(["a.png", "b.png"], [0, 1])],
        root=".",
        images="a_i",
        labels="a_l",
        tasks=load_tasks(tasks),
        images_per_record=2,
    )
    tasks["tasks"] = [COLOR | {"images": "max"}]
    with pytest.raises(TaskFileError, match=r"columns: \[0\], but a_l .* columns: \[0, 1\]"):
        MultilabelDataset("a_i", "a_l", tasks=load_tasks(tasks))
