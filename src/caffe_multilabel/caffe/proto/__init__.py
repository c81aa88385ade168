"""Caffe's messages: the schema, text and binary files, the upgrade of old nets.

Blobs as numpy arrays are in `caffe_multilabel.caffe.proto.blobs`: numpy is not imported here.
"""

from __future__ import annotations

from caffe_multilabel._base.moved import moved_name
from caffe_multilabel.caffe.proto.binary import parse_binary, read_binary, write_binary
from caffe_multilabel.caffe.proto.read import read_net, read_solver
from caffe_multilabel.caffe.proto.schemas import ProtoSchema, schema
from caffe_multilabel.caffe.proto.text import parse_text, to_text, write_text
from caffe_multilabel.caffe.proto.upgrade import upgrade_net, upgrade_solver

__all__ = [
    "ProtoSchema",
    "parse_binary",
    "parse_text",
    "read_binary",
    "read_net",
    "read_solver",
    "schema",
    "to_text",
    "upgrade_net",
    "upgrade_solver",
    "write_binary",
    "write_text",
]


def __getattr__(name: str) -> object:
    """Give an old name its object."""
    return moved_name(__name__, name, ("caffe.proto",))
