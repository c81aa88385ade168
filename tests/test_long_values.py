"""Values of any length, from a file or a program, stand in messages by their beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import (
    MultilabelDataset,
    generate,
    lint_net,
    load_records,
    load_tasks,
    read_net,
)
from caffe_multilabel._base.arguments import whole_number
from caffe_multilabel._base.text import shown
from caffe_multilabel.errors import Error, ListError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from caffe_multilabel import TaskFile

LONG = "x" * 5000
SOURCE = {"images": "i", "labels": "l", "batch_size": 2}
TASK = {"name": "a", "loss": "softmax", "classes": 2}


def given(**parts: Any) -> TaskFile:
    data = {"transform": {"crop_size": 227}, "train": SOURCE, "test": SOURCE}
    return load_tasks({"tasks": [TASK], "backbone": "caffenet", "data": data, **parts})


V0_LAYER = 'layers {{ layer {{ name: "a" type: "{type}" }} top: "c" }}'


@pytest.mark.parametrize(
    "fail",
    [
        lambda _: given(name=[LONG]),
        lambda _: load_tasks({"tasks": [TASK | {"group": LONG}]}),
        lambda _: load_tasks({"tasks": [TASK | {"loss": LONG}]}),
        lambda _: generate(given(solver={"type": LONG})),
        lambda _: generate(given(solver={"max_iter": LONG})),
        lambda _: generate(given(backbone=LONG)),
        lambda _: generate(given(backbone={"name": "caffenet", "freeze": LONG})),
        lambda _: lint_net("train_val.prototxt", phase=LONG),  # type: ignore[arg-type]
        lambda folder: _read(folder, V0_LAYER.format(type=LONG)),
        lambda _: load_tasks({"tasks": [TASK | {"name": LONG}] * 2}),
        lambda _: load_records("a.jpg 1\n" * 1000),
        lambda folder: MultilabelDataset(folder / LONG, "labels"),
        lambda _: whole_number("seed", LONG, 0),  # type: ignore[arg-type]
        lambda _: whole_number("seed", -(10**5000), 0),
        lambda _: whole_number("seed", 10**5000, 0),
    ],
)
def test_only_the_beginning_is_shown(tmp_path: Path, fail: Callable[[Path], object]) -> None:
    with pytest.raises(Error) as caught:
        fail(tmp_path)
    assert "x" * 100 not in caught.value.message
    assert "characters)" in caught.value.message or "too many digits" in caught.value.message
    assert len(caught.value.message) < 1000


def test_the_name_of_a_task_is_cut_in_messages_on_labels() -> None:
    tasks = load_tasks({"tasks": [TASK | {"name": LONG}]})
    with pytest.raises(ListError, match=r"task 'x{60}\.\.\.' \(5000 bytes\): 2 is not allowed"):
        load_records([("a.jpg", [2])], tasks=tasks)


def test_a_record_may_not_have_a_long_path_either() -> None:
    with pytest.raises(ListError, match="record 1: the path has 5000 bytes"):
        load_records(([LONG], [[1]]))


def _read(folder: Path, net: str) -> object:
    (folder / "n").write_text(net)
    return read_net(folder / "n")


def test_a_number_that_python_does_not_write_is_named() -> None:
    assert shown(10**5000) == "int of too many digits"
    assert shown(10**98) == str(10**98)
