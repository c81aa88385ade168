"""What every reader works on: a file, a folder or standard input, and how it is to be read."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel._base.utf8 import to_utf8
from caffe_multilabel.errors import ListError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO, TextIO

    from caffe_multilabel._base.core_options import HeaderLine, ListKind
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["BadLines", "ReadOptions", "Reader", "Source"]

_HEAD = 1 << 16
_SHOWN = 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a source is read.

    Attributes:
        root: what is put before each path to open the image.
        path_column: the column of the paths, by name or by number from 0; None looks for it.
        header: whether line 1 names the columns.
        separator: what parts the fields; empty where the text is to tell.
        path_prefix: put before each path.
        path_suffix: put behind each path.
        images: of a record, each of which has its column of paths.
    """

    root: str = ""
    path_column: str | int | None = None
    header: HeaderLine = "auto"
    separator: str = ""
    path_prefix: str = ""
    path_suffix: str = ""
    images: int = 1


@dataclass(frozen=True, slots=True)
class Source:
    """A file, a folder or standard input.

    Attributes:
        path: as it was given.
        name: what messages call it.
        is_folder: whether it is one.
        encoding: of the text.
        head: the beginning of the text, cut behind a line where there is more.
        content: what standard input held, which can be read only once; else None.
    """

    path: str
    name: str
    is_folder: bool
    encoding: str
    head: str
    content: bytes | None

    @classmethod
    def of(cls, path: str) -> Source:
        """Look at a path; "-" is standard input.

        Raises:
            ListError: it cannot be read, or is UTF-16 without a byte order mark.
        """
        if path != "-" and Path(path).is_dir():
            return cls(path, path, is_folder=True, encoding="", head="", content=None)
        name = "standard input" if path == "-" else path
        try:
            content = sys.stdin.buffer.read() if path == "-" else None
            if content is None:
                with Path(path).open("rb") as file:
                    begin = file.read(_HEAD)
            else:
                begin = content[:_HEAD]
        except OSError as error:
            raise ListError(f"{path}: {error.strerror}", path=path) from None
        encoding = next((name for mark, name in _MARKS if begin.startswith(mark)), "utf-8")
        if encoding != "utf-16" and b"\0" in begin:
            line = begin[: begin.index(b"\0")].count(b"\n") + 1
            raise ListError(
                f"{name}, line {line}: holds a zero byte; a list is text in UTF-8, or in UTF-16 "
                "with a byte order mark",
                path=path,
                line=line,
            )
        head = codecs.getincrementaldecoder(encoding)("surrogateescape").decode(begin)
        if len(begin) == _HEAD and "\n" in head:
            head = head[: head.rindex("\n") + 1]
        return cls(path, name, is_folder=False, encoding=encoding, head=head, content=content)

    @property
    def ending(self) -> str:
        """The ending of the name, in small letters."""
        return Path(self.path).suffix.lower()

    @contextmanager
    def text(self) -> Iterator[TextIO]:
        """Open the text, line ends as they are; bytes that are no UTF-8 become surrogates.

        Raises:
            ListError: it cannot be read, or is no such text.
        """
        try:
            opened: IO[bytes] = (
                io.BufferedReader(io.FileIO(self.path))
                if self.content is None
                else io.BytesIO(self.content)
            )
            with io.TextIOWrapper(
                opened, encoding=self.encoding, errors="surrogateescape", newline=""
            ) as text:
                yield text
        except OSError as error:
            raise self.error(str(error.strerror)) from None
        except UnicodeError as error:
            raise self.error(f"is no {self.encoding.upper()} text: {error}") from None

    def utf8(self) -> bytes:
        """Return the whole text as UTF-8 without a byte order mark.

        Raises:
            ListError: it cannot be read, or is no such text.
        """
        if self.encoding == "utf-16":
            with self.text() as text:
                return text.read().encode("utf-8", "surrogateescape")
        try:
            content = Path(self.path).read_bytes() if self.content is None else self.content
        except OSError as error:
            raise self.error(str(error.strerror)) from None
        return content.removeprefix(codecs.BOM_UTF8)

    def beginning(self) -> Source:
        """Return a source of the first lines alone, as many as are enough to tell what it is."""
        return replace(self, encoding="utf-8", content=to_utf8(self.head))

    def error(self, problem: str, line: int | None = None) -> ListError:
        """Return an error of this source, or of a line of it."""
        place = self.name if line is None else f"{self.name}, line {line}"
        return ListError(f"{place}: {problem}", path=self.path, line=line)

    def relative(self, path: str, root: str) -> str:
        """Return the path that `root`, put before it, makes one of a file in this folder."""
        return os.path.relpath(path, root) if root else path


@dataclass(frozen=True, slots=True)
class Reader:
    """One kind of list.

    Attributes:
        kind: its name, as `kind=` and `--from` take it.
        description: what it is, in one line.
        recognises: whether a source is most likely one.
        read: reads it.
    """

    kind: ListKind
    description: str
    recognises: Callable[[Source], bool]
    read: Callable[[Source, ReadOptions], ImageTable]


class BadLines:
    """Gathers what is wrong with a list, and raises it as one error."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._others = 0
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, problem: str) -> None:
        """Note one line."""
        self._found.append((line, problem))

    def add_others(self, count: int) -> None:
        """Note lines that stand behind 20 of the others, which are all that is shown."""
        self._others += count

    def raise_if_any(self) -> None:
        """Raise what was found, the first 20 lines in full.

        Raises:
            ListError: something was.
        """
        if not self._found:
            return
        found = sorted(self._found)
        count = len(found) + self._others
        before = ["", *(problem for _, problem in found)]
        told = [
            (line, "the same" if problem == last else problem)
            for (line, problem), last in zip(found[:_SHOWN], before, strict=False)
        ]
        raise ListError(
            f"{self._source.name}: {plural(count, 'bad line')}"
            + "".join(f"\n  line {line}: {problem}" for line, problem in told)
            + (f"\n  and {count - _SHOWN} more" if count > _SHOWN else ""),
            path=self._source.path,
            line=found[0][0],
        )
