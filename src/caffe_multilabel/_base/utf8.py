"""UTF-8 whatever the locale: why programs run Python in its UTF-8 mode, and how they get into it.

Lists, task files and prototxts are UTF-8, and Caffe and the core open a path by its very bytes. A
Python that was started in a locale of another encoding, as zh_CN.GBK, makes text of bytes by that
one: a path is another text in `sys.argv` than in a list, and opens another file. In UTF-8 mode both
are the same text, bytes that are no UTF-8 stay what they are, and files are UTF-8 without a word.
The mode is chosen before Python starts, and is the default from Python 3.15 on (PEP 686).

A program that imports this package chooses its mode itself. Without that mode, the text of lists
and records is UTF-8 all the same, and the paths that the program gives are as its Python has them:
where the one becomes the other, it goes through `file_name` or `text_of_name`.
"""

from __future__ import annotations

import codecs
import locale
import os
import sys
from pathlib import Path

from caffe_multilabel._base.text import is_utf8

__all__ = [
    "file_name",
    "from_utf8",
    "run_in_utf8",
    "terminal_encoding",
    "text_of_name",
    "to_utf8",
    "typed_text",
]

_UTF8 = codecs.lookup("utf-8")
_COMMAND_LINE = Path("/proc/self/cmdline")


def to_utf8(text: str) -> bytes:
    """Return the bytes of a list's text; surrogates stand for bytes that are no UTF-8.

    Raises:
        UnicodeEncodeError: another surrogate, which is half a character.
    """
    return text.encode("utf-8", "surrogateescape")


def from_utf8(content: bytes) -> str:
    """Return bytes of a list as text, those that are no UTF-8 as surrogates."""
    return content.decode("utf-8", "surrogateescape")


def file_name(text: str) -> str:
    """Return a path of a list's text as files of this Python are opened by."""
    return os.fsdecode(to_utf8(text))


def text_of_name(name: str | os.PathLike[str]) -> str:
    """Return a path of this Python's files as text of a list."""
    return from_utf8(os.fsencode(name))


def run_in_utf8() -> None:
    """Begin this process again in UTF-8 mode, where its file names are of another encoding.

    It takes the place of this one, with the same arguments, streams and process ID. What was
    started with `-X utf8=0` stays as it is: who says so on the command line has a reason.
    """
    if codecs.lookup(sys.getfilesystemencoding()) == _UTF8 or "utf8" in sys._xoptions:  # noqa: SLF001
        return
    # As text they may have lost what they were: some encodings can write one letter in two ways.
    _, *arguments = _COMMAND_LINE.read_bytes().split(b"\0")[:-1]
    os.execv(sys.executable, [os.fsencode(sys.executable), b"-X", b"utf8", *arguments])


def typed_text(argument: str) -> str:
    """Return an argument that is text and no path: a name is UTF-8 wherever it was typed.

    A path stays the bytes that it is; of the name of a column, a terminal of another encoding makes
    other bytes than a list has.
    """
    encoding = terminal_encoding()
    if encoding is None or is_utf8(argument):
        return argument
    try:
        return to_utf8(argument).decode(encoding)
    except UnicodeDecodeError:
        return argument


def terminal_encoding() -> str | None:
    """Return the encoding in which a terminal of this locale shows text, if it is not UTF-8.

    None for ASCII as well: that is the locale of who has set none, on a terminal that knows more.
    """
    try:
        found = codecs.lookup(locale.nl_langinfo(locale.CODESET))
    except LookupError:
        return None
    return None if found in (_UTF8, codecs.lookup("ascii")) else found.name
