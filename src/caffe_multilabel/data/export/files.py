"""A pair as image files and a list of them."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.arguments import callback, path_of
from caffe_multilabel._base.text import shown
from caffe_multilabel.data.export.naming import LIST_NAME, file_name, plain_name
from caffe_multilabel.data.export.report import ExportReport, Tally
from caffe_multilabel.data.export.stream import ExportPair, stream_records
from caffe_multilabel.data.keys import path_in_key
from caffe_multilabel.errors import OptionError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.data.export.stream import ExportRecord

__all__ = ["export_files", "label_text"]


def export_files(
    images: StrPath,
    labels: StrPath,
    directory: StrPath,
    *,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> ExportReport:
    """Write a pair as image files and `list.txt`, from which it can be converted again.

    Raw records become PNG files, encoded ones files of their own bytes. Files have the paths of
    their records' keys where these are relative, stay below the folder and are not taken; else
    they are in `pictures/`, named by position; so are the further images of a record of several,
    whose paths no key holds. A line of the list is a path for each image and the labels as numbers,
    separated by tabs. Ramps are left out of the files: a conversion makes them anew.

    Converting raw images again, with `ExportReport.convert_flags` and without a task file, gives
    the same records, if no image was renamed and the keys' numbers have no gaps.

    Args:
        images: folder of the image DB.
        labels: folder of the label DB.
        directory: the folder to make; may be there if it is empty. It appears once all is
            written.
        threads: to compress images on; None takes the CPUs this process may use.
        progress: called with (records done, records) after each record.

    Raises:
        DatabaseError: a DB cannot be read, or the two hold different numbers of records.
        ImageError: a record holds no image that a file can hold.
        OutputError: the folder is not empty or cannot be written.
        OptionError: `threads` is out of its range.

    Example:
        >>> from caffe_multilabel import convert, export_files
        >>> export_files("val_images", "val_labels", "files").paths
        ('files/list.txt',)
        >>> convert("files/list.txt", root="files", images="image_db", labels="label_db").converted
        10
    """
    begin = time.perf_counter()
    target = path_of("directory", directory)
    if target.name in ("", ".."):
        raise OptionError(
            f"directory is {shown(os.fspath(directory))}, must be a folder with a name"
        )
    progress = callback("progress", progress)
    pair = ExportPair.open(images, labels)
    tally = Tally(pair)
    with _new_folder(target) as folder, (folder / os.fsdecode(LIST_NAME)).open("wb") as lines:
        for record in stream_records(pair, threads):
            written = [_put(folder, record, which) for which in range(len(record.images))]
            tally.add(record.images)
            tally.renamed += written[0] != path_in_key(record.key)
            texts = map(label_text, record.labels.tolist())
            lines.write(b"\t".join((*written, *(text.encode() for text in texts))) + b"\n")
            if progress is not None:
                progress(record.position + 1, len(pair))
    paths = [str(target / os.fsdecode(LIST_NAME))]
    return tally.report(paths, time.perf_counter() - begin)


@lru_cache(maxsize=1 << 16)
def label_text(label: float) -> str:
    """Return the shortest text that reads as this float32."""
    text = str(np.float32(label))
    return text.removesuffix(".0")


def _put(root: Path, record: ExportRecord, which: int) -> bytes:
    """Write an image under the first name that is free, or taken by the same image."""
    content, names = record.images[which].content, _names(record, which)
    return next(name for name in names if _holds(root / os.fsdecode(name), content))


def _holds(path: Path, content: bytes) -> bool:
    """Make a file, and tell whether there is one with this content now."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        # Two lines of a list may name one image; and what is a file here is a folder there.
        return path.is_file() and path.read_bytes() == content
    except NotADirectoryError:
        return False
    return True


def _names(record: ExportRecord, which: int) -> Iterator[bytes]:
    image = record.images[which]
    path = None if which else path_in_key(record.key)  # that of the first image
    wanted = None if path is None else file_name(path, image)
    if wanted is not None:
        yield wanted
    name = plain_name(record.position, which, image)
    while True:
        yield name
        name = name.replace(b"pictures", b"pictures_", 1)


@contextlib.contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """Hand out a folder beside `target`, which becomes it once the body has ended well."""
    partial = target.with_name(f"{target.name}.partial")
    try:
        if os.path.lexists(target) and not (target.is_dir() and not any(target.iterdir())):
            raise OutputError(f"{target}: is there already, and not empty", path=str(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.mkdir()
        except FileExistsError:
            raise OutputError(
                f"{partial}: is what a stopped export left, or another one is at work; remove it",
                path=str(partial),
            ) from None
        try:
            yield partial
            partial.rename(target)
        except BaseException:  # Ctrl-C too must not leave half an export
            shutil.rmtree(partial, ignore_errors=True)
            raise
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error}", path=str(target)) from error
