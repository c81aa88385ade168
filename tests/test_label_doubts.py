"""Labels that a net of points or triplets cannot learn from, said as the net is made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from caffe_multilabel import convert, generate, load_tasks, read_label_statistics
from caffe_multilabel.errors import OptionError
from image_tools import draw

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 32
BATCH = 4
POINTS = {"name": "eyes", "loss": "euclidean", "dim": 4, "points": {}, "ignore_label": -1}
HARDEST = [
    {"name": "person", "loss": "softmax", "classes": 40},
    {"name": "near", "loss": "triplet", "identity": "person", "dim": 8, "l2_normalize": True},
]


def warned(folder: Path, tasks: list[dict[str, Any]], labels: Any, **data: Any) -> str:
    """What generate says of a pair with such labels."""
    cv2.imwrite(str(folder / "a.png"), draw(1, 48, 60))
    pair = {"images": str(folder / "images"), "labels": str(folder / "labels")}
    keys: dict[str, Any] = {"resize": [SIDE, SIDE], "gray": True, **data}
    source = pair | {"batch_size": BATCH}
    file = load_tasks(
        {"backbone": "lenet", "tasks": tasks, "data": {**keys, "train": source, "test": source}}
    )
    records = [("a.png", row) for row in np.array(labels).tolist()]
    convert(records, root=folder, tasks=file, **pair)
    return "\n".join(generate(file).warnings)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([[3, 4, 20, 9], [5, -1, 31, 9]], ""),
        ([[3, 4, 20, 9]] * 40 + [[3, 4, 33, 9]], ""),  # one beside its image
        ([[3, 4, 47, 9], [5, -1, 50, 9]], "67% of the points of task 'eyes' lie outside"),
        ([[0.1, 0.4, 1, 0.3], [-1, -1, 0.5, 0.5]], "multiply x by 31 and y by 31"),
        ([[-1, -1, -1, -1]] * 2, ""),
    ],
)
def test_points_are_pixels_of_the_stored_image(
    tmp_path: Path, labels: list[list[float]], said: str
) -> None:
    found = warned(tmp_path, [POINTS], labels, ramps=True)
    assert said in found if said else "points of task" not in found and "no point" not in found


def test_points_of_weight_0_are_not_looked_at(tmp_path: Path) -> None:
    rows = [[3, 4, 20, 9, 1], [900, 900, 900, 900, 0]] * 4
    assert "points of task" not in warned(
        tmp_path, [POINTS | {"weight_columns": 4}], rows, ramps=True
    )


@pytest.mark.parametrize(
    ("identities", "said"),
    [
        ([0, 1, 0, 1, 2, 2, 3, 4], ""),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9], "67% of the records are alone"),
        ([0, 1, 2], ""),  # less than a batch
    ],
)
def test_a_batch_needs_several_images_of_an_identity(
    tmp_path: Path, identities: list[int], said: str
) -> None:
    found = warned(tmp_path, HARDEST, [[each] for each in identities])
    assert said in found if said else "alone" not in found


def test_statistics_of_labels_of_another_width_are_refused(tmp_path: Path) -> None:
    """The net would cut records where they have no labels, and nobody would look at them."""
    cv2.imwrite(str(tmp_path / "a.png"), draw(1, 32, 32))
    pair = {"images": str(tmp_path / "images"), "labels": str(tmp_path / "labels")}
    keys = {"backbone": "lenet", "tasks": [{"name": "size", "loss": "euclidean", "dim": 1}]}
    file = load_tasks({**keys, "data": {"gray": True, "train": pair}})
    convert([("a.png", [1, 0.5])], root=tmp_path, tasks=file, **pair)
    known = read_label_statistics(pair["labels"], file)
    assert len(known.columns) == 2
    generate(file, label_statistics=known)
    with pytest.raises(OptionError, match=r"label_statistics has 1 column; .* have 2 labels"):
        generate(file, label_statistics=replace(known, columns=known.columns[:1]))
