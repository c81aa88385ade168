"""What every generated net must stand before anyone gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.proto import parse_text, to_text
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import Error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.caffe.shapes import NetShapes

__all__ = ["check_net", "check_text"]


def check_text(message: NetParameter, message_name: str) -> None:
    """Make sure that a message is the same after it was written and read.

    Raises:
        Error: it is not, which no input can excuse.
    """
    if parse_text(to_text(message), message_name) != message:
        raise Error(f"the text of the {message_name} does not read back as it was; report this")


def check_net(
    net: NetParameter, phases: Sequence[Phase], data_shapes: Mapping[str, Sequence[int]]
) -> dict[Phase, NetShapes]:
    """Check a net's text and set it up for some phases.

    Args:
        net: the net.
        phases: the phases that it will run in.
        data_shapes: channels, height and width of the records behind each data layer.

    Raises:
        PrototxtError: a layer does not fit the pictures or the layers before it.
    """
    check_text(net, "NetParameter")
    return {phase: infer_shapes(net, phase, data_shapes=data_shapes) for phase in phases}
