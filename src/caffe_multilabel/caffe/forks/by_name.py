"""A fork's net or solver in BVLC Caffe's schema, field by field under the names of both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.message import Message

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.forks.widened import CEIL_MODE, WIDENED_FILE, widened
from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.named_fields import enum_name, enum_numbers, set_enum
from caffe_multilabel.caffe.proto.checks import unknown_fields
from caffe_multilabel.caffe.proto.schemas import in_bvlc_schema, schema
from caffe_multilabel.caffe.proto.upgrade.v1 import current_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.caffe.proto.types import NetParameter, SolverParameter

__all__ = ["as_bvlc", "translate"]

_Root = TypeVar("_Root", "NetParameter", "SolverParameter")
_LAYERS = ("LayerParameter", "V1LayerParameter")
_UPGRADED = ("type", "solver_type")  # enums whose values the upgrade turns into names
_NOT_KNOWN = "and what it does is not known here"


def as_bvlc(message: _Root) -> _Root:
    """Return a net or solver in BVLC Caffe's schema; see `translate`."""
    return translate(message)[0]


def translate(message: _Root) -> tuple[_Root, list[str]]:
    """Translate the net or solver of a fork into BVLC Caffe's schema.

    Fields and enum values go over by their names. Those that only the fork has keep theirs, see
    `widened`; a `ceil_mode` is the `round_mode` that it stands for.

    Args:
        message: the net or solver; one that is in BVLC's schema already comes back itself.

    Returns:
        The message, and a remark on each thing in it that BVLC Caffe has no name for; what stands
        in layers of types that BVLC lacks goes without.
    """
    if in_bvlc_schema(message) or message.DESCRIPTOR.file.name == WIDENED_FILE:
        return message, []
    target: Any = widened(message.DESCRIPTOR.file).message(message.DESCRIPTOR.name)()
    remarks = _Remarks()
    for unknown in unknown_fields(message):
        remarks.add("", f"{unknown}, a field that the fork's schema does not have, is left out")
    _copy(message, target, _Place(remarks))
    return target, remarks.texts()


class _Remarks:
    """What there is to say, each thing once, with the layers that it is said of."""

    def __init__(self) -> None:
        self._layers: dict[str, dict[str, None]] = {}

    def add(self, layer: str, what: str) -> None:
        self._layers.setdefault(what, {})[layer] = None

    def texts(self) -> list[str]:
        texts = []
        for what, layers in self._layers.items():
            first, *others = layers
            more = f"; so in {plural(len(others), 'more layer')}" if others else ""
            texts.append(f"{first}: {what}{more}" if first else what)
        return texts


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a message stands.

    Attributes:
        remarks: what there is to say.
        layer: its layer, empty outside of layers; None in a layer of a type that BVLC lacks.
        path: the fields of the layer that lead to it, each with a dot.
    """

    remarks: _Remarks
    layer: str | None = ""
    path: str = ""

    def say(self, what: str) -> None:
        if self.layer is not None:
            self.remarks.add(self.layer, self.path + what)

    def inside(self, field: str, source: Message, target: Message) -> _Place:
        """Return the place of a message that stands in a field here."""
        if target.DESCRIPTOR.name in _LAYERS:
            return _Place(self.remarks, _layer_text(source))
        return replace(self, path=f"{self.path}{field}.")


def _layer_text(layer: Message) -> str | None:
    """Return how remarks name a layer; None if BVLC Caffe lacks its type."""
    named: Any = layer
    if layer.DESCRIPTOR.fields_by_name["type"].enum_type is None:
        layer_type = named.type
    else:
        v1_type = enum_name(layer, "type")
        today = current_type(v1_type)
        layer_type = v1_type if today is None else today
    known = not layer_type or layer_type in LAYER_TYPES
    return f"layer '{named.name}'" + (f" ({layer_type})" if layer_type else "") if known else None


def _copy(source: Message, target: Message, place: _Place) -> None:
    """Copy the fields of a fork's message into those of the same names, in an empty message."""
    bvlc = schema().message(target.DESCRIPTOR.full_name.partition(".")[2])()
    known, there = bvlc.DESCRIPTOR.fields_by_name, target.DESCRIPTOR.fields_by_name
    for field, value in source.ListFields():
        name, values = field.name, value if hasattr(value, "append") else [value]
        if name == "ceil_mode" and "round_mode" in known and isinstance(value, bool):
            set_enum(target, "round_mode", CEIL_MODE[value])
        elif name in there and name not in known and not _moves_up(target, name):
            place.say(f"{name} is a field of the fork's own, {_NOT_KNOWN}")
        if field.enum_type is not None:
            words = {number: word for word, number in enum_numbers(source, name).items()}
            values = [words[number] for number in values]
        if name not in there or not _fill(target, name, values, place):
            place.say(f"{name} does not fit what BVLC Caffe has of that name, and is left out")
        elif name in known and name not in _UPGRADED:
            numbers = enum_numbers(bvlc, name)
            for word in dict.fromkeys(values) if numbers else ():
                if word not in numbers:
                    place.say(f"{name} {word} is a value of the fork's own, {_NOT_KNOWN}")


def _moves_up(target: Message, name: str) -> bool:
    """Tell whether the upgrade finds room in today's layers for a field of old ones."""
    today = schema().message("LayerParameter").DESCRIPTOR.fields_by_name
    return target.DESCRIPTOR.name == "V1LayerParameter" and name in today


def _fill(target: Message, name: str, values: Sequence[Any], place: _Place) -> bool:
    """Put values, those of an enum by their names, into a field; return whether they fit it."""
    held = getattr(target, name)
    repeated = hasattr(held, "append")
    if len(values) > 1 and not repeated:
        return False
    if target.DESCRIPTOR.fields_by_name[name].message_type is not None:
        if not all(isinstance(value, Message) for value in values):
            return False
        for value in values:
            inner = held.add() if repeated else held
            if inner.DESCRIPTOR.file.name == WIDENED_FILE:
                inner.SetInParent()
                _copy(value, inner, place.inside(name, value, inner))
            else:  # the very message of the fork
                inner.ParseFromString(value.SerializePartialToString())
        return True
    try:
        numbers = enum_numbers(target, name)
        fitting = [numbers[value] for value in values] if numbers else values
        if repeated:
            held.extend(fitting)
        else:
            setattr(target, name, fitting[0])
    except (TypeError, ValueError, KeyError):
        return False
    return True
