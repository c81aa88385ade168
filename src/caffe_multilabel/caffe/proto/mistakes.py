"""What is behind an error of protobuf's text parser, in the words of who wrote the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import IN_BRACKETS, did_you_mean
from caffe_multilabel.caffe.proto.checks import FORK_HINT
from caffe_multilabel.caffe.proto.schemas import schema as bvlc_schema
from caffe_multilabel.caffe.proto.upgrade.v1 import current_type

if TYPE_CHECKING:
    from google.protobuf.text_format import ParseError

    from caffe_multilabel.caffe.proto.schemas import ProtoSchema

__all__ = ["explain"]

# The words of every protobuf from 4 to 7; a version with others still gives its own message.
_LOCATION = re.compile(r"^\d+:\d+ : (?:'.*': )?", re.DOTALL)
_NO_FIELD = re.compile(r'Message type "([^"]+)" has no field named "([^"]+)"')
_NO_VALUE = re.compile(r'Enum type "([^"]+)" has no value named (.+?)\.$')
_NO_STRING = re.compile(r"Expected string but found: '(\w+)'")
_OF_TYPE = re.compile(r"\btype\s*:\s*$")

_FILES = {"NetParameter": "a net", "SolverParameter": "a solver"}

# Fields of files of no Caffe's schema, or of a fork's only, whose names end in .prototxt as well.
_OTHER_FILES = {"item": "a label map, the names of classes"}


def explain(error: ParseError, text: str, message_name: str, schema: ProtoSchema) -> str:
    """Return what is wrong in a text and what to do.

    Args:
        error: what the parser says.
        text: the text.
        message_name: the message that it was to hold.
        schema: the schema that it was read with.
    """
    words = _LOCATION.sub("", str(error))
    field = _NO_FIELD.search(words)
    if field is not None:
        return _no_field(schema.short_name(field[1]), field[2], message_name, schema)
    value = _NO_VALUE.search(words)
    if value is not None:
        return _no_value(schema.short_name(value[1]), value[2], schema)
    string = _NO_STRING.search(words)
    if string is not None:
        old = string[1]
        new = current_type(old) if _OF_TYPE.search(_before(error, text)) else None
        if new:
            return f'type: {old} is of the old layers {{ }}; write type: "{new}"'
        return f'{words}; write "{old}"'
    return words


def _no_field(owner: str, name: str, message_name: str, schema: ProtoSchema) -> str:
    missing = f"{owner} has no field {name}"
    for other, what in _FILES.items():
        known = other in schema and name in schema.message(other).DESCRIPTOR.fields_by_name
        if known and owner == message_name and owner in _FILES:
            return f"{missing}: this is {what}, and {_FILES[owner]} is wanted"
    if owner == message_name and owner in _FILES and name in _OTHER_FILES:
        return f"{missing}: this is {_OTHER_FILES[name]}, and {_FILES[owner]} is wanted"
    known_fields = list(schema.message(owner).DESCRIPTOR.fields_by_name)
    near = did_you_mean(name, known_fields, IN_BRACKETS)
    if near and owner == "SolverParameter":  # forks add layers and their fields
        return f"{missing}{near}"
    return f"{missing}{near}; {_fork_hint(schema)}"


def _no_value(owner: str, name: str, schema: ProtoSchema) -> str:
    if owner == "V1LayerParameter.LayerType" and name.startswith('"'):
        return f"type: {name} is of layer {{ }}, and layers {{ }} is of an older Caffe; write layer"
    known = schema.enum(owner)
    allowed = did_you_mean(name, known, IN_BRACKETS, otherwise=f"; it is one of {', '.join(known)}")
    return f"{owner} has no value {name}{allowed}; {_fork_hint(schema)}"


def _fork_hint(given: ProtoSchema) -> str:
    if given is bvlc_schema():
        return FORK_HINT
    return "the schema given is not that of the fork, or of the version, that the net is of"


def _before(error: ParseError, text: str) -> str:
    """Return what stands before an error in its line."""
    line, column = error.GetLine(), error.GetColumn()
    return "" if line is None or column is None else text.split("\n")[line - 1][: column - 1]
