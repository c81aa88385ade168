"""The command `caffe-multilabel export`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from export_tools import raw, write_pair
from image_tools import draw

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand


@pytest.fixture(autouse=True)
def pair(tmp_path: Path) -> None:
    gray = [(b"%08d_%d.jpg" % (n, n), raw(draw(n, 3, 4)[:, :, 0])) for n in range(5)]
    write_pair(tmp_path, gray, [[number] for number in range(5)])


def test_files_and_the_command_to_convert_them_again(
    tmp_path: Path, run_command: RunCommand
) -> None:
    done = run_command("caffe-multilabel", "export", "images", "labels", "--files", "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert "5 records in out/list.txt: 5 as PNG, 0 as their own bytes" in done.stdout
    _, _, command = done.stdout.rstrip().rpartition(": ")
    name, *arguments = command.split()
    assert run_command(name, *arguments).returncode == 0
    proof = run_command("caffe-multilabel", "verify", "IMAGE_DB", "LABEL_DB", "--list=out/list.txt")
    assert proof.returncode == 0, proof.stderr
    assert (tmp_path / "out" / "4.jpg").read_bytes().startswith(b"\x89PNG")


def test_shards_and_report_as_json(tmp_path: Path, run_command: RunCommand) -> None:
    done = run_command(
        "caffe-multilabel", "export", "images", "labels", "--webdataset", "out-%02d.tar",
        "--max_per_shard=3", "-json", "-overwrite",
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["paths"] == ["out-00.tar", "out-01.tar"]
    assert (report["records"], report["gray"]) == (5, 5)
    assert (tmp_path / "out-01.tar").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "give one of --files DIR and --webdataset PATTERN"),
        (("--files=a", "--webdataset=b.tar"), 2, "give one of"),
        (("--files=a", "--overwrite"), 2, "go with --webdataset only"),
        (("--webdataset=b.tar", "--max_per_shard=2"), 2, "5 records make 3 shards"),
        (("--files=images",), 1, "images: is there already, and not empty"),
        (("--file=a",), 2, "did you mean --files?"),
    ],
)
def test_refusals(
    tmp_path: Path, run_command: RunCommand, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = run_command("caffe-multilabel", "export", "images", "labels", *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "labels"]
