"""Old nets and solvers in today's format, as Caffe upgrades them on reading.

The rules are those of BVLC Caffe's `src/caffe/util/upgrade_proto.cpp`. What it stops at is a
`PrototxtError` here; what it leaves out with a message in its log comes back as remarks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.named_fields import is_set
from caffe_multilabel.caffe.proto.upgrade.inputs import upgrade_inputs
from caffe_multilabel.caffe.proto.upgrade.solver import upgrade_solver
from caffe_multilabel.caffe.proto.upgrade.transform import move_transforms
from caffe_multilabel.caffe.proto.upgrade.v0 import upgrade_v0
from caffe_multilabel.caffe.proto.upgrade.v1 import upgrade_v1

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import NetParameter

__all__ = ["upgrade_net", "upgrade_solver"]


def upgrade_net(net: NetParameter, *, name: str = "<net>") -> list[str]:
    """Upgrade a net in place, from V0, V1 or old input fields to the current format.

    Args:
        net: a `NetParameter`; one that is up to date is left as it is. So is one whose schema, that
            of an old fork, knows of no `layer`: the fork reads the old format itself.
        name: what errors call it, its path as a rule.

    Returns:
        What the old net says and the current format cannot, a remark each.

    Raises:
        PrototxtError: an old net that Caffe refuses to upgrade.
    """
    remarks: list[str] = []
    if "layer" not in net.DESCRIPTOR.fields_by_name:
        return remarks
    if getattr(net, "layers", ()):
        if any(is_set(layer, "layer") for layer in net.layers):
            remarks += upgrade_v0(net, name)
        move_transforms(net)
        remarks += upgrade_v1(net, name)
    if getattr(net, "input", ()):
        remarks += upgrade_inputs(net, name)
    _freeze_statistics(net)
    return remarks


def _freeze_statistics(net: NetParameter) -> None:
    """Set both multipliers of BatchNorm layers that declare three `param` to zero, in place.

    The three blobs are running statistics; a solver must not touch them.
    """
    for layer in net.layer:
        if layer.type == "BatchNorm" and len(layer.param) == 3:
            for spec in layer.param:
                spec.lr_mult = 0
                spec.decay_mult = 0
