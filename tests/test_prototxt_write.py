"""Files on the disk: all or none, with paths as Caffe will look for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from caffe_multilabel.caffe.proto import read_binary, read_net, read_solver
from caffe_multilabel.errors import OptionError, OutputError
from caffe_multilabel.nets.generate import (
    ColumnStatistics,
    GeneratedNet,
    LabelStatistics,
    generate,
)
from caffe_multilabel.tasks import load_tasks

FILES = ["deploy.prototxt", "infogain_a.binaryproto", "solver.prototxt", "train_val.prototxt"]


@pytest.fixture
def net() -> GeneratedNet:
    tasks = load_tasks(
        {
            "name": "shapes",
            "backbone": "lenet",
            "data": {"shape": [3, 32, 32], "train": {"images": "i", "labels": "l"}},
            "tasks": [{"name": "a", "loss": "softmax", "classes": 2, "class_weight": "balanced"}],
        }
    )
    column = ColumnStatistics(count=4, missing=0, mean=0.25, variance=0.1875, class_counts=(3, 1))
    return generate(tasks, label_statistics=LabelStatistics(count=4, columns=(column,)))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_reads_back(net: GeneratedNet, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "shapes"
    paths = net.write(folder)
    assert names(folder) == FILES
    assert sorted(path.name for path in paths) == FILES
    assert read_net(folder / "deploy.prototxt") == net.deploy
    solver = read_solver(folder / "solver.prototxt")
    assert solver.net == f"{folder}/train_val.prototxt"
    assert solver.snapshot_prefix == f"{folder}/shapes"
    train_val = read_net(folder / "train_val.prototxt")
    (loss,) = [layer for layer in train_val.layer if layer.type == "InfogainLoss"]
    matrix = read_binary(loss.infogain_loss_param.source, "BlobProto")
    assert matrix == net.infogain["infogain_a.binaryproto"]


def test_a_relative_folder_stays_relative(
    net: GeneratedNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    net.write("out/")
    assert read_solver("out/solver.prototxt").net == "out/train_val.prototxt"


def test_files_that_are_there_stay(net: GeneratedNet, tmp_path: Path) -> None:
    (tmp_path / "solver.prototxt").write_text("mine")
    with pytest.raises(OutputError, match=r"solver\.prototxt: is there already; overwrite repl"):
        net.write(tmp_path)
    assert names(tmp_path) == ["solver.prototxt"]
    net.write(tmp_path, overwrite=True)
    assert names(tmp_path) == FILES
    assert (tmp_path / "solver.prototxt").read_text() != "mine"


def test_files_to_keep_stay(net: GeneratedNet, tmp_path: Path) -> None:
    net.write(tmp_path)
    solver = tmp_path / "solver.prototxt"
    solver.write_text("mine")
    (tmp_path / "deploy.prototxt").unlink()
    keep = ("solver.prototxt", "deploy.prototxt")
    written = net.write(tmp_path, overwrite=True, keep=keep)
    assert solver.read_text() == "mine"
    # One that is not there is made all the same.
    assert sorted(path.name for path in written) == [name for name in FILES if name[0] != "s"]
    for wrong in ("solver", ["a"]):
        with pytest.raises(OptionError, match=r"keep is .*, must be one of train_val\.prototxt, "):
            net.write(tmp_path, overwrite=True, keep=[wrong])  # type: ignore[list-item]


def test_a_failed_write_leaves_everything_as_it_was(
    net: GeneratedNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "train_val.prototxt").write_text("old")
    (tmp_path / "other").write_text("other")
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if path.name == ".solver.prototxt.new":
            raise OSError(28, "No space left on device")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OutputError, match="No space left"):
        net.write(tmp_path, overwrite=True)
    assert names(tmp_path) == ["other", "train_val.prototxt"]
    assert (tmp_path / "train_val.prototxt").read_text() == "old"


def test_a_folder_in_the_place_of_a_file_is_not_replaced(net: GeneratedNet, tmp_path: Path) -> None:
    (tmp_path / "solver.prototxt").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        net.write(tmp_path, overwrite=True)


def test_a_target_that_is_a_file(net: GeneratedNet, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        net.write(tmp_path / "file" / "below")


def test_the_user_s_paths_are_left_alone(tmp_path: Path) -> None:
    tasks = load_tasks(
        {
            "backbone": "lenet",
            "data": {"shape": [3, 32, 32], "train": {"images": "i", "labels": "l"}},
            "tasks": [{"name": "a", "loss": "softmax", "classes": 2}],
            "solver": {"snapshot_prefix": "snapshots/a"},
        }
    )
    generate(tasks).write(tmp_path)
    assert read_solver(tmp_path / "solver.prototxt").snapshot_prefix == "snapshots/a"
