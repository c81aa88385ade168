"""What the core reads with: streams of one DB, and keys taken apart."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from caffe_multilabel import DatabaseError, OptionError, _core
from caffe_multilabel.reader.transform import transform_options
from image_tools import draw, encode
from reader_tools import Generator, caffe_transform, datum, floats, labels, raw, write_db

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNT, HEIGHT, WIDTH = 7, 9, 11


def drawn_images() -> list[NDArray[np.uint8]]:
    return [draw(seed, HEIGHT, WIDTH).transpose(2, 0, 1) for seed in range(COUNT)]


def image_stream(directory: Path, transform: Any = None, **options: Any) -> _core.BatchStream:
    given: Any = {
        "drop_last": False,
        "endless": False,
        "threads": 2,
        "shared_threads": 0,
        "seed": 5,
        "taken": 0,
        "as_stored": False,
    }
    index = _core.RecordIndex(os.fsencode(directory))
    order = options.pop("order", None)
    transform = transform_options(**(transform or {}))
    return _core.BatchStream.of_images(index, order, **(given | transform | options))


def label_stream(directory: Path, **options: Any) -> _core.BatchStream:
    given: Any = {"drop_last": False, "endless": False, "threads": 0, "shared_threads": 0}
    given["label_count"] = 2
    index = _core.RecordIndex(os.fsencode(directory))
    return _core.BatchStream.of_labels(index, options.pop("order", None), **(given | options))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return write_db(tmp_path / "images", map(raw, drawn_images()))


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    return write_db(tmp_path / "labels", [labels(at, -at) for at in range(COUNT)])


def batches(stream: _core.BatchStream, count: int) -> list[tuple[NDArray[Any], ...]]:
    found = [stream.next() for _ in range(count)]
    stream.close()
    return [each for each in found if each is not None]


def running_threads() -> int:
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def test_streams_share_threads_and_keep_their_order(images: Path) -> None:
    options = {"endless": True, "batch_size": 4, "threads": 2}
    alone = [numbers for numbers, *_ in batches(image_stream(images, **options), 6)]
    before = running_threads()
    streams = [image_stream(images, shared_threads=3, **options) for _ in range(4)]
    idle = streams.pop()  # nobody takes from it, and nobody waits for it
    for wanted in alone:
        for stream in streams:
            found = stream.next()
            assert found is not None
            np.testing.assert_array_equal(found[0], wanted)
    assert running_threads() <= before + 3
    idle.close()


# In a process of its own: a fork warns where threads run.
FORKED = """
import os, sys, test_reader_streams as here
options = {"endless": True, "batch_size": 4, "threads": 2, "shared_threads": 2}
def sums(stream):
    return [float(stream.next()[0].sum()) for _ in range(5)]
before = here.image_stream(sys.argv[1], **options)
wanted = sums(here.image_stream(sys.argv[1], **options))
child = os.fork()
if not child:
    os._exit(0 if sums(here.image_stream(sys.argv[1], **options)) == wanted else 7)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(code or (0 if sums(before) == wanted else 8))
