"""What a conversion adds to records when asked: places of pixels, and numbers of records."""

from __future__ import annotations

import filecmp
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import lmdb
import numpy as np
import pytest

from caffe_multilabel import OptionError, convert, load_tasks, relabel, verify
from caffe_multilabel.caffe.proto import schema
from caffe_multilabel.data.manifest import Manifest

if TYPE_CHECKING:
    from command_tools import RunCommand

HEIGHT, WIDTH = 12, 20


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[float]]]:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    made = []
    for index in range(5):
        pixels = random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        cv2.imwrite(f"{index}.png", pixels)
        made.append((f"{index}.png", [index * 2.0, 0.5]))
    return made


def datums(folder: str) -> list[tuple[str, Any]]:
    """Keys and Datums of a DB, whose bytes are those that protobuf writes."""
    with lmdb.open(folder, readonly=True, lock=False) as environment:
        stored = [
            (bytes(key).decode(), bytes(value)) for key, value in environment.begin().cursor()
        ]
    found = []
    for key, value in stored:
        datum = schema().message("Datum").FromString(value)
        assert datum.SerializeToString() == value
        found.append((key, datum))
    return found


@pytest.mark.parametrize("gray", [False, True])
def test_every_pixel_holds_its_place(rows: Any, gray: bool) -> None:
    convert(rows, root=".", images="images", labels="labels", ramps=True, gray=gray)
    columns, lines = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    for key, datum in datums("images"):
        planes = np.frombuffer(datum.data, np.uint8).reshape(-1, HEIGHT, WIDTH)
        image = cv2.imread(key.split("_")[1], cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR)
        assert image is not None
        colours = image[None] if gray else image.transpose(2, 0, 1)
        assert np.array_equal(planes, [*colours, columns, lines])
    report = verify("images", "labels", records=rows, root=".")
    assert report.ok
    assert not report.warnings
    manifest = Manifest.read("images")
    assert manifest is not None
    assert (manifest.ramps, manifest.canary) == (True, False)


@pytest.mark.parametrize("gray", [False, True])
def test_a_record_is_shown_without_its_ramps(
    rows: Any, gray: bool, run_command: RunCommand
) -> None:
    """Of a gray image they would make one in colour; what is there is said all the same."""
    convert(rows, root=".", images="images", labels="labels", ramps=True, canary=True, gray=gray)
    done = run_command(
        "caffe-multilabel", "show", "images", "labels", "--index=3", "-o", "3.out.png"
    )
    assert done.returncode == 0
    channels = 3 if gray else 5
    assert f"{WIDTH} x {HEIGHT}, {channels} channels: the last two are ramps" in done.stdout
    shown = cv2.imread("3.out.png", cv2.IMREAD_UNCHANGED)
    image = cv2.imread("3.png", cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR)
    assert image is not None
    assert np.array_equal(shown, np.dstack([image] * 3) if gray else image)


def test_a_pixel_that_changed_is_found_beside_ramps(rows: Any) -> None:
    convert(rows, root=".", images="images", labels="labels", ramps=True)
    cv2.imwrite("3.png", np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    (problem,) = verify("images", "labels", records=rows, root=".").problems
    assert problem.kind == "picture"
    assert "3.png" in problem.message


def test_both_datums_hold_the_number_of_the_record(rows: Any) -> None:
    """That of the key, so that one that was rejected leaves a gap."""
    Path("2.png").write_bytes(b"no image")
    options: Any = {"root": ".", "canary": True, "shuffle": True, "seed": 3}
    convert(rows, images="images", labels="labels", **options)
    for folder in ("images", "labels"):
        found = datums(folder)
        assert len(found) == 4
        assert [datum.label for _, datum in found] == [int(key[:8]) for key, _ in found]
    labels = {key.split("_")[1]: list(datum.float_data) for key, datum in datums("labels")}
    assert labels == {path: values for path, values in rows if path != "2.png"}
    assert verify("images", "labels", root=".").ok


def test_new_labels_leave_the_numbers(rows: Any) -> None:
    convert(rows, root=".", images="images", labels="labels", canary=True)
    relabel("labels", [(path, [9.0, 1.0]) for path, _ in rows], images="images")
    assert [datum.label for _, datum in datums("labels")] == [0, 1, 2, 3, 4]
    assert [list(datum.float_data) for _, datum in datums("labels")] == [[9, 1]] * 5
    manifest = Manifest.read("labels")
    assert manifest is not None
    assert manifest.canary


def test_a_task_file_asks_for_them(rows: Any) -> None:
    size = {"name": "size", "loss": "euclidean", "dim": 2}
    tasks = load_tasks({"data": {"ramps": True, "canary": True}, "tasks": [size]})
    convert(rows, root=".", images="images", labels="labels", tasks=tasks)
    convert(rows, root=".", images="a", labels="b", ramps=True, canary=True)
    for made, other in (("images", "a"), ("labels", "b")):
        assert filecmp.cmp(f"{made}/data.mdb", f"{other}/data.mdb", shallow=False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"encoded": True}, "they do not go with encoded"),
        ({"encode_type": "png"}, "they do not go with encoded"),
        ({"resize": (300, 20)}, "ramps tell 256 columns and rows apart"),
    ],
)
def test_what_ramps_do_not_go_with(rows: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        convert(rows, root=".", images="images", labels="labels", ramps=True, **options)
    assert not Path("images").exists()


def test_an_image_that_is_too_large_for_ramps_is_rejected(rows: Any) -> None:
    cv2.imwrite("1.png", np.zeros((10, 257, 3), np.uint8))
    report = convert(rows, root=".", images="images", labels="labels", ramps=True)
    (reject,) = report.rejects()
    assert reject.path == "1.png"
    assert "3 x 10 x 257 (channels x height x width), and ramps tell 256" in reject.problem
