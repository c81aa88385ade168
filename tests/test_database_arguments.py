"""DBs as users name them: by the file inside, and by a number where an argument is missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import caffe_multilabel as cm
from caffe_multilabel._base.arguments import database_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from command_tools import RunCommand
    from image_tools import ImageFolder


@pytest.fixture
def pair(image_folder: ImageFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    image_folder.write_list(tmp_path / "list.txt")
    cm.convert(
        "list.txt", root=image_folder.folder, images="images", labels="labels", resize=(8, 8)
    )
    shutil.copytree("images", "3")
    Path("net.prototxt").write_text(
        'layer { name: "data" type: "Data" top: "data" data_param { batch_size: 1 } }',
        encoding="utf-8",
    )
    return tmp_path


CALLS: dict[str, Callable[[str, str], object]] = {
    "verify": lambda images, labels: cm.verify(images, labels).images,
    "stats": lambda _, labels: cm.label_stats(labels).records,
    "mean": lambda images, _: cm.compute_mean(images).count,
    "dataset": lambda images, labels: len(cm.MultilabelDataset(images, labels)),
    "show": lambda images, labels: cm.show_record(images, labels, 1).key,
    "report": lambda images, labels: cm.make_report(images, labels).html,
    "relabel": lambda images, labels: (
        cm.relabel(labels, "list.txt", images=images, dry_run=True).records
    ),
    "files": lambda images, labels: cm.export_files(images, labels, "files").records,
    "webdataset": lambda images, labels: (
        cm.export_webdataset(images, labels, "out-%03d.tar").records
    ),
    "lint": lambda images, labels: len(
        cm.lint_net("net.prototxt", images=images, labels=labels) or "none"
    ),
    "convert": lambda images, labels: (
        cm.convert([("a.png", [1])], images=images, labels=labels).converted
    ),
}
READ = [name for name in CALLS if name != "convert"]


@pytest.mark.parametrize("name", READ)
@pytest.mark.usefixtures("pair")
def test_the_file_in_a_db_is_its_folder(name: str) -> None:
    assert CALLS[name]("images/data.mdb", "labels/data.mdb")


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.usefixtures("pair")
def test_a_number_is_a_forgotten_argument(name: str) -> None:
    with pytest.raises(cm.OptionError) as raised:
        CALLS[name](*(("5", "") if name == "mean" else ("images", "5")))
    assert "'5', a bare number: the path of the " in raised.value.message
    assert raised.value.message.endswith("given as ./5")
    assert "\n" not in raised.value.message


@pytest.mark.usefixtures("pair")
def test_a_folder_named_by_a_number_is_taken_where_it_is_meant() -> None:
    for images in ("./3", Path("3"), "./3/data.mdb", "3/data.mdb"):
        assert cm.verify(images, "labels").ok
        data = cm.MultilabelDataset(images, "labels")
        assert cm.MultilabelDataset(data.image_db, data.label_db).label_count == 2


def test_what_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in ("data.mdb", "x/data.mdb", "v2", "2024-01", "1e5", "../7", "7/", "x.mdb"):
        assert database_path("images", text) == text
    for number in ("0", "-1", "+3", "0.5", "00017"):
        with pytest.raises(cm.OptionError, match="bare number"):
            database_path("images", number)
    Path("data.mdb").touch()
    assert database_path("images", "data.mdb") == os.curdir


def test_commands_say_it_as_a_usage_error(run_command: RunCommand, pair: Path) -> None:
    said = (
        "labels is '5', a bare number: the path of the label DB seems to be missing; "
        "a folder of that name is given as ./5\n"
    )
    done = run_command("convert_multilabel", pair, "list.txt", "other", "5")
    assert (done.returncode, done.stderr) == (2, f"convert_multilabel: {said}")
    assert not (pair / "other").exists()
    for command in (["stats", "5"], ["show", "images", "5"]):
        done = run_command("caffe-multilabel", *command)
        assert (done.returncode, done.stderr) == (2, f"caffe-multilabel {command[0]}: {said}")
    assert run_command("caffe-multilabel", "stats", "labels/data.mdb").returncode == 0
