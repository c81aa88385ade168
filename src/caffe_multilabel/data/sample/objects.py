"""The sample's second lists: who each object is, what is rare, where it lies, and what is unknown.

They are for schemes, which need identities, blank cells and landmarks beside plain labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.data.sample.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.data.sample.image import Scene

__all__ = ["OBJECT_COLUMNS", "object_lines"]

OBJECT_COLUMNS = (
    "identity",
    "kind",
    "color",
    "filled",
    "sign",
    "size",
    "left_x",
    "left_y",
    "right_x",
    "right_y",
    "surface",
    "surface_weight",
)
_SIDE = 64  # side of the converted image that landmarks are pixels of
_SIGNS = ("circle", "square", "triangle")  # filled and red: 3 of 96 objects
_BLANK_SHARE = 0.4
_HASTY_SHARE, _HASTY_WRONG, _HASTY_WEIGHT = 0.7, 0.4, 0.1


def object_lines(
    rows: list[tuple[str, int, Scene]], seed: int, *, flaws: bool = False
) -> Iterator[str]:
    """Write a list of objects, line by line.

    Args:
        rows: path, number and scene of each image.
        seed: the sample's; what is blank in an image follows from both numbers.
        flaws: whether cells of `filled`, `size` and the landmarks are left blank, each in about
            four lines of ten, the two cells of a landmark together; and whether seven lines of ten
            have `surface` by a hasty hand, wrong in four of ten, with a `surface_weight` of 0.1.
    """
    yield ",".join(("path", *OBJECT_COLUMNS))
    for name, index, scene in rows:
        left, right, down = _ends(scene)
        cells = [f"{scene.filled:d}", f"{scene.size}", f"{left},{down}", f"{right},{down}"]
        if flaws:
            stream = Stream(seed, index, 1)
            empty = ["", "", ",", ","]
            cells = [
                blank if stream.uniform(0, 1) < _BLANK_SHARE else cell
                for cell, blank in zip(cells, empty, strict=True)
            ]
        filled, *measured = cells
        texts = [name, _identity(scene), scene.kind, scene.color, filled, f"{_is_sign(scene):d}"]
        yield ",".join([*texts, *measured, *_surface(scene, seed, index, flaws=flaws)])


def _surface(scene: Scene, seed: int, index: int, *, flaws: bool) -> tuple[str, str]:
    """Whether a shape is filled, as somebody says who may be wrong, and what that counts."""
    stream = Stream(seed, index, 3)
    hasty, wrong = (stream.uniform(0, 1) < share for share in (_HASTY_SHARE, _HASTY_WRONG))
    if not (flaws and hasty):
        return f"{scene.filled:d}", "1"
    return f"{scene.filled != wrong:d}", f"{_HASTY_WEIGHT}"


def _identity(scene: Scene) -> str:
    return f"{scene.kind}_{scene.color}_{'filled' if scene.filled else 'outline'}"


def _is_sign(scene: Scene) -> bool:
    return scene.filled and scene.color == "red" and scene.kind in _SIGNS


def _ends(scene: Scene) -> tuple[float, float, float]:
    """Left and right column and the row of the shape's circle; 0 is the middle of a pixel."""
    reach = scene.size / 2 * min(scene.height, scene.width) / scene.width
    left, right, down = (
        round(place * _SIDE - 0.5, 3) for place in (scene.x - reach, scene.x + reach, scene.y)
    )
    return left, right, down
