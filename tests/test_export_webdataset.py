"""Export to WebDataset shards."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import convert
from caffe_multilabel.data.export import export_webdataset
from caffe_multilabel.errors import ImageError, OptionError, OutputError
from caffe_multilabel.tasks import parse_tasks
from export_tools import datum, raw, write_pair
from image_tools import decode, draw, encode

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 10


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    images = [
        (b"%08d_d/%d.png" % (number, number), raw(draw(number, 3, 4))) for number in range(COUNT)
    ]
    return write_pair(tmp_path, images, [[number % 3, 0.1, -number] for number in range(COUNT)])


def samples(*shards: Path) -> list[tuple[str, dict[str, bytes]]]:
    """Read as WebDataset does: neighbours with the same key are one sample."""
    found: list[tuple[str, dict[str, bytes]]] = []
    for shard in shards:
        with tarfile.open(shard) as members:
            for member in members:
                key, _, ending = member.name.partition(".")
                if not found or found[-1][0] != key:
                    found.append((key, {}))
                content = members.extractfile(member)
                assert content is not None
                found[-1][1][ending] = content.read()
    return found


def test_samples_hold_image_and_labels(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    report = export_webdataset(*pair, str(tmp_path / "out-%03d.tar"), max_per_shard=4)
    shards = [tmp_path / f"out-{number:03}.tar" for number in range(3)]
    assert report.paths == tuple(map(str, shards))
    assert [len(samples(shard)) for shard in shards] == [4, 4, 2]
    for number, (key, sample) in enumerate(samples(*shards)):
        assert key == f"{number:08}"
        assert sorted(sample) == ["json", "png"]
        pixels = decode(sample["png"])
        assert np.array_equal(pixels, draw(number, 3, 4))
        assert json.loads(sample["json"]) == {
            "labels": [number % 3, 0.1, -number],
            "path": f"d/{number}.png",
        }


def test_labels_by_task(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    tasks = parse_tasks(
        "tasks:\n"
        "  - {name: color, loss: softmax, classes: 3}\n"
        "  - {name: place, loss: euclidean, dim: 2}\n"
    )
    export_webdataset(*pair, str(tmp_path / "out.tar"), tasks=tasks)
    labels = [json.loads(sample["json"])["labels"] for _, sample in samples(tmp_path / "out.tar")]
    assert labels == [{"color": n % 3, "place": [0.1, -n]} for n in range(COUNT)]


def test_encoded_images_gray_ones_and_keys_without_paths(tmp_path: Path) -> None:
    jpeg = encode(draw(0, 4, 4), ".jpg")
    images = [(b"a", datum(data=jpeg, encoded=True)), (b"b", raw(draw(1, 4, 4)[:, :, 0]))]
    pair = write_pair(tmp_path, images, [[float("nan")], [1e20]])
    report = export_webdataset(*pair, str(tmp_path / "out.tar"))
    (_, first), (_, second) = samples(tmp_path / "out.tar")
    assert first["jpg"] == jpeg
    pixels = decode(second["png"])
    assert np.array_equal(pixels, draw(1, 4, 4)[:, :, 0])
    assert "path" not in json.loads(first["json"])
    assert json.loads(second["json"])["labels"] == [1e20]
    assert (report.encoded, report.raw, report.gray) == (1, 1, 1)


def test_a_sample_has_all_images_of_its_record(tmp_path: Path) -> None:
    names = [f"{index}.png" for index in range(3)]
    for index, name in enumerate(names):
        (tmp_path / name).write_bytes(encode(draw(index, 4, 4), ".png"))
    pair = (tmp_path / "images", tmp_path / "labels")
    rows = [(tuple(names), [1])]
    convert(rows, root=tmp_path, images=pair[0], labels=pair[1], images_per_record=3)
    export_webdataset(*pair, str(tmp_path / "out.tar"))
    ((key, sample),) = samples(tmp_path / "out.tar")
    assert (key, list(sample)) == ("00000000", ["1.png", "2.png", "3.png", "json"])
    for index in range(3):
        assert np.array_equal(decode(sample[f"{index + 1}.png"]), draw(index, 4, 4))
    assert json.loads(sample["json"]) == {"labels": [1], "path": "0.png"}


def test_the_same_pair_gives_the_same_bytes(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    for name, threads in (("a", 1), ("b", 5)):
        export_webdataset(*pair, str(tmp_path / name / "out.tar"), threads=threads)
    assert (tmp_path / "a" / "out.tar").read_bytes() == (tmp_path / "b" / "out.tar").read_bytes()


def test_overwriting_takes_every_old_shard_away(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    pattern = str(tmp_path / "out-%d.tar")
    export_webdataset(*pair, pattern, max_per_shard=2)
    (tmp_path / "out-x.tar").write_text("mine")
    with pytest.raises(OutputError, match=r"out-0\.tar: is there already"):
        export_webdataset(*pair, pattern)
    export_webdataset(*pair, pattern, max_per_shard=8, overwrite=True)
    left = sorted(path.name for path in tmp_path.glob("out*"))
    assert left == ["out-0.tar", "out-1.tar", "out-x.tar"]


def test_shards_that_come_meanwhile_are_kept_or_replaced(
    tmp_path: Path, pair: tuple[Path, Path]
) -> None:
    """As those of another run, which has more of them."""
    pattern = str(tmp_path / "out-%d.tar")

    def come(done: int, _total: int) -> None:
        if done == 7:
            (tmp_path / "out-5.tar").write_text("of another run")

    with pytest.raises(OutputError, match=r"out-5\.tar: is there already"):
        export_webdataset(*pair, pattern, max_per_shard=8, progress=come)
    assert [path.name for path in tmp_path.glob("*out*")] == ["out-5.tar"]
    export_webdataset(*pair, pattern, max_per_shard=8, overwrite=True, progress=come)
    assert sorted(path.name for path in tmp_path.glob("*out*")) == ["out-0.tar", "out-1.tar"]


def test_failure_keeps_the_old_shards(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    pattern = str(tmp_path / "out-%d.tar")
    export_webdataset(*pair, pattern, max_per_shard=2)
    before = {path: path.read_bytes() for path in tmp_path.glob("out*")}

    def interrupt(done: int, _total: int) -> None:
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_webdataset(*pair, pattern, max_per_shard=2, overwrite=True, progress=interrupt)
    (tmp_path / "bad").mkdir()
    bad = write_pair(tmp_path / "bad", [(b"a", datum(data=b"?", encoded=True))], [[0]])
    with pytest.raises(ImageError):
        export_webdataset(*bad, pattern, overwrite=True)
    assert {path: path.read_bytes() for path in tmp_path.glob("out*")} == before


@pytest.mark.parametrize(
    ("pattern", "options", "message"),
    [
        ("out.tar", {"max_per_shard": 3}, "10 records make 4 shards of 3, so the pattern must"),
        ("out-%d-%d.tar", {}, "at most one number"),
        ("out-%s.tar", {}, "at most one number"),
        ("%d/out.tar", {}, "at most one number"),
        ("", {}, "must be the name of a file"),
        ("out.tar", {"max_per_shard": 0}, "max_per_shard is 0"),
        ("out\0.tar", {}, "zero byte"),
    ],
)
def test_options_out_of_range(
    pair: tuple[Path, Path], pattern: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        export_webdataset(*pair, pattern, **options)


def test_folder_that_cannot_be_made(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        export_webdataset(*pair, str(tmp_path / "file" / "out.tar"))
