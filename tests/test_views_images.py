"""Images inside pages."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from caffe_multilabel.views.images import inline_image


def decoded(uri: str) -> tuple[str, np.ndarray]:
    """The kind of a data URI, and its pixels."""
    head, _, content = uri.partition(";base64,")
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(content), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return head.removeprefix("data:image/"), pixels


def test_a_very_small_image_keeps_every_pixel() -> None:
    image = np.random.default_rng(0).integers(0, 256, (3, 20, 63), dtype=np.uint8)
    shown = inline_image(image, 160)
    kind, pixels = decoded(shown.uri)
    assert (kind, shown.pixelated, shown.width, shown.height) == ("png", True, 63, 20)
    assert (pixels == image.transpose(1, 2, 0)).all()


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(64, 64, (64, 64)), (300, 600, (80, 160)), (4000, 3, (160, 1)), (161, 160, (160, 159))],
)
def test_a_large_image_is_made_smaller_in_its_proportions(
    height: int, width: int, size: tuple[int, int]
) -> None:
    image = np.full((3, height, width), [[[10]], [[100]], [[200]]], dtype=np.uint8)
    shown = inline_image(image, 160)
    kind, pixels = decoded(shown.uri)
    assert (kind, shown.pixelated) == ("jpeg", False)
    assert pixels.shape == (*size, 3) == (shown.height, shown.width, 3)
    assert np.abs(pixels.astype(int) - (10, 100, 200)).max() <= 3
