"""Landmarks under random crop and mirror, read off ramps in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.nets.generate.recipes.moved_points import (
    crop_of_ramps,
    exchanged_points,
    image_and_ramps,
    mirrored_crop,
    moved_points,
)
from caffe_multilabel.nets.generate.recipes.points import reordered_points
from scheme_tools import SCHEMES, SchemeRun

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.nets.generate.builder import NetBuilder

pytestmark = pytest.mark.torch


class Crops:
    """Crops of stored images: where they are, and the ramps that a Data layer makes of them."""

    def __init__(self, seed: int, records: int, height: int, width: int) -> None:
        draw = np.random.default_rng(seed)
        self.height, self.width = height, width
        self.x, self.y = draw.integers(0, 200, (2, records))
        self.mirrored = draw.integers(0, 2, records).astype(bool)
        columns = self.x[:, None] + np.arange(width)
        columns[self.mirrored] = columns[self.mirrored, ::-1]
        rows = self.y[:, None] + np.arange(height)
        shape = (records, height, width)
        self.ramps = np.stack(
            [
                np.broadcast_to(columns[:, None, :], shape),
                np.broadcast_to(rows[:, :, None], shape),
            ],
            axis=1,
        ).astype(np.float64)

    def places(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points of the stored images, N x P x 2, are in the crop, 0 to 1."""
        x = (points[..., 0] - self.x[:, None]) / (self.width - 1)
        x[self.mirrored] = 1 - x[self.mirrored]
        return np.stack([x, (points[..., 1] - self.y[:, None]) / (self.height - 1)], axis=2)


@given(
    st.integers(0, 10_000),
    st.integers(1, 7),
    st.sampled_from([(16, 16), (2, 2), (9, 30), (56, 3)]),
)
@settings(max_examples=25)
def test_points_move_with_crop_and_mirror(seed: int, count: int, size: tuple[int, int]) -> None:
    """Left and right are exchanged in mirrored records, of places and of masks alike."""
    draw = np.random.default_rng(seed)
    crops = Crops(seed, 6, *size)
    points = draw.uniform(0, 255, (6, count, 2))
    mask = draw.integers(0, 2, (6, count)).astype(np.float64)
    chosen = draw.permutation(count)
    pairs = [(int(a), int(b)) for a, b in zip(chosen[0::2], chosen[1::2], strict=False)]

    def build(net: NetBuilder) -> None:
        crop = crop_of_ramps(net, "data", "ramps", height=size[0], width=size[1])
        mirrored = mirrored_crop(net, "data", crop)
        places = moved_points(net, "a", "t", crop, points=count)
        for name, blob in (("places", places), ("mask", "m")):
            net.add(
                "Flatten",
                f"found_{name}",
                [exchanged_points(net, name, blob, mirrored, points=count, pairs=pairs)],
            )

    run = SchemeRun(
        build,
        {
            "ramps": crops.ramps,
            "t": points.reshape(6, -1, 1, 1),
            "m": mask[:, :, None, None],
        },
        {},
    )
    assert run.value("mirrored_data").tolist() == crops.mirrored.tolist()
    order = np.arange(count)
    for left, right in pairs:
        order[left], order[right] = right, left
    wanted, kept = crops.places(points), mask.copy()
    np.testing.assert_allclose(run.value("moved_a"), wanted.reshape(6, -1), atol=1e-12)
    wanted[crops.mirrored] = wanted[crops.mirrored][:, order]
    kept[crops.mirrored] = kept[crops.mirrored][:, order]
    np.testing.assert_allclose(run.value("found_places"), wanted.reshape(6, -1), atol=1e-12)
    np.testing.assert_array_equal(run.value("found_mask"), kept)


def test_points_are_where_a_layer_for_each_number_puts_them() -> None:
    """The net that a real Caffe trained on such records moves its two points one by one."""
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine import Net  # noqa: PLC0415

    crops = Crops(3, 20, 16, 16)
    points = np.random.default_rng(4).uniform(0, 255, (20, 2, 2))
    labels = points.reshape(20, 4, 1, 1)
    text = (SCHEMES / "mirrored.prototxt").read_text(encoding="utf-8")
    other = Net(parse_text(text, "NetParameter"), dtype=torch.float32)
    other.blobs["data"].data = np.concatenate([np.zeros((20, 3, 16, 16)), crops.ramps], axis=1)
    other.blobs["label"].data = labels
    other.forward()

    def build(net: NetBuilder) -> None:
        crop = crop_of_ramps(net, "data", "ramps", height=16, width=16)
        moved_points(net, "a", "t", crop, points=2)

    run = SchemeRun(build, {"ramps": crops.ramps, "t": labels}, {}, dtype="float32")
    wanted = other.blobs["t"].data.numpy()
    assert np.abs(run.value("moved_a") - wanted).max() <= 2e-6
    assert np.abs(wanted - crops.places(points).reshape(20, -1)).max() <= 2e-6


@given(st.permutations(range(6)))
@settings(max_examples=20)
def test_points_come_in_any_order(order: list[int]) -> None:
    points = np.arange(2 * 6 * 2, dtype=np.float64).reshape(2, 6, 2)

    def build(net: NetBuilder) -> None:
        net.add("Flatten", "found", [reordered_points(net, "a", "x", order)])

    run = SchemeRun(build, {"x": points}, {})
    np.testing.assert_array_equal(run.value("found"), points[:, order].reshape(2, -1))


@pytest.mark.parametrize("scale", [1, 0.25])
def test_the_image_is_scaled_and_its_ramps_are_not(scale: float) -> None:
    data = np.arange(2 * 5 * 3 * 3, dtype=np.float64).reshape(2, 5, 3, 3)

    def build(net: NetBuilder) -> None:
        image_and_ramps(net, "a", "stack", channels=3, scale=scale, top="data")

    run = SchemeRun(build, {"stack": data}, {})
    np.testing.assert_array_equal(run.value("data"), scale * data[:, :3])
    np.testing.assert_array_equal(run.value("ramps_a"), data[:, 3:])
