"""What a label DB's manifest says of its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.data.manifest import Manifest
from caffe_multilabel.labels import LabelLayout

if TYPE_CHECKING:
    from caffe_multilabel.labels import LabelSchema

__all__ = ["PriorLabels", "read_prior_labels"]


@dataclass(frozen=True, slots=True)
class PriorLabels:
    """The labels that a label DB holds before it is relabelled.

    Attributes:
        count: labels of a record; None without a manifest.
        names: the names over the label columns of its list; empty where it had none.
        schema: the tasks its labels were checked against, or None.
    """

    count: int | None = None
    names: tuple[str, ...] = ()
    schema: LabelSchema | None = None

    def layout(self, label_count: int) -> LabelLayout:
        """Lay out the columns of records with `label_count` labels, as far as anything tells."""
        if self.schema is None or self.schema.width > label_count:
            return LabelLayout(label_count=label_count, header=self.names)
        return LabelLayout.of(self.schema.over(label_count), self.names)


def read_prior_labels(directory: str) -> PriorLabels:
    """Read the manifest of a label DB.

    Raises:
        DatabaseError: the manifest cannot be read, see `Manifest.read`.
    """
    manifest = Manifest.read(directory)
    if manifest is None:
        return PriorLabels()
    return PriorLabels(manifest.label_count, manifest.label_names, manifest.label_schema)
