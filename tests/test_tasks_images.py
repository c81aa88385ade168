"""What a task file says of the images: `data.resize` and `data.gray`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from caffe_multilabel import (
    DatabaseError,
    OptionError,
    TaskFileError,
    convert,
    generate,
    lint_net,
    load_tasks,
    verify,
)
from caffe_multilabel.cli import convert as convert_command
from caffe_multilabel.data.databases import database_facts

COLOR = {"name": "color", "loss": "softmax", "classes": ["red", "blue"]}


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    """Four images of 20 x 10 pixels, in the working folder."""
    monkeypatch.chdir(tmp_path)
    drawn = np.random.default_rng(5).integers(0, 256, (4, 10, 20, 3), np.uint8)
    for index, pixels in enumerate(drawn):
        cv2.imwrite(f"{index}.png", pixels)
    return [(f"{index}.png", [index % 2]) for index in range(4)]


def tasks(**data: Any) -> dict[str, Any]:
    train = {"images": "i", "labels": "l"}
    return {"backbone": "lenet", "tasks": [COLOR], "data": {"train": train, **data}}


def stored(path: str = "i") -> tuple[int, int, int] | None:
    facts = database_facts(path)
    assert facts is not None
    return facts.shape


def convert_by(source: list[tuple[str, list[int]]], file: dict[str, Any], **options: Any) -> None:
    convert(source, images="i", labels="l", tasks=load_tasks(file), **options)


def test_a_conversion_makes_what_the_file_says(records: list[tuple[str, list[int]]]) -> None:
    convert_by(records, tasks(resize=[32, 28], gray=True))
    assert stored() == (1, 28, 32)
    convert(records, images="i2", labels="l2", resize=(32, 28), gray=True)
    assert Path("i/data.mdb").read_bytes() == Path("i2/data.mdb").read_bytes()
    assert verify("i", "l", records=records, root=".").ok  # reads the images again


def test_the_same_said_twice_is_no_contradiction(records: list[tuple[str, list[int]]]) -> None:
    convert_by(records, tasks(resize=[32, 28], gray=True), resize=(32, 28), gray=True)
    assert stored() == (1, 28, 32)


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        ({"resize": [32, 28]}, {"resize": (28, 32)}, "resize is 28 x 32, but data.resize of the"),
        ({"resize": [32, 28]}, {"resize": (32, 0)}, "resize is 32 x 0, but data.resize of the"),
        ({"gray": False}, {"gray": True}, "gray is true, but data.gray of the task file is false"),
        ({"gray": True}, {"gray": False}, "gray is false, but data.gray of the task file is true"),
        ({"ramps": True}, {"ramps": False}, "ramps is false, but data.ramps of the task file is"),
        ({"ramps": False}, {"ramps": True}, "ramps is true, but data.ramps of the task file is"),
        ({"canary": True}, {"canary": False}, "canary is false, but data.canary of the task file"),
    ],
)
def test_a_file_and_a_caller_that_disagree(
    records: list[tuple[str, list[int]]],
    file: dict[str, Any],
    options: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(OptionError, match=f"{message}.*; say it in one place"):
        convert_by(records, tasks(**file), **options)
    assert not Path("i").exists()


def test_the_command(
    records: list[tuple[str, list[int]]], capsys: pytest.CaptureFixture[str]
) -> None:
    text = "".join(f"{path} {['red', 'blue'][label]}\n" for path, [label] in records)
    Path("list.txt").write_text(text, encoding="utf-8")
    Path("tasks.yaml").write_text(
        "data: {resize: [32, 28], gray: true}\n"
        "tasks: [{name: color, loss: softmax, classes: [red, blue]}]\n",
        encoding="utf-8",
    )
    arguments = ["--tasks", "tasks.yaml", ".", "list.txt", "i", "l"]
    assert convert_command.main(arguments) == 0
    assert stored() == (1, 28, 32)
    assert convert_command.main(["--resize_width=8", "--resize_height=8", *arguments]) == 2
    assert "data.resize of the task file is 32 x 28" in capsys.readouterr().err
    assert convert_command.main(["--nogray", *arguments]) == 2
    assert "gray is false, but data.gray of the task file is true" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "key", "message"),
    [
        ({"resize": [32]}, "data.resize[1]", "missing"),
        ({"resize": [0, 28]}, "data.resize[0]", "must be"),
        ({"gray": "yes"}, "data.gray", "must be"),
        ({"resize": [32, 28], "shape": [3, 32, 28]}, "data.shape", "beside another data.resize"),
        ({"gray": True, "shape": [3, 32, 28]}, "data.shape", "3 channels beside data.gray: true"),
        ({"gray": False, "shape": [1, 32, 28]}, "data.shape", "1 channel"),
    ],
)
def test_what_a_file_may_say(file: dict[str, Any], key: str, message: str) -> None:
    with pytest.raises(TaskFileError, match=message) as caught:
        load_tasks(tasks(**file))
    assert caught.value.key == key


def test_a_net_for_images_that_are_to_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    net = generate(tasks(resize=[32, 28], gray=True))
    [shape] = net.deploy.layer[0].input_param.shape
    assert list(shape.dim) == [1, 1, 28, 32]


@pytest.mark.parametrize(
    ("file", "key", "message"),
    [
        ({"resize": [28, 32]}, "data.resize", "3 x 32 x 28 wanted; images in the image DB are 3"),
        ({"gray": True}, "data.gray", "found true; images in the image DB have 3 channels"),
        ({"gray": True, "resize": [28, 32]}, "data.gray", "found true; images in the image DB"),
        ({"shape": [3, 9, 9]}, "data.shape", "3 x 9 x 9 wanted; images in the image DB are 3 x 28"),
    ],
)
def test_a_db_of_other_images(
    records: list[tuple[str, list[int]]], file: dict[str, Any], key: str, message: str
) -> None:
    convert_by(records, tasks(resize=[32, 28]))
    generate(tasks(resize=[32, 28], gray=False))
    with pytest.raises(TaskFileError, match=message) as caught:
        generate(tasks(**file))
    assert caught.value.key == key


def test_the_db_tells_the_channels_where_the_file_does_not(
    records: list[tuple[str, list[int]]],
) -> None:
    file = tasks(resize=[32, 28], ramps=True)
    convert_by(records, file, gray=True)
    [shape] = generate(file).deploy.layer[0].input_param.shape
    assert (stored(), list(shape.dim)) == ((3, 28, 32), [1, 1, 28, 32])


def test_lint_takes_the_tasks_of_the_conversion(records: list[tuple[str, list[int]]]) -> None:
    convert_by(records, tasks(resize=[32, 28]))
    net = generate(tasks())
    net.write("net")
    assert {each.rule for each in lint_net("net/train_val.prototxt")} == {"no-test"}
    changed = Path("net/train_val.prototxt")
    changed.write_text(
        changed.read_text(encoding="utf-8").replace("num_output: 2", "num_output: 3"),
        encoding="utf-8",
    )
    [finding] = [each for each in lint_net(changed) if each.rule == "task-outputs"]
    assert finding.message == "it gets 3 scores, and task 'color' has 2 classes (red, blue)"
    # What the caller names goes before.
    other = {**tasks(), "tasks": [COLOR | {"classes": 3}]}
    rules = [each.rule for each in lint_net(changed, tasks=load_tasks(other))]
    assert "task-outputs" not in rules


def test_lint_says_where_a_manifest_is_damaged(records: list[tuple[str, list[int]]]) -> None:
    convert_by(records, tasks(resize=[32, 28]))
    generate(tasks()).write("net")
    Path("l/manifest.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(DatabaseError, match=r"l/manifest\.json"):
        lint_net("net/train_val.prototxt", labels="l")
    assert any("manifest.json" in str(each) for each in lint_net("net/train_val.prototxt"))
