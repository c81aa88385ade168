"""Export to image files and a list: converting them again gives the same records."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel import convert, load_records
from caffe_multilabel.caffe.proto import schema
from caffe_multilabel.cli.convert import convert_command
from caffe_multilabel.data.export import ExportReport, export_files
from caffe_multilabel.data.export.images import images_of
from caffe_multilabel.errors import DatabaseError, ImageError, OptionError, OutputError
from caffe_multilabel.tasks.record_shape import RecordShape
from export_tools import datum, raw, write_pair
from image_tools import ImageFolder, draw, encode, read
from lmdb_tools import datums, records


def convert_again(report: ExportReport, root: Path, into: Path) -> tuple[Path, Path]:
    """Convert an export with the flags that its report names."""
    assert report.convert_flags is not None
    images, labels = into / "images_again", into / "labels_again"
    arguments = [*report.convert_flags, root, report.paths[0], images, labels, "--quiet"]
    assert convert_command([str(argument) for argument in arguments]) == 0
    return images, labels


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"gray": True},
        {"resize": (7, 9)},
        {"shuffle": True, "seed": 3},
        {"encoded": True},
        {"ramps": True, "canary": True},
        {"ramps": True, "gray": True},
    ],
)
def test_converting_again_gives_the_same_records(
    tmp_path: Path, image_folder: ImageFolder, options: dict[str, object]
) -> None:
    pair = (tmp_path / "images", tmp_path / "labels")
    convert(
        image_folder.write_list(tmp_path / "list.txt"),
        root=image_folder.folder,
        images=pair[0],
        labels=pair[1],
        **options,  # type: ignore[arg-type]  # forwarded
    )
    report = export_files(*pair, tmp_path / "files")
    again = convert_again(report, tmp_path / "files", tmp_path)
    assert [records(db) for db in again] == [records(db) for db in pair]
    encoded = 12 if "encoded" in options else 0
    assert (report.records, report.raw, report.encoded) == (12, 12 - encoded, encoded)
    assert report.gray == (12 if "gray" in options else 0)
    assert report.renamed == 0


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("images", [2, 3])
def test_records_of_several_images_are_several_files(
    tmp_path: Path, images: int, gray: bool
) -> None:
    """Three gray ones are no colour image; a first one that records share is one file."""
    for index in range(4):
        (tmp_path / f"{index}.png").write_bytes(encode(draw(index, 5, 7), ".png"))
    paths = [[f"{(place * step) % 4}.png" for step in range(images)] for place in (0, 1, 2, 3, 1)]
    rows = [(tuple(own), [place, 0.5]) for place, own in enumerate(paths)]
    pair = (tmp_path / "images", tmp_path / "labels")
    told = {"images_per_record": images, "gray": gray, "canary": True}
    convert(rows, root=tmp_path, images=pair[0], labels=pair[1], **told)  # type: ignore[arg-type]
    report = export_files(*pair, tmp_path / "files")
    assert (report.records, report.raw, report.renamed) == (5, 5 * images, 0)
    assert report.gray == (5 * images if gray else 0)
    lines = [line.split("\t") for line in Path(report.paths[0]).read_text("utf-8").splitlines()]
    mode = cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR
    for line, own in zip(lines, paths, strict=True):
        assert line[0] == own[0]
        for written, path in zip(line, own, strict=False):
            wanted = read(tmp_path / path, mode)
            stored = read(tmp_path / "files" / written, cv2.IMREAD_UNCHANGED)
            assert np.array_equal(stored, wanted)
    again = convert_again(report, tmp_path / "files", tmp_path)
    assert [records(db) for db in again] == [records(db) for db in pair]


names = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="/\0\r\n"),
    min_size=1,
    max_size=9,
)
labels = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.lists(names, min_size=1, max_size=3), labels), min_size=1, max_size=6
    ),
    gray=st.booleans(),
)
def test_any_paths_and_labels_come_back(rows: list[tuple[list[str], float]], *, gray: bool) -> None:
    """Whatever names a file system and a key can hold; only those a list cannot are changed."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        paths = ["/".join(parts) for parts, _ in rows]
        images = [
            (
                b"%08d_%s" % (number, path.encode()),
                raw(draw(sum(path.encode()), 3, 5, 1 if gray else 3).squeeze()),
            )
            for number, path in enumerate(paths)
        ]
        pair = write_pair(root, images, [[label, -1.5] for _, label in rows])
        report = export_files(*pair, root / "files")
        again = convert_again(report, root / "files", root)
        found = [(d.data, d.height) for d in datums(again[0])]
        assert found == [(d.data, d.height) for d in datums(pair[0])]
        assert [list(d.float_data) for d in datums(again[1])] == [
            list(d.float_data) for d in datums(pair[1])
        ]
        keys = [key for key, _ in records(again[0])]
        changed = sum(key != kept for key, (kept, _) in zip(keys, images, strict=True))
        assert changed == report.renamed
        assert {path.name for path in root.iterdir()} == {
            "files", "images", "labels", "images_again", "labels_again"
        }  # fmt: skip


