"""Images that look the same are found, others are not; label conflicts among them are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel.data.sample.image import choose_scene, paint
from caffe_multilabel.data.sample.stream import Stream
from caffe_multilabel.labels import LabelTask
from caffe_multilabel.views.images import shrink
from caffe_multilabel.views.report.lookalikes import (
    SIGNATURE_SIZE,
    _bands,
    _near_pairs,
    find_duplicates,
    fingerprint,
)
from caffe_multilabel.views.report.sections.duplicates import conflicting_tasks, label_spreads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

COUNT = 120


def sample_image(index: int) -> Image:
    """An image of the sample data set, (C, H, W)."""
    stream = Stream(1, index)
    return paint(choose_scene(stream, (96, 160)), stream).transpose(2, 0, 1)


@pytest.fixture(scope="module")
def originals() -> list[Image]:
    return [np.ascontiguousarray(sample_image(index)) for index in range(COUNT)]


def groups_of(images: Sequence[Image]) -> list[list[int]]:
    prints = [fingerprint(image) for image in images]
    found = find_duplicates(
        np.array([each.hash for each in prints], dtype=np.uint64),
        np.stack([each.signature for each in prints]),
    )
    assert found.complete
    return [group.tolist() for group in found.groups]


def rows_first(image: Image) -> Image:
    return np.ascontiguousarray(image.transpose(1, 2, 0))


def planes_first(image: NDArray[np.generic]) -> Image:
    return np.ascontiguousarray(image.astype(np.uint8).transpose(2, 0, 1))


def compressed(image: Image) -> Image:
    done, content = cv2.imencode(".jpg", rows_first(image), [cv2.IMWRITE_JPEG_QUALITY, 60])
    assert done
    return planes_first(cv2.imdecode(content, cv2.IMREAD_COLOR))


def halved(image: Image) -> Image:
    area = cv2.INTER_AREA
    return planes_first(cv2.resize(rows_first(image), None, fx=0.5, fy=0.5, interpolation=area))


def brighter(image: Image) -> Image:
    return np.clip(image.astype(int) + 12, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("change", [compressed, halved, brighter])
def test_changed_copies_are_found_and_nothing_else(
    originals: list[Image], change: Callable[[Image], Image]
) -> None:
    copied = range(0, COUNT, 3)
    groups = groups_of(originals + [change(originals[index]) for index in copied])
    expected = [[index, COUNT + copy] for copy, index in enumerate(copied)]
    assert all(group in expected for group in groups), "no image is taken for another"
    assert len(groups) >= 0.9 * len(expected)


def test_equal_images_are_one_group(originals: list[Image]) -> None:
    assert groups_of([originals[0], originals[1], originals[0], originals[0]]) == [[0, 2, 3]]


def test_blank_images_are_one_group_each_colour() -> None:
    blank = [np.full((3, 20, 30), level, dtype=np.uint8) for level in (0, 255, 0, 255)]
    red = np.zeros((3, 20, 30), dtype=np.uint8)
    red[2] = 255
    assert groups_of([*blank, red]) == [[0, 1, 2, 3]]


def test_a_small_thing_in_the_same_place_makes_another_image() -> None:
    ground = np.full((3, 128, 128), 220, dtype=np.uint8)
    images = []
    for color in ((0, 0, 200), (0, 180, 0), (200, 0, 0)):
        image = rows_first(ground)
        cv2.circle(image, (40, 50), 12, color, -1)
        images.append(planes_first(image))
    assert groups_of(images) == []


def test_a_search_that_had_to_stop_says_so() -> None:
    generator = np.random.Generator(np.random.PCG64(0))
    signatures = generator.integers(100, 140, (3000, SIGNATURE_SIZE)).astype(np.uint8)
    found = find_duplicates(np.zeros(3000, dtype=np.uint64), signatures)
    assert (found.groups, found.complete) == ((), False)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=12), st.data())
def test_no_near_pair_is_missed(hashes: list[int], data: st.DataObject) -> None:
    changed = []
    for number in hashes:
        indices = data.draw(st.sets(st.integers(0, 63), min_size=1, max_size=3))
        changed.append(number ^ sum(1 << index for index in indices))
    every = sorted({*hashes, *changed})
    held = np.array(every, dtype=np.uint64)
    found = {
        (min(pair), max(pair))
        for band in _bands(held)
        for first, second in _near_pairs(held, band)
        for pair in zip(first.tolist(), second.tolist(), strict=True)
    }
    expected = {
        (one, other)
        for other in range(len(every))
        for one in range(other)
        if (every[one] ^ every[other]).bit_count() <= 3
    }
    assert found == expected


def test_nothing_and_one_image_have_no_duplicates() -> None:
    assert find_duplicates(np.zeros(0, np.uint64), np.zeros((0, SIGNATURE_SIZE), np.uint8)).complete
    assert groups_of([np.zeros((1, 4, 4), dtype=np.uint8)]) == []


@pytest.mark.parametrize("size", [(1, 1), (7, 10), (128, 144), (100, 333), (1200, 900)])
def test_means_of_areas(size: tuple[int, int]) -> None:
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    image = np.stack([rows * 255 // size[0], columns * 255 // size[1]]).astype(np.uint8)
    means = shrink(image, 4, 6)
    assert means.shape == (2, 4, 6)
    expected = cv2.resize(
        image.transpose(1, 2, 0).astype(np.float32), (6, 4), interpolation=cv2.INTER_AREA
    ).transpose(2, 0, 1)
    # Pixels are counted whole, so an area may be off by a pixel at its border.
    assert np.abs(means - expected).max() <= 255 / min(size) + 1


def test_conflicts_are_of_labels_that_count() -> None:
    kind = LabelTask(
        name="kind",
        loss="softmax",
        kind="class",
        columns=(0,),
        classes=(0, 1, 2),
        ignore_label=-1,
    )
    flags = LabelTask(name="flags", loss="sigmoid", kind="binary", columns=(1, 2), ignore_label=-1)
    size = LabelTask(name="size", loss="euclidean", kind="real", columns=(3,))
    tasks = [kind, flags, size]
    every = np.array([[0, 0, 0, 1.0], [1, 0, 1, 2.0], [2, 1, 1, 3.0]], dtype=np.float32)
    spreads = label_spreads(tasks, every)

    def conflicts(*rows: list[float]) -> list[str]:
        return conflicting_tasks(tasks, np.array(rows, dtype=np.float32), spreads)

    assert conflicts([0, 0, 1, 1.0], [0, 0, 1, 1.3]) == []
    assert conflicts([0, 0, 1, 1.0], [-1, -1, 1, 1.0]) == []
    assert conflicts([0, 0, 1, 1.0], [1, 0, 1, 1.0]) == ["kind"]
    assert conflicts([0, 0, 1, 1.0], [0, 0, 0, 1.5]) == ["flags", "size"]
