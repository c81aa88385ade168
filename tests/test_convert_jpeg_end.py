"""JPEGs that lack their end marker: taken and counted where that is all they lack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2
import pytest

from caffe_multilabel import convert, verify
from image_tools import draw, encode, with_exif
from lmdb_tools import datums, records

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand

PIXELS = draw(3, 21, 30)
WHOLE = {
    "baseline.jpg": encode(PIXELS, ".jpg"),
    "gray.jpg": encode(PIXELS[..., 0], ".jpg"),
    "optimized.jpg": encode(PIXELS, ".jpg", cv2.IMWRITE_JPEG_OPTIMIZE, 1),
    "progressive.jpg": encode(PIXELS, ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "restarts.jpg": encode(PIXELS, ".jpg", cv2.IMWRITE_JPEG_RST_INTERVAL, 1),
    "turned.jpg": with_exif(encode(PIXELS, ".jpg")),
}


def write(folder: Path, files: dict[str, bytes]) -> dict[str, Any]:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {
        "records": (list(files), list(range(len(files)))),
        "root": folder,
        "images": folder / "i",
        "labels": folder / "l",
    }


@pytest.mark.parametrize("name", ["baseline.jpg", "progressive.jpg", "restarts.jpg"])
def test_only_a_cut_of_the_marker_passes(tmp_path: Path, name: str) -> None:
    """A file for each number of bytes that its end may lack."""
    data = WHOLE[name]
    cuts = {f"{cut}": data[: len(data) - cut] for cut in range(len(data))}
    ways: list[dict[str, bool]] = [{}, {"encoded": True}, {"encoded": True, "trust": True}]
    for number, way in enumerate(ways):
        job = write(tmp_path / str(number), cuts)
        report = convert(**job, **way)
        stored = records(job["images"])
        assert [key.partition(b"_")[2] for key, _ in stored] == [b"0", b"1", b"2"]
        assert report.without_end_marker == 2
        assert len({datum.data for datum in datums(job["images"])}) == 1


@pytest.mark.parametrize("fill", [b"\0", b"\xff", b"\0\xff"])
@pytest.mark.parametrize("encoded", [False, True])
def test_a_file_that_is_filled_up_passes_if_nothing_of_its_data_is_missing(
    tmp_path: Path, fill: bytes, *, encoded: bool
) -> None:
    files = {}
    for name, data in WHOLE.items():
        for times in (1, 7, 40, 9000):
            files[f"{times} {name}"] = data[:-2] + times * fill
            for cut in (4, len(data) // 8, len(data) // 3):
                files[f"less {cut}, {times} {name}"] = data[:-cut] + times * fill
    report = convert(**write(tmp_path / "filled", files), encoded=encoded)
    broken = {reject.path for reject in report.rejects()}
    assert broken == {name for name in files if name.startswith("less")}
    assert report.without_end_marker == report.converted == 4 * len(WHOLE)
    pixels = {datum.data for datum in datums(tmp_path / "filled" / "i")}
    whole = write(tmp_path / "whole", WHOLE)
    convert(**whole)
    if not encoded:
        assert pixels == {datum.data for datum in datums(whole["images"])}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"gray": True},
        {"resize": (20, 11)},
        {"encoded": True},
        {"encoded": True, "trust": True},
        {"encoded": True, "gray": True},
        {"encode_type": "png"},
        {"encode_type": "jpg", "resize": (20, 11)},
    ],
    ids=str,
)
def test_records_are_those_of_whole_files(tmp_path: Path, options: dict[str, Any]) -> None:
    whole = write(tmp_path / "whole", WHOLE)
    assert convert(**whole, **options).without_end_marker == 0
    assert "without_end_marker" not in (whole["images"] / "manifest.json").read_text()
    for cut in (1, 2):
        job = write(tmp_path / f"{cut}", {name: data[:-cut] for name, data in WHOLE.items()})
        report = convert(**job, **options)
        assert (report.converted, report.without_end_marker) == (len(WHOLE), len(WHOLE))
        for role in ("images", "labels"):
            assert records(job[role]) == records(whole[role])
        assert convert(**job, **options, resume=True).without_end_marker == len(WHOLE)
        # With their files, too, for which the records have more bytes.
        found = verify(job["images"], job["labels"], records=job["records"], root=job["root"])
        assert found.ok, found


def test_the_summary_counts_them(run_command: RunCommand, tmp_path: Path) -> None:
    write(tmp_path / "root", {"a.jpg": WHOLE["gray.jpg"], "b.jpg": WHOLE["gray.jpg"][:-2]})
    command = ("convert_multilabel", "--overwrite", tmp_path / "root", "-", "i", "l")
    done = run_command(*command, input="a.jpg 1\nb.jpg 2\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[2:] == ["JPEGs that lack only their end marker: 1"]
    done = run_command(*command, "--json", input="a.jpg 1\nb.jpg 2\n")
    assert json.loads(done.stdout)["without_end_marker"] == 1
    for folder in ("i", "l"):
        manifest = json.loads((tmp_path / folder / "manifest.json").read_text())
        assert manifest["without_end_marker"] == 1
    done = run_command(*command, input="a.jpg 1\n")
    assert len(done.stdout.splitlines()) == 2
