"""Image files of many formats: each gives the channels that were asked for, or is rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from caffe_multilabel import convert
from image_tools import decode
from lmdb_tools import datums

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

NOISE = np.random.default_rng(1).integers(0, 256, (72, 64, 4), dtype=np.uint8)
WIDE = NOISE.astype(np.uint16) * 257
FLOATS = NOISE.astype(np.float32)

IMAGES: dict[str, NDArray[np.generic]] = {
    "gray.pfm": FLOATS[..., 0],
    "color.pfm": FLOATS[..., :3],
    "color.hdr": FLOATS[..., :3] / 255,
    "gray.tiff": NOISE[..., 0],
    "alpha.tiff": NOISE,
    "gray16.tiff": WIDE[..., 0],
    "color16.tiff": WIDE[..., :3],
    "float.tiff": FLOATS[..., :3],
    "gray_float.tiff": FLOATS[..., 0],
    "gray.png": NOISE[..., 0],
    "alpha.png": NOISE,
    "gray16.png": WIDE[..., 0],
    "color16.png": WIDE[..., :3],
    "alpha16.png": WIDE,
    "gray.pgm": NOISE[..., 0],
    "gray16.pgm": WIDE[..., 0],
    "color.ppm": NOISE[..., :3],
    "color16.ppm": WIDE[..., :3],
    "gray.bmp": NOISE[..., 0],
    "color.bmp": NOISE[..., :3],
    "alpha.bmp": NOISE,
    "gray.jpg": NOISE[..., 0],
    "color.jpg": NOISE[..., :3],
    "color.webp": NOISE[..., :3],
    "alpha.webp": NOISE,
    "gray.jp2": NOISE[..., 0],
    "color.jp2": NOISE[..., :3],
    "color16.jp2": WIDE[..., :3],
    "gray.ras": NOISE[..., 0],
    "color.ras": NOISE[..., :3],
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of them; WebP is lossless."""
    folder = tmp_path_factory.mktemp("formats")
    for name, pixels in IMAGES.items():
        options = [cv2.IMWRITE_WEBP_QUALITY, 101] if name.endswith(".webp") else []
        assert cv2.imwrite(str(folder / name), pixels, options)
    return folder


def names(files: Path) -> list[str]:
    return sorted(path.name for path in files.iterdir())


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("gray", [False, True])
def test_every_record_has_the_channels_that_were_asked_for(
    files: Path, tmp_path: Path, gray: bool, encoded: bool
) -> None:
    rows = [(name, [1]) for name in names(files)]
    report = convert(
        rows,
        root=files,
        images=tmp_path / "i",
        labels=tmp_path / "l",
        gray=gray,
        encoded=encoded,
    )
    assert [reject for reject in report.rejects() if "OpenCV" not in reject.problem] == []
    assert report.converted > len(rows) - 4
    found = {
        decode(datum.data)[0, 0].size if encoded else datum.channels
        for datum in datums(tmp_path / "i")
    }
    assert found == {1 if gray else 3}


def test_a_float_image_of_one_channel_is_gray_in_all_three(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.pfm"), FLOATS[..., 0])
    convert([("a.pfm", [1])], root=tmp_path, images=tmp_path / "i", labels=tmp_path / "l")
    (datum,) = datums(tmp_path / "i")
    planes = np.frombuffer(datum.data, np.uint8).reshape(3, 72, 64)
    assert (planes == NOISE[..., 0]).all()


def test_what_lost_nothing_in_its_file_loses_nothing_when_encoded_anew(
    files: Path, tmp_path: Path
) -> None:
    """Of each image the raw record's pixels are in the encoded one, but for lossy files."""
    rows = [(name, [1]) for name in names(files)]
    convert(rows, root=files, images=tmp_path / "raw", labels=tmp_path / "l")
    report = convert(rows, root=files, images=tmp_path / "i", labels=tmp_path / "m", encoded=True)
    assert report.reencoded > len(rows) / 2
    pairs = list(zip(datums(tmp_path / "raw"), datums(tmp_path / "i"), strict=True))
    assert len(pairs) == report.converted
    for raw, encoded in pairs:
        stored = decode(encoded.data)
        planes = np.frombuffer(raw.data, np.uint8).reshape(raw.channels, raw.height, raw.width)
        same = (planes == stored.transpose(2, 0, 1)).all()
        assert same or encoded.data.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("name", "options", "head"),
    [
        ("gray16.png", [], b"\x89PNG"),
        ("gray16.tiff", [], b"\x89PNG"),
        ("alpha.bmp", [], b"\x89PNG"),
        ("gray.pgm", [], b"\x89PNG"),
        ("gray.pfm", [], b"\x89PNG"),
        ("alpha.webp", [cv2.IMWRITE_WEBP_QUALITY, 101], b"\x89PNG"),
        ("alpha.webp", [cv2.IMWRITE_WEBP_QUALITY, 60], b"\xff\xd8\xff"),
        ("gray.jpg", [], b"\xff\xd8\xff"),
        ("gray.tiff", [cv2.IMWRITE_TIFF_COMPRESSION, 5], b"\x89PNG"),
    ],
)
def test_lossless_sources_become_png_and_lossy_ones_jpeg(
    tmp_path: Path, name: str, options: list[int], head: bytes
) -> None:
    cv2.imwrite(str(tmp_path / name), IMAGES[name], options)
    report = convert(
        [(name, [1])], root=tmp_path, images=tmp_path / "i", labels=tmp_path / "l", encoded=True
    )
    assert report.reencoded == 1
    (datum,) = datums(tmp_path / "i")
    assert datum.data.startswith(head)
