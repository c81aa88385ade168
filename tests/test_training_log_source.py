"""A log is read however a shell, a container or a rotation of logs kept it."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.errors import Error
from caffe_multilabel.views.log import TrainingLog, parse_log, read_log
from training_log_tools import evaluated, trained

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINES = [
    *evaluated(0, [("accuracy", 0.5, 0), ("loss_颜色", 1.5, 0.25)]),
    *trained(0, 3.0, [("loss_颜色", 1.5, 0.25)]),
    *trained(20, 2.0, []),
]
PLAIN = parse_log(LINES)


def text(end: str = "\n") -> str:
    return "".join(line + end for line in LINES)


def docker(line: str) -> str:
    entry = {"log": f"{line}\n", "stream": "stderr", "time": "2026-11-22T10:20:30.123456789Z"}
    return json.dumps(entry, separators=(",", ":")) + "\n"


KEPT: dict[str, Callable[[], bytes]] = {
    "UTF-8": lambda: text().encode(),
    "UTF-8 of Windows": lambda: text("\r\n").encode("utf-8-sig"),
    "UTF-16 of PowerShell": lambda: text("\r\n").encode("utf-16"),
    "UTF-16, big end first": lambda: b"\xfe\xff" + text("\r\n").encode("utf-16-be"),
    "UTF-32": lambda: text().encode("utf-32"),
    "gzip": lambda: gzip.compress(text().encode()),
    "gzip of UTF-16": lambda: gzip.compress(text().encode("utf-16")),
    "gzip in two parts": lambda: b"".join(gzip.compress(f"{line}\n".encode()) for line in LINES),
    "Docker": lambda: "".join(map(docker, LINES)).encode(),
    "gzip of Docker": lambda: gzip.compress("".join(map(docker, LINES)).encode()),
    "zeros of a rotated log": lambda: bytes(5000) + text().encode(),
}


@pytest.mark.parametrize("kept", KEPT)
def test_every_kind_of_log_is_read_alike(kept: str, tmp_path: Path) -> None:
    path = tmp_path / "caffe.log"
    path.write_bytes(KEPT[kept]())
    assert read_log(path) == PLAIN


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("before", ["", "Log file created at: 2026/11/22\r\n"])
def test_utf_16_that_no_mark_tells(encoding: str, before: str, tmp_path: Path) -> None:
    lines = [*trained(0, 3.0, [("loss", 1.5, 0.25)]), *trained(20, 2.0, [])]
    path = tmp_path / "caffe.log"
    path.write_bytes(before.encode() + "".join(f"{line}\r\n" for line in lines).encode(encoding))
    assert read_log(path) == parse_log(lines)


@pytest.mark.parametrize("kept", ["UTF-16 of PowerShell", "UTF-32", "Docker"])
def test_a_line_that_is_still_being_written(kept: str, tmp_path: Path) -> None:
    path = tmp_path / "caffe.log"
    path.write_bytes(KEPT[kept]()[:-7])
    assert read_log(path) == TrainingLog(PLAIN.rows[:-1], PLAIN.run_starts, PLAIN.loss_weights)


def test_a_packed_log_that_is_damaged_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(text().encode())
    path = tmp_path / "caffe.log.gz"
    for damaged in (packed[: len(packed) // 2], packed[:-3], packed[:20] + b"\xff" + packed[21:]):
        path.write_bytes(damaged)
        with pytest.raises(Error, match=r"caffe\.log\.gz: cannot unpack the log, which is cut"):
            read_log(path)


def test_what_is_no_text_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "log.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(range(256)) * 8)
    with pytest.raises(Error, match=r"or is it no text \(gzip is unpacked, other packers are"):
        read_log(tmp_path / "log.zst")
    (tmp_path / "log.json").write_text('{"log":"Iteration 20, loss = 0.5"\n')
    with pytest.raises(Error, match=r'the first is .*log\.json:1: \{"log":"Iteration 20'):
        read_log(tmp_path / "log.json")
