"""The backbone in the net that is trained: over the images of all records, or a tower for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.plan import naming
from caffe_multilabel.nets.generate.recipes.towers import (
    features_of_towers,
    tower_name,
    towers,
)
from caffe_multilabel.nets.generate.record_layers import RECORDS, add_images

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.nets.generate.backbone_facts import BackboneFacts
    from caffe_multilabel.nets.generate.layers import LayerBuilder
    from caffe_multilabel.nets.generate.plan import Plan
    from caffe_multilabel.nets.generate.recipes.moved_points import Crop

__all__ = ["AddedBackbone", "add_backbone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedBackbone:
    """A backbone that is part of a net.

    Attributes:
        blobs: the blobs that its layers make.
        crop: where images were cut, if a task asks.
        stands_for: blobs of the backbone that have another name for what hangs on them.
    """

    blobs: frozenset[str]
    crop: Crop | None = None
    stands_for: Mapping[str, str] = field(default_factory=dict)


def add_backbone(
    net: LayerBuilder, plan: Plan, image: tuple[int, int, int], facts: BackboneFacts
) -> AddedBackbone:
    """Add what lies between the Data layer of images and the heads.

    Args:
        net: a net that has its Data layers.
        plan: what hangs where.
        image: channels, height and width of an image as it enters the net.
        facts: what is known of the backbone.

    Raises:
        TaskFileError: a layer of the backbone is there already.
    """
    data = plan.tasks.data
    heads = [head for heads in plan.heads for head in heads]
    layers = plan.backbone_for(heads).layer
    made = [top for layer in layers for top in layer.top]
    if not plan.backbone.towers:
        crop = add_images(
            net,
            data.record,
            plan.backbone.image,
            image,
            scale=data.transform.scale,
            places=any(task.points is not None for task in plan.tasks.tasks),
        )
        with naming("backbone"):
            net.extend(layers)
        return AddedBackbone(blobs=frozenset(made), crop=crop)
    images = data.record.images
    with naming("backbone"):
        towers(
            net,
            RECORDS,
            RECORDS,
            layers,
            image=plan.backbone.image,
            images=images,
            weights=facts.weights,
        )
        stands_for = {
            blob: features_of_towers(net, blob, blob, images=images, channels=facts.channels(blob))
            for blob in plan.blobs_of(heads)
        }
    return AddedBackbone(
        blobs=frozenset(tower_name(top, number + 1) for number in range(images) for top in made),
        stands_for=stands_for,
    )
