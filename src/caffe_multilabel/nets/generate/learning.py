"""How fast the layers of a backbone learn: its multipliers, and frozen layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import shown, suggestion
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.nets.generate.builder import complete_specs

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.nets.generate.backbone_facts import BackboneFacts
    from caffe_multilabel.nets.generate.backbone_net import BackboneNet
    from caffe_multilabel.tasks import Backbone

__all__ = ["set_learning"]


def set_learning(backbone: BackboneNet, wanted: Backbone, facts: BackboneFacts) -> None:
    """Write `lr_mult`, `decay_mult` and `freeze` of a task file into its backbone's layers.

    Args:
        backbone: the backbone; its layers are changed in place.
        wanted: the part of the task file.
        facts: how many weights its layers have.

    Raises:
        TaskFileError: the backbone has no layer of the name `freeze`.
    """
    frozen = _frozen(backbone, wanted.freeze)
    for index, layer in enumerate(backbone.net.layer):
        if index < frozen:
            _multiply(layer, facts.weights.get(layer.name, 0), 0, 0)
            if layer.type == "BatchNorm":
                layer.batch_norm_param.use_global_stats = True
        elif (wanted.lr_mult, wanted.decay_mult) != (1, 1):
            _multiply(layer, facts.weights.get(layer.name, 0), wanted.lr_mult, wanted.decay_mult)


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
    complete_specs(layer, weights)
    for spec in layer.param:
        spec.lr_mult *= lr_mult
        spec.decay_mult *= decay_mult
