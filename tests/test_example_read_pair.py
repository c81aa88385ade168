"""The example that reads a pair without anything of ours, against our own reader."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import MultilabelDataset, convert
from command_tools import environment

if TYPE_CHECKING:
    from image_tools import ImageFolder

EXAMPLE = Path(__file__).parents[1] / "examples" / "read_pair.py"


@pytest.fixture(params=[{}, {"gray": True}, {"encoded": True}], ids=["raw", "gray", "encoded"])
def pair(request: Any, tmp_path: Path, image_folder: ImageFolder) -> tuple[Path, Path]:
    images, labels = tmp_path / "images", tmp_path / "labels"
    lines = [f"{name} {index} {index / 4}\n" for index, name in enumerate(image_folder.names)]
    (tmp_path / "list.txt").write_text("".join(lines))
    convert(
        tmp_path / "list.txt",
        root=image_folder.folder,
        images=images,
        labels=labels,
        **request.param,
    )
    return images, labels


def test_it_reads_what_our_reader_reads(pair: tuple[Path, Path]) -> None:
    read_pair = runpy.run_path(str(EXAMPLE))["read_pair"]
    found = list(read_pair(*map(str, pair)))
    dataset = MultilabelDataset(*pair)
    assert [key.encode() for key, _, _ in found] == dataset.keys()
    for (_, image, labels), (ours, our_labels) in zip(found, dataset, strict=True):
        np.testing.assert_array_equal(image.transpose(2, 0, 1), ours)
        np.testing.assert_array_equal(labels, our_labels)


def test_it_runs_without_our_package(pair: tuple[Path, Path], tmp_path: Path) -> None:
    code = (
        "import runpy, sys; sys.modules['caffe_multilabel'] = None; "
        f"sys.argv = ['read_pair.py', {str(pair[0])!r}, {str(pair[1])!r}, '-n', '2']; "
        f"runpy.run_path({str(EXAMPLE)!r}, run_name='__main__')"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = found.stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("00000000_00.png: 20 x 8, ")
    assert lines[0].endswith("labels [0.0, 0.0]")
