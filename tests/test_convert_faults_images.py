"""Images that cannot be used are named and left out; the rest is converted."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel import ImageError, OptionError, convert
from command_tools import names_in
from image_tools import ORIENTATION_6, chunk, decode, draw, encode, png, with_exif, with_jpeg_size
from lmdb_tools import datums, records

if TYPE_CHECKING:
    from command_tools import RunCommand
    from image_tools import ImageFolder

PIXELS = draw(1, 24, 32)
JPEG = encode(PIXELS, ".jpg")
PROGRESSIVE = encode(PIXELS, ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
PNG = png(PIXELS)
DEFLATE = encode(PIXELS, ".tiff", cv2.IMWRITE_TIFF_COMPRESSION, 8)
BROKEN = "is no image that OpenCV can decode, or a broken one"

BAD_BYTES = {
    "empty.jpg": (b"", "is empty"),
    "text.jpg": (b"not an image at all", BROKEN),
    "cut.jpg": (JPEG[:-100], "broken JPEG: its data is damaged or cut off"),
    "cut progressive.jpg": (PROGRESSIVE[:-200], "broken JPEG: its data is damaged or cut off"),
    "header only.jpg": (JPEG[:20], "broken JPEG"),
    "start only.jpg": (JPEG[:3], "broken JPEG"),
    "no pixels.jpg": (with_jpeg_size(JPEG, 32, 0), "broken JPEG: Empty JPEG image"),
    "gigantic.jpg": (with_jpeg_size(JPEG, 65500, 65500), "claims 65500 x 65500 pixels"),
    "large.jpg": (with_jpeg_size(JPEG, 20000, 20000), "bytes cannot hold them"),
    "cut.png": (PNG[:-60], BROKEN),
    "signature only.png": (PNG[:8], "its PNG header is cut off"),
    "no pixels.png": (png(PIXELS, size=(0, 0)), "it has no pixels"),
    "gigantic.png": (png(PIXELS, size=(2**31 - 1, 2**31 - 1)), "claims 2147483647 x 2147483647"),
    "large.png": (png(PIXELS, size=(30000, 30000)), "bytes cannot hold them"),
    "bad checksum.png": (PNG[:-20] + b"\0\0\0\0" + PNG[-16:], BROKEN),
    "gigantic.ppm": (b"P6 2147483647 2147483647 255\n" + bytes(99), "cannot be decoded"),
    "no pixels.ppm": (b"P6 0 0 255\n", BROKEN),
    "cut.bmp": (encode(PIXELS, ".bmp")[:900], BROKEN),
    "cut.tiff": (encode(PIXELS, ".tiff")[:900], BROKEN),
    "damaged.tiff": (DEFLATE[:90] + b"\0\0" + DEFLATE[92:], "broken TIFF: strip 1 of "),
    "late damage.tiff": (DEFLATE[:990] + b"\0\0" + DEFLATE[992:], "broken TIFF: strip "),
}


def make_files(folder: Path) -> dict[str, str]:
    """Everything that is no image, and a part of the reason it is rejected for."""
    for name, (content, _) in BAD_BYTES.items():
        (folder / name).write_bytes(content)
    os.mkfifo(folder / "fifo")
    (folder / "directory").mkdir()
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        os.chdir(folder)  # the path of a socket has to be short
        try:
            bound.bind("socket")
        finally:
            os.chdir(here)
    with (folder / "sparse").open("wb") as sparse:
        sparse.truncate(3 << 30)
    return {name: reason for name, (_, reason) in BAD_BYTES.items()} | {
        "fifo": "is not a regular file",
        "directory": "is a directory",
        "dangling": "No such file or directory",
        "loop": "Too many levels of symbolic links",
        "socket": "No such device or address",
        "sparse": "has more than 2 GiB",
        "/../../../../../../../../../../dev/zero": "is not a regular file",
        "directory/../fifo/below": "Not a directory",
        "x" * 300: "File name too long",
    }


@pytest.mark.parametrize(
    "flags", [[], ["--encoded"], ["--gray"], ["--encode_type=png"], ["--images_per_record=2"]]
)
def test_every_kind_is_rejected_and_the_run_goes_on(
    run_command: RunCommand, tmp_path: Path, flags: list[str]
) -> None:
    pairs = "--images_per_record=2" in flags
    root = tmp_path / "root"
    root.mkdir()
    bad = make_files(root)
    (root / "good.png").write_bytes(PNG)
    # A good one before each: what is left of it must not pass for the bad one.
    first = "good.png\t" if pairs else ""
    lines = [f"{first}{name}\t1" for bad_name in bad for name in ("good.png", bad_name)]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    done = run_command("convert_multilabel", *flags, root, "list.txt", "images", "labels", 1)
    assert done.returncode == 3
    unit = "records" if pairs else "images"
    said = f"convert_multilabel: {len(bad)} of {len(lines)} {unit} rejected:"
    assert said in done.stderr.splitlines()
    header, *rows = (tmp_path / "images/rejects.tsv").read_text().splitlines()
    assert header == "line\tpath\tproblem"
    found = [row.split("\t") for row in rows]
    if pairs:  # the path is that of the record, and the problem says which image it is of
        assert {path for _, path, _ in found} == {"good.png"}
        named = [(line, problem.partition(": ")) for line, _, problem in found]
        found = [[line, said.removeprefix("image 2, "), why] for line, (said, _, why) in named]
    assert [(line, name) for line, name, _ in found] == [
        (str(line), name) for line, name in zip(range(2, len(lines) + 1, 2), bad, strict=True)
    ]
    assert [row for row in found if bad[row[1]] not in row[2]] == []
    # The numbers of the rejected are left out, in both DBs.
    for folder, mark in (("images", b"_"), ("labels", b"label_")):
        keys = [b"%08d%sgood.png" % (index, mark) for index in range(0, len(lines), 2)]
        assert [key for key, _ in records(tmp_path / folder)] == keys
    assert len({value for _, value in records(tmp_path / "images")}) == 1


def test_fail_stops_at_the_first_and_publishes_nothing(
    run_command: RunCommand, image_folder: ImageFolder, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text("00.png 1\nabsent.png 2\n01.jpg 3\ngone.png 4\n")
    arguments = [image_folder.folder, "list.txt", "images", "labels"]
    done = run_command("convert_multilabel", "--on_bad_image=fail", *arguments)
    path = image_folder.folder / "absent.png"
    reason = f"line 2, absent.png: cannot open {path}: No such file or directory"
    assert (done.returncode, done.stderr) == (1, f"convert_multilabel: {reason}\n")
    assert names_in(tmp_path) == ["list.txt"]


def test_max_bad_stops_at_that_many(image_folder: ImageFolder, tmp_path: Path) -> None:
    names = ["00.png", "absent.png", "01.jpg", "gone.png", "02.png"]
    source = (names, np.arange(5))
    options: Any = {
        "root": image_folder.folder,
        "images": tmp_path / "i",
        "labels": tmp_path / "l",
    }
    with pytest.raises(
        ImageError, match=r"stopped after 2 bad .* line 4, gone\.png: .*/gone\.png: No such"
    ):
        convert(source, **options, max_bad=2)
    assert names_in(tmp_path) == []
    assert convert(source, **options, max_bad=3).rejected == 2
    with pytest.raises(OptionError, match="max_bad is 0, must be 1 or more"):
        convert(source, **options, max_bad=0)


def test_a_conversion_of_nothing_usable_publishes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"none of the 2 images .* No such file"):
        convert((["a.png", "b.png"], [1, 2]), images=tmp_path / "i", labels=tmp_path / "l")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("flags", [[], ["--encoded"], ["--encoded", "--trust"], ["--threads=4"]])
def test_check_size_names_the_first_image_that_differs(
    run_command: RunCommand, tmp_path: Path, flags: list[str]
) -> None:
    for index, (height, width) in enumerate([(8, 9), (8, 9), (9, 8), (7, 7)]):
        (tmp_path / f"{index}.png").write_bytes(encode(draw(index, height, width), ".png"))
    arguments = ["--check_size", *flags, tmp_path, "-", "images", "labels"]
    done = run_command("convert_multilabel", *arguments, input="0.png 1\n1.png 1\n2.png 1\n3.png 1")
    assert done.returncode == 1
    assert done.stderr == (
        "convert_multilabel: line 3, 2.png: is 3 x 9 x 8, but the first image is 3 x 8 x 9 "
        "(channels x height x width); check_size wants one size\n"
    )
    assert not (tmp_path / "images").exists()
    done = run_command("convert_multilabel", *arguments, input="0.png 1\n1.png 1\n")
    assert done.returncode == 0, done.stderr


ODD_BUT_FINE = {
    "orientation before the pixels.png": png(PIXELS, before=chunk(b"eXIf", ORIENTATION_6)),
    "orientation behind the pixels.png": png(PIXELS, after=chunk(b"eXIf", ORIENTATION_6)),
    "transparent colour.png": png(PIXELS, before=chunk(b"tRNS", b"\0\1\0\2\0\3")),
    "gamma.png": png(PIXELS, before=chunk(b"gAMA", b"\0\0\xb1\x8f")),
    "bytes behind its end.png": PNG + b"tail",
    "turned.jpg": with_exif(JPEG),
    "bytes behind its end.jpg": JPEG + b"tail" * 9,
    "progressive.jpg": PROGRESSIVE,
    "gray.jpg": encode(draw(2, 24, 32, 1), ".jpg"),
    "gray.png": encode(draw(3, 24, 32, 1), ".png"),
    "alpha.png": encode(draw(4, 24, 32, 4), ".png"),
    "sixteen bits.png": encode(draw(5, 24, 32).astype(np.uint16) * 257, ".png"),
    "image.bmp": encode(PIXELS, ".bmp"),
    "image.ppm": encode(PIXELS, ".ppm"),
    "image.tiff": encode(PIXELS, ".tiff"),
    "image.webp": encode(PIXELS, ".webp"),
}


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("trust", [False, True])
def test_caffe_reads_one_image_from_a_raw_and_an_encoded_db(
    tmp_path: Path, gray: bool, trust: bool
) -> None:
    for name, data in ODD_BUT_FINE.items():
        (tmp_path / name).write_bytes(data)
    pair: Any = {"root": tmp_path, "images": tmp_path / "i", "labels": tmp_path / "l"}
    source = list(ODD_BUT_FINE), [1] * len(ODD_BUT_FINE)
    convert(source, gray=gray, **pair)
    raw = datums(tmp_path / "i")
    report = convert(source, gray=gray, encoded=True, trust=trust, overwrite=True, **pair)
    encoded = datums(tmp_path / "i")
    passed = [
        datum.data == data for datum, data in zip(encoded, ODD_BUT_FINE.values(), strict=True)
    ]
    assert (report.passed_through, report.reencoded) == (sum(passed), len(passed) - sum(passed))
    assert 0 < sum(passed) < len(passed)
    for (name, data), one, other in zip(ODD_BUT_FINE.items(), raw, encoded, strict=True):
        planes = np.frombuffer(one.data, np.uint8).reshape(one.channels, one.height, one.width)
        wanted = planes[0] if gray else planes.transpose(1, 2, 0)
        found = decode(other.data)
        assert found.shape == wanted.shape, name
        if other.data == data or not name.endswith(".jpg"):
            assert np.array_equal(found, wanted), name
        else:
            left = decode(encode(wanted, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 95))
            assert np.abs(found.astype(int) - left).mean() < 1, name


@settings(max_examples=60)
@given(
    source=st.sampled_from(
        [JPEG, PROGRESSIVE, PNG, *(encode(PIXELS, e) for e in (".bmp", ".tiff"))]
    ),
    changes=st.lists(st.tuples(st.integers(0, 2**12), st.integers(0, 255)), max_size=4),
    kept=st.none() | st.integers(0, 2**12),
)
def test_damage_is_judged_alike_for_raw_and_encoded(
    tmp_path_factory: pytest.TempPathFactory,
    source: bytes,
    changes: list[tuple[int, int]],
    kept: int | None,
) -> None:
    data = bytearray(source)
    for at, value in changes:
        data[at % len(data)] = value
    folder = tmp_path_factory.mktemp("damage")
    (folder / "p").write_bytes(data[:kept])
    pair: Any = {"root": folder, "images": folder / "i", "labels": folder / "l"}
    usable = []
    for encoded in (False, True):
        try:
            usable.append(
                convert([("p", 1)], encoded=encoded, overwrite=True, **pair).converted == 1
            )
        except ImageError:
            usable.append(False)
    assert usable[0] == usable[1]


@pytest.mark.parametrize(
    ("root", "line", "tried", "hint"),
    [
        ("nosuch", "a.png 1", "nosuch/a.png", "; the root folder nosuch is no folder"),
        ("a.png", "b.png 1", "a.png/b.png", "; the root folder a.png is no folder"),
        (".", "c.png 1", "./c.png", ""),
        ("", "c.png 1", None, ""),
        (".", "/srv/a.png 1", ".//srv/a.png", "; the path is absolute, and the root folder"),
        ("", "/srv/a.png 1", None, ""),
        (
            ".",
            "a.png 1 2,5",
            "./a.png 1 2",
            "; the path ends in a number: a decimal comma makes CSV",
        ),
        (".", "x\\a.png 1", "./x\\a.png", "; the path has backslashes, folders are parted by /"),
        (
            ".",
            "a.png 1\rb.png\t2",
            "./a.png 1\\x0db.png",
            "; the lines of the list end in carriage",
        ),
    ],
)
def test_a_list_that_finds_nothing_names_the_path_tried_and_a_likely_cause(
    run_command: RunCommand, tmp_path: Path, root: str, line: str, tried: str | None, hint: str
) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "list.txt").write_bytes(b"\n" + line.encode())
    done = run_command("convert_multilabel", root, "list.txt", "images", "labels", 1)
    assert done.returncode == 1
    separator = next(mark for mark in "\t, " if mark in line)
    name = line.rsplit(separator, 1)[0].replace("\r", "\\x0d")
    said = "convert_multilabel: none of the 1 images can be used; the first: "
    reason = "No such file or directory" if root != "a.png" else "Not a directory"
    opening = "" if tried is None else f"cannot open {tried}: "
    assert done.stderr.startswith(f"{said}line 2, {name}: {opening}{reason}{hint}")
    assert (hint != "") == (";" in done.stderr.removeprefix(said))


@pytest.mark.parametrize(
    ("root", "path", "hint"),
    [
        ("set", "set/val/a.png", "it is there from the root folder ."),
        ("set/", "set/val/a.png", "it is there from the root folder ."),
        ("set/val", "val/a.png", "it is there from the root folder set"),
        (".", "val/a.png", "it is there from the root folder ./set"),
        ("set", "old/set/val/a.png", "there is set/val/a.png: leave 'old/set/' out of the paths"),
        ("set", "/home/me/val/a.png", "stands before it: leave '/home/me/' out of the paths"),
        ("set", "{}/set/val/a.png", "stands before it: give / as the root folder"),
    ],
)
def test_a_wrong_root_folder_is_told_with_the_right_one(
    run_command: RunCommand, tmp_path: Path, root: str, path: str, hint: str
) -> None:
    (tmp_path / "set" / "val").mkdir(parents=True)
    (tmp_path / "set" / "val" / "a.png").write_bytes(PNG)
    (tmp_path / "list.tsv").write_text(f"{path.format(tmp_path)}\t1\n")
    done = run_command("convert_multilabel", root, "list.tsv", "images", "labels")
    assert done.returncode == 1
    assert done.stderr.endswith(f"No such file or directory; {hint}\n") or (
        f"; the path is absolute, and the root folder {hint}\n" in done.stderr
    )


def test_a_broken_image_is_no_fault_of_its_path(run_command: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "a\\b.png").write_bytes(b"no image")
    (tmp_path / "empty.png").touch()
    for name in ("a\\b.png", "empty.png"):
        (tmp_path / "list.txt").write_text(f"{name} 1\n")
        done = run_command("convert_multilabel", tmp_path, "list.txt", "images", "labels", 1)
        reason = "is empty" if name == "empty.png" else "is no image that OpenCV can decode"
        said = "none of the 1 images can be used; the first: "
        assert done.stderr.startswith(f"convert_multilabel: {said}line 1, {name}: {reason}")
        assert "backslashes" not in done.stderr


@pytest.mark.parametrize("name", [" lead.png", "trail.png ", " sub/lead.png"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_blanks_that_are_part_of_a_path(
    run_command: RunCommand, tmp_path: Path, name: str, separator: str
) -> None:
    for path in (tmp_path / name, tmp_path / "a.png"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(PNG)
    listed = tmp_path / ("list.csv" if separator == "," else "list.tsv")
    listed.write_text(f"a.png{separator}1\n{name}{separator}2\nno.png{separator}3\n")
    done = run_command("convert_multilabel", ".", listed.name, "images", "labels")
    assert done.returncode == 3
    told = (
        f"; there is '{name}', but blanks around a path are left out, except in the quotes of a CSV"
    )
    assert (
        f"line 2, {name.strip()}: cannot open ./{name.strip()}: No such file or directory{told}"
        in (done.stderr)
    )
    assert done.stderr.count("there is") == 1  # not of the file that is nowhere
    (tmp_path / "list.csv").write_text(f'a.png,1\n"{name}",2\n')
    again = run_command("convert_multilabel", "--overwrite", ".", "list.csv", "images", "labels")
    assert (again.returncode, again.stderr) == (0, "")