def test_encoded_records_are_written_as_their_own_bytes(tmp_path: Path) -> None:
    pixels = draw(1, 6, 8)
    kinds = {
        ending: encode(pixels, ending) for ending in (".jpg", ".png", ".bmp", ".webp", ".tiff")
    }
    kept = ["a.JPEG", "b.png", "c.bmp", "d.webp", "e.tif"]
    images = [
        (b"%08d_%s" % (number, name.encode()), datum(data=content, encoded=True))
        for number, (name, content) in enumerate(zip(kept, kinds.values(), strict=True))
    ]
    images.append((b"00000005_x/f.png", datum(data=kinds[".jpg"], encoded=True)))
    images.append((b"00000006_x/.hidden", datum(data=kinds[".png"], encoded=True)))
    pair = write_pair(tmp_path, images, [[1]] * len(images))
    report = export_files(*pair, tmp_path / "files")
    expected = [*kept, "x/f.jpg", "x/.hidden.png"]
    listed = load_records(tmp_path / "files" / "list.txt").core.paths()
    assert listed == [name.encode() for name in expected]
    contents = [*kinds.values(), kinds[".jpg"], kinds[".png"]]
    assert [(tmp_path / "files" / name).read_bytes() for name in expected] == contents
    assert (report.encoded, report.raw, report.renamed) == (7, 0, 2)


def test_unsafe_paths_stay_inside(tmp_path: Path) -> None:
    unsafe = [
        b"/etc/passwd", b"../up.png", b"a/../../up.png", b"..", b"tab\there.png", b"line\nbreak",
        b" blank.png", b"list.txt", b"./list.txt", b"folder/", b"x" * 256, b"\xef\xbb\xbfmark.png",
        b"file/below.png",
    ]  # fmt: skip
    paths = [b"file", *unsafe]
    pixels = [draw(number, 2, 2) for number in range(len(paths))]
    images = [
        (b"%08d_%s" % (number, path), raw(image))
        for number, (path, image) in enumerate(zip(paths, pixels, strict=True))
    ]
    pair = write_pair(tmp_path, images, [[number] for number in range(len(paths))])
    report = export_files(*pair, tmp_path / "files")
    assert report.renamed == len(unsafe)
    files = tmp_path / "files"
    inside = {str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()}
    named = {f"pictures/{number:08}.png" for number in range(1, len(paths))}
    assert inside == {"list.txt", "file", *named}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files", "images", "labels"]
    for number in range(1, len(paths)):
        assert np.array_equal(read(files / f"pictures/{number:08}.png"), pixels[number])


def test_path_of_two_records(tmp_path: Path) -> None:
    """One file for both if the images are the same; else the second gets another name."""
    one, other = raw(draw(1, 4, 4)), raw(draw(2, 4, 4))
    images = [(b"%08d_a.png" % number, value) for number, value in enumerate([one, one, other])]
    images.append((b"00000003_pictures/00000002.png", one))
    pair = write_pair(tmp_path, images, [[0], [1], [2], [3]])
    report = export_files(*pair, tmp_path / "files")
    listed = load_records(tmp_path / "files" / "list.txt").core.paths()
    assert listed == [b"a.png", b"a.png", b"pictures/00000002.png", b"pictures/00000003.png"]
    assert report.renamed == 2


def test_keys_without_paths(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, [(b"7", raw(draw(0, 3, 3)))], [[4, 0.25]])
    report = export_files(*pair, tmp_path / "files")
    assert (tmp_path / "files" / "list.txt").read_text() == "pictures/00000000.png\t4\t0.25\n"
    assert report.renamed == 1


