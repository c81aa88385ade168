"""What a good engineer writes without this project: cv2, protobuf and lmdb on a pool of threads.

It does the job of `convert_multilabel --resize_width=W --resize_height=H`: the same keys and
records, in the order of the list, a commit every 1000 records, memory bounded by a window of
images, one sync to disk at the end. Prints a JSON line; imports are not in its time.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import lmdb
import numpy as np

from caffe_multilabel.caffe.proto import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

Datum = schema().message("Datum")

MAP_SIZE = 1 << 40  # address space only; the files are sparse
COMMIT_EVERY = 1000
WINDOW_PER_THREAD = 16


class Line(NamedTuple):
    """One line of the list."""

    path: str
    labels: list[float]


class Record(NamedTuple):
    """The two values of a line, as they go into the databases."""

    image: bytes
    label: bytes


def read_list(list_file: Path, label_count: int) -> list[Line]:
    """Read "path label ..." lines; the labels are the last fields."""
    lines = []
    for text in list_file.read_text(encoding="utf-8").splitlines():
        path, *labels = text.rsplit(" ", label_count)
        lines.append(Line(path, [float(label) for label in labels]))
    return lines


def make_record(root: Path, line: Line, size: tuple[int, int]) -> Record:
    """Read, resize and serialise one image; the heavy steps let other threads run."""
    image = cv2.imread(str(root / line.path))
    if image is None:
        raise RuntimeError(f"{root / line.path} cannot be read")
    image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    height, width, channels = image.shape
    datum = Datum(
        channels=channels,
        height=height,
        width=width,
        data=np.ascontiguousarray(image.transpose(2, 0, 1)).tobytes(),
        label=int(line.labels[0]),
        encoded=False,
    )
    label = Datum(channels=len(line.labels), height=1, width=1, float_data=line.labels)
    return Record(datum.SerializeToString(), label.SerializeToString())


def records(root: Path, lines: list[Line], size: tuple[int, int], threads: int) -> Iterator[Record]:
    """Make the records on a pool, in the order of the list, at most a window of them at a time."""
    window: deque[Future[Record]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for line in lines:
            window.append(pool.submit(make_record, root, line, size))
            if len(window) == threads * WINDOW_PER_THREAD:
                yield window.popleft().result()
        while window:
            yield window.popleft().result()


def convert(arguments: argparse.Namespace) -> int:
    """Write the pair and return the number of records."""
    lines = read_list(arguments.list, arguments.label_count)
    size = (arguments.width, arguments.height)
    with ExitStack() as stack:
        environments = [
            stack.enter_context(lmdb.open(str(path), map_size=MAP_SIZE, sync=False))
            for path in (arguments.images, arguments.labels)
        ]
        images, labels = (environment.begin(write=True) for environment in environments)
        for index, record in enumerate(records(arguments.root, lines, size, arguments.threads)):
            if index and index % COMMIT_EVERY == 0:
                images.commit()
                labels.commit()
                images, labels = (environment.begin(write=True) for environment in environments)
            path = lines[index].path
            images.put(f"{index:08d}_{path}".encode(), record.image, append=True)
            labels.put(f"{index:08d}label_{path}".encode(), record.label, append=True)
        images.commit()
        labels.commit()
        for environment in environments:
            environment.sync(True)
    return len(lines)


def main() -> None:
    """Parse the command line, convert, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--height", type=int, required=True)
    parser.add_argument("root", type=Path)
    parser.add_argument("list", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("label_count", type=int)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)  # the pool has a thread a core already
    start = time.perf_counter()
    converted = convert(arguments)
    seconds = time.perf_counter() - start
    print(
        json.dumps(
            {
                "converted": converted,
                "seconds": seconds,
                "images_per_second": converted / seconds,
            }
        )
    )


if __name__ == "__main__":
    main()
