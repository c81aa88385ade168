"""`caffe-multilabel list` writes what the core's reader and split read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel import (
    ListError,
    OptionError,
    OutputError,
    load_records,
    load_tasks,
    write_list,
)
from caffe_multilabel.lists import Column, ImageTable, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand

PANDAS = ",image,color,size\n0,a.jpg,red,1\n1,b.jpg,blue,2\n"


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    (tmp_path / "labels.csv").write_text(PANDAS)
    return tmp_path


def test_a_list_is_written_and_what_was_decided_is_said(
    run_command: RunCommand, listed: Path
) -> None:
    done = run_command("caffe-multilabel", "list", "labels.csv", "-o", "list.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "labels.csv: a list of kind csv\n"
        "the paths are in column 1 'image'\n"
        "the column without a name before the others is an index: passed over\n"
        "2 columns: color, size\n"
        "list.csv: 2 records\n"
    )
    assert (listed / "list.csv").read_text() == "path,color,size\na.jpg,red,1\nb.jpg,blue,2\n"


@pytest.mark.usefixtures("listed")
def test_without_a_file_the_list_is_the_output(run_command: RunCommand) -> None:
    done = run_command(
        "caffe-multilabel", "list", "labels.csv", "--columns=size", "--path_suffix=x"
    )
    assert (done.returncode, done.stdout) == (0, "path,size\na.jpgx,1\nb.jpgx,2\n")
    assert "a list of kind csv" in done.stderr
    assert run_command("caffe-multilabel", "list", "-", "--quiet", input=PANDAS).stderr == ""


@pytest.mark.usefixtures("listed")
def test_decisions_as_json(run_command: RunCommand) -> None:
    done = run_command("caffe-multilabel", "list", "labels.csv", "-o", "list.csv", "--json")
    document = json.loads(done.stdout)
    assert document["kind"] == "csv"
    assert document["records"] == 2
    assert document["columns"] == [
        {"name": "color", "distinct": 2},
        {"name": "size", "distinct": 2},
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["labels.csv", "-o", "list.txt"], 2, "the name of a CSV list must end in .csv"),
        (["labels.csv", "-o", "labels.csv"], 1, "labels.csv: is there already; overwrite"),
        (
            ["labels.csv", "--columns=colour"],
            2,
            "there is no column 'colour'; .*did you mean 'color'",
        ),
        (["labels.csv", "--from=coco"], 1, "labels.csv, line 1: is no JSON"),
        (["labels.csv", "--from=xls"], 2, "argument --from: invalid choice"),
        (["labels.csv", "--path_column=9"], 2, "path_column is '9'; the columns are 0"),
        (["labels.csv", "--json"], 2, "--json prints what was decided"),
        (["missing.csv"], 1, "missing.csv: No such file"),
    ],
)
def test_what_cannot_be_done(
    run_command: RunCommand, listed: Path, arguments: list[str], code: int, said: str
) -> None:
    done = run_command("caffe-multilabel", "list", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert re.search(said, done.stderr)
    assert (listed / "labels.csv").read_text() == PANDAS


def table(paths: list[str], columns: dict[str, list[str]]) -> ImageTable:
    made = tuple(Column.of(name, cells) for name, cells in columns.items())
    return ImageTable("table", paths, made, np.arange(1, len(paths) + 1))


TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\0"), min_size=1, max_size=8
)
NUMBERS = st.integers(-(2**24), 2**24).map(str)


@settings(max_examples=200)
@given(data=st.data())
def test_the_core_reads_what_was_written(tmp_path_factory: Any, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("lists") / "list.csv"
    paths = data.draw(st.lists(TEXT, min_size=1, max_size=4))
    names = data.draw(st.lists(TEXT, min_size=1, max_size=3, unique=True))
    columns = {
        name: data.draw(st.lists(NUMBERS, min_size=len(paths), max_size=len(paths)))
        for name in names
    }
    write_list(table(paths, columns), path)
    records = load_records(path, header="yes")
    assert records.core.paths() == [one.encode() for one in paths]
    assert records.label_names == names
    wanted = np.array(list(columns.values()), np.float32).T
    np.testing.assert_array_equal(records.core.labels(), wanted)


@settings(max_examples=100)
@given(data=st.data())
def test_class_names_come_back(tmp_path_factory: Any, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("lists") / "list.csv"
    # A class called as its column makes the header a line of a path and a class.
    names = TEXT.filter(
        lambda name: name.isprintable() and name == name.strip() and name != "color"
    )
    classes = data.draw(st.lists(names, min_size=2, max_size=4, unique=True))
    cells = data.draw(st.lists(st.sampled_from(classes), min_size=1, max_size=4))
    paths = [f"{index}.jpg" for index in range(len(cells))]
    write_list(table(paths, {"color": cells}), path)
    schema = load_records(
        path,
        tasks=load_tasks({"tasks": [{"name": "color", "loss": "softmax", "classes": classes}]}),
    )
    assert schema.core.labels()[:, 0].tolist() == [classes.index(cell) for cell in cells]


def test_what_no_list_can_hold(tmp_path: Path) -> None:
    target = tmp_path / "list.csv"
    with pytest.raises(ListError, match=r"column 'note' holds a line end.*--columns"):
        write_list(table(["a.jpg"], {"note": ["x\ny"]}), target)
    with pytest.raises(ListError, match=r"line 1: the path .* holds a line end"):
        write_list(table(["a\nb"], {"c": ["1"]}), target)
    with pytest.raises(ListError, match="has no columns but that of the paths"):
        write_list(table(["a"], {}), target)
    with pytest.raises(OptionError, match=r"must end in \.csv"):
        write_list(table(["a"], {"c": ["1"]}), tmp_path / "list")
    write_list(table(["a"], {"c": ["1"]}), target)
    with pytest.raises(OutputError, match="is there already"):
        write_list(table(["a"], {"c": ["1"]}), target)
    assert [column.name for column in read_table(target, path_column=0).columns] == ["c"]


def test_a_list_without_names_gets_no_header(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_text("my a.jpg 1 2\nb.jpg 3 4\n")
    write_list(read_table(tmp_path / "l.txt"), tmp_path / "list.csv")
    assert (tmp_path / "list.csv").read_text() == "my a.jpg,1,2\nb.jpg,3,4\n"
