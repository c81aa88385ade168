"""The worked example of the page on the format, in both languages, is what the converter writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import xxhash

from caffe_multilabel import convert
from lmdb_tools import records

ROW = re.compile(r"    (image key|image value|label key|label value|\s+)\s+((?:[0-9a-f]{2} )+)")
DOCS = Path(__file__).parents[1] / "docs"


def bytes_of_example(language: str, heading: str) -> dict[str, bytes]:
    """The hexadecimal columns of the page, by the name in front of them."""
    page = (DOCS / language / "format.md").read_text(encoding="utf-8")
    parts: dict[str, bytes] = {}
    name = ""
    for line in page.split(heading)[1].splitlines():
        match = ROW.match(line)
        if match:
            name = match[1].strip() or name
            parts[name] = parts.get(name, b"") + bytes.fromhex(match[2])
    return parts


@pytest.mark.parametrize(
    ("language", "heading"), [("en", "## A worked example"), ("zh", "## 一个完整的例子")]
)
def test_worked_example(tmp_path: Path, language: str, heading: str) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((1, 1, 3), 255, np.uint8))
    (tmp_path / "list.txt").write_text("a.png 2 -1\n")
    convert(
        tmp_path / "list.txt", root=tmp_path, images=tmp_path / "images", labels=tmp_path / "labels"
    )
    example = bytes_of_example(language, heading)
    assert records(tmp_path / "images") == [(example["image key"], example["image value"])]
    assert records(tmp_path / "labels") == [(example["label key"], example["label value"])]


def test_the_digest_of_paths_follows_the_formula(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", np.zeros((1, 1, 3), np.uint8))[1])
    (tmp_path / "list.csv").write_text("a.png,a.png,1\na.png,absent.png,2\n")
    images, labels = tmp_path / "images", tmp_path / "labels"
    convert(tmp_path / "list.csv", root=tmp_path, images=images, labels=labels, images_per_record=2)
    digest = bytes(16)
    for paths in (b"a.png\0a.png", b"a.png\0absent.png"):
        digest = xxhash.xxh3_128_digest(digest + xxhash.xxh3_128_digest(paths + b"\0"))
    manifest = json.loads((labels / "manifest.json").read_text())
    assert manifest["job"]["path_digest"] == digest.hex()


def test_digests_follow_the_formula(tmp_path: Path) -> None:
    pixels = np.zeros((1, 1, 3), np.uint8)
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), pixels)
    (tmp_path / "list.txt").write_text("a.png 1\nb.png 2\n")
    pair = {"image": tmp_path / "images", "label": tmp_path / "labels"}
    convert(tmp_path / "list.txt", root=tmp_path, images=pair["image"], labels=pair["label"])
    manifest = json.loads((pair["image"] / "manifest.json").read_text())
    for role, folder in pair.items():
        digest = bytes(16)
        for key, value in records(folder):
            record = xxhash.xxh3_128_digest(key + b"\0" + value)
            digest = xxhash.xxh3_128_digest(digest + record)
        assert manifest[f"{role}_digest"] == digest.hex()
