"""Reads the label schema that a manifest keeps, so that a reader needs no task file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.labels.schema import LabelSchema
from caffe_multilabel.tasks.problems import key_path

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["read_label_schema"]


def read_label_schema(document: Mapping[str, Any]) -> LabelSchema:
    """Rebuild what `LabelSchema.to_json` wrote. Keys of a later version are passed over.

    Raises:
        TaskFileError: a key is missing or holds something else; `key` names it.
    """
    try:
        schema = TypeAdapter(LabelSchema).validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        raise _error(first["loc"], first["msg"]) from None
    for place, task in enumerate(schema.tasks):
        if not all(0 <= column < schema.label_count for column in task.columns):
            message = f"found {list(task.columns)}; must be from 0 to {schema.label_count - 1}"
            raise _error(("tasks", place, "columns"), message)
        if len(task.value_names) not in (0, len(task.columns)):
            message = f"found {len(task.value_names)} names for {len(task.columns)} columns"
            raise _error(("tasks", place, "value_names"), message)
    return schema


def _error(loc: tuple[int | str, ...], message: str) -> TaskFileError:
    key = key_path(loc)
    return TaskFileError(f"label schema: {key}: {message}", key=key)
