"""Two converters that share no code make the same records of the same list."""

from __future__ import annotations

import csv
import io
import itertools
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from caffe_multilabel import convert, verify
from image_tools import ImageFolder, draw, encode
from lmdb_tools import pair_bytes, records
from reference_converter import convert_pair, mersenne_twister, shuffled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.records import ListFormat

Rows = list[tuple[tuple[bytes, ...], list[float]]]
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
def lists(draw_value: st.DrawFn, images: int = 1) -> Drawn:
    """Records, the files they name, and their labels as text."""
    count = draw_value(st.integers(1, 5))
    stems = draw_value(st.lists(raw_names, min_size=1, max_size=6, unique=True))
    endings = [draw_value(st.sampled_from([".png", ".jpg", ".bmp"])) for _ in stems]
    # Images of one record have one size.
    size = (draw_value(sizes), draw_value(sizes))
    files = [
        (
            stem + ending.encode(),
            encode(
                draw(index, *(size if images > 1 else (draw_value(sizes), draw_value(sizes)))),
                ending,
            ),
        )
        for index, (stem, ending) in enumerate(zip(stems, endings, strict=True))
    ]
    file_of = st.tuples(*[st.sampled_from(range(len(files)))] * images)
    chosen = draw_value(st.lists(file_of, min_size=1, max_size=8))
    texts = [
        [draw_value(spellings).format(draw_value(labels)) for _ in range(count)] for _ in chosen
    ]
    rows = [
        (tuple(files[file][0] for file in record), [float(text) for text in line])
        for record, line in zip(chosen, texts, strict=True)
    ]
    return rows, files, texts


def write_list(path: Path, rows: Rows, texts: list[list[str]], kind: str) -> None:
    if kind == "csv":
        text = io.StringIO()
        writer = csv.writer(text)
        for (names_of, _), line in zip(rows, texts, strict=True):
            decoded = [name.decode("utf-8", "surrogateescape") for name in names_of]
            writer.writerow([*decoded, *line])
        path.write_bytes(text.getvalue().encode("utf-8", "surrogateescape"))
        return
    blank = {"space": b" ", "tab": b"\t"}[kind]
    lines = [
        blank.join([*names_of, *(label.encode() for label in line)])
        for (names_of, _), line in zip(rows, texts, strict=True)
    ]
    path.write_bytes(b"\n".join(lines) + b"\n")


@settings(max_examples=60)
@given(
    drawn=lists() | lists(images=2) | lists(images=3),
    kind=st.sampled_from(["space", "tab", "csv"]),
    gray=st.booleans(),
    seed=st.none() | st.integers(0, 9),
)
def test_any_list(drawn: Drawn, kind: ListFormat, gray: bool, seed: int | None) -> None:
    rows, files, texts = drawn
    images_of_record = len(rows[0][0])
    if images_of_record > 1 and kind == "space":
        kind = "csv"
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
            images_per_record=images_of_record,
            gray=gray,
            shuffle=seed is not None,
            seed=seed or 0,
        )
        assert (records(images), records(labels_db)) == convert_pair(
            folder, rows, gray=gray, seed=seed
        )
        report = verify(
            images, labels_db, records=path, root=made, label_count=len(texts[0]), list_format=kind
        )
        assert report.ok, report.problems


def rows_of(image_folder: ImageFolder, width: int) -> Rows:
    random = np.random.default_rng(7)
    values = random.normal(0, 100, (len(image_folder.names), width)).astype(np.float32)
    return [
        ((name.encode(),), row.tolist())
        for name, row in zip(image_folder.names, values, strict=True)
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
        [(os.fsdecode(paths[0]), values) for paths, values in rows],
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


@pytest.mark.parametrize(
    "options", [{}, {"encoded": True}, {"images_per_record": 2, "resize": (9, 7)}]
)
def test_the_number_of_threads_leaves_no_trace_in_any_file(
    image_folder: ImageFolder, tmp_path: Path, options: dict[str, Any]
) -> None:
    """Over several commits, with rejects among them."""
    random = np.random.default_rng(0)
    shape = (2500, options["images_per_record"]) if "images_per_record" in options else 2500
    paths: Sequence[Any] = random.choice([*image_folder.names, "absent.jpg"], shape).tolist()
    labels_of_all = random.normal(size=(2500, 2))
    pairs = []
    for threads in (1, 2, 5):
        images, labels_db = tmp_path / f"images{threads}", tmp_path / f"labels{threads}"
        convert(
            (paths, labels_of_all),
            root=image_folder.folder,
            images=images,
            labels=labels_db,
            shuffle=True,
            threads=threads,
            **options,
        )
        pairs.append(pair_bytes(images, labels_db))
    assert set(pairs[0][0]) == {"data.mdb", "manifest.json", "rejects.tsv"}
    assert pairs[0] == pairs[1] == pairs[2]
