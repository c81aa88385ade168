"""The sample as a folder: images, lists and a task file."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import (
    MAX_SIDE,
    StrPath,
    callback,
    path_of,
    switch,
    whole_number,
    whole_numbers,
)
from caffe_multilabel._core import encode_image
from caffe_multilabel.data.sample.image import Scene, choose_scene, paint
from caffe_multilabel.data.sample.objects import object_lines
from caffe_multilabel.data.sample.outlines import KINDS
from caffe_multilabel.data.sample.palette import COLORS
from caffe_multilabel.data.sample.stream import Stream
from caffe_multilabel.data.sample.task_file import LABEL_COLUMNS, task_file_text
from caffe_multilabel.errors import OptionError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

__all__ = ["SampleSummary", "draw_sample"]

_KIND_NUMBER = {name: number for number, name in enumerate(KINDS)}
_COLOR_NUMBER = {name: number for number, name in enumerate(COLORS)}
_VAL_EVERY = 10  # one image in ten is for validation
_PNG_EVERY = 8  # one image in eight is a PNG, so that both formats are there to be tried
_PARTIAL = ".sample.partial"
_LEAST_SIDE, _MOST_SIDE = 32, 4096


@dataclass(frozen=True)
class SampleSummary:
    """What `draw_sample` has written.

    Attributes:
        directory: the folder of the data set, the root of the paths in the lists.
        train: images in `train.txt` and `train.csv`.
        val: images in `val.txt` and `val.csv`.

    Example:
        >>> from caffe_multilabel import draw_sample
        >>> summary = draw_sample("shapes", 20)
        >>> sorted(path.name for path in summary.directory.iterdir())
        ['images', 'tasks.yaml', 'train.csv', 'train.txt', 'val.csv', 'val.txt']
    """

    directory: Path
    train: int
    val: int


def draw_sample(
    directory: StrPath,
    count: int = 2000,
    seed: int = 0,
    *,
    size: tuple[int, int] = (96, 160),
    objects: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> SampleSummary:
    """Draw images of one shape each, with labels for five tasks.

    Writes `images/`, the lists `train.txt` and `val.txt` (path, kind, color, filled, size, x, y as
    numbers, separated by spaces), the same as `train.csv` and `val.csv` with a header and class
    names, and `tasks.yaml`. Every tenth image is for validation. A seed draws the same pixels
    everywhere, and image i is the same whatever the count.

    With `objects` there are also `objects_train.csv` and `objects_val.csv` for schemes: path,
    identity (kind, color and whether it is filled in one word), kind, color, filled, sign (1 for
    filled red circles, squares and triangles, 3 % of the images), size, and left_x, left_y,
    right_x, right_y: the ends of the shape's circle on its horizontal line, in pixels of the image
    as converted at 64x64. Of filled, size and each end about 40 % are blank in the list to train
    with, and none in the other. surface is filled once more, and 70 % of the list to train with
    have it by a hasty hand, wrong in 40 %; surface_weight is 0.1 for these and 1 for all others.

    Args:
        directory: made if it is missing, parents included; must be empty if it is there, but for
            what a killed run left. The data set appears in it once all is drawn.
        count: images, at least 10.
        seed: 0 or more.
        size: least and largest height and width, in pixels.
        objects: whether the lists of objects are written beside the others.
        progress: called with (images drawn, count) after each image.

    Raises:
        OptionError: an argument is out of its range.
        OutputError: the directory is not empty or cannot be written, or another run draws into it.
            What was written is taken away again, on this and on any other error.

    Example:
        >>> from caffe_multilabel import draw_sample
        >>> draw_sample("shapes", 20, seed=1)
        SampleSummary(directory=PosixPath('shapes'), train=18, val=2)
    """
    count, seed, size = _checked(count, seed, size)
    objects = switch("objects", objects)
    progress = callback("progress", progress)
    directory = path_of("directory", directory)
    with _new_folder(directory) as folder:
        (folder / "images").mkdir()
        rows: list[tuple[str, int, Scene]] = []
        for index in range(count):
            stream = Stream(seed, index)
            scene = choose_scene(stream, size)
            encoding = "png" if index % _PNG_EVERY == _PNG_EVERY - 1 else "jpg"
            name = f"images/{index:06d}.{encoding}"
            (folder / name).write_bytes(encode_image(paint(scene, stream), encoding))
            rows.append((name, index, scene))
            if progress is not None:
                progress(index + 1, count)
        val = rows[_VAL_EVERY - 1 :: _VAL_EVERY]
        train = [row for row in rows if row[1] % _VAL_EVERY != _VAL_EVERY - 1]
        for list_name, list_rows in (("train", train), ("val", val)):
            _write_lines(folder / f"{list_name}.txt", map(_list_line, list_rows))
            header = ",".join(("path", *LABEL_COLUMNS))
            _write_lines(folder / f"{list_name}.csv", [header, *map(_csv_line, list_rows)])
            if objects:
                lines = object_lines(list_rows, seed, flaws=list_name == "train")
                _write_lines(folder / f"objects_{list_name}.csv", lines)
        (folder / "tasks.yaml").write_text(task_file_text(), encoding="utf-8")
    return SampleSummary(directory=directory, train=len(train), val=len(val))


def _checked(count: int, seed: int, size: tuple[int, int]) -> tuple[int, int, tuple[int, int]]:
    count = whole_number("count", count, -(2**63))
    seed = whole_number("seed", seed, -(2**63))
    low, high = whole_numbers("size", size, ("least side", "largest side"), -MAX_SIDE, MAX_SIDE)
    if count < _VAL_EVERY:
        raise OptionError(
            f"count is {count}; it must be {_VAL_EVERY} or more, "
            f"as one image in {_VAL_EVERY} goes to the validation list"
        )
    if seed < 0:
        raise OptionError(f"seed is {seed}; it must be 0 or more")
    if not _LEAST_SIDE <= low <= high <= _MOST_SIDE:
        raise OptionError(
            f"size is ({low}, {high}); it must be a least and a largest side "
            f"from {_LEAST_SIDE} to {_MOST_SIDE} pixels"
        )
    return count, seed, (low, high)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Hand out a place to write to, of which all goes into `folder` once the body has ended well.

    If the body fails, things are as they were found. A kill leaves only the place, and the next run
    takes it away.
    """
    partial = folder / _PARTIAL
    try:
        existed = folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            if any(entry != partial for entry in folder.iterdir()):
                raise OutputError(
                    f"{folder} is not empty; name a folder that is empty or does not exist",
                    path=str(folder),
                )
            _clear(folder, keep=True)
            try:
                partial.mkdir()
                yield partial
                for entry in sorted(partial.iterdir()):
                    entry.rename(folder / entry.name)
                partial.rmdir()
            except BaseException:  # Ctrl-C too must not leave half a data set
                _clear(folder, keep=existed)
                raise
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error}", path=str(folder)) from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder; the lock ends with this process, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(f"{folder}: another run draws into it", path=str(folder)) from error
        yield
    finally:
        os.close(descriptor)


def _clear(folder: Path, *, keep: bool) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    if not keep:
        folder.rmdir()


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _list_line(row: tuple[str, int, Scene]) -> str:
    name, _, scene = row
    kind, color = _KIND_NUMBER[scene.kind], _COLOR_NUMBER[scene.color]
    return f"{name} {kind} {color} {scene.filled:d} {scene.size} {scene.x} {scene.y}"


def _csv_line(row: tuple[str, int, Scene]) -> str:
    name, _, scene = row
    return f"{name},{scene.kind},{scene.color},{scene.filled:d},{scene.size},{scene.x},{scene.y}"
