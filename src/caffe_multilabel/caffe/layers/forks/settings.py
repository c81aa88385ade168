"""Fields of a message that only a fork's schema has, read by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caffe_multilabel.caffe.named_fields import enum_name, is_set, submessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.proto.types import FillerParameter

__all__ = ["Settings"]


class Settings:
    """The settings of a layer of a fork's type.

    Forks of one fork differ in their fields: one that the schema at hand does not have is not set.
    """

    def __init__(self, layer: LayerInput, field: str, within: Message | None = None) -> None:
        """Take the message in a field of the layer, or of a message in it, whose schema has it."""
        self._layer = layer
        self._message = submessage(layer.layer if within is None else within, field)

    def inside(self, field: str) -> Settings:
        """Return the settings in a field, which the schema has."""
        return Settings(self._layer, field, self._message)

    def knows(self, field: str) -> bool:
        """Tell whether the schema at hand has a field."""
        return field in self._message.DESCRIPTOR.fields_by_name

    def is_set(self, field: str) -> bool:
        """Tell whether a field that is not repeated is given."""
        return is_set(self._message, field)

    def number(self, field: str, default: int = 0) -> int:
        """Return a whole number, the schema's default where it is not given.

        `default` is for a schema without the field.
        """
        value: int = getattr(self._message, field, default)
        return value

    def real(self, field: str, default: float) -> float:
        """Return a number, as `number` does a whole one."""
        return float(getattr(self._message, field, default))

    def positive(self, field: str, default: int = 0) -> int:
        """Return a whole number, refused where it is not positive."""
        return self._layer.need_positive(self.number(field, default), field)

    def choice(self, field: str) -> str:
        """Return the name of an enum's value, of a field that the schema has."""
        return enum_name(self._message, field)

    def flag(self, field: str, *, default: bool) -> bool:
        """Return a switch, as `number` does."""
        return bool(getattr(self._message, field, default))

    def numbers(self, field: str) -> Sequence[float]:
        """Return all values of a field, which some forks have once and others many times."""
        value: Any = getattr(self._message, field, ())
        if hasattr(value, "append"):
            return list(value)
        return [value] if self.is_set(field) else []

    def filler(self, field: str) -> FillerParameter | None:
        """Return the filler in a field; None where it is not given."""
        if not self.is_set(field):
            return None
        filler: FillerParameter = getattr(self._message, field)
        return filler
