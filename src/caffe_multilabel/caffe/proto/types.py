"""Caffe's messages by name, for annotations and for making new ones.

Type checkers and editors read their fields in `caffe_pb2.pyi`, a stub that the build makes of
`proto/caffe.proto`; there is no such module to run. mypy needs `types-protobuf` beside it. A
program that asks for a name gets the class of BVLC Caffe's schema, made from the descriptor set.
A fork's schema has classes of its own, see `ProtoSchema.message`; of those the names here say which
message it is, and which fields it shares with BVLC's.

Example:
    >>> from caffe_multilabel.caffe.proto.types import LayerParameter
    >>> LayerParameter(name="fc", type="InnerProduct").inner_product_param.axis
    1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.caffe_pb2 import (
        BiasParameter,
        BlobProto,
        BlobShape,
        ConcatParameter,
        ConvolutionParameter,
        Datum,
        EmbedParameter,
        FillerParameter,
        InnerProductParameter,
        LayerParameter,
        NetParameter,
        NetState,
        NetStateRule,
        ParamSpec,
        PReLUParameter,
        ScaleParameter,
        SliceParameter,
        SolverParameter,
        SolverState,
        TransformationParameter,
        V0LayerParameter,
        V1LayerParameter,
    )
else:

    def __getattr__(name: str) -> object:
        """Return the class of a message."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        # Not at the top: this module is imported for its names alone, as a rule.
        from caffe_multilabel.caffe.proto.schemas import schema  # noqa: PLC0415

        return schema().message(name)


__all__ = [
    "BiasParameter",
    "BlobProto",
    "BlobShape",
    "ConcatParameter",
    "ConvolutionParameter",
    "Datum",
    "EmbedParameter",
    "FillerParameter",
    "InnerProductParameter",
    "LayerParameter",
    "NetParameter",
    "NetState",
    "NetStateRule",
    "PReLUParameter",
    "ParamSpec",
    "ScaleParameter",
    "SliceParameter",
    "SolverParameter",
    "SolverState",
    "TransformationParameter",
    "V0LayerParameter",
    "V1LayerParameter",
]
