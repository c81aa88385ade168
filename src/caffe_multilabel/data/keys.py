"""Keys of records: how they are shown, and the path in them."""

from __future__ import annotations

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import path_bytes

__all__ = ["key_text", "mispaired_keys", "path_in_key"]


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


def mispaired_keys(images: str, labels: str) -> tuple[str, str] | None:
    """Return the keys of the first records of two DBs that contradict each other, or None.

    A pair passes where keys cannot be compared; docs/en/format.md says which can.

    Raises:
        DatabaseError: a DB cannot be read.
    """
    keys = _core.mispaired_keys(
        images=path_bytes("images", images), labels=path_bytes("labels", labels)
    )
    return None if keys is None else (key_text(keys[0]), key_text(keys[1]))
