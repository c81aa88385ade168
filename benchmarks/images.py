"""The images and lists that the benchmarks run on, made once and kept in the work folder."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ImageSet", "make_image_set", "write_long_list"]

WIDTH, HEIGHT, QUALITY = 500, 375, 92
LABEL_COUNT = 5
Plane = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ImageSet:
    """JPEGs of one size and the list of them.

    Attributes:
        root: the folder that the list's paths start from.
        list_file: one line an image, path and five labels.
        pairs_file: one line for two images that follow each other, paths and five labels.
        paths_file: one line an image, its whole path only.
        images: how many.
        mean_bytes: mean size of a file.
    """

    root: Path
    list_file: Path
    pairs_file: Path
    paths_file: Path
    images: int
    mean_bytes: float


def make_image_set(work: Path, images: int) -> ImageSet:
    """Draw the images, or take those of an earlier run."""
    root = work / f"images_{images}"
    if not root.exists():
        partial = root.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        cv2.setNumThreads(1)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for index, jpeg in enumerate(pool.map(_jpeg, range(images))):
                (partial / f"{index:06d}.jpg").write_bytes(jpeg)
        partial.rename(root)
    names = [f"{index:06d}.jpg" for index in range(images)]
    list_file, paths_file = work / f"list_{images}.txt", work / f"paths_{images}.txt"
    pairs_file = work / f"pairs_{images}.tsv"
    lines = [*_lines(names)]
    list_file.write_text("".join(f"{line}\n" for line in lines))
    pairs = zip(names[::2], lines[1::2], strict=False)
    pairs_file.write_text("".join(f"{a} {line}\n".replace(" ", "\t") for a, line in pairs))
    paths_file.write_text("".join(f"{root / name}\n" for name in names))
    total = sum((root / name).stat().st_size for name in names)
    return ImageSet(root, list_file, pairs_file, paths_file, images, total / images)


def write_long_list(work: Path, image_set: ImageSet, lines: int) -> Path:
    """Write a list of `lines` lines that goes through the images again and again."""
    path = work / f"list_{lines}_of_{image_set.images}.txt"
    names = (f"{index % image_set.images:06d}.jpg" for index in range(lines))
    with path.open("w") as file:
        file.writelines(f"{line}\n" for line in _lines(names))
    return path


def _lines(names: Iterator[str] | list[str]) -> Iterator[str]:
    """Three class labels and two reals an image, as in the article's five tasks."""
    for index, name in enumerate(names):
        x, y = index % 997 / 997, index % 991 / 991
        yield f"{name} {index % 8} {index % 160} {index % 2} {x:.5f} {y:.5f}"


def _jpeg(index: int) -> bytes:
    done, data = cv2.imencode(".jpg", _photo(index), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise RuntimeError(f"OpenCV cannot write image {index} as JPEG")
    return data.tobytes()


def _photo(seed: int) -> npt.NDArray[np.uint8]:
    """Something with the statistics of a photograph, uint8 (HEIGHT, WIDTH, 3).

    Noise whose amplitude falls with frequency, as in natural images; things with sharp edges,
    each with a surface of its own; sensor noise. Detail differs from image to image, and so do
    the sizes of the files.
    """
    rng = np.random.default_rng(seed)
    contrast = rng.uniform(0.5, 1.5)
    image = _surface(rng, HEIGHT, WIDTH, contrast)
    image += np.linspace(-40, 40, HEIGHT, dtype=np.float32)[:, None, None] * rng.uniform(-1, 1)
    for _ in range(rng.integers(20, 90)):
        _add_thing(rng, image, contrast)
    grain = rng.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32)
    image += grain * np.float32(rng.uniform(1.0, 4.0))
    return np.clip(image, 0, 255).astype(np.uint8)


@cache
def _textures() -> list[Plane]:
    """Planes of noise from smooth to rough, larger than an image, with a deviation of 1."""
    rng = np.random.default_rng(0)
    planes = []
    for persistence in np.linspace(0.7, 1.2, 12):
        plane = np.zeros((768, 1024), dtype=np.float32)
        for octave in range(9):
            grid = rng.standard_normal((3 << octave, 4 << octave), dtype=np.float32)
            layer = cv2.resize(grid, (1024, 768), interpolation=cv2.INTER_CUBIC)
            plane += layer * np.float32(persistence**octave)
        planes.append(plane / plane.std())
    return planes


def _surface(rng: np.random.Generator, height: int, width: int, contrast: float) -> Plane:
    """A piece of texture in some colour, float32 (height, width, 3)."""
    texture = _textures()[rng.integers(len(_textures()))]
    top = rng.integers(texture.shape[0] - height + 1)
    left = rng.integers(texture.shape[1] - width + 1)
    tint = rng.uniform(0.7, 1.0, 3).astype(np.float32) * np.float32(rng.uniform(8, 40) * contrast)
    paint = (rng.uniform(50, 200) + rng.uniform(-40, 40, 3)).astype(np.float32)
    return texture[top : top + height, left : left + width, None] * tint + paint


def _add_thing(rng: np.random.Generator, image: Plane, contrast: float) -> None:
    """Lay a random polygon or ellipse with smooth edges onto the image."""
    side = int(8 + 200 * rng.uniform() ** 2)
    mask = np.zeros((side, side), dtype=np.uint8)
    half = side / 2
    if rng.integers(2):
        axes = (int(half * rng.uniform(0.2, 1)), int(half))
        center = (int(half), int(half))
        cv2.ellipse(mask, center, axes, rng.uniform(0, 180), 0, 360, 255, -1, cv2.LINE_AA)
    else:
        turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 9)))
        radii = half * rng.uniform(0.4, 1.0, turns.size)
        corners = np.stack([half + radii * np.cos(turns), half + radii * np.sin(turns)], axis=1)
        cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 255, cv2.LINE_AA)
    top, left = rng.integers(HEIGHT - side + 1), rng.integers(WIDTH - side + 1)
    index = image[top : top + side, left : left + side]
    cover = mask[:, :, None].astype(np.float32) / np.float32(255)
    index += cover * (_surface(rng, side, side, contrast) - index)
