"""What a DB's manifest tells: the one reader of manifest.json in Python."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import path_bytes
from caffe_multilabel.errors import DatabaseError, TaskFileError
from caffe_multilabel.tasks.record_shape import RecordShape

if TYPE_CHECKING:
    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.labels import LabelSchema

__all__ = ["Manifest", "stored_record_shape"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """How a DB was made, as the converter or `relabel` wrote it into the DB's folder.

    Attributes:
        path: the file.
        format: the number of its format.
        role: "images" or "labels".
        records: in the DB.
        rejected: lines of the list that became no record.
        images_per_record: images in each image record.
        ramps: whether each image has two more channels, in which its pixels hold their places.
        canary: whether the label of each Datum is the record's number.
        label_count: labels of a record.
        label_names: the names over the label columns of the list; empty where it had none.
        label_schema: the tasks that the labels were checked against, or None.
        image_digest: of the image records, 32 hexadecimal digits; see docs/en/format.md.
        label_digest: of the label records that are there now.
        relabelled: the labels are not those of the conversion.
    """

    path: str
    format: int
    role: str
    records: int
    rejected: int
    images_per_record: int
    ramps: bool
    canary: bool
    label_count: int
    label_names: tuple[str, ...]
    label_schema: LabelSchema | None
    image_digest: str
    label_digest: str
    relabelled: bool

    @property
    def directory(self) -> str:
        """The folder of the DB."""
        return str(Path(self.path).parent)

    @property
    def record_digest(self) -> str:
        """The digest of the records in this DB."""
        return self.image_digest if self.role == "images" else self.label_digest

    @classmethod
    def read(cls, directory: StrPath) -> Manifest | None:
        """Read the manifest in a DB's folder.

        Returns:
            None where there is none or another program wrote it: the DB is one of another tool, and
            nothing is known of it but its records.

        Raises:
            DatabaseError: a newer version of this tool wrote it, it is damaged, or it cannot be
                read.
        """
        values = _core.read_manifest(path_bytes("directory", directory))
        if values is None:
            return None
        path = str(Path(directory, "manifest.json"))
        stored = json.loads(values["label_schema"])
        return cls(
            path=path,
            format=values["format"],
            role=values["role"],
            records=values["records"],
            rejected=values["rejected"],
            images_per_record=values["images_per_record"],
            ramps=values["ramps"],
            canary=values["canary"],
            label_count=values["label_count"],
            label_names=values["label_names"],
            label_schema=None if stored is None else _label_schema(stored, path),
            image_digest=values["image_digest"],
            label_digest=values["label_digest"],
            relabelled=values["relabelled"],
        )


def stored_record_shape(directory: StrPath) -> RecordShape | None:
    """Return how the records of an image DB are made up, by its manifest; None without one.

    Raises:
        DatabaseError: as of `Manifest.read`.
    """
    values = _core.read_manifest(path_bytes("directory", directory))
    return None if values is None else RecordShape(values["images_per_record"], values["ramps"])


def _label_schema(stored: Any, path: str) -> LabelSchema:
    from caffe_multilabel.labels import read_label_schema  # noqa: PLC0415  (pydantic)

    try:
        return read_label_schema(stored)
    except TaskFileError as error:
        raise DatabaseError(f"{path}: {error}", path=path, key=error.key) from None
