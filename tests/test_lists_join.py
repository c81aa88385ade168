"""Two lists made one: `join_parts`, and `caffe-multilabel list --val_list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel import Column, ImageTable, ListError, join_parts, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand


def written(folder: Path, name: str, text: str) -> ImageTable:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_table(path)


def test_columns_meet_by_name(tmp_path: Path) -> None:
    train = written(tmp_path, "a.csv", "path,kind,old,extra\n1.jpg,cat,1,x\n2.jpg,dog,0,y\n")
    val = written(tmp_path, "b.csv", "old,path,kind\n1,3.jpg,cow\n")
    joined = join_parts(train, val)
    assert list(joined.paths) == ["1.jpg", "2.jpg", "3.jpg"]
    assert {column.name: column.cells() for column in joined.columns} == {
        "kind": ["cat", "dog", "cow"],
        "old": ["1", "0", "1"],
        "part": ["train", "train", "val"],
    }
    assert joined.notes[-1] == f"left out, for only {tmp_path}/a.csv has it: extra"


@settings(max_examples=100)
@given(data=st.data())
def test_no_cell_is_lost(data: st.DataObject) -> None:
    """Whatever texts the lists share."""
    texts = st.lists(st.sampled_from("abcd"), min_size=1, max_size=9)
    first, second = data.draw(texts), data.draw(texts)
    made = [
        ImageTable(
            "a list",
            [f"{place}.jpg" for place in range(len(cells))],
            (Column.of("x", cells),),
            np.arange(1, len(cells) + 1),
        )
        for cells in (first, second)
    ]
    x, part = join_parts(*made).columns
    assert x.cells() == [*first, *second]
    assert part.cells() == ["train"] * len(first) + ["val"] * len(second)


@pytest.mark.parametrize(
    ("val", "said"),
    [
        ("1.jpg,cow\n", "has no names of columns, and the other list has"),
        ("path,sort\n3.jpg,cow\n", "has no column of .*a.csv, whose columns are kind, split"),
        ("path,kind,split\n3.jpg,cow,train\n", "column 'split' says otherwise which records"),
        ("path;kind\n3.jpg;0,5\n", "has decimal commas in column 'kind', .* write both alike"),
    ],
)
def test_lists_that_do_not_go_together(tmp_path: Path, val: str, said: str) -> None:
    train = written(tmp_path, "a.csv", "path,kind,split\n1.jpg,cat,train\n2.jpg,dog,val\n")
    with pytest.raises(ListError, match=said):
        join_parts(train, written(tmp_path, "b.csv", val))


def test_the_command_writes_both(tmp_path: Path, run_command: RunCommand) -> None:
    (tmp_path / "a.csv").write_text("a.jpg,1\nb.jpg,0\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("c.jpg,1\n", encoding="utf-8")
    done = run_command("caffe-multilabel", "list", "a.csv", "--val_list", "b.csv")
    assert (done.returncode, done.stdout) == (0, "a.jpg,1,train\nb.jpg,0,train\nc.jpg,1,val\n")
    assert "a.csv and b.csv: a list of kind csv" in done.stderr
