"""The layers that all tasks share, wherever they come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import shown, suggestion
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.nets.generate.backbone_file import read_backbone_file
from caffe_multilabel.nets.generate.backbones import BACKBONES

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.nets.generate.backbones import Backbone as BuiltIn
    from caffe_multilabel.tasks import Backbone

__all__ = ["BackboneNet", "load_backbone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneNet:
    """A net without data, labels and losses, for tasks to hang on.

    Attributes:
        title: what messages call it.
        net: its layers; they start from the blob `image`.
        image: the blob of the images.
        features: the blob that tasks hang on when they name none.
        built_in: the built-in that it is; None for a net of the user's own.
        towers: whether each image of a record goes through layers of its own.
        warnings: what was changed on the way, a sentence each.
    """

    title: str
    net: NetParameter
    image: str
    features: str
    built_in: BuiltIn | None
    towers: bool = False
    warnings: tuple[str, ...] = ()

    def check_blob(self, blob: str, key: str) -> str:
        """Return a blob's name if tasks can attach to it.

        Raises:
            TaskFileError: the backbone has no such blob; `key` is the task file's key.
        """
        blobs = list(dict.fromkeys(top for layer in self.net.layer for top in layer.top))
        if blob not in blobs:
            raise TaskFileError(
                f"{key}: found {shown(blob)}, which is no blob of {self.title}"
                f"{suggestion(blob, blobs)}; it has {', '.join(blobs)}",
                key=key,
            )
        return blob


def load_backbone(wanted: Backbone) -> BackboneNet:
    """Make the backbone that a task file asks for.

    Raises:
        TaskFileError: its file or features do not fit.
    """
    if wanted.name is not None:
        built_in = BACKBONES[wanted.name]
        backbone = BackboneNet(
            title=f"backbone {built_in.name}",
            net=built_in.net(),
            image="data",
            features=built_in.features,
            built_in=built_in,
            towers=wanted.towers,
        )
        if wanted.features is None:
            return backbone
        features = backbone.check_blob(wanted.features, "backbone.features")
        return replace(backbone, features=features)
    own = read_backbone_file(str(wanted.file), str(wanted.features))
    return BackboneNet(
        title=str(wanted.file),
        net=own.net,
        image=own.image,
        features=str(wanted.features),
        built_in=None,
        towers=wanted.towers,
        warnings=own.warnings,
    )
