"""The layers that all tasks share, wherever they come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import suggestion
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.nets.generate.backbone_file import read_own_trunk
from caffe_multilabel.nets.generate.backbones import BACKBONES

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.tasks import Backbone

__all__ = ["Trunk", "load_trunk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A net without data, labels and losses, for tasks to hang on.

    Attributes:
        title: what messages call it.
        net: its layers; they start from the blob `image`.
        image: the blob of the images.
        features: the blob that tasks hang on when they name none.
        channels: channels of the images it is made for, or None where it does not say.
        warnings: what was changed on the way, a sentence each.
    """

    title: str
    net: NetParameter
    image: str
    features: str
    channels: int | None
    warnings: tuple[str, ...] = ()

    def check_blob(self, blob: str, key: str) -> str:
        """Return a blob's name if tasks can attach to it.

        Raises:
            TaskFileError: the trunk has no such blob; `key` is the task file's key.
        """
        blobs = list(dict.fromkeys(top for layer in self.net.layer for top in layer.top))
        if blob not in blobs:
            raise TaskFileError(
                f"{key}: found '{blob}', which is no blob of {self.title}"
                f"{suggestion(blob, blobs)}; it has {', '.join(blobs)}",
                key=key,
            )
        return blob


def load_trunk(backbone: Backbone) -> Trunk:
    """Make the trunk that a task file asks for.

    Raises:
        TaskFileError: its file or features do not fit.
    """
    if backbone.name is not None:
        built_in = BACKBONES[backbone.name]
        trunk = Trunk(
            title=f"backbone {built_in.name}",
            net=built_in.net(),
            image="data",
            features=built_in.features,
            channels=built_in.image[0],
        )
        if backbone.features is None:
            return trunk
        features = trunk.check_blob(backbone.features, "backbone.features")
        return replace(trunk, features=features)
    own = read_own_trunk(str(backbone.file), str(backbone.features))
    return Trunk(
        title=str(backbone.file),
        net=own.net,
        image=own.image,
        features=str(backbone.features),
        channels=None,
        warnings=own.warnings,
    )
