"""What keys of records say."""

from __future__ import annotations

import pytest

from caffe_multilabel.data.keys import key_text, path_in_key


@pytest.mark.parametrize(
    ("key", "path"),
    [
        (b"00000004_images/4.jpg", b"images/4.jpg"),
        (b"00000004_\xff.jpg", b"\xff.jpg"),
        (b"00000004_", None),
        (b"00000004label_images/4.jpg", None),
        (b"cat-17", None),
        (b"", None),
    ],
)
def test_the_path_in_a_key(key: bytes, path: bytes | None) -> None:
    assert path_in_key(key) == path


def test_keys_that_are_no_text_can_be_shown() -> None:
    assert key_text(b"caf\xc3\xa9_\xff") == "café_\\xff"
