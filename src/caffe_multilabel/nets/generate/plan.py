"""Where each task hangs: a task file applied to its backbone, before any net is built from it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.nets.generate.builder import PHASES, NameTakenError
from caffe_multilabel.nets.generate.task_heads import add_group, heads_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter
    from caffe_multilabel.nets.generate.backbone_net import BackboneNet
    from caffe_multilabel.nets.generate.layers import LayerBuilder
    from caffe_multilabel.nets.generate.task_heads import TaskHead
    from caffe_multilabel.tasks import TaskFile

__all__ = ["Plan", "make_plan", "naming", "needed_layers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What train_val and deploy have in common.

    Attributes:
        tasks: the task file.
        backbone: what all tasks share.
        heads: the heads of each task, in the order of the task file.
        groups: the blob of the backbone that each group hangs on.
    """

    tasks: TaskFile
    backbone: BackboneNet
    heads: tuple[tuple[TaskHead, ...], ...]
    groups: Mapping[str, str]

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases that train_val runs in; without databases there is no TEST."""
        return PHASES if self.tasks.data.test is not None else ("TRAIN",)

    def backbone_for(self, heads: Iterable[TaskHead]) -> NetParameter:
        """Return the part of the backbone that some heads depend on."""
        part: NetParameter = type(self.backbone.net)(name=self.tasks.name)
        part.layer.extend(needed_layers(self.backbone.net, self.blobs_of(heads)))
        return part

    def blobs_of(self, heads: Iterable[TaskHead]) -> tuple[str, ...]:
        """Return the blobs of the backbone that some heads hang on, or their groups."""
        blobs = (
            self.groups[str(head.task.group)] if head.blob is None else head.blob for head in heads
        )
        return tuple(dict.fromkeys(blobs))

    def add_groups(
        self, net: LayerBuilder, *, training: bool, stands_for: Mapping[str, str]
    ) -> dict[str, str]:
        """Add the hidden layers of each group and return their blobs, by the group's name.

        Args:
            net: the net, which has the backbone.
            training: whether dropout is wanted.
            stands_for: blobs of the backbone that have another name in this net.
        """
        blobs: dict[str, str] = {}
        for index, group in enumerate(self.tasks.groups):
            bottom = self.groups[group.name]
            with naming(f"groups[{index}].name"):
                blobs[group.name] = add_group(
                    net, group, stands_for.get(bottom, bottom), training=training
                )
        return blobs


def make_plan(tasks: TaskFile, backbone: BackboneNet) -> Plan:
    """Find where each task and each group hangs.

    Raises:
        TaskFileError: `attach` names no blob of the backbone.
    """
    heads = tuple(tuple(heads_of(task, backbone.features)) for task in tasks.tasks)
    for index, of_task in enumerate(heads):
        for head in of_task:
            if head.blob is not None:
                backbone.check_blob(head.blob, f"tasks[{index}].attach")
    groups = {
        group.name: backbone.check_blob(
            group.attach or backbone.features, f"groups[{index}].attach"
        )
        for index, group in enumerate(tasks.groups)
    }
    return Plan(tasks=tasks, backbone=backbone, heads=heads, groups=groups)


def needed_layers(net: NetParameter, blobs: Iterable[str]) -> list[LayerParameter]:
    """Return the layers that some blobs depend on in any phase, in the order of the net."""
    names = list(blobs)
    kept: set[int] = set()
    for phase in PHASES:
        graph = NetGraph.of(net, phase)
        wires = [wire for name in names if (wire := graph.final(name)) is not None]
        kept.update(graph.nodes[index].layer_index for index in graph.above(wires))
    return [net.layer[index] for index in sorted(kept)]


@contextmanager
def naming(key: str) -> Iterator[None]:
    """Blame the name at a key of the task file for layers or blobs that are there already."""
    try:
        yield
    except NameTakenError as error:
        raise TaskFileError(f"{key}: {error.message}; choose another name", key=key) from error
