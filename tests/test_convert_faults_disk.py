"""A disk that is full, or a limit that acts like one: one clear line, nothing lost."""

from __future__ import annotations

import re
import resource
import subprocess
from functools import partial
from typing import TYPE_CHECKING

import pytest

from command_tools import names_in, run
from image_tools import ImageFolder, draw, encode
from lmdb_tools import pair_bytes
from requirement_tools import as_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from command_tools import RunCommand


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> ImageFolder:
    """Records of 30 kB each, 6 MB in all, of files that take no time to read."""
    folder = tmp_path_factory.mktemp("large")
    names = [f"{index:03d}.png" for index in range(200)]
    data = [encode(draw(seed, 100, 100), ".png") for seed in range(5)]
    for index, name in enumerate(names):
        (folder / name).write_bytes(data[index % 5])
    (folder / names[7]).unlink()
    return ImageFolder(folder, names)


@pytest.fixture(scope="module")
def unbroken(
    large: ImageFolder, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("unbroken")
    large.write_list(folder / "list.txt")
    done = run(
        "convert_multilabel", large.folder, folder / "list.txt", "images", "labels", cwd=folder
    )
    assert done.returncode == 3
    return pair_bytes(folder / "images", folder / "labels")


@pytest.mark.parametrize("limit", [0, 600, 9_000, 40_000, 1_000_000, 5_000_000])
def test_a_limit_on_file_sizes(
    run_command: RunCommand,
    large: ImageFolder,
    unbroken: list[dict[str, bytes]],
    tmp_path: Path,
    limit: int,
) -> None:
    """Small limits are met by the job, the journal and the first pages, larger ones by commits."""
    large.write_list(tmp_path / "list.txt")
    arguments = [large.folder, "list.txt", "images", "labels"]
    limits = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
    done = run_command("convert_multilabel", *arguments, preexec_fn=limits)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("convert_multilabel: ")
    assert done.stderr.count("\n") == 1
    assert any(said in done.stderr for said in ("disk is full", "disk full?", "File too large"))
    assert not {"images", "labels"} & set(names_in(tmp_path))
    done = run_command("convert_multilabel", "--resume", *arguments)
    assert done.returncode == 3
    assert pair_bytes(tmp_path / "images", tmp_path / "labels") == unbroken
    assert names_in(tmp_path) == ["images", "labels", "list.txt"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    subprocess.run([*as_root(), *mount], check=True)
    yield disk
    subprocess.run([*as_root(), "umount", str(disk)], check=True)


@pytest.mark.mount
def test_a_full_disk_is_told_before_the_start_and_survived_after_it(
    run_command: RunCommand,
    large: ImageFolder,
    unbroken: list[dict[str, bytes]],
    tmp_path: Path,
    small_disk: Path,
) -> None:
    images, labels = small_disk / "images", small_disk / "labels"
    large.write_list(tmp_path / "list.txt")
    arguments = [large.folder, tmp_path / "list.txt", images, labels]

    early = run_command("convert_multilabel", *arguments)
    assert early.returncode == 1
    said = (
        r"disk: the pair will take about 6\.\d MiB, 4\.0 MiB are free; make room, or convert with"
    )
    assert re.search(said, early.stderr)
    assert names_in(small_disk) == []

    late = run_command("convert_multilabel", "--ignore_free_space", *arguments)
    assert late.returncode == 1
    assert late.stderr.count("\n") == 1
    assert "the disk is full" in late.stderr or "is the disk full?" in late.stderr
    assert not {"images", "labels"} & set(names_in(small_disk))

    subprocess.run([*as_root(), "mount", "-o", "remount,size=40m", str(small_disk)], check=True)
    done = run_command("convert_multilabel", "--resume", *arguments)
    assert done.returncode == 3, done.stderr
    assert pair_bytes(images, labels) == unbroken
    assert names_in(small_disk) == ["images", "labels"]
