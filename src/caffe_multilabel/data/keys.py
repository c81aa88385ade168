"""Keys of records: how they are shown, and the path in them."""

from __future__ import annotations

from caffe_multilabel import _core

__all__ = ["key_text", "path_in_key"]


def key_text(key: bytes) -> str:
    """Return a key, or a part of one, for messages and people."""
    return key.decode("utf-8", "backslashreplace")


def path_in_key(key: bytes) -> bytes | None:
    """Return the path in the key of an image record; None where it holds none.

    Example:
        >>> path_in_key(b"00000004_images/000004.jpg"), path_in_key(b"cat-17")
        (b'images/000004.jpg', None)
    """
    match _core.parse_key(key):
        case _, "image", path if path:
            return path
    return None
