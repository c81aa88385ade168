"""One image of the sample: what is in it, and its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from caffe_multilabel.data.sample.outlines import KINDS, Plane
from caffe_multilabel.data.sample.palette import BACKDROPS, COLORS, Rgb

if TYPE_CHECKING:
    from caffe_multilabel.data.sample.stream import Stream

__all__ = ["Scene", "choose_scene", "paint"]

_SMALLEST, _LARGEST = 0.3, 0.75  # diameter of the shape, as a fraction of the shorter side
_MARGIN = 0.02  # free space between shape and image edge, as a fraction of the shorter side
_LINE = 0.2  # width of an outline, as a fraction of the radius
_SHADOW_SOFTNESS, _SHADOW_DEPTH = 0.22, 0.3
_GRAIN = 5.0  # grey levels


@dataclass(frozen=True)
class Scene:
    """What an image shows; labels are made of it.

    Attributes:
        height: pixels.
        width: pixels.
        kind: a key of `KINDS`.
        color: a key of `COLORS`.
        filled: whether the shape is a surface, or an outline only.
        size: diameter of the circle round the shape, over the shorter side of the image.
        x: its centre from the left, over the width.
        y: its centre from the top, over the height.
        turn: tangent of half the angle that the shape is turned by, clockwise.
    """

    height: int
    width: int
    kind: str
    color: str
    filled: bool
    size: float
    x: float
    y: float
    turn: float


def choose_scene(stream: Stream, sides: tuple[int, int]) -> Scene:
    """Choose a scene whose shape lies wholly inside the image.

    Args:
        stream: where the choices come from.
        sides: least and largest height and width, in pixels.
    """
    low, high = sides
    height = low + stream.choose(high - low + 1)
    width = low + stream.choose(high - low + 1)
    size = round(stream.uniform(_SMALLEST, _LARGEST), 4)
    reach = (size / 2 + _MARGIN) * min(height, width)
    return Scene(
        height=height,
        width=width,
        kind=list(KINDS)[stream.choose(len(KINDS))],
        color=list(COLORS)[stream.choose(len(COLORS))],
        filled=stream.choose(2) == 1,
        size=size,
        x=round(stream.uniform(reach / width, 1 - reach / width), 4),
        y=round(stream.uniform(reach / height, 1 - reach / height), 4),
        turn=stream.uniform(-0.15, 0.15),
    )


def paint(scene: Scene, stream: Stream) -> npt.NDArray[np.uint8]:
    """Draw a scene.

    Args:
        scene: what to show.
        stream: where the background and the grain come from.

    Returns:
        uint8 (height, width, 3), channels in the order blue, green, red.
    """
    radius = scene.size / 2 * min(scene.height, scene.width)
    line = max(_LINE * radius, 2.5)
    fall = max(1, round(0.09 * radius))  # how far the shadow falls to the right and down
    distance = _distance(scene, radius, fall)
    if not scene.filled:
        distance = np.maximum(distance, -line - distance)
    shape = distance[fall:, fall:]
    shadow = distance[:-fall, :-fall]
    cover = np.clip(np.float32(0.5) - shape, 0.0, 1.0)
    softness = max(_SHADOW_SOFTNESS * radius, 2.0)
    shade = np.clip(np.float32(0.5) - shadow / softness, 0.0, 1.0) * np.float32(_SHADOW_DEPTH)

    down, right = _axes(scene.height, scene.width)
    light = 1.12 - 0.12 * (down + right)  # from the top left
    backdrop = _backdrop(stream, down, right)
    grain = stream.grain(scene.height, scene.width) * np.float32(_GRAIN)
    image = np.empty((scene.height, scene.width, 3), dtype=np.uint8)
    for channel, ink in enumerate(_bgr(COLORS[scene.color])):
        ground = backdrop[channel] * (1.0 - shade)
        level = ground + cover * (ink * light - ground) + grain
        image[:, :, channel] = np.clip(level + np.float32(0.5), 0.0, 255.0)
    return image


def _bgr(color: Rgb) -> tuple[float, float, float]:
    red, green, blue = color
    return float(blue), float(green), float(red)


def _axes(height: int, width: int) -> tuple[Plane, Plane]:
    """Pixel centres from 0 to 1: a column (height, 1) and a row (1, width)."""
    down = (np.arange(height, dtype=np.float32) + np.float32(0.5)) / np.float32(height)
    right = (np.arange(width, dtype=np.float32) + np.float32(0.5)) / np.float32(width)
    return down[:, np.newaxis], right[np.newaxis, :]


def _distance(scene: Scene, radius: float, fall: int) -> Plane:
    """Signed distance to the scene's outline in pixels, from `fall` pixels above and left of it."""
    rows = np.arange(-fall, scene.height, dtype=np.float32) + np.float32(0.5)
    columns = np.arange(-fall, scene.width, dtype=np.float32) + np.float32(0.5)
    down = ((rows - scene.y * scene.height) / radius)[:, np.newaxis]
    right = ((columns - scene.x * scene.width) / radius)[np.newaxis, :]
    square = scene.turn * scene.turn
    cosine, sine = (1 - square) / (1 + square), 2 * scene.turn / (1 + square)
    distance = KINDS[scene.kind](right * cosine + down * sine, down * cosine - right * sine)
    return distance * np.float32(radius)


def _backdrop(stream: Stream, down: Plane, right: Plane) -> list[Plane]:
    """A gradient between two colours with a soft light somewhere; blue, green and red planes."""
    near, far = BACKDROPS[stream.choose(len(BACKDROPS))]
    slope = stream.uniform(0.0, 1.0)
    blend = down * slope + right * (1.0 - slope)
    if stream.choose(2):
        blend = 1.0 - blend
    from_x, from_y = right - stream.uniform(0.0, 1.0), down - stream.uniform(0.0, 1.0)
    glow = 1.0 / (1.0 + 6.0 * (from_x * from_x + from_y * from_y))
    blend = blend * (1.0 - 0.6 * glow)
    return [a + blend * (b - a) for a, b in zip(_bgr(near), _bgr(far), strict=True)]
