"""How `train` ends where something was wrong before it began, or around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch

SOLVER = """
net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" max_iter: 3 display: 1 solver_mode: CPU
snapshot: 1 snapshot_prefix: "s"
"""
NET = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
        dummy_data_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 1 }
                           data_filler { value: 1 } data_filler { value: 2 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 1 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    (tmp_path / "net.prototxt").write_text(NET)
    return tmp_path


def train(*flags: str) -> int:
    return main(["train", "solver.prototxt", "--nolint", *flags])


def test_a_log_on_a_full_disk_is_told_and_draws_no_page(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--log=/dev/full") == 0
    told, said = capsys.readouterr()
    assert "log: /dev/full, which is incomplete" in told
    assert "warning: /dev/full: No space left on device" in said
    assert train("--log=/dev/full", "--html=curves.html") == 1
    assert "curves.html: not drawn, for /dev/full is incomplete" in capsys.readouterr().err
    assert not (folder / "curves.html").exists()
    assert (folder / "s_iter_3.solverstate").exists()


def test_weights_that_are_no_numbers_from_the_start_are_no_matter_of_the_rate(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    net = Net("net.prototxt", phase="TRAIN", seed=1)
    net.params["ip"][0].data[0, 0] = float("nan")
    net.save("nan.caffemodel")
    assert train("--weights=nan.caffemodel", "--quiet") == 1
    said = capsys.readouterr().err
    assert "the weights of layer 'ip' (InnerProduct), blob 0: it was there before the first" in said
    assert "base_lr" not in said


def test_what_latest_passes_over_is_said_where_it_ends_as_well(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--quiet") == 0
    newest = folder / "s_iter_3.solverstate"
    newest.write_bytes(newest.read_bytes()[:20])
    (folder / "s_iter_2.solverstate.data.json").write_text("{")
    assert train("--quiet", "--snapshot=latest") == 1
    said = capsys.readouterr().err
    assert "s_iter_3.solverstate" in said
    assert "passed over" in said
    assert "s_iter_2.solverstate.data.json: damaged; --restart_data goes on without it" in said
