"""Names for messages whose classes are made at run time from the schema.

A type checker cannot see their fields, so each name stands for `Any`. They say in a signature
which message is meant; `google.protobuf.message.Message` is used where no field is touched.
"""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = [
    "BlobProto",
    "BlobShape",
    "Datum",
    "LayerParameter",
    "Net",
    "NetParameter",
    "NetStateRule",
    "ParamSpec",
    "SolverParameter",
    "V0LayerParameter",
    "V1LayerParameter",
]

BlobProto: TypeAlias = Any
BlobShape: TypeAlias = Any
Datum: TypeAlias = Any
LayerParameter: TypeAlias = Any
NetParameter: TypeAlias = Any
Net: TypeAlias = NetParameter
NetStateRule: TypeAlias = Any
ParamSpec: TypeAlias = Any
SolverParameter: TypeAlias = Any
V0LayerParameter: TypeAlias = Any
V1LayerParameter: TypeAlias = Any
