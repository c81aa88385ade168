"""Names for image files."""

from __future__ import annotations

import re

from caffe_multilabel.data.export.images import ENDINGS, Image

__all__ = ["LIST_NAME", "file_name", "plain_name"]

LIST_NAME = b"list.txt"

_LONGEST_NAME = 255  # of a file, in bytes, on all common file systems
_CONTROL = re.compile(rb"[\0-\x1f\x7f]")


def file_name(path: bytes, image: Image) -> bytes | None:
    """Return the path for an image file; None where it may not have its record's.

    A raw record keeps its path to the letter, whatever its ending, so that it gets the same key
    when it is converted again; programs tell a PNG by its content. The bytes of an encoded record
    get the ending of their format.
    """
    if not _is_safe(path):
        return None
    if not image.encoded or _ends_rightly(path, image.ending):
        return path
    directory, slash, name = path.rpartition(b"/")
    stem = name[: name.rindex(b".")] if b"." in name[1:] else name
    renamed = directory + slash + stem + image.ending.encode()
    return renamed if _is_safe(renamed) else None


def plain_name(position: int, which: int, image: Image) -> bytes:
    """Return a path made of a record's position, and of which of its images it is, from 0."""
    number = b"_%d" % (which + 1) if which else b""
    return b"pictures/%08d%s%s" % (position, number, image.ending.encode())


def _is_safe(path: bytes) -> bool:
    """Tell whether a file can be put there, and a line of a list with tabs can name it."""
    parts = path.split(b"/")
    return (
        path == path.strip()
        and not path.startswith((b"/", b"\xef\xbb\xbf"))
        and path != LIST_NAME
        and parts[-1] not in (b"", b".")
        and b".." not in parts
        and all(len(part) <= _LONGEST_NAME for part in parts)
        and not _CONTROL.search(path)
    )


def _ends_rightly(path: bytes, ending: str) -> bool:
    return path.lower().endswith(tuple(name.encode() for name in ENDINGS[ending]))
