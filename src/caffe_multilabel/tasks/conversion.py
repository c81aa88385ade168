"""What a conversion takes of a task file, and all that it goes by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caffe_multilabel.tasks.resolve import ResolvedTasks

if TYPE_CHECKING:
    from caffe_multilabel.labels.schema import LabelSchema
    from caffe_multilabel.tasks.task_file import TaskFile

__all__ = ["ConversionKeys"]


@dataclass(frozen=True, slots=True)
class ConversionKeys:
    """The keys of a task file that decide what is in the DBs; with the same ones, so are they.

    Attributes:
        schema: what the label columns mean.
        resize: width and height that images get, or None.
        gray: whether they get one channel; None where the file does not say.
        images_per_record: images in each record, or None.
        ramps: whether two channels tell where each pixel is from; None as of `gray`.
        canary: whether the label of each Datum is the record's number; None as of `gray`.

    Example:
        >>> from caffe_multilabel.tasks import load_tasks
        >>> keys = ConversionKeys.of(load_tasks("tasks.yaml"))
        >>> keys.resize, keys.schema.width
        (None, 6)
    """

    schema: LabelSchema
    resize: tuple[int, int] | None
    gray: bool | None
    images_per_record: int | None = None
    ramps: bool | None = None
    canary: bool | None = None

    @classmethod
    def of(cls, file: TaskFile) -> ConversionKeys:
        """Take them of a task file."""
        data = file.data
        return cls(
            schema=ResolvedTasks.of(file).schema,
            resize=data.resize,
            gray=data.gray,
            images_per_record=data.images_per_record,
            ramps=data.ramps,
            canary=data.canary,
        )

    def to_json(self) -> dict[str, Any]:
        """Return them as plain values; of two files they are the same where the keys are."""
        keys = {"labels": self.schema.to_json(), "resize": self.resize, "gray": self.gray}
        others = {
            "images_per_record": self.images_per_record if (self.images_per_record or 1) > 1 else 0,
            "ramps": self.ramps,
            "canary": self.canary,
        }
        return keys | {key: value for key, value in others.items() if value}
