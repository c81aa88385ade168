"""Two converters that share no code make the same records of the same list."""

from __future__ import annotations

import csv
import io
import itertools
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from caffe_multilabel import convert
from image_tools import ImageFolder, draw, encode
from lmdb_tools import pair_bytes, records
from reference_converter import convert_pair, mersenne_twister, shuffled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.records import ListFormat

Rows = list[tuple[bytes, list[float]]]
Drawn = tuple[Rows, list[tuple[bytes, bytes]], list[list[str]]]

# All of a name but what ends it, a path or a line; blanks at its ends cannot be told from
# separators, and a number after a blank not from a label.
letters = st.characters(exclude_characters="/\0\n\r", exclude_categories=["Cs"])
names = (
    st.text(letters, min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda name: name not in ("", ".", "..") and not name.startswith('"'))
    .map(lambda name: name.encode()[:40])
)
raw_names = names | st.binary(min_size=1, max_size=8).map(
    lambda name: b"x" + name.translate(None, b"/\0\n\r") + b"y"
)
labels = st.floats(width=32, allow_nan=False, allow_infinity=False)
sizes = st.integers(1, 12)
spellings = st.sampled_from(["{!r}", "{:.9g}", "{:+.9e}", "{:.12E}"])


@st.composite
def lists(draw_value: st.DrawFn) -> Drawn:
    """Records, the files they name, and their labels as text."""
    count = draw_value(st.integers(1, 5))
    stems = draw_value(st.lists(raw_names, min_size=1, max_size=6, unique=True))
    endings = [draw_value(st.sampled_from([".png", ".jpg", ".bmp"])) for _ in stems]
    files = [
        (stem + ending.encode(), encode(draw(index, draw_value(sizes), draw_value(sizes)), ending))
        for index, (stem, ending) in enumerate(zip(stems, endings, strict=True))
    ]
    chosen = draw_value(st.lists(st.sampled_from(range(len(files))), min_size=1, max_size=8))
    texts = [
        [draw_value(spellings).format(draw_value(labels)) for _ in range(count)] for _ in chosen
    ]
    rows = [
        (files[file][0], [float(text) for text in line])
        for file, line in zip(chosen, texts, strict=True)
    ]
    return rows, files, texts


def write_list(path: Path, rows: Rows, texts: list[list[str]], kind: str) -> None:
    if kind == "csv":
        text = io.StringIO()
        writer = csv.writer(text)
        for (name, _), line in zip(rows, texts, strict=True):
            writer.writerow([name.decode("utf-8", "surrogateescape"), *line])
        path.write_bytes(text.getvalue().encode("utf-8", "surrogateescape"))
        return
    blank = {"space": b" ", "tab": b"\t"}[kind]
    lines = [
        blank.join([name, *(label.encode() for label in line)])
        for (name, _), line in zip(rows, texts, strict=True)
    ]
    path.write_bytes(b"\n".join(lines) + b"\n")


@settings(max_examples=60)
@given(drawn=lists(), kind=st.sampled_from(["space", "tab", "csv"]), gray=st.booleans())
def test_any_list(drawn: Drawn, kind: ListFormat, gray: bool) -> None:
    rows, files, texts = drawn
    assume(kind != "tab" or not any(b"\t" in name for name, _ in files))
    with tempfile.TemporaryDirectory() as made:
        folder = os.fsencode(made)
        for name, content in files:
            with open(folder + b"/" + name, "wb") as file:  # noqa: PTH123  (a name of bytes)
                file.write(content)
        path = Path(made, "list of images")
        write_list(path, rows, texts, kind)
        images, labels_db = Path(made, "image DB"), Path(made, "label DB")
        convert(
            path,
            root=made,
            images=images,
            labels=labels_db,
            list_format=kind,
            label_count=len(texts[0]),
            gray=gray,
        )
        assert (records(images), records(labels_db)) == convert_pair(folder, rows, gray=gray)


def rows_of(image_folder: ImageFolder, width: int) -> Rows:
    random = np.random.default_rng(7)
    values = random.normal(0, 100, (len(image_folder.names), width)).astype(np.float32)
    return [
        (name.encode(), row.tolist()) for name, row in zip(image_folder.names, values, strict=True)
    ]


@pytest.mark.parametrize("seed", [None, 0, 1, 2**63 - 1])
@pytest.mark.parametrize("label_shape", [None, (1, 2, 3), (2, 3, 1)])
@pytest.mark.parametrize(("gray", "encoded"), [(False, False), (True, False), (False, True)])
def test_options(
    image_folder: ImageFolder,
    tmp_path: Path,
    seed: int | None,
    label_shape: tuple[int, int, int] | None,
    gray: bool,
    encoded: bool,
) -> None:
    rows = rows_of(image_folder, 6)
    images, labels_db = tmp_path / "images", tmp_path / "labels"
    convert(
        [(os.fsdecode(name), values) for name, values in rows],
        root=image_folder.folder,
        images=images,
        labels=labels_db,
        gray=gray,
        encoded=encoded,
        label_shape=label_shape,
        shuffle=seed is not None,
        seed=seed or 0,
        threads=3,
    )
    assert (records(images), records(labels_db)) == convert_pair(
        os.fsencode(image_folder.folder),
        rows,
        gray=gray,
        encoded=encoded,
        label_shape=label_shape,
        seed=seed,
    )


def test_the_reference_shuffle_is_the_published_generator() -> None:
    assert next(itertools.islice(mersenne_twister(5489), 9999, None)) == 9981545732273789042
    assert sorted(shuffled(100, 3)) == list(range(100))


@pytest.mark.parametrize("encoded", [False, True])
def test_the_number_of_threads_leaves_no_trace_in_any_file(
    image_folder: ImageFolder, tmp_path: Path, encoded: bool
) -> None:
    """Over several commits, with rejects among them."""
    random = np.random.default_rng(0)
    paths: Sequence[str] = random.choice([*image_folder.names, "absent.jpg"], 2500).tolist()
    labels_of_all = random.normal(size=(2500, 2))
    pairs = []
    for threads in (1, 2, 5):
        images, labels_db = tmp_path / f"images{threads}", tmp_path / f"labels{threads}"
        convert(
            (paths, labels_of_all),
            root=image_folder.folder,
            images=images,
            labels=labels_db,
            encoded=encoded,
            shuffle=True,
            threads=threads,
        )
        pairs.append(pair_bytes(images, labels_db))
    assert set(pairs[0][0]) == {"data.mdb", "manifest.json", "rejects.tsv"}
    assert pairs[0] == pairs[1] == pairs[2]
