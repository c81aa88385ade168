"""How fast the layers of a backbone learn: its multipliers, and frozen layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import shown, suggestion
from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import PrototxtError, TaskFileError
from caffe_multilabel.nets.generate.builder import PHASES
from caffe_multilabel.nets.generate.data_layers import add_input
from caffe_multilabel.nets.generate.layers import LayerBuilder

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.nets.generate.backbone_net import BackboneNet
    from caffe_multilabel.nets.generate.plan import Plan
    from caffe_multilabel.tasks import Backbone

__all__ = ["set_learning"]


def set_learning(plan: Plan, wanted: Backbone, image: tuple[int, int, int]) -> None:
    """Write `lr_mult`, `decay_mult` and `freeze` of a task file into its backbone's layers.

    Args:
        plan: what hangs where; the layers of its backbone are changed in place.
        wanted: the part of the task file.
        image: channels, height and width of the images.

    Raises:
        TaskFileError: the backbone has no layer of the name `freeze`, or it does not take images
            of that size.
    """
    weights = _weight_counts(plan, image)
    frozen = _frozen(plan.backbone, wanted.freeze)
    for index, layer in enumerate(plan.backbone.net.layer):
        if index < frozen:
            _multiply(layer, weights.get(layer.name, 0), 0, 0)
            if layer.type == "BatchNorm":
                layer.batch_norm_param.use_global_stats = True
        elif (wanted.lr_mult, wanted.decay_mult) != (1, 1):
            _multiply(layer, weights.get(layer.name, 0), wanted.lr_mult, wanted.decay_mult)


def _weight_counts(plan: Plan, image: tuple[int, int, int]) -> dict[str, int]:
    """Return how many blobs of weights each layer has, by its name."""
    net = LayerBuilder(plan.backbone.title)
    add_input(net, plan.backbone.image, image)
    net.extend(plan.backbone_for(head for heads in plan.heads for head in heads).layer)
    weights: dict[str, int] = {}
    for phase in PHASES:
        try:
            shapes = infer_shapes(net.net, phase)
        except PrototxtError as error:
            size = " x ".join(map(str, image))
            raise TaskFileError(
                f"backbone: {plan.backbone.title} does not take images of {size}: {error.message}",
                key="backbone",
            ) from error
        weights |= {layer.name: len(layer.param_shapes) for layer in shapes.layers}
    return weights


def _frozen(backbone: BackboneNet, last: str | None) -> int:
    """Return how many layers of the backbone are frozen."""
    if last is None:
        return 0
    names = [layer.name for layer in backbone.net.layer]
    if last not in names:
        raise TaskFileError(
            f"backbone.freeze: found {shown(last)}, which is no layer of {backbone.title}"
            f"{suggestion(last, names)}; it has {', '.join(names)}",
            key="backbone.freeze",
        )
    return names.index(last) + 1


def _multiply(layer: LayerParameter, weights: int, lr_mult: float, decay_mult: float) -> None:
    while len(layer.param) < weights:
        spec = layer.param.add()
        if LAYER_TYPES[layer.type].blobs == "statistics":
            # Caffe takes no other: they are not learnt.
            spec.lr_mult = 0
    for spec in layer.param:
        spec.lr_mult *= lr_mult
        spec.decay_mult *= decay_mult
