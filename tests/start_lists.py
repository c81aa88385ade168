"""Lists as people have them, with their images: drawn here, a folder at a time."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

COUNT = 40
RANDOM = np.random.default_rng(8)


def draw(path: Path, width: int = 28, height: int = 24) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), RANDOM.integers(0, 256, (height, width, 3), np.uint8))
    return path.name


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def of_pandas(folder: Path) -> tuple[str, str]:
    """An index, a note, an identity, True and False, blanks."""
    rows: list[Sequence[object]] = [("", "file", "color", "parked", "weight", "owner_id", "kind")]
    for index in range(COUNT):
        color, kind = ("red", "blue")[index // 2 % 2], ("car", "bus")[index % 3 % 2]
        name = draw(folder / "photos" / f"{index}.jpg")
        weight = 900 + 37.25 * index
        blank = kind if index % 7 else ""
        rows.append((index, name, color, bool(index % 2), weight, f"o{index // 4}", blank))
    write_csv(folder / "cars.csv", rows)
    return "cars.csv", "photos"


def of_folders(folder: Path) -> tuple[str, str]:
    for index in range(COUNT):
        draw(folder / "pets" / ("cat", "dog")[index % 2] / f"{index}.png")
    return "pets", "pets"


def of_celeba(folder: Path) -> tuple[str, str]:
    lines = [str(COUNT), "Smiling Male Young"]
    for index in range(COUNT):
        signs = [1 if index >> bit & 1 else -1 for bit in range(3)]
        name = draw(folder / "img_align" / f"{index:06}.jpg")
        lines.append(" ".join([name, *map(str, signs)]))
    (folder / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    return "list_attr_celeba.txt", "img_align"


def of_json_lines(folder: Path) -> tuple[str, str]:
    with (folder / "faces.jsonl").open("w") as file:
        for index in range(COUNT):
            point = [round(float(each), 4) for each in RANDOM.random(4)]
            name = draw(folder / f"{index}.png")
            gender = "fm"[index % 2]
            file.write(json.dumps({"image": name, "points": point, "gender": gender}) + "\n")
    return "faces.jsonl", "."


def of_one_hot(folder: Path) -> tuple[str, str]:
    """As Kaggle's: names without an ending, one column a class."""
    rows: list[Sequence[object]] = [("image_id", "healthy", "rust", "scab")]
    for index in range(COUNT):
        draw(folder / "images" / f"Train_{index}.jpg")
        rows.append((f"Train_{index}", *(int(index % 3 == each) for each in range(3))))
    write_csv(folder / "train.csv", rows)
    return "train.csv", "images"


def of_coco(folder: Path) -> tuple[str, str]:
    images = [
        {"id": index, "file_name": draw(folder / "val" / f"{index:012}.jpg")}
        for index in range(COUNT)
    ]
    found = [
        {"id": 10 * index + place, "image_id": index, "category_id": 3 + 4 * place}
        for index in range(COUNT)
        for place in range(2)
        if index >> place & 1
    ]
    kinds = [{"id": 3, "name": "car"}, {"id": 7, "name": "person"}]
    document = {"images": images, "annotations": found, "categories": kinds}
    (folder / "instances.json").write_text(json.dumps(document))
    return "instances.json", "val"


SHAPES: dict[str, tuple[Callable[[Path], tuple[str, str]], dict[str, str]]] = {
    "pandas": (
        of_pandas,
        {"color": "softmax", "parked": "sigmoid", "weight": "euclidean", "kind": "softmax"},
    ),
    "folders": (of_folders, {"class": "softmax"}),
    "celeba": (of_celeba, {"attributes": "sigmoid"}),
    "json lines": (of_json_lines, {"landmarks": "euclidean", "gender": "softmax"}),
    "one-hot": (of_one_hot, {"class": "softmax"}),
    "coco": (of_coco, {"car": "sigmoid", "person": "sigmoid"}),
}
