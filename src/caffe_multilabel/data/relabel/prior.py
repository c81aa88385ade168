"""What a label DB's manifest says of its labels."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.labels import LabelLayout, read_label_schema

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
        DatabaseError: the manifest is none of this tool.
        TaskFileError: the label schema in it is none.
    """
    path = Path(directory, "manifest.json")
    try:
        job = json.loads(path.read_bytes())["job"]
        count, names, schema = int(job["label_count"]), job["label_names"], job["label_schema"]
    except FileNotFoundError:
        return PriorLabels()
    except OSError as error:
        raise DatabaseError(f"{path}: {error.strerror}", path=str(path)) from None
    except (ValueError, KeyError, TypeError):
        raise DatabaseError(
            f"{path}: was not written by this tool, or was changed since; without it the DB counts "
            "as one of another tool",
            path=str(path),
        ) from None
    return PriorLabels(count, tuple(names), None if schema is None else read_label_schema(schema))
