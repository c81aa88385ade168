"""`train --tensorboard`: what stands in the files that TensorBoard reads."""

from __future__ import annotations

import logging
import os
import struct
import sys
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch

SOLVER = """
net: "net.prototxt" base_lr: 0.5 lr_policy: "step" stepsize: 2 gamma: 0.1 max_iter: 4 random_seed: 1
snapshot: 2 snapshot_prefix: "s" solver_mode: CPU test_iter: 1 test_interval: 2 display: 1
"""
NET = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
        dummy_data_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 1 }
                           data_filler { value: 1 } data_filler { value: 2 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 1 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss_size"
        loss_weight: 0.5 }
layer { name: "shown" type: "Power" bottom: "ip" top: "shown" include { phase: TEST } }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    (tmp_path / "net.prototxt").write_text(NET)
    return tmp_path


def events(path: Path) -> list[tuple[int, dict[str, float]]]:
    """Step and values of each event that has some; a record is its length, data, and check sums."""
    from tensorboardX.proto.event_pb2 import Event  # noqa: PLC0415  (an extra)

    content, found = path.read_bytes(), []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        event = Event.FromString(content[12 : 12 + length])
        if event.HasField("session_log"):
            found.append((event.step, {"session": float(event.session_log.status)}))
        elif event.HasField("summary"):
            found.append((event.step, {v.tag: v.simple_value for v in event.summary.value}))
        content = content[16 + length :]
    return found


def test_losses_rate_and_tests_are_there_by_iteration(folder: Path) -> None:
    assert main(["train", "solver.prototxt", "--nolint", "--quiet", "--tensorboard=runs/a"]) == 0
    (path,) = (folder / "runs" / "a").iterdir()
    by_tag: dict[str, dict[int, float]] = {}
    for step, values in events(path):
        for tag, value in values.items():
            by_tag.setdefault(tag, {})[step] = value
    assert set(by_tag) == {
        "train/loss", "train/loss_size", "train/learning_rate", "train/iterations_per_second",
        "test/loss_size", "test/shown/0", "test/shown/1",
    }  # fmt: skip
    assert by_tag["train/learning_rate"] == pytest.approx({0: 0.5, 1: 0.5, 2: 0.05, 3: 0.05})
    assert sorted(by_tag["test/loss_size"]) == [0, 2, 4]
    # Half the square of 2, and half of that by its weight.
    assert by_tag["train/loss_size"][0] == pytest.approx(2)
    assert by_tag["train/loss"][0] == pytest.approx(1)
    assert by_tag["test/shown/0"][0] == 0
    assert by_tag["test/loss_size"][4] < by_tag["test/loss_size"][0]


def test_a_training_that_goes_on_takes_back_what_came_after(folder: Path) -> None:
    arguments = ["train", "solver.prototxt", "--nolint", "--quiet"]
    assert main(arguments) == 0
    again = ["--snapshot=s_iter_2.solverstate", "--tensorboard=runs"]
    assert main([*arguments, *again]) == 0
    (path,) = (folder / "runs").iterdir()
    assert events(path)[0] == (2, {"session": 1.0})
    assert {step for step, _ in events(path)} == {2, 3, 4}


def test_where_it_cannot_be_written(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    arguments = ["train", "solver.prototxt", "--nolint", "--quiet"]
    (folder / "file").touch()
    assert main([*arguments, "--tensorboard=file"]) == 1
    assert "file" in capsys.readouterr().err
    assert not list(folder.glob("s_iter*"))

    from caffe_multilabel.engine import train  # noqa: PLC0415  (torch)
    from caffe_multilabel.engine.training.tensorboard import TensorBoard  # noqa: PLC0415

    with TensorBoard("runs") as board, caplog.at_level(logging.WARNING):
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, board._file._writer.fileno())
        os.close(full)
        assert train("solver.prototxt", observers=[board]).iteration == 4
    said = [line for line in caplog.messages if "TensorBoard" in line]
    assert said == ["runs: No space left on device; no more is written for TensorBoard"]

    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    assert main([*arguments, "--tensorboard=runs"]) == 1
    assert "pip install 'caffe-multilabel[tensorboard]'" in capsys.readouterr().err


def test_boards_of_one_second_have_a_file_each(folder: Path) -> None:
    from caffe_multilabel.engine.training.tensorboard import TensorBoard  # noqa: PLC0415  (torch)

    with TensorBoard(folder / "runs"), TensorBoard(folder / "runs"):
        pass
    assert len(list((folder / "runs").iterdir())) == 2
