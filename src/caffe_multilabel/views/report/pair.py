"""A pair as the report looks at it: labels, keys, and every picture seen once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import path_bytes
from caffe_multilabel.data.label_table import read_label_table
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.views.report.reading import PictureReader
from caffe_multilabel.views.report.scan import scan_pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caffe_multilabel.data.label_table import LabelTable
    from caffe_multilabel.data.records import StrPath
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.tasks import TaskFile
    from caffe_multilabel.views.report.scan import PictureScan

__all__ = ["OpenPair", "ReportPair", "look_at_pictures", "open_pair"]


@dataclass(frozen=True, slots=True, eq=False)
class OpenPair:
    """A pair whose pictures were not looked at yet.

    Attributes:
        name: `train` or `val`.
        table: the labels.
        reader: reads single pictures.
        keys: the keys of the image DB.
    """

    name: str
    table: LabelTable
    reader: PictureReader
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ReportPair(OpenPair):
    """A pair.

    Attributes:
        scan: what its pictures are like.
    """

    scan: PictureScan

    def key_text(self, place: int) -> str:
        """Return a key for people, without the number that the converter puts before a path."""
        number, _, path = self.keys[place].partition(b"_")
        key = path if path and number.isdigit() else self.keys[place]
        return key.decode("utf-8", "backslashreplace")


def open_pair(
    name: str,
    images: StrPath,
    labels: StrPath,
    *,
    tasks: TaskFile | LabelSchema | StrPath | None,
    threads: int,
) -> OpenPair:
    """Read all labels of a pair.

    Raises:
        DatabaseError: a DB cannot be read or is empty, or the two hold different numbers of
            records.
        TaskFileError: the task file is wrong or wants columns that are not there.
    """
    table = read_label_table(labels, tasks=tasks, threads=threads)
    directory = path_bytes("images", images)
    reader = PictureReader(directory, threads)
    if len(reader) != len(table.labels):
        raise DatabaseError(
            f"{images} has {len(reader)} records and {table.path} {len(table.labels)}: they are "
            "no pair; 'caffe-multilabel verify' says more",
            path=os.fspath(images),
        )
    return OpenPair(name, table, reader, tuple(_core.read_keys(directory)))


def look_at_pictures(
    pairs: Sequence[OpenPair], progress: Callable[[int, int], object] | None = None
) -> list[ReportPair]:
    """Look at every picture of some pairs.

    Args:
        pairs: the pairs.
        progress: called with (pictures looked at, pictures of all pairs) after each.
    """
    total = sum(len(pair.reader) for pair in pairs)
    before = 0
    looked_at = []
    for pair in pairs:

        def report(done: int, begun: int = before) -> None:
            if progress is not None:
                progress(begun + done, total)

        scan = scan_pictures(pair.reader, report)
        looked_at.append(ReportPair(pair.name, pair.table, pair.reader, pair.keys, scan))
        before += len(pair.reader)
    return looked_at
