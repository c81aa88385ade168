"""The worked example of docs/en/format.md is what the converter writes."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np

from caffe_multilabel import convert
from lmdb_tools import records

ROW = re.compile(r"    (image key|image value|label key|label value|\s+)\s+((?:[0-9a-f]{2} )+)")
PAGE = Path(__file__).parents[1] / "docs" / "en" / "format.md"


def bytes_of_example() -> dict[str, bytes]:
    """The hexadecimal columns of the page, by the name in front of them."""
    parts: dict[str, bytes] = {}
    name = ""
    for line in PAGE.read_text().split("## A worked example")[1].splitlines():
        match = ROW.match(line)
        if match:
            name = match[1].strip() or name
            parts[name] = parts.get(name, b"") + bytes.fromhex(match[2])
    return parts


def test_worked_example(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((1, 1, 3), 255, np.uint8))
    (tmp_path / "list.txt").write_text("a.png 2 -1\n")
    convert(
        tmp_path / "list.txt", root=tmp_path, images=tmp_path / "images", labels=tmp_path / "labels"
    )
    example = bytes_of_example()
    assert records(tmp_path / "images") == [(example["image key"], example["image value"])]
    assert records(tmp_path / "labels") == [(example["label key"], example["label value"])]
