"""Broken images are refused by every OpenCV, above all PNGs, and no record holds made-up pixels."""

from __future__ import annotations

import subprocess
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import ImageError, convert, verify
from command_tools import command_line, environment
from image_tools import ORIENTATION_6, chunk, draw, encode, png
from lmdb_tools import records

if TYPE_CHECKING:
    from pathlib import Path

PIXELS = draw(1, 24, 32)
PNGS = {
    "colour": png(PIXELS),
    "gray": encode(PIXELS[..., 0], ".png"),
    "alpha": encode(draw(2, 24, 32, 4), ".png"),
    "turned": png(PIXELS, before=chunk(b"eXIf", ORIENTATION_6)),
}
OTHERS = {
    ending: encode(draw(1, 48, 64), ending)
    for ending in (".bmp", ".jp2", ".ppm", ".ras", ".tiff", ".webp")
}
WAYS: dict[str, dict[str, Any]] = {
    "raw": {},
    "gray": {"gray": True},
    "encoded": {"encoded": True},
    "trusted": {"encoded": True, "trust": True},
    "png": {"encode_type": "png"},
}


def cuts(whole: bytes, count: int) -> dict[str, bytes]:
    """The file cut off at that many places, the last ones byte by byte."""
    ends = {*range(0, len(whole), 1 + len(whole) // count), *range(len(whole) - 16, len(whole))}
    return {f"cut at {end}": whole[:end] for end in sorted(ends)}


def damaged(whole: bytes, count: int) -> dict[str, bytes]:
    """The file with one byte changed, at that many places."""
    found = {}
    for at in range(0, len(whole), 1 + len(whole) // count):
        data = bytearray(whole)
        data[at] ^= 0x24
        found[f"changed at {at}"] = bytes(data)
    return found


def usable(folder: Path, broken: dict[str, bytes], good: bytes, **options: Any) -> list[str]:
    """The names that a conversion takes; before each stands the whole image."""
    (folder / "good").write_bytes(good)
    for name, data in broken.items():
        (folder / name).write_bytes(data)
    names = [name for each in broken for name in ("good", each)]
    pair: Any = {"images": folder / "images", "labels": folder / "labels", "root": folder}
    report = convert((names, [1] * len(names)), overwrite=True, **pair, **options)
    listed = folder / "images/rejects.tsv"  # which is there only where something was rejected
    rows = listed.read_text().splitlines()[1:] if report.rejected else []
    refused = {row.split("\t")[1] for row in rows}
    assert len(rows) == report.rejected
    return [name for name in broken if name not in refused]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", PNGS)
def test_a_png_that_is_cut_off_anywhere_is_refused(tmp_path: Path, kind: str, way: str) -> None:
    whole = PNGS[kind]
    assert usable(tmp_path, cuts(whole, 60), whole, **WAYS[way]) == []


@pytest.mark.parametrize("way", [way for way in WAYS if way != "trusted"])
def test_a_png_with_a_byte_changed_anywhere_is_refused(tmp_path: Path, way: str) -> None:
    whole = PNGS["colour"]
    assert usable(tmp_path, damaged(whole, 60), whole, **WAYS[way]) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ending", OTHERS)
def test_any_other_format_that_is_cut_off_is_refused(tmp_path: Path, ending: str, way: str) -> None:
    whole = OTHERS[ending]
    assert usable(tmp_path, cuts(whole, 20), whole, **WAYS[way]) == []


def test_right_checksums_do_not_make_up_for_pixels_that_miss(tmp_path: Path) -> None:
    rows = b"".join(b"\0" + row.tobytes() for row in PIXELS)
    whole = png(PIXELS)
    data = whole.index(b"IDAT") - 4

    def with_data(*compressed: bytes) -> bytes:
        chunks = b"".join(chunk(b"IDAT", part) for part in compressed)
        return whole[:data] + chunks + chunk(b"IEND", b"")

    packed = zlib.compress(rows)
    whole_too = {"two chunks": with_data(packed[:99], packed[99:])}
    assert usable(tmp_path, whole_too, whole) == ["two chunks"]
    broken = {
        "half of the rows": with_data(zlib.compress(rows[: len(rows) // 2])),
        "a byte less": with_data(zlib.compress(rows[:-1])),
        "half of the data": with_data(packed[: len(packed) // 2]),
        "another sum": with_data(packed[:-4] + b"none"),
        "no data": with_data(),
    }
    assert usable(tmp_path, broken, whole) == []
    assert usable(tmp_path, broken, whole, encoded=True) == []


def test_the_same_bytes_whatever_memory_holds(tmp_path: Path) -> None:
    """What no decoder wrote would be what malloc left there, which differs here."""
    root = tmp_path / "root"
    root.mkdir()
    files = {**cuts(PNGS["colour"], 9), **cuts(OTHERS[".bmp"], 9), **damaged(PNGS["colour"], 20)}
    for name, data in files.items():
        (root / name.replace(" ", "_")).write_bytes(data)
    (root / "good.png").write_bytes(PNGS["colour"])
    names = ["good.png", *(name.replace(" ", "_") for name in files)]
    (tmp_path / "list.txt").write_text("".join(f"{name} 1\n" for name in names))
    found = []
    for filler in ("85", "170"):
        images = f"images{filler}"
        line = command_line("convert_multilabel", root, "list.txt", images, f"labels{filler}", 1)
        done = subprocess.run(
            line,
            cwd=tmp_path,
            env=environment(MALLOC_PERTURB_=filler),
            timeout=120,
            check=False,
        )
        assert done.returncode == 3
        found.append(records(tmp_path / images))
    assert found[0] == found[1]
    assert [key for key, _ in found[0]] == [b"00000000_good.png"]


@pytest.mark.parametrize("way", WAYS)
def test_verify_names_a_file_that_broke_after_its_conversion(tmp_path: Path, way: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.png").write_bytes(PNGS["colour"])
    (root / "b.png").write_bytes(PNGS["colour"])
    pair = tmp_path / "images", tmp_path / "labels"
    convert([("a.png", 1), ("b.png", 2)], images=pair[0], labels=pair[1], root=root, **WAYS[way])
    (tmp_path / "list.txt").write_text("a.png 1\nb.png 2\n")
    assert verify(*pair, records=tmp_path / "list.txt", root=root).ok
    for data in (*cuts(PNGS["colour"], 9).values(), *damaged(PNGS["colour"], 9).values()):
        (root / "b.png").write_bytes(data)
        report = verify(*pair, records=tmp_path / "list.txt", root=root)
        assert not report.ok
        assert "b.png" in str(report.problems)


def test_none_but_broken_ones_publish_nothing(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(PNGS["colour"][:-60])
    with pytest.raises(ImageError, match="none of the 1 image"):
        convert([("p.png", 1)], root=tmp_path, images=tmp_path / "i", labels=tmp_path / "l")
    assert not (tmp_path / "i").exists()
