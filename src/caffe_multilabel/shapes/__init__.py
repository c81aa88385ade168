"""The shapes, parameters and work of a net, as Caffe would set it up, without Caffe.

`infer_shapes` walks a net in Caffe's order with Caffe's rules and stops at the first layer that
Caffe would stop at; `summarise` gives the same as rows for a table.
"""

from __future__ import annotations

from caffe_multilabel.shapes.blobs import Shape, shape_text
from caffe_multilabel.shapes.infer import infer_shapes
from caffe_multilabel.shapes.model import LayerShapes, NetShapes
from caffe_multilabel.shapes.rules import layer_types
from caffe_multilabel.shapes.select import Phase, select_layers
from caffe_multilabel.shapes.summary import NetSummary, SummaryRow, SummaryTotals, summarise

__all__ = [
    "LayerShapes",
    "NetShapes",
    "NetSummary",
    "Phase",
    "Shape",
    "SummaryRow",
    "SummaryTotals",
    "infer_shapes",
    "layer_types",
    "select_layers",
    "shape_text",
    "summarise",
]
