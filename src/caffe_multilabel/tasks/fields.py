"""Field types that several parts of a task file share, with the shorthands they accept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from caffe_multilabel._base.arguments import MAX_IMAGES
from caffe_multilabel.labels.normalizing import MAX_FLOAT

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = [
    "MANY",
    "MAX_COLUMNS",
    "ONE",
    "AboveZero",
    "ClassName",
    "Columns",
    "Flag",
    "ImageCount",
    "Index",
    "LayerName",
    "Many",
    "Multiplier",
    "Number",
    "NumberKey",
    "One",
    "OneOrMany",
    "Positive",
    "Ratio",
    "Text",
    "as_list",
    "one_or_many",
]

MAX_COLUMNS = 1_000_000
"""More label columns than any record holds; keeps a mistyped range from filling the memory."""

LAYER_NAME = re.compile(r"""[^\s"'\\]+""")
COLUMN_RANGE = re.compile(r"(\d{1,9})\s*-\s*(\d{1,9})")


def _number_key(value: object) -> object:
    """Read the text that a number is as a key in JSON."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Flag = Annotated[bool, Field(strict=True)]
Index = Annotated[int, Field(strict=True, ge=0, lt=MAX_COLUMNS)]
Positive = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
ImageCount = Annotated[int, Field(strict=True, ge=1, le=MAX_IMAGES)]
Number = Annotated[float, Field(strict=True, ge=-MAX_FLOAT, le=MAX_FLOAT, allow_inf_nan=False)]
NumberKey = Annotated[Number, BeforeValidator(_number_key)]
Multiplier = Annotated[float, Field(strict=True, ge=0, le=MAX_FLOAT, allow_inf_nan=False)]
Ratio = Annotated[float, Field(strict=True, gt=0, lt=1)]
AboveZero = Annotated[float, Field(strict=True, gt=1e-18, lt=1e18, allow_inf_nan=False)]
"""Such that its square, and 1 by that, fit a float32."""


def _printable(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("text", "must not hold control characters")
    return value


Text = Annotated[str, Field(strict=True, min_length=1), AfterValidator(_printable)]


def _layer_name(value: str) -> str:
    if not LAYER_NAME.fullmatch(value) or not value.isprintable():
        message = "must be a name without whitespace, quotes or backslashes"
        raise PydanticCustomError("layer_name", message)
    return value


LayerName = Annotated[
    str,
    Field(strict=True, json_schema_extra={"pattern": f"^{LAYER_NAME.pattern}$"}),
    AfterValidator(_layer_name),
]


def _class_name(value: object) -> str:
    if isinstance(value, bool) or value is None:
        written = {True: "true", False: "false", None: "null"}[value]
        message = "YAML does not read {written} as a word; put it in quotes"
        raise PydanticCustomError("class_name", message, {"written": written})
    if not isinstance(value, (str, int, float)):
        raise PydanticCustomError("class_name", "must be a name or a number")
    text = str(value)
    if not text or text != text.strip() or not text.isprintable():
        message = "must be printable text with no space before or after it"
        raise PydanticCustomError("class_name", message)
    return text


ClassName = Annotated[
    str, BeforeValidator(_class_name), WithJsonSchema({"type": ["string", "number"]})
]


def as_list(value: object) -> object:
    """Make a list of one from a single value; leave lists and None as they are."""
    return value if value is None or isinstance(value, (list, tuple)) else [value]


@dataclass(frozen=True, slots=True)
class OneOrMany:
    """Says in the JSON Schema that one item may stand for a list of one."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Allow an item of the list beside the list."""
        many = handler(core_schema)
        return {"anyOf": [many["items"], many]}


ONE, MANY = "one", "many"
One, Many = Tag(ONE), Tag(MANY)


def one_or_many(value: object) -> str:
    """Tell the two forms of a key apart, one item and a list."""
    return MANY if isinstance(value, (list, tuple)) else ONE


def _columns(value: object) -> list[int]:
    parts = value if isinstance(value, (list, tuple)) else [value]
    columns: dict[int, None] = {}
    for part in parts:
        span = _span(part)
        if span.stop > MAX_COLUMNS:
            message = "label columns go from 0 to {last}"
            raise PydanticCustomError("columns", message, {"last": MAX_COLUMNS - 1})
        for column in span:
            if column in columns:
                message = "must not name column {column} twice"
                raise PydanticCustomError("columns", message, {"column": column})
            columns[column] = None
    if not columns:
        raise PydanticCustomError("columns", "must name at least one column")
    return list(columns)


def _span(part: object) -> range:
    if isinstance(part, int) and not isinstance(part, bool) and part >= 0:
        return range(part, part + 1)
    if isinstance(part, str) and (match := COLUMN_RANGE.fullmatch(part.strip())):
        first, last = int(match[1]), int(match[2])
        if first <= last:
            return range(first, last + 1)
    message = (
        "must be a column's number, counted from 0 beside the path, a range first-last such as 3-7,"
        " or a list of those"
    )
    raise PydanticCustomError("columns", message)


_COLUMN_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": MAX_COLUMNS - 1},
        {"type": "string", "pattern": r"^\s*\d+\s*-\s*\d+\s*$"},
    ]
}
_COLUMNS_SCHEMA = [_COLUMN_SCHEMA, {"type": "array", "items": _COLUMN_SCHEMA, "minItems": 1}]
Columns = Annotated[
    tuple[int, ...], BeforeValidator(_columns), WithJsonSchema({"anyOf": _COLUMNS_SCHEMA})
]

_WEIGHTED = ("record", "value")


def _weight_columns(value: object) -> object:
    if value in _WEIGHTED:
        return value
    if isinstance(value, str) and not COLUMN_RANGE.fullmatch(value.strip()):
        message = "must be record (one weight a record), value (one a value), or columns as 3-7"
        raise PydanticCustomError("columns", message)
    return _columns(value)


WeightColumns = Annotated[
    Literal["record", "value"] | tuple[int, ...],
    BeforeValidator(_weight_columns),
    WithJsonSchema({"anyOf": [{"enum": list(_WEIGHTED)}, *_COLUMNS_SCHEMA]}),
]
