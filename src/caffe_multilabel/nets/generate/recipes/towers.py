"""A backbone once for each image of a record, its weights shared by name: towers.

As Caffe's siamese example has it: each image of a record goes through layers of its own, and the
parameters of the layers of one name in all towers are one. Losses and gradients are those of one
backbone over all images (`single_images` of `records`), but where a layer looks at the whole
batch: a BatchNorm sees the images of one place in the record, and moves its average once a tower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.builder import complete_specs
from caffe_multilabel.nets.generate.recipes.arithmetic import sliced
from caffe_multilabel.nets.generate.recipes.records import single_images

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["features_of_towers", "tower_name", "towers"]


def tower_name(name: str, number: int) -> str:
    """Return what a layer or a blob of the first tower is called in tower 1, 2, ..."""
    return name if number == 1 else f"{name}_image{number}"


def towers(
    net: NetBuilder,
    suffix: str,
    data: str,
    layers: Iterable[LayerParameter],
    *,
    image: str,
    images: int,
    weights: Mapping[str, int],
) -> None:
    """Add a tower for each image of a record. A Slice, and K times the layers.

    The first tower has the names of the layers, so that a caffemodel of them fits it, and through
    it all; the others those of `tower_name`. Blobs of weights that have no name yet are called
    after their layer and number, as `conv1_0`.

    Args:
        net: the net.
        suffix: what the name of the Slice ends with.
        data: N x K C x H x W.
        layers: the layers of one tower, which are left as they are.
        image: the blob of the images that they start from, N x C x H x W.
        images: K.
        weights: how many blobs of weights each layer has, by its name.

    Raises:
        NameTakenError: a layer or blob of a tower has the name of another.
    """
    numbers = range(1, images + 1)
    sliced(net, f"images_{suffix}", data, [tower_name(image, number) for number in numbers])
    shared = _with_names(layers, weights)
    for number in numbers:
        for layer in shared:
            net.append(_of_tower(layer, number))


def features_of_towers(
    net: NetBuilder, suffix: str, features: str, *, images: int, channels: int
) -> str:
    """Add what all towers make of a record's images as that of single images. Two layers.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        features: a blob of the first tower, N x C or with more axes.
        images: K.
        channels: C.

    Returns:
        K N x C, or with more axes, in the order of `single_images`.
    """
    blobs = [tower_name(features, number) for number in range(1, images + 1)]
    together = net.add("Concat", f"towers_{suffix}", blobs)
    return single_images(net, suffix, together, channels=channels)


def _with_names(
    layers: Iterable[LayerParameter], weights: Mapping[str, int]
) -> list[LayerParameter]:
    """Return copies of layers whose blobs of weights all have a name."""
    copies = []
    for layer in layers:
        copy = type(layer)()
        copy.CopyFrom(layer)
        complete_specs(copy, weights.get(copy.name, 0))
        copies.append(copy)
    taken = {spec.name for layer in copies for spec in layer.param}
    for layer in copies:
        for index, spec in enumerate(layer.param):
            if not spec.name:
                spec.name = _free_name(f"{layer.name}_{index}", taken)
    return copies


def _free_name(wanted: str, taken: set[str]) -> str:
    """Return a name that no blob of weights of the user's has: it would share that one's values."""
    while wanted in taken:
        wanted += "_"
    return wanted


def _of_tower(layer: LayerParameter, number: int) -> LayerParameter:
    copy = type(layer)()
    copy.CopyFrom(layer)
    copy.name = tower_name(layer.name, number)
    copy.bottom[:] = [tower_name(blob, number) for blob in layer.bottom]
    copy.top[:] = [tower_name(blob, number) for blob in layer.top]
    return copy
