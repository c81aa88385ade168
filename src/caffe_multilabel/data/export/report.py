"""What an export wrote."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.short_repr import short_repr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.export.images import Image
    from caffe_multilabel.data.export.stream import ExportPair

__all__ = ["ExportReport", "Tally"]


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote.

    Attributes:
        records: in the pair, and in what was written.
        paths: the shards; or the list of images.
        raw: images that were stored raw and are PNG files now.
        encoded: images that were stored encoded and are the same bytes now.
        gray: images of one channel.
        renamed: images that have another path than in their record's key; of records of several,
            which keep the path of the first one alone, these.
        convert_flags: what `convert_multilabel` needs to make the same records of the files again;
            None where no flags can, because some images are encoded or gray and others not.
        seconds: time taken.

    Example:
        >>> from caffe_multilabel import export_files
        >>> report = export_files("val_images", "val_labels", "files")
        >>> report.records, report.raw, report.encoded, report.convert_flags
        (10, 10, 0, ())
    """

    records: int
    paths: tuple[str, ...]
    raw: int
    encoded: int
    gray: int
    renamed: int
    convert_flags: tuple[str, ...] | None
    seconds: float

    __repr__ = short_repr

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return asdict(self)


@dataclass(slots=True)
class Tally:
    """Counts images of a pair while they are written."""

    pair: ExportPair
    records: int = 0
    raw: int = 0
    encoded: int = 0
    gray: int = 0
    renamed: int = 0

    def add(self, images: Sequence[Image]) -> None:
        """Count the images of a record."""
        self.records += 1
        for image in images:
            self.encoded += image.encoded
            self.raw += not image.encoded
            self.gray += image.channels == 1

    def report(self, paths: list[str], seconds: float) -> ExportReport:
        """Sum up."""
        images, label_shape = self.raw + self.encoded, self.pair.stored.label_shape
        flags = [
            flag
            for flag, count in (("--encoded", self.encoded), ("--gray", self.gray))
            if count == images
        ]
        if label_shape[1:] != (1, 1):
            flags.append(f"--label_shape={','.join(map(str, label_shape))}")
        if self.pair.record.images > 1:
            flags.append(f"--images_per_record={self.pair.record.images}")
        flags += ["--ramps"] * self.pair.record.ramps + ["--canary"] * self.pair.canary
        mixed = any(0 < count < images for count in (self.encoded, self.gray))
        return ExportReport(
            records=self.records,
            paths=tuple(paths),
            raw=self.raw,
            encoded=self.encoded,
            gray=self.gray,
            renamed=self.renamed,
            convert_flags=None if mixed else tuple(flags),
            seconds=seconds,
        )
