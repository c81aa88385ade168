"""The padding layers of V0 nets, which V1 has as a parameter of the layer that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import shown
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import NetParameter, V1LayerParameter

__all__ = ["fold_padding"]


def fold_padding(net: NetParameter, name: str) -> None:
    """Take the padding layers off a V0 net and give their `pad` to the layers that read them.

    Raises:
        PrototxtError: a blob that no layer makes, or padding that does not stand alone between
            one blob and a convolution or pooling layer.
    """
    maker: dict[str, V1LayerParameter | None] = dict.fromkeys(net.input)
    for layer in net.layers:
        for index, blob in enumerate(layer.bottom):
            if blob not in maker:
                raise PrototxtError(
                    f"{name}: layer {layer.layer.name}: no layer before it makes {blob}",
                    path=name,
                )
            source = maker[blob]
            if source is not None and _is_padding(source):
                _check(source, layer, name)
                layer.layer.pad = source.layer.pad
                layer.bottom[index] = source.bottom[0]
        maker.update(dict.fromkeys(layer.top, layer))
    kept = [layer for layer in net.layers if not _is_padding(layer)]
    folded = type(net)(layers=kept).layers
    net.ClearField("layers")
    net.layers.extend(folded)


def _is_padding(layer: V1LayerParameter) -> bool:
    return layer.layer.type == "padding"


def _check(padding: V1LayerParameter, layer: V1LayerParameter, name: str) -> None:
    if layer.layer.type not in ("conv", "pool"):
        wrong = (
            f"pads {layer.layer.name} of type {shown(layer.layer.type)}; only conv and pool can pad"
        )
    elif len(layer.bottom) != 1:
        wrong = f"pads {layer.layer.name}, which has {len(layer.bottom)} bottoms instead of one"
    elif len(padding.bottom) != 1 or len(padding.top) != 1:
        wrong = f"has {len(padding.bottom)} bottoms and {len(padding.top)} tops instead of one each"
    else:
        return
    raise PrototxtError(f"{name}: padding layer {padding.layer.name} {wrong}", path=name)
