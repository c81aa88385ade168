"""Schemas of forks for tests, BVLC Caffe's with some of its text changed, and nets in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from caffe_multilabel.caffe.proto import ProtoSchema, parse_text
from caffe_multilabel.caffe.shapes import infer_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caffe_multilabel.caffe.shapes import LayerShapes

BVLC = Path(__file__).parents[1] / "proto" / "caffe.proto"


def changed(path: Path, *changes: tuple[str, str]) -> Path:
    """Write BVLC Caffe's schema with parts replaced; each must be there."""
    text = BVLC.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def fork_schema(path: Path, *changes: tuple[str, str], **fields: str) -> ProtoSchema:
    """Write and load a schema with parts replaced, and with more fields in messages.

    Args:
        path: the file to write.
        changes: what to replace, and by what.
        fields: definitions, of fields and what they need, by the message that they go into.
    """
    added = [(f"message {name} {{", f"message {name} {{ {text}") for name, text in fields.items()]
    return ProtoSchema.load(changed(path, *changes, *added))


def schema_of_layers(path: Path, settings: Mapping[str, str]) -> ProtoSchema:
    """Write and load a schema whose layers have more settings.

    Args:
        path: the file to write.
        settings: the fields of a message, by the field of the layer that holds it.
    """
    text = " ".join(
        f"message My{number} {{ {fields} }} optional My{number} {name} = {number};"
        for number, (name, fields) in enumerate(settings.items(), start=300)
    )
    return fork_schema(path, LayerParameter=text)


def net(schema: ProtoSchema | None, kind: str, settings: str, bottoms: str, tops: int = 1) -> Any:
    """A net of Inputs of some shapes, as in `1x3x8x8 1x2`, and the layer that reads them."""
    text = ""
    for number, shape in enumerate(bottoms.split()):
        dims = " ".join(f"dim: {size}" for size in shape.split("x"))
        text += f"""layer {{ name: "in{number}" type: "Input" top: "b{number}"
          input_param {{ shape {{ {dims} }} }} }}"""
    blobs = "".join(f' bottom: "b{number}"' for number in range(len(bottoms.split())))
    blobs += "".join(f' top: "t{number}"' for number in range(tops))
    text += f'layer {{ name: "l" type: "{kind}" {blobs} {settings} }}'
    return parse_text(text, "NetParameter", proto=schema)


def set_up(
    schema: ProtoSchema,
    kind: str,
    settings: str,
    bottoms: str,
    tops: int = 1,
    **data_shapes: Sequence[int],
) -> LayerShapes:
    """Set up the layer of such a net, with shapes of its tops `t0`, `t1` and so on."""
    made = net(schema, kind, settings, bottoms, tops)
    return infer_shapes(made, "TEST", data_shapes=data_shapes).layers[-1]


def text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "()"
