"""verify finds what is wrong with a pair, whoever wrote it, and nothing where all is right."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import lmdb
import numpy as np
import pytest

from caffe_multilabel import DatabaseError, OptionError, convert, load_tasks, verify
from caffe_multilabel.caffe.proto import schema
from image_tools import draw, encode
from lmdb_tools import records

if TYPE_CHECKING:
    from collections.abc import Callable

    from caffe_multilabel import VerifyReport
    from command_tools import RunCommand
    from image_tools import ImageFolder

GOLDEN = Path(__file__).parent / "golden"


@dataclass
class Pair:
    """A pair in a folder of its own, with verbs to damage it."""

    folder: Path
    root: Path
    images_per_record: int = 1

    @property
    def images(self) -> Path:
        return self.folder / "images"

    @property
    def labels(self) -> Path:
        return self.folder / "labels"

    @property
    def list_file(self) -> Path:
        return self.folder / "list.txt"

    def check(self, **options: Any) -> VerifyReport:
        if self.images_per_record > 1 and "root" in options:  # keys tell the first path only
            options.setdefault("records", self.list_file)
        return verify(self.images, self.labels, **options)

    def edit(self, directory: Path, change: Callable[[list[tuple[bytes, bytes]]], None]) -> None:
        """Write a DB again with its records changed, as another tool would have."""
        changed = records(directory)
        change(changed)
        shutil.rmtree(directory)
        write_records(directory, changed)

    def edit_datum(self, directory: Path, position: int, change: Callable[[Any], None]) -> bytes:
        """Change the Datum of one record; give its key."""
        key, value = records(directory)[position]
        datum = schema().message("Datum").FromString(value)
        change(datum)

        def put(all_records: list[tuple[bytes, bytes]]) -> None:
            all_records[position] = (key, datum.SerializeToString())

        self.edit(directory, put)
        return key


def write_records(directory: Path, content: list[tuple[bytes, bytes]]) -> None:
    """Make an LMDB with py-lmdb."""
    directory.mkdir()
    with lmdb.open(str(directory), map_size=2**26) as env, env.begin(write=True) as txn:
        for key, value in content:
            txn.put(key, value)


@pytest.fixture
def pair(tmp_path: Path, image_folder: ImageFolder, request: pytest.FixtureRequest) -> Pair:
    """Of one image a record, or of as many as the parameter says, which are of one size then."""
    images = getattr(request, "param", 1)
    made = Pair(tmp_path, image_folder.folder, images)
    paths = image_folder.names
    if images > 1:
        made.root = tmp_path / "one size"
        made.root.mkdir()
        for seed, name in enumerate(image_folder.names):
            (made.root / name).write_bytes(encode(draw(seed, 9, 7), Path(name).suffix))
        paths = [line.rsplit("\t", 2)[0] for line in image_folder.lines_of(images)]
    lines = [f"{path}\t{index}\t{index % 3}\t0.5\n" for index, path in enumerate(paths)]
    made.list_file.write_text("".join(lines))
    convert(
        made.list_file,
        root=made.root,
        images=made.images,
        labels=made.labels,
        images_per_record=images,
    )
    return made


one_or_two_images = pytest.mark.parametrize("pair", [1, 2], indirect=True)


def kinds(report: VerifyReport) -> list[str]:
    return [problem.kind for problem in report.problems]


@one_or_two_images
def test_a_fresh_pair_is_right(pair: Pair) -> None:
    report = pair.check(records=pair.list_file, root=pair.root)
    assert report.ok
    assert report.problems == ()
    assert report.images == report.labels == 12
    assert report.compared == 12 * pair.images_per_record
    assert report.warnings == ()
    assert report.label_shape == (3, 1, 1)
    assert report.paths_in_keys
    assert report.digests_checked


@pytest.mark.parametrize(
    "options",
    [
        {"gray": True},
        {"encoded": True},
        {"encode_type": "jpg"},
        {"resize": (9, 7)},
        {"resize": (9, 7), "encode_type": "png"},
        {"resize": (33, 40), "encode_type": "jpg", "gray": True},
        {"shuffle": True, "seed": 5},
    ],
)
def test_every_way_to_convert_is_right(pair: Pair, options: dict[str, Any]) -> None:
    convert(
        pair.list_file,
        root=pair.root,
        images=pair.images,
        labels=pair.labels,
        overwrite=True,
        **options,
    )
    report = pair.check(records=pair.list_file, root=pair.root)
    assert report.problems == ()


def test_golden_images_match_their_records(tmp_path: Path) -> None:
    made = Pair(tmp_path, GOLDEN)
    for encoded in (False, True):
        convert(
            GOLDEN / "list.txt",
            root=GOLDEN,
            images=made.images,
            labels=made.labels,
            encoded=encoded,
            overwrite=True,
        )
        assert made.check(records=GOLDEN / "list.txt", root=GOLDEN).problems == ()


@one_or_two_images
def test_a_record_too_many(pair: Pair) -> None:
    pair.edit(pair.labels, lambda all_records: all_records.pop())
    report = pair.check()
    assert kinds(report) == ["count"]
    assert "12" in report.problems[0].message
    assert "11" in report.problems[0].message


@one_or_two_images
def test_a_shift_is_named_from_its_first_record_on(pair: Pair) -> None:
    pair.edit(pair.labels, lambda all_records: all_records.pop(4))
    report = pair.check()
    assert kinds(report) == ["count", *["pair"] * 7]
    assert report.problems[1].key == records(pair.images)[4][0].decode()


@one_or_two_images
def test_labels_of_two_records_swapped(pair: Pair) -> None:
    def swap(all_records: list[tuple[bytes, bytes]]) -> None:
        (first, one), (second, other) = all_records[2], all_records[5]
        all_records[2], all_records[5] = (first, other), (second, one)

    pair.edit(pair.labels, swap)
    assert pair.check().ok  # nothing in the DBs tells
    report = pair.check(records=pair.list_file)
    assert kinds(report) == ["list", "list"]
    assert "line 3" in report.problems[0].message


@one_or_two_images
def test_a_digest_tells_a_change_that_nothing_else_does(pair: Pair) -> None:
    manifests = {path: (path / "manifest.json").read_bytes() for path in (pair.images, pair.labels)}
    pair.edit_datum(pair.labels, 3, lambda datum: datum.float_data.__setitem__(0, 99))
    (pair.labels / "manifest.json").write_bytes(manifests[pair.labels])
    assert kinds(pair.check()) == ["digest"]


@one_or_two_images
def test_manifests_of_two_conversions(pair: Pair) -> None:
    manifest = json.loads((pair.labels / "manifest.json").read_text())
    manifest["label_digest"] = "0" * 32
    (pair.labels / "manifest.json").write_text(json.dumps(manifest))
    report = pair.check()
    assert kinds(report) == ["digest"]
    assert "different conversions" in report.problems[0].message


def _set(field: str, value: object) -> Callable[[Any], None]:
    return lambda datum: setattr(datum, field, value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("height", 99), "values, its shape"),
        (_set("channels", 0), "shape is 0 x"),
        (_set("width", -4), "-4"),
        (_set("data", b""), "holds 0 values"),
        (_set("encoded", True), "cannot be used"),
    ],
)
@one_or_two_images
def test_broken_image_datums(pair: Pair, change: Callable[[Any], None], said: str) -> None:
    key = pair.edit_datum(pair.images, 6, change)
    report = pair.check()
    assert kinds(report) == ["image"]
    assert report.problems[0].key == key.decode()
    assert said in report.problems[0].message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda datum: datum.float_data.append(1), "holds 4 values"),
        (lambda datum: datum.float_data.__setitem__(1, float("nan")), "label 2: nan is not finite"),
        (lambda datum: datum.float_data.__setitem__(2, float("-inf")), "-inf is not finite"),
    ],
)
@one_or_two_images
def test_broken_labels(pair: Pair, change: Callable[[Any], None], said: str) -> None:
    key = pair.edit_datum(pair.labels, 1, change)
    report = pair.check()
    assert kinds(report) == ["label"]
    assert report.problems[0].key == key.decode()
    assert said in report.problems[0].message


@one_or_two_images
def test_one_label_of_another_shape(pair: Pair) -> None:
    def reshape(datum: Any) -> None:
        datum.channels, datum.height = 1, 3

    pair.edit_datum(pair.labels, 7, reshape)
    report = pair.check()
    assert kinds(report) == ["label"]
    assert "1 x 3 x 1" in report.problems[0].message


@one_or_two_images
def test_garbage_values(pair: Pair) -> None:
    def spoil(all_records: list[tuple[bytes, bytes]]) -> None:
        all_records[0] = (all_records[0][0], b"\xff" * 20)

    pair.edit(pair.images, spoil)
    pair.edit(pair.labels, spoil)
    assert sorted(kinds(pair.check())) == ["image", "label"]


@one_or_two_images
def test_an_image_of_another_file(pair: Pair) -> None:
    def brighten(datum: Any) -> None:
        pixels = np.frombuffer(datum.data, np.uint8)
        datum.data = (pixels ^ 1).tobytes()

    key = pair.edit_datum(pair.images, 8, brighten)
    assert pair.check(records=pair.list_file).ok
    report = pair.check(root=pair.root)
    assert kinds(report) == ["picture"]
    assert report.problems[0].key == key.decode()
    assert "1.00 gray levels on average" in report.problems[0].message


def test_a_root_that_is_gone(pair: Pair, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"root is .*, which is no folder"):
        pair.check(root=tmp_path / "none")


def test_an_image_that_is_gone(pair: Pair, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(pair.root, root)
    (root / "03.jpg").unlink()
    report = pair.check(root=root)
    assert kinds(report) == ["picture"]
    assert "03.jpg" in report.problems[0].message


def test_sample_compares_so_many_images(pair: Pair) -> None:
    assert pair.check(root=pair.root, sample=5).compared == 5
    assert pair.check(root=pair.root, sample=500).compared == 12


def test_lines_without_a_record(pair: Pair) -> None:
    with pair.list_file.open("a") as file:
        file.write("more.png\t1\t2\t3\n")
    report = pair.check(records=pair.list_file)
    assert kinds(report) == ["list"]
    assert "line 13, more.png" in report.problems[0].message


@one_or_two_images
def test_rejected_images_are_no_problem(tmp_path: Path, pair: Pair) -> None:
    with pair.list_file.open("a") as file:
        file.write("absent.png\t" * pair.images_per_record + "1\t2\t3\n")
    options = {"images": tmp_path / "i", "labels": tmp_path / "l"}
    convert(pair.list_file, root=pair.root, images_per_record=pair.images_per_record, **options)
    assert verify(tmp_path / "i", tmp_path / "l", records=pair.list_file, root=pair.root).ok


def test_a_path_listed_twice_with_different_labels(tmp_path: Path, pair: Pair) -> None:
    pair.list_file.write_text("00.png 1\n01.jpg 5\n00.png 2\n")
    images, labels = tmp_path / "i", tmp_path / "l"
    convert(pair.list_file, root=pair.root, images=images, labels=labels, shuffle=True, seed=3)
    assert verify(images, labels, records=pair.list_file).ok


def test_labels_against_tasks(pair: Pair) -> None:
    tasks = {
        "tasks": [
            {"name": "place", "loss": "softmax", "classes": 11},
            {"name": "third", "loss": "softmax", "classes": 3},
        ]
    }
    report = pair.check(tasks=load_tasks(tasks))
    assert kinds(report) == ["label"]
    assert "task 'place': 11 is not allowed" in report.problems[0].message


def test_a_pair_of_another_tool(tmp_path: Path) -> None:
    """Keys without paths, uint8 labels in `data`, packed floats: all that Caffe can read."""
    datum_type = schema().message("Datum")
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(3, 3, 2)
    images, labels = [], []
    for index in range(5):
        image = datum_type(channels=3, height=3, width=2, data=pixels.tobytes())
        label = datum_type(channels=2, height=1, width=1, data=bytes([index, 7]))
        images.append((f"{index:05d}".encode(), image.SerializeToString()))
        labels.append((f"{index:05d}".encode(), label.SerializeToString()))
    write_records(tmp_path / "i", images)
    write_records(tmp_path / "l", labels)
    report = verify(tmp_path / "i", tmp_path / "l")
    assert report.ok
    assert not report.paths_in_keys
    assert not report.digests_checked
    by_order = [(f"p{index}", [index, 7]) for index in range(5)]
    assert verify(tmp_path / "i", tmp_path / "l", records=by_order).ok
    by_order[2] = ("p2", [9, 9])
    assert kinds(verify(tmp_path / "i", tmp_path / "l", records=by_order)) == ["list"]


def test_encoded_records_of_another_tool(tmp_path: Path) -> None:
    """A passed-through file matches by its bytes, an image encoded by cv2 within its loss."""
    image = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8), (9, 9), 3
    )
    cv2.imwrite(str(tmp_path / "a.png"), image)
    ok, jpeg = cv2.imencode(".jpg", image)
    assert ok
    datum_type = schema().message("Datum")
    label = datum_type(channels=1, height=1, width=1, float_data=[0]).SerializeToString()
    for index, data in enumerate([(tmp_path / "a.png").read_bytes(), jpeg.tobytes()]):
        images, labels = tmp_path / f"i{index}", tmp_path / f"l{index}"
        value = datum_type(data=data, label=0, encoded=True).SerializeToString()
        write_records(images, [(b"00000000_a.png", value)])
        write_records(labels, [(b"00000000label_a.png", label)])
        assert verify(images, labels, root=tmp_path).problems == ()
    cv2.imwrite(str(tmp_path / "a.png"), 255 - image)
    assert kinds(verify(tmp_path / "i1", tmp_path / "l1", root=tmp_path)) == ["picture"]


def test_empty_databases(tmp_path: Path) -> None:
    write_records(tmp_path / "i", [])
    write_records(tmp_path / "l", [])
    assert kinds(verify(tmp_path / "i", tmp_path / "l")) == ["count"]


def test_what_is_no_database(pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatabaseError, match=r"no data\.mdb"):
        verify(tmp_path / "empty", pair.labels)
    (tmp_path / "empty" / "data.mdb").write_bytes(b"x" * 9000)
    with pytest.raises(DatabaseError, match="empty"):
        verify(tmp_path / "empty", pair.labels)
    data = pair.images / "data.mdb"
    data.write_bytes(data.read_bytes()[:-4096])
    with pytest.raises(DatabaseError, match="cut off"):
        pair.check()


def test_options_out_of_range(pair: Pair) -> None:
    with pytest.raises(OptionError, match="threads is 0"):
        pair.check(threads=0)
    with pytest.raises(OptionError, match="wants root"):
        pair.check(sample=3)


@one_or_two_images
def test_any_number_of_threads_says_the_same(pair: Pair) -> None:
    pair.edit(pair.labels, lambda all_records: all_records.pop(4))
    reports = [pair.check(root=pair.root, threads=threads) for threads in (1, 2, 7)]
    assert reports[0].problems == reports[1].problems == reports[2].problems


def test_command(pair: Pair, run_command: RunCommand) -> None:
    done = run_command(
        "caffe-multilabel", "verify", "images", "labels", "--list", "list.txt", "--root", pair.root
    )
    assert done.returncode == 0
    assert "12 pairs, labels 3 x 1 x 1" in done.stdout
    pair.edit(pair.labels, lambda all_records: all_records.pop())
    failed = run_command("caffe-multilabel", "verify", "images", "labels")
    assert failed.returncode == 1
    assert "count: the image DB has 12 records, the label DB 11" in failed.stderr
    document = json.loads(
        run_command("caffe-multilabel", "verify", "images", "labels", "--json").stdout
    )
    assert document["ok"] is False
    assert document["problems"][0]["kind"] == "count"
    assert run_command("caffe-multilabel", "verify", "images").returncode == 2
    assert run_command("caffe-multilabel", "verify", "images", "nowhere").returncode == 1


def test_a_line_instead_of_the_rejected_one(tmp_path: Path, pair: Pair) -> None:
    pair.list_file.write_text("00.png 1\nabsent.png 2\n01.jpg 3\n")
    images, labels = tmp_path / "i", tmp_path / "l"
    convert(pair.list_file, root=pair.root, images=images, labels=labels)
    pair.list_file.write_text("00.png 1\n02.png 2\n01.jpg 3\n")
    report = verify(images, labels, records=pair.list_file)
    assert kinds(report) == ["list"]
    assert "line 2, 02.png" in report.problems[0].message


def test_one_path_a_thousand_times(tmp_path: Path, pair: Pair) -> None:
    records_of_one = [("00.png", [index % 7]) for index in range(1000)]
    images, labels = tmp_path / "i", tmp_path / "l"
    convert(records_of_one, root=pair.root, images=images, labels=labels, shuffle=True)
    assert verify(images, labels, records=records_of_one).ok
    records_of_one[500] = ("00.png", [9])
    wrong_label, line_left = verify(images, labels, records=records_of_one).problems
    assert "labels are 3" in wrong_label.message
    assert "1 line of the list has no record" in line_left.message


@one_or_two_images
def test_shapes_beyond_int32(pair: Pair) -> None:
    def enlarge(datum: Any) -> None:
        datum.channels, datum.height, datum.width = 2**22, 2**21, 2**21
        datum.ClearField("data")

    pair.edit_datum(pair.images, 0, enlarge)
    assert kinds(pair.check(root=pair.root)) == ["image"]


@one_or_two_images
def test_images_as_floats_have_no_pixels_to_compare(pair: Pair) -> None:
    def as_floats(datum: Any) -> None:
        datum.float_data.extend(list(datum.data))
        datum.ClearField("data")

    pair.edit_datum(pair.images, 2, as_floats)
    assert pair.check().ok  # Caffe reads it
    assert kinds(pair.check(root=pair.root)) == ["picture"]
