"""Byte for byte what the article's tool and BVLC Caffe wrote, but for the named departures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from caffe_multilabel import _core
from image_tools import decode, encode, read
from lmdb_tools import datums, digests

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from command_tools import RunCommand

GOLDEN = Path(__file__).parent / "golden"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())
CASES: dict[str, dict[str, Any]] = EXPECTED["cases"]
SAME_OPENCV = json.loads(_core.build_info())["opencv"].startswith("4.6.")

# Caffe would read other pixels from the bytes of these files than its converter stores raw:
# it leaves orientation, gray, alpha and 16 bits as they are in the file.
DEPARTURES = [
    "images/jpeg_gray.jpg",
    "images/jpeg_exif3.jpg",
    "images/jpeg_exif6.jpg",
    "images/jpeg_exif8.jpg",
    "images/png_rgba.png",
    "images/png_gray.png",
    "images/png_16bit.png",
]


def convert(run_command: RunCommand, name: str, tmp_path: Path) -> tuple[Path, Path]:
    case = CASES[name]
    images, labels = tmp_path / "images", tmp_path / "labels"
    done = run_command(
        "convert_multilabel", *case["flags"], f"{GOLDEN}/", GOLDEN / case["list"], images, labels, 5
    )
    assert done.returncode == (3 if name == "missing_image" else 0), done.stderr
    return images, labels


def path_of(row: list[Any]) -> str:
    return str(row[0]).split("_", 1)[1]


def is_resized(name: str) -> bool:
    return any(flag.startswith("--resize") for flag in CASES[name]["flags"])


def as_jpeg(pixels: NDArray[Any]) -> NDArray[Any]:
    """What is left of pixels that were stored as JPEG."""
    return decode(encode(pixels.astype(np.uint8), ".jpg", cv2.IMWRITE_JPEG_QUALITY, 95))


def differ(found: NDArray[Any], wanted: NDArray[Any]) -> float:
    """Grey levels by which two images of one shape differ on average."""
    assert found.shape == wanted.shape
    return float(np.abs(found.astype(int) - wanted).mean())


@pytest.mark.parametrize("name", [name for name in CASES if name != "encoded"])
def test_records_are_those_of_the_real_tools(
    run_command: RunCommand, name: str, tmp_path: Path
) -> None:
    images, labels = convert(run_command, name, tmp_path)
    if SAME_OPENCV or not is_resized(name):
        assert digests(images) == CASES[name]["images"]
    else:
        assert [row[0] for row in digests(images)] == [row[0] for row in CASES[name]["images"]]
    if "labels" in CASES[name]:
        assert digests(labels) == CASES[name]["labels"]


@pytest.mark.parametrize("name", [name for name in CASES if is_resized(name)])
def test_resized_pixels_are_those_of_cv2_within_one_grey_level(
    run_command: RunCommand, name: str, tmp_path: Path
) -> None:
    images, _ = convert(run_command, name, tmp_path)
    flags = dict(flag.lstrip("-").partition("=")[::2] for flag in CASES[name]["flags"])
    size = int(flags["resize_width"]), int(flags["resize_height"])
    gray = "gray" in flags
    mode = cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR
    for row, datum in zip(digests(images), datums(images), strict=True):
        wanted = cv2.resize(read(GOLDEN / path_of(row), mode), size).astype(int)
        if datum.encoded:
            found = decode(datum.data)
        else:
            planes = np.frombuffer(datum.data, np.uint8)
            found = planes.reshape(datum.channels, *size[::-1]).transpose(1, 2, 0)
            found = found[:, :, 0] if gray else found
        if flags.get("encode_type") == "jpg":
            assert differ(found, as_jpeg(wanted)) < 1, row[0]
        else:
            assert np.abs(found - wanted).max() <= 1, row[0]


def test_encoded_departs_where_caffe_would_read_other_pixels_and_nowhere_else(
    run_command: RunCommand, tmp_path: Path
) -> None:
    found = digests(convert(run_command, "encoded", tmp_path)[0])
    expected = CASES["encoded"]["images"]
    assert [row[0] for row in found] == [row[0] for row in expected]
    differing = [path_of(row) for row, wanted in zip(found, expected, strict=True) if row != wanted]
    assert differing == DEPARTURES


def test_encoded_feeds_caffe_the_pixels_of_a_raw_db(
    run_command: RunCommand, tmp_path: Path
) -> None:
    images, _ = convert(run_command, "encoded", tmp_path)
    for row, datum in zip(digests(images), datums(images), strict=True):
        path = GOLDEN / path_of(row)
        assert (datum.encoded, datum.HasField("channels")) == (True, False)
        if path_of(row) not in DEPARTURES:
            assert datum.data == path.read_bytes(), path
        wanted, found = read(path), decode(datum.data)
        if path_of(row) in DEPARTURES and path.suffix == ".jpg":
            assert differ(found, as_jpeg(wanted)) < 1, path
        else:
            assert np.array_equal(found, wanted), path
