"""Schemas of forks for tests: BVLC Caffe's with some of its text replaced or added to."""

from __future__ import annotations

from pathlib import Path

from caffe_multilabel.caffe.proto import ProtoSchema

BVLC = Path(__file__).parents[1] / "proto" / "caffe.proto"


def changed(path: Path, *changes: tuple[str, str]) -> Path:
    """Write BVLC Caffe's schema with parts replaced; each must be there."""
    text = BVLC.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)
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
