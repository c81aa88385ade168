"""Characters that Caffe's text parser takes and Python's does not, or the other way round."""

from __future__ import annotations

import codecs
import re
import unicodedata

from caffe_multilabel.errors import PrototxtError

__all__ = ["check_characters", "check_look_alikes", "decode", "wide_encoding"]

_STRING = r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
_COMMENT = r"#[^\n]*"
_QUOTED = re.compile(rf"({_STRING})|{_COMMENT}")
# Spaces pasted from web pages, a sign before a number, and an underscore inside one.
_STRAY = re.compile(r"[^\x00-\x7f]|(?<!\w)(?:\+|\d+_)")
# Quotes of word processors and web pages, by the one that Caffe reads.
_CURLY = {
    '"': "\u201c\u201d\u201e\u201f\u2033",
    "'": "\u2018\u2019\u201a\u201b\u2032",
}
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


# By their byte order marks; that of UTF-32 begins as that of UTF-16 does.
_WIDE = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
# Without one, by what each prototxt has and no serialised message.
_UNMARKED = {
    "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}
_FIELD = re.compile(r"[A-Za-z_]{2}\w*[ \t]*[:{<]")
_LOOKED_AT = 1 << 16  # bytes


def wide_encoding(content: bytes) -> str:
    """Return UTF-16 or UTF-32 for text in it, as Windows writes it; empty for all else."""
    for mark, name in _WIDE.items():
        if content.startswith(mark):
            return name
    for codec, name in _UNMARKED.items():
        text = content[:_LOOKED_AT].decode(codec, "ignore")
        if "\0" not in text and _FIELD.search(text):
            return name
    return ""


def decode(content: bytes, name: str) -> str:
    """Return the text of a prototxt, which is UTF-8 but for its comments.

    Raises:
        PrototxtError: a byte order mark, or other bytes than UTF-8 in a string or outside.
    """
    wide = wide_encoding(content)
    if wide:
        message = f"{name}:1: {wide} text, which Caffe cannot read; save it as UTF-8"
        raise PrototxtError(message, path=name, line=1)
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
    stray = _STRAY.search(_bare(text))
    if stray is not None:
        raise _unreadable(text, stray.start(), name, stray[0])


def check_look_alikes(text: str, name: str, line: int | None) -> None:
    """Raise `PrototxtError` at a character that only looks like one that Caffe reads.

    Args:
        text: a text that does not parse.
        name: what the error calls it.
        line: where it does not parse; a string that holds a curly quote there most likely ends
            at a quote that was to begin another one. None if that is not known.
    """
    lines = text.split("\n")
    end = len(text) if line is None else sum(map(len, lines[:line])) + line - 1
    start = end if line is None else end - len(lines[line - 1])
    found = [stray for stray in _STRAY.finditer(_bare(text), 0, end) if _plain(stray[0])]
    for string in re.finditer(_STRING, text[start:end]):
        curly = re.search(f"[{_CURLY[string[0][0]]}]", string[0])
        if curly is not None:
            raise _unreadable(text, start + string.start() + curly.start(), name, curly[0])
    if found:
        raise _unreadable(text, found[0].start(), name, found[0][0])


def _bare(text: str) -> str:
    """Return a text with blanks in place of its strings and comments."""
    return _QUOTED.sub(lambda found: " " * len(found[0]), text)


def _plain(character: str) -> str:
    """Return the character that one outside ASCII looks like; empty if it looks like none."""
    for quote, curly in _CURLY.items():
        if character in curly:
            return quote
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and plain.isascii() and plain != character else ""


def _unreadable(text: str, index: int, name: str, stray: str) -> PrototxtError:
    line = text.count("\n", 0, index) + 1
    column = index - text.rfind("\n", 0, index)
    plain = _plain(stray)
    what = f"Caffe cannot read {stray!a} here"
    if plain in _CURLY:
        what = f"a curly quote ({stray!a}), which Caffe cannot read; write {plain} instead"
    elif plain:
        what += f"; write {plain!r} instead"
    return PrototxtError(f"{name}:{line}:{column}: {what}", path=name, line=line)
