"""Characters that Caffe's text parser takes and Python's does not, or the other way round."""

from __future__ import annotations

import re

from caffe_multilabel.errors import PrototxtError

__all__ = ["check_characters", "decode"]

_STRING = r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
_COMMENT = r"#[^\n]*"
_QUOTED = re.compile(rf"({_STRING})|{_COMMENT}")
# Spaces pasted from web pages, a sign before a number, and an underscore inside one.
_STRAY = re.compile(r"[^\x00-\x7f]|(?<!\w)(?:\+|\d+_)")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


def decode(content: bytes, name: str) -> str:
    """Return the text of a prototxt, which is UTF-8 but for its comments.

    Raises:
        PrototxtError: a byte order mark, or other bytes than UTF-8 in a string or outside.
    """
    if content.startswith(b"\xef\xbb\xbf"):
        message = f"{name}:1: starts with a byte order mark, which Caffe cannot read; save without"
        raise PrototxtError(message, path=name, line=1)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # Comments in another encoding are common, and Caffe skips them as bytes.
        text = content.decode("utf-8", "surrogateescape")
    text = _QUOTED.sub(lambda found: found[1] or "", text)
    stray = _NOT_UTF8.search(text)
    if stray is not None:
        line = text.count("\n", 0, stray.start()) + 1
        raise PrototxtError(f"{name}:{line}: not UTF-8 outside a comment", path=name, line=line)
    return text


def check_characters(text: str, name: str) -> None:
    """Raise `PrototxtError` at the first character that Python's parser takes and Caffe's not."""
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), text)
    stray = _STRAY.search(bare)
    if stray is not None:
        line = bare.count("\n", 0, stray.start()) + 1
        column = stray.start() - bare.rfind("\n", 0, stray.start())
        message = f"{name}:{line}:{column}: Caffe cannot read {stray[0]!a} here"
        raise PrototxtError(message, path=name, line=line)