"""


def test_a_child_process_has_threads_of_its_own(images: Path) -> None:
    command = [sys.executable, "-c", FORKED, str(images)]
    done = subprocess.run(
        command, cwd=Path(__file__).parent, timeout=60, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("threads", [0, 1, 5])
def test_an_endless_stream_wraps_in_mid_batch_and_goes_on_drawing(
    images: Path, threads: int
) -> None:
    transform = {"phase": "TRAIN", "crop_size": 6, "mirror": True, "mean_value": [3.0]}
    stream = image_stream(images, transform, endless=True, batch_size=4, threads=threads)
    generator = Generator(5)
    at = 0
    for numbers, crops, *_ in batches(stream, 6):
        assert numbers.shape == (4, 3, 6, 6)
        assert crops.shape == (4, 3)
        for row in range(4):
            image = drawn_images()[at % COUNT]
            wanted = caffe_transform(
                image, generator, phase="TRAIN", crop_size=6, mirror=True, mean_value=[3.0]
            )
            np.testing.assert_array_equal(numbers[row], wanted)
            top, left, mirrored = crops[row]
            cut = image[:, top : top + 6, left : left + 6].astype(np.float32) - 3
            np.testing.assert_array_equal(cut[:, :, ::-1] if mirrored else cut, wanted)
            at += 1


def test_an_endless_stream_may_have_batches_beyond_the_db(vectors: Path) -> None:
    ((numbers, crops, *_),) = batches(label_stream(vectors, endless=True, batch_size=17), 1)
    assert numbers.shape == (17, 2, 1, 1)
    assert numbers[:, 0, 0, 0].tolist() == [at % COUNT for at in range(17)]
    assert not crops.any()


def test_an_endless_stream_of_an_order_repeats_it(vectors: Path) -> None:
    order = np.array([5, 0, 3], np.uint32)
    stream = label_stream(vectors, order=order, endless=True, batch_size=2)
    found = batches(stream, 4)
    rows = [row for numbers, *_ in found for row in numbers[:, 0, 0, 0].tolist()]
    assert rows == [5, 0, 3, 5, 0, 3, 5, 0]
    assert [row for *_, positions in found for row in positions.tolist()] == rows


def test_an_endless_stream_needs_a_record(tmp_path: Path) -> None:
    empty = write_db(tmp_path / "empty", [])
    with pytest.raises(DatabaseError, match="holds no record, so no batch ends") as caught:
        label_stream(empty, endless=True, batch_size=2)
    assert caught.value.path == str(empty)


def test_a_stream_over_once_has_a_last_batch_of_the_rest(vectors: Path) -> None:
    sizes = [len(numbers) for numbers, *_ in batches(label_stream(vectors, batch_size=3), 5)]
    assert sizes == [3, 3, 1]
    stream = label_stream(vectors, batch_size=3, drop_last=True)
    assert [len(numbers) for numbers, *_ in batches(stream, 5)] == [3, 3]


@pytest.mark.parametrize("ending", ["raw", ".png"])
def test_stored_images_come_whole_as_bytes_with_the_crops_that_floats_have(
    tmp_path: Path, ending: str
) -> None:
    values = [
        raw(image)
        if ending == "raw"
        else datum(data=encode(image.transpose(1, 2, 0), ending), encoded=True)
        for image in drawn_images()
    ]
    directory = write_db(tmp_path / "images", values)
    transform = {"phase": "TRAIN", "crop_size": 5, "mirror": True}
    plain = batches(image_stream(directory, transform, batch_size=COUNT), 1)
    stored = batches(image_stream(directory, transform, batch_size=COUNT, as_stored=True), 1)
    numbers, crops, *_ = stored[0]
    assert numbers.dtype == np.uint8
    np.testing.assert_array_equal(numbers, drawn_images())
    np.testing.assert_array_equal(crops, plain[0][1])
    for image, (top, left, mirrored), wanted in zip(numbers, crops, plain[0][0], strict=True):
        cut = image[:, top : top + 5, left : left + 5]
        np.testing.assert_array_equal(cut[:, :, ::-1] if mirrored else cut, wanted)


def test_the_centre_is_told_too_and_gray_decoding_counts(tmp_path: Path) -> None:
    value = datum(data=encode(draw(1, HEIGHT, WIDTH), ".png"), encoded=True)
    directory = write_db(tmp_path / "images", [value])
    transform = {"crop_size": 4, "force_gray": True}
    ((numbers, crops, *_),) = batches(image_stream(directory, transform, batch_size=1), 1)
    assert numbers.shape == (1, 1, 4, 4)
    assert crops.tolist() == [[(HEIGHT - 4) // 2, (WIDTH - 4) // 2, 0]]
    ((whole, *_),) = batches(image_stream(directory, transform, batch_size=1, as_stored=True), 1)
    gray = cv2.imdecode(np.frombuffer(encode(draw(1, HEIGHT, WIDTH), ".png"), np.uint8), 0)
    np.testing.assert_array_equal(whole[0, 0], gray)


def test_floats_have_no_bytes(tmp_path: Path) -> None:
    directory = write_db(tmp_path / "floats", [floats(np.ones((1, 2, 2), np.float32))])
    stream = image_stream(directory, batch_size=1, as_stored=True)
    with pytest.raises(DatabaseError, match=r"record 0 .*holds floats, and bytes are wanted"):
        stream.next()
    assert stream.next() is None


def test_a_pair_of_streams_names_the_first_bad_record_of_both(tmp_path: Path) -> None:
    values = [raw(image) for image in drawn_images()]
    values[4] = b"\xff"
    directory = write_db(tmp_path / "images", values)
    for bad, named in ((2, "labels: record 2"), (4, "images: record 4"), (6, "images: record 4")):
        rows = [labels(at) if at == bad else labels(at, 0) for at in range(COUNT)]
        vectors = write_db(tmp_path / str(bad) / "labels", rows)
        stream = _core.PairStream(
            image_stream(directory, batch_size=COUNT), label_stream(vectors, batch_size=COUNT)
        )
        with pytest.raises(DatabaseError, match=named):
            stream.next()
        assert stream.next() is None


def test_a_decoding_that_nobody_knows_is_refused(images: Path) -> None:
    with pytest.raises(OptionError, match="there is no decoding 'grey'"):
        image_stream(images, batch_size=1, decoding="grey")
    with pytest.raises(OptionError, match="there is no decoding 'grey'"):
        _core.decode_image(encode(draw(0, HEIGHT, WIDTH), ".png"), "grey")


@pytest.mark.parametrize(
    ("key", "parsed"),
    [
        (b"00000042_a_b/c.jpg", (42, "image", b"a_b/c.jpg")),
        (b"00000042label_a.jpg", (42, "label", b"a.jpg")),
        (b"00000042_label_\xff", (42, "image", b"label_\xff")),
        (b"99999999_", (99_999_999, "image", b"")),
        (b"0000042_a", None),
        (b"0000000042", None),
        (b"0000004x_a", None),
        (b"00000042label", None),
        (b"", None),
    ],
)
def test_keys_are_taken_apart(key: bytes, parsed: tuple[int, str, bytes] | None) -> None:
    assert _core.parse_key(key) == parsed


@pytest.mark.parametrize("taken", [0, 3, 7, 20])
def test_an_endless_stream_goes_on_behind_what_another_gave(images: Path, taken: int) -> None:
    transform = {"phase": "TRAIN", "crop_size": 6, "mirror": True}
    whole = batches(image_stream(images, transform, endless=True, batch_size=1), taken + 9)
    rest = image_stream(images, transform, endless=True, batch_size=1, taken=taken)
    for found, wanted in zip(batches(rest, 9), whole[taken:], strict=True):
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_stream_tells_the_label_in_the_datum(tmp_path: Path) -> None:
    values = [
        datum(channels=1, height=1, width=1, data=b"x", label=label) for label in (3, -4, 2**31 - 1)
    ]
    directory = write_db(tmp_path / "images", values)
    ((_, _, found, _),) = batches(image_stream(directory, batch_size=3, threads=3), 1)
    assert found.tolist() == [3, -4, 2**31 - 1]