def test_label_maps_and_mixed_images(tmp_path: Path) -> None:
    labels = np.arange(12, dtype=np.float32).reshape(2, 1, 2, 3)
    for number in range(2):
        cv2.imwrite(str(tmp_path / f"{number}.png"), draw(number, 4, 4))
    pair = (tmp_path / "images", tmp_path / "labels")
    convert((["0.png", "1.png"], labels), root=tmp_path, images=pair[0], labels=pair[1])
    report = export_files(*pair, tmp_path / "files")
    assert report.convert_flags == ("--label_shape=1,2,3",)
    again = convert_again(report, tmp_path / "files", tmp_path)
    assert records(again[1]) == records(pair[1])
    (tmp_path / "mixed").mkdir()
    mixed = [(b"00000000_a", raw(draw(0, 3, 3))), (b"00000001_b", raw(draw(0, 3, 3)[:, :, 0]))]
    report = export_files(*write_pair(tmp_path / "mixed", mixed, [[0], [1]]), tmp_path / "files2")
    assert (report.gray, report.convert_flags) == (1, None)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (datum(channels=6, height=1, width=1, data=b"123456"), "has 6 channels"),
        (datum(channels=1, height=1, width=1, float_data=[0.5]), "holds floats or nothing"),
        (
            datum(channels=3, height=2, width=2, data=b"123"),
            r"has 3 bytes for a shape of \(3, 2, 2",
        ),
        (
            datum(channels=1, height=-2, width=-2, data=b"1234"),
            r"has 4 bytes for a shape of \(1, -2, -2",
        ),
        (datum(data=b"no image", encoded=True), "is encoded in a format that is not known"),
    ],
)
def test_records_that_are_no_image(tmp_path: Path, value: bytes, message: str) -> None:
    good = raw(draw(0, 2, 2))
    pair = write_pair(tmp_path, [(b"00000000_a", good), (b"00000001_b", value)], [[0], [1]])
    with pytest.raises(ImageError, match=f"images: record 00000001_b {message}") as caught:
        export_files(*pair, tmp_path / "files")
    assert caught.value.path == str(pair[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "labels"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"data": b"\xff\xd8\xff", "encoded": True}, "said to hold records of 2 images, which are"),
        ({"channels": 5, "data": bytes(5)}, "has 5 channels, of 2 images; image files"),
        ({"channels": 4, "data": bytes(4)}, "has 4 channels, of 2 images; image files"),
        ({"channels": 6, "data": bytes(5)}, "has 5 bytes for a shape of (6, 1, 1)"),
        ({"channels": 6}, "holds floats or nothing"),
    ],
)
def test_records_that_are_not_as_many_images(fields: dict[str, object], said: str) -> None:
    """As of a DB whose manifest is that of another one."""
    value = schema().message("Datum")(height=1, width=1, **fields)
    with pytest.raises(ImageError) as caught:
        images_of("db", b"0_a.png", value, RecordShape(2))
    assert said in caught.value.message


def test_folder_must_be_empty(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, [(b"00000000_a", raw(draw(0, 2, 2)))], [[0]])
    files = tmp_path / "files"
    files.mkdir()
    (files / "mine").touch()
    with pytest.raises(OutputError, match="files: is there already, and not empty"):
        export_files(*pair, files)
    (files / "mine").unlink()
    (tmp_path / "files.partial").mkdir()
    with pytest.raises(OutputError, match=r"files\.partial: is what a stopped export left"):
        export_files(*pair, files)
    (tmp_path / "files.partial").rmdir()
    export_files(*pair, files)
    assert sorted(os.listdir(files)) == ["a", "list.txt"]  # noqa: PTH208  (names)


def test_interruption_leaves_nothing(tmp_path: Path) -> None:
    images = [(b"%08d_a" % number, raw(draw(0, 2, 2))) for number in range(50)]
    pair = write_pair(tmp_path, images, [[0]] * 50)

    def interrupt(done: int, _total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_files(*pair, tmp_path / "new" / "files", progress=interrupt)
    assert list((tmp_path / "new").iterdir()) == []


def test_empty_pair_and_options(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="holds no records"):
        export_files(*write_pair(tmp_path, [], []), tmp_path / "files")
    (tmp_path / "one").mkdir()
    pair = write_pair(tmp_path / "one", [(b"00000000_a", raw(draw(0, 2, 2)))], [[0]])
    with pytest.raises(OptionError, match="threads is 0"):
        export_files(*pair, tmp_path / "files", threads=0)
    assert not (tmp_path / "files").exists()
