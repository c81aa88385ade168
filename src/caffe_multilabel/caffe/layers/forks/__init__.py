"""Layer types that forks of Caffe have and BVLC Caffe has not, one entry each, by subject.

Each says which fork it is from, and is as in that fork's C++ source.

Example:
    >>> FORK_TYPES["Permute"].fork
    'weiliu89/caffe, branch ssd'
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers.forks import (
    classification,
    detection,
    images,
    losses,
    regions,
    segmentation,
    yolo,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.caffe.layers.layer_type import LayerType

__all__ = ["FORK_TYPES"]

FORK_TYPES: Mapping[str, LayerType] = MappingProxyType(
    {
        entry.name: entry
        for subject in (classification, detection, images, losses, regions, segmentation, yolo)
        for entry in subject.LAYER_TYPES
    }
)
"""The entry of each type by its name."""
