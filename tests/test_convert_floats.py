"""Images of floats: what becomes of their values, and that it is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from caffe_multilabel import convert, relabel
from image_tools import draw
from reader_tools import images_of

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand

RAMP = np.dstack([np.linspace(0, 1, 24, dtype=np.float32).reshape(4, 6)] * 3)
NAMES = ["a.pfm", "b.hdr", "c.png", "d.pfm"]


@pytest.fixture
def job(tmp_path: Path) -> dict[str, Any]:
    """Two PFM, of which one holds bytes, an HDR and a PNG."""
    for name, pixels in zip(NAMES, (RAMP, RAMP, draw(3, 4, 6), RAMP[..., 0] * 255), strict=True):
        cv2.imwrite(str(tmp_path / name), pixels)
    return {
        "records": (NAMES, [0, 1, 2, 3]),
        "root": tmp_path,
        "images": tmp_path / "i",
        "labels": tmp_path / "l",
    }


def manifest_of(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return document


@pytest.mark.parametrize(
    "options", [{}, {"gray": True}, {"encoded": True}, {"encode_type": "png", "resize": (6, 4)}]
)
def test_they_are_counted(job: dict[str, Any], options: dict[str, Any]) -> None:
    report = convert(**job, **options)
    assert (report.converted, report.from_floats) == (4, 3)
    assert manifest_of(job["images"])["from_floats"] == 3
    relabel(job["labels"], job["records"])
    assert manifest_of(job["labels"])["from_floats"] == 3
    again = convert(**job | {"records": (["c.png"], [2])}, **options, overwrite=True)
    assert again.from_floats == 0
    assert "from_floats" not in manifest_of(job["images"])


def test_a_complete_pair_tells_of_them_again(job: dict[str, Any]) -> None:
    convert(**job)
    again = convert(**job, resume=True)
    assert again.already_complete
    assert again.from_floats == 3


def test_values_are_those_of_opencv(job: dict[str, Any]) -> None:
    convert(**job)
    pfm, hdr, _, whole = images_of(job["images"])
    assert np.unique(pfm).tolist() == [0, 1]
    assert (hdr.min(), hdr.max()) == (0, 255)
    assert whole.max() == 255
    assert len(np.unique(whole)) == 24


@pytest.mark.usefixtures("job")
def test_the_summary_says_so(run_command: RunCommand) -> None:
    lines = "".join(f"{name} 1\n" for name in NAMES)
    command = ("convert_multilabel", "--overwrite", ".", "-", "i", "l")
    done = run_command(*command, input=lines)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[2:] == [
        "images of floats: 3; of PFM each value is cut to 0 to 255, of HDR 255 times the value"
    ]
    done = run_command(*command, "--json", input=lines)
    assert json.loads(done.stdout)["from_floats"] == 3
