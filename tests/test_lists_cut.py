"""Text cut into columns by the core, held against Python's csv module."""

from __future__ import annotations

import csv
import io
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from caffe_multilabel import ListError, _core, read_table
from caffe_multilabel.lists.readers.paths import PATH_ENDINGS

if TYPE_CHECKING:
    from pathlib import Path

Numbered = list[tuple[int, list[str]]]


def by_csv(text: str, separator: str) -> Numbered | int:
    """The rows that are not blank, each with its line, or how many rows stand before a bad one."""
    lines = io.StringIO(text, newline="")
    rows = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    found: Numbered = []
    line = 1
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return found
        except csv.Error:
            return line
        if len(row) > 1 or (row and row[0].strip(" \t\v\f\r\n")):
            found.append((line, row))
        line = rows.line_num + 1


def by_the_core(text: str, separator: str) -> Numbered | int:
    content = os.fsencode(text)
    head = _core.first_rows(
        text=content, separator=separator, path_endings=PATH_ENDINGS, limit=1_000
    )
    width = len(head[0]) if head else 1
    try:
        columns, lines, misfits, count = _core.read_columns(
            text=content,
            separator=separator,
            path_endings=PATH_ENDINGS,
            first_line=1,
            width=width,
            has_header=False,
        )
    except ListError as error:
        return error.line or 0
    assert len(misfits) == min(count, 20)
    cells = [[texts[code] for code in codes.tolist()] for texts, codes in columns]
    for texts, codes in columns:
        assert texts == list(dict.fromkeys(texts[code] for code in codes.tolist()))
    rows = list(zip(lines.tolist(), map(list, zip(*cells, strict=True)), strict=True))
    found = sorted([*rows, *misfits]) if count <= 20 else []
    if found:
        assert [row for _, row in found] == head
    return found


PIECES = st.sampled_from(
    [*'ab1.é车\0\udcff\ufeff\xa0\u2028"" \t\v', '""', '"a"', '"a', 'a"', "\n", "\r", "\r\n", "SEP"]
)


@settings(max_examples=1_500, deadline=None)
@given(st.lists(PIECES, max_size=40), st.sampled_from(",;|\t"))
@example(["a", "SEP", "\n", '"', "\n", "b", '"', "SEP", "\r\n"], ",")
@example([" ", '"', '""', '"'], ",")
def test_rows_are_those_of_the_csv_module(pieces: list[str], separator: str) -> None:
    text = "".join(separator if piece == "SEP" else piece for piece in pieces)
    found = by_the_core(text, separator)
    wanted = by_csv(text, separator)
    if isinstance(wanted, list) and sum(len(row) != len(wanted[0][1]) for _, row in wanted) > 20:
        return
    assert found == wanted


CELL = st.text(
    st.one_of(st.sampled_from("\",;\n\r \t'é车"), st.characters(codec="utf-8")), max_size=6
)
TABLE = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=30)
)


@settings(max_examples=300, deadline=None)
@given(TABLE, st.sampled_from(",;|\t"), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_the_csv_module_writes_is_read(rows: Any, separator: str, end: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    found = by_the_core(text.getvalue(), separator)
    assert isinstance(found, list)
    assert [row for _, row in found] == [
        row for row in rows if len(row) > 1 or row[0].strip(" \t\v\f\r\n")
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_are_the_same_in_every_encoding(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    rows = [["path", "note", "n"], ["a.jpg", 'x "y"\nz', "1"], ["b.jpg", "车, é", ""]]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    path = tmp_path / "list.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    table = read_table(path)
    assert list(table.paths) == ["a.jpg", "b.jpg"]
    assert [column.cells() for column in table.columns] == [['x "y"\nz', "车, é"], ["1", ""]]
    assert table.lines.tolist() == [2, 4]


FIELD = st.text(st.sampled_from("ab.1é\u3000\xa0"), min_size=1, max_size=4)
BLANK = st.sampled_from([" ", "  ", "\t", " \t"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.tuples(st.one_of(FIELD, st.just("x.JPG")), BLANK), max_size=5)))
def test_a_path_between_blanks_ends_as_names_of_images_do(rows: Any) -> None:
    lines = ["".join(f"{field}{blank}" for field, blank in row) for row in rows]
    found = _core.first_rows(
        text="\n".join(lines).encode(), separator="\0", path_endings=PATH_ENDINGS, limit=1_000
    )
    wanted = []
    for line in lines:
        match = re.match(r"(.*?\.jpg)(?:[ \t]+(.*))?\Z", line.strip(" \t"), re.IGNORECASE)
        path, rest = ("", line) if match is None else (match[1], match[2] or "")
        cells = [path] * bool(path) + re.findall(r"[^ \t]+", rest)
        wanted += [cells] if cells else []
    assert found == wanted


def test_a_bad_line_is_told_with_lines_of_other_kinds_in_order(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("path,n\na.jpg,1\n,2\nb.jpg\n,3\nc.jpg,1\n")
    with pytest.raises(ListError) as caught:
        read_table(path)
    assert re.findall(r"line (\d)", caught.value.message) == ["3", "4", "5"]
    assert caught.value.line == 3
