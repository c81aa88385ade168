"""The shapes, parameters and work of a net, as Caffe would set it up, without Caffe.

`infer_shapes` walks a net in Caffe's order with Caffe's rules and stops at the first layer that
Caffe would stop at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.caffe.shapes.blobs import Shape, shape_text
    from caffe_multilabel.caffe.shapes.infer import infer_shapes
    from caffe_multilabel.caffe.shapes.model import LayerShapes, NetShapes

__all__ = ["LayerShapes", "NetShapes", "Shape", "infer_shapes", "shape_text"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "blobs": ("Shape", "shape_text"),
        "infer": ("infer_shapes",),
        "model": ("LayerShapes", "NetShapes"),
    },
)
