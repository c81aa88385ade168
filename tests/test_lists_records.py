"""Tables become records: columns matched to tasks, texts read by the core's one rule."""

# ruff: noqa: E501  (a list a line)
from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import (
    ListError,
    OptionError,
    convert,
    load_records,
    load_tasks,
    relabel,
    split,
    verify,
)

if TYPE_CHECKING:
    from pathlib import Path

TASKS = load_tasks(
    {
        "tasks": [
            {"name": "color", "loss": "softmax", "classes": ["red", "blue"], "ignore_label": -1},
            {"name": "signs", "loss": "sigmoid", "dim": ["old", "wet"]},
            {"name": "spot", "loss": "euclidean", "dim": 2},
        ]
    }
)
WANTED = [[0, 1, 0, 0.5, 2], [1, 0, 1, 1.5, 3]]
NAMES = ["color", "old", "wet", "spot_0", "spot_1"]

LISTS: dict[str, str | bytes] = {
    "in another order": "path,wet,old,spot_1,color,spot_0\na.jpg,0,1,2,red,0.5\nb.jpg,1,0,3,blue,1.5\n",
    "values of one task in another order": (
        "path,color,wet,old,spot_0,spot_1\na.jpg,red,0,1,0.5,2\nb.jpg,blue,1,0,1.5,3\n"
    ),
    "pandas' index and columns beside": (
        ",path,note,color,old,wet,spot_0,spot_1\n"
        "0,a.jpg,x y,red,True,False,0.5,2\n1,b.jpg,z,blue,False,True,1.5,3\n"
    ),
    "the path last": "color,old,wet,spot_0,spot_1,path\nred,yes,no,0.5,2,a.jpg\nblue,no,yes,1.5,3,b.jpg\n",
    "semicolons": "path;color;old;wet;spot_0;spot_1\na.jpg;red;1;0;0.5;2\nb.jpg;blue;0;1;1.5;3\n",
    "UTF-16": "path,color,old,wet,spot_0,spot_1\na.jpg,red,1,0,0.5,2\nb.jpg,blue,0,1,1.5,3\n".encode(
        "utf-16"
    ),
    "line ends in cells": (
        'path,note,color,old,wet,spot_0,spot_1\na.jpg,"x\ny",red,1,0,0.5,2\nb.jpg,,blue,0,1,1.5,3\n'
    ),
    "names with the task's": (
        "path,color,signs_old,signs_wet,spot_0,spot_1,note\n"
        "a.jpg,red,1,0,0.5,2,x\nb.jpg,blue,0,1,1.5,3,y\n"
    ),
}


def written(folder: Path, content: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("shape", LISTS)
def test_columns_go_to_tasks_by_the_header(tmp_path: Path, shape: str) -> None:
    records = load_records(written(tmp_path, LISTS[shape]), tasks=TASKS)
    assert records.core.paths() == [b"a.jpg", b"b.jpg"]
    np.testing.assert_array_equal(records.core.labels(), WANTED)
    assert len(records.label_names) == 5
    assert len(pickle.loads(pickle.dumps(records))) == 2


def test_what_was_decided_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, LISTS["pandas' index and columns beside"])
    records = load_records(path, tasks=TASKS)
    assert records.kind == "csv"
    assert records.notes == (
        "the paths are in column 1 'path'",
        "the column without a name before the others is an index: passed over",
        "labels by column: color, old, wet, spot_0, spot_1",
        "not used: note",
    )


def test_json_lines_and_folders_need_no_flag(tmp_path: Path) -> None:
    lines = (
        '{"color": "red", "path": "a.jpg", "old": true, "wet": false, "spot": [0.5, 2]}\n'
        '{"color": "blue", "path": "b.jpg", "old": false, "wet": true, "spot": [1.5, 3]}\n'
    )
    records = load_records(written(tmp_path, lines, "list.jsonl"), tasks=TASKS)
    np.testing.assert_array_equal(records.core.labels(), WANTED)
    for name in ("pets/cat/1.jpg", "pets/dog/2.jpg"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    pet = {"name": "class", "loss": "softmax", "classes": ["cat", "dog"]}
    pets = load_records(tmp_path / "pets", tasks=load_tasks({"tasks": [pet]}), root=tmp_path)
    assert pets.core.paths() == [b"pets/cat/1.jpg", b"pets/dog/2.jpg"]
    assert pets.core.labels().tolist() == [[0], [1]]


def test_what_the_core_reads_is_read_as_ever(tmp_path: Path) -> None:
    path = written(tmp_path, "path,color,old,wet,spot_0,spot_1\na.jpg,red,1,0,0.5,2\n")
    records = load_records(path, tasks=TASKS)
    assert (records.kind, records.notes) == ("", ())
    wide = written(tmp_path, "a.jpg,red,1,0,0.5,2,7\n")
    assert load_records(wide, tasks=TASKS).core.label_count == 6


@pytest.mark.parametrize(
    "content",
    [
        "path,color,old,wet,spot_0,spot_1\na.jpg,red,Y,n,0.5,2\nb.jpg,red,否,是,0.5,2\n",
        "path,remark,color,old,wet,spot_0,spot_1\na.jpg,x,red,有,无,0.5,2\nb.jpg,y,red,N,y,0.5,2\n",
        "a.jpg red Y N 0.5 2\nb.jpg red 否 有 0.5 2\n",
    ],
)
def test_words_of_yes_and_no_are_labels_of_sigmoid_tasks(tmp_path: Path, content: str) -> None:
    path = written(tmp_path, content, "list.csv" if "," in content else "list.txt")
    assert load_records(path, tasks=TASKS).core.labels()[:, 1:3].tolist() == [[1, 0], [0, 1]]


def test_a_blank_is_unknown_where_the_task_has_an_ignore_label(tmp_path: Path) -> None:
    path = written(tmp_path, "path,color,old,wet,spot_0,spot_1\na.jpg,,1,0,0.5,2\n")
    assert load_records(path, tasks=TASKS).core.labels()[0, 0] == -1
    path = written(tmp_path, "path,color,old,wet,spot_0,spot_1\na.jpg,red,,0,0.5,2\n")
    with pytest.raises(ListError, match=r"line 2: label 2: '' .* task 'signs' .old. needs an ign"):
        load_records(path, tasks=TASKS)


@pytest.mark.parametrize("cell", ["", "NA", "?", "nan", "NULL"])
@pytest.mark.parametrize(
    "head",
    ["path,color,old,wet,spot_0,spot_1\na.jpg", "x,path,color,old,wet,spot_0,spot_1\nz,a.jpg"],
)
def test_what_says_nothing_is_unknown_however_the_list_is_read(
    tmp_path: Path, head: str, cell: str
) -> None:
    """By the core, or as a table where columns stand beside those of the tasks."""
    path = written(tmp_path, f"{head},{cell},1,0,0.5,2\n")
    assert load_records(path, tasks=TASKS).core.labels()[0, 0] == -1
    path = written(tmp_path, f"{head},red,1,0,{cell},2\n")
    with pytest.raises(ListError, match=r"unknown labels task 'spot' needs an ignore") as caught:
        load_records(path, tasks=TASKS)
    assert "1 bad line" in str(caught.value)


AGES = load_tasks({"tasks": [{"name": "age", "loss": "euclidean", "dim": 2, "ignore_label": -1}]})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.txt", "a.jpg 1 ?\nb.jpg 2 3\n"),
        ("list.txt", "a.jpg ? ?\nb.jpg 2 3\n"),
        ("list.txt", "a - b.jpg ? -\nb c.jpg 2 3\n"),
        ("list.txt", "a\t?\t?\nb\t2\t3\n"),
        ("list.csv", "a,-,-\nb,2,3\n"),
        ("list.csv", "a,NA,?\nb,2,3\n"),
    ],
)
def test_unknown_labels_of_the_first_line_are_labels(
    tmp_path: Path, name: str, content: str
) -> None:
    """And no words of a path, no names of columns, and no text that the list is cut by."""
    core = load_records(written(tmp_path, content, name), tasks=AGES, header="auto").core
    assert core.labels()[0].max() <= 1
    assert core.labels()[1].tolist() == [2, 3]
    assert len(core) == 2


def test_a_sign_for_what_nobody_knows_names_no_column(tmp_path: Path) -> None:
    """A first record was a header, and lost, where no task tells what labels are."""
    path = written(tmp_path, "img1,?,?\nimg2,2,3\n", "list.csv")
    with pytest.raises(ListError, match=r"line 1: label 1: '\?' is not a number"):
        load_records(path)
    kind = {"name": "kind", "loss": "softmax", "classes": ["cat", "dog"], "ignore_label": -1}
    path = written(tmp_path, "img1,?\nimg2,cat\n", "list.csv")
    records = load_records(path, tasks=load_tasks({"tasks": [kind]}))
    assert records.core.labels().tolist() == [[-1], [0]]


@pytest.mark.parametrize(
    "records",
    [
        (["a", "b"], np.array([[1, np.nan], [2, 3]], np.float32)),
        [("a", [1, float("nan")]), ("b", [2, 3])],
        [("a", [1, None]), ("b", [2, 3])],
        [("a", [1, "?"]), ("b", [2, 3])],
        {"path": ["a", "b"], "age_0": [1, 2], "age_1": [float("nan"), 3]},
    ],
)
def test_what_a_program_has_for_nothing_is_unknown(records: Any) -> None:
    """However it hands records over."""
    assert load_records(records, tasks=AGES).core.labels().tolist() == [[1, -1], [2, 3]]
    sure = load_tasks({"tasks": [{"name": "age", "loss": "euclidean", "dim": 2}]})
    with pytest.raises(ListError, match=r"record 1: "):
        load_records(records, tasks=sure)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("path,x,color,old,wet,spot_0,spot_1\na.jpg,q,rde,1,0,0.5,2\n", "line 2: column 'color': 'rde' is .*; did you mean 'red'?"),
        ("path,x,color,old,wet,spot_0,spot_1\na.jpg,q,Blue,1,0,0.5,2\n", "did you mean 'blue'?"),
        ("path,x,color,old,wet,spot_0,spot_1\na.jpg,q,purple,1,0,0.5,2\n", "'purple' is not a number and no class name of task 'color'; the classes are 'red', 'blue'$"),
        (",path,color,old,wet,spot_0,sopt_1\n0,a.jpg,red,1,0,0.5,2\n", "no column is named 'spot_1'.*did you mean 'sopt_1'"),
        ("path,x,color,old,wet,spot_0,spot_1\na.jpg,q,red,2,0,0.5,2\n", r"column 'old': task 'signs' \(old\): 2 is not allowed"),
        (',path,color,old,wet,spot_0,spot_1\n0,a.jpg,red,1,0,"0,5",2\n', "column 'spot_0': '0,5' is not a number; it has a decimal comma"),
        (",path,color,old,wet,spot_0,spot_1\n0,a.jpg,red,1,0,0.5,16777217\n", "16777217' does not fit a 32-bit float"),
    ],
)  # fmt: skip
def test_what_is_no_label_is_said_with_its_column(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(ListError, match=said) as caught:
        load_records(written(tmp_path, content), tasks=TASKS)
    assert str(tmp_path) in caught.value.message


def multi_hot(**keys: Any) -> Any:
    tags = {"name": "tags", "loss": "sigmoid", "dim": ["old", "red", "wet"], **keys}
    return load_tasks({"tasks": [tags, {"name": "n", "loss": "euclidean", "dim": 1}]})


@pytest.mark.parametrize("mark", ["|", ";", ",", " ", ", "])
def test_several_labels_in_a_cell_become_values(tmp_path: Path, mark: str) -> None:
    cells = [
        f'"{mark.join(cell)}"' for cell in (("red", "old"), ("wet",), (), ("old", "wet", "red"))
    ]
    rows = "".join(f"{place}.jpg,{place},{cell}\n" for place, cell in enumerate(cells))
    path = written(tmp_path, f"path,n,tags\n{rows}")
    labels = load_records(path, tasks=multi_hot()).core.labels()
    assert labels.tolist() == [[1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 2], [1, 1, 1, 3]]
    unknown = load_records(path, tasks=multi_hot(ignore_label=-1)).core.labels()
    assert unknown[2].tolist() == [-1, -1, -1, 2]


def test_a_word_that_is_no_label_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "path,n,tags\na.jpg,1,red|old\nb.jpg,2,red|odl\n")
    with pytest.raises(
        ListError, match=r"line 3: column 'tags_old': 'red\|odl .*' is not a number"
    ):
        load_records(path, tasks=multi_hot())


def test_columns_of_text_without_names_are_passed_over(tmp_path: Path) -> None:
    kind = {"name": "kind", "loss": "softmax", "classes": 3, "columns": [1]}
    tasks = load_tasks({"tasks": [kind]})
    path = written(tmp_path, "a.jpg,foo,2,bar\nb.jpg,baz,1,bar\n")
    records = load_records(path, tasks=tasks)
    assert records.core.labels().tolist() == [[0, 2], [0, 1]]
    assert records.notes[-1] == "not used: columns hold text or blanks, counted from 0: 0, 2"
    path = written(tmp_path, "a.jpg,3,2,0.5\nb.jpg,,1,NA\n")
    assert load_records(path, tasks=tasks).core.labels().tolist() == [[0, 2], [0, 1]]
    path = written(tmp_path, "a.jpg,1,2\nb.jpg,baz,1\n")
    with pytest.raises(ListError, match="line 2: label 1: 'baz' is not a number"):
        load_records(path, tasks=tasks)
    path = written(tmp_path, "a.jpg,foo,2,bar\n")
    with pytest.raises(ListError, match="'foo' is not a number"):
        load_records(path)


def test_paths_may_get_what_they_lack(tmp_path: Path) -> None:
    path = written(tmp_path, "id,size\n0a1,1\n0b2,2\n")
    records = load_records(path, path_suffix=".jpg", path_prefix="new/")
    assert records.core.paths() == [b"new/0a1.jpg", b"new/0b2.jpg"]
    assert records.core.labels().tolist() == [[1], [2]]
    with pytest.raises(OptionError, match="for the paths of a list file"):
        load_records([("a", [1])], path_suffix=".jpg")
    with pytest.raises(OptionError, match="path_suffix is 3"):
        load_records(path, path_suffix=3)  # type: ignore[arg-type]


def test_a_near_miss_is_said_of_plain_lists_too(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jpg rde 1 0 1 1\n", "list.txt")
    with pytest.raises(ListError, match="did you mean 'red'"):
        load_records(path, tasks=TASKS, label_count=5)


def test_the_kind_and_the_column_may_be_told(tmp_path: Path) -> None:
    path = written(tmp_path, "left,right,size\na.jpg,b.jpg,1\n")
    assert load_records(path, path_column="right", kind="auto", tasks=size()).core.paths() == [
        b"b.jpg"
    ]
    path = written(tmp_path, "2\nSmiling Young\na.jpg -1 1\nb.jpg 1 -1\n", "attr.txt")
    records = load_records(path, kind="celeba")
    assert records.core.labels().tolist() == [[-1, 1], [1, -1]]
    assert records.label_names == ["Smiling", "Young"]
    with pytest.raises(OptionError, match="kind is 'xls', must be one of auto, plain, csv"):
        load_records(path, kind="xls")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="leave it out beside kind"):
        load_records(path, kind="csv", list_format="csv")


def size() -> Any:
    return load_tasks({"tasks": [{"name": "size", "loss": "euclidean", "dim": 1}]})


class Frame:
    """What pandas' data frames have of what is asked here."""

    def __init__(self, **columns: list[Any]) -> None:
        self._columns = columns
        self.columns = list(columns)
        self.shape = (len(next(iter(columns.values()))), len(columns))

    def keys(self) -> list[str]:
        return self.columns

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        return np.array(self._columns[name], dtype=object)


COLUMNS: dict[str, list[Any]] = {
    "spot_1": [2, np.float32(3)],
    "image": ["a.jpg", "b.jpg"],
    "color": ["red", "blue"],
    "note": ["x", None],
    "old": [True, np.bool_(False)],
    "wet": [0, 1],
    "spot_0": [0.5, np.float64(1.5)],
}
DICTS = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]
FORMS: dict[str, Any] = {
    "rows": [("a.jpg", ["red", 1, 0, 0.5, 2]), (b"b.jpg", ("blue", 0, True, 1.5, 3))],
    "columns": (["a.jpg", "b.jpg"], [["red", 1, 0, 0.5, 2], ["blue", 0, 1, 1.5, 3]]),
    "an array of text": (
        ["a.jpg", "b.jpg"],
        np.array([["red", 1, 0, 0.5, 2], ["blue", 0, 1, 1.5, 3]]),
    ),
    "dicts": DICTS,
    "a generator of dicts": None,
    "a dict of columns": COLUMNS,
    "a data frame": Frame(**COLUMNS),
}


@pytest.mark.parametrize("form", FORMS)
def test_programs_give_names_of_classes(form: str) -> None:
    given = FORMS[form] if FORMS[form] is not None else (row for row in DICTS)
    records = load_records(given, tasks=TASKS)
    assert records.core.paths() == [b"a.jpg", b"b.jpg"]
    np.testing.assert_array_equal(records.core.labels(), WANTED)


def test_nothing_known_is_a_blank() -> None:
    columns = {"path": ["a", "b", "c"], "color": [None, float("nan"), "red"]}
    color = load_tasks({"tasks": [TASKS.tasks[0].model_dump(exclude_none=True)]})
    assert load_records(columns, tasks=color).core.labels().tolist() == [[-1], [-1], [0]]


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ([("a.jpg", ["rad", 1, 0, 0.5, 2])], ListError, r"records: 1 bad record.*\n  record 1: label 1: 'rad' is .*did you mean 'red'"),
        ([{"path": "a.jpg", "color": "red"}], ListError, "no column is named 'old'"),
        ([{"a": "a.jpg", "color": "red"}], OptionError, "no column is named path, image, file or the like; the columns are a, color"),
        ([{"path": "a.jpg"}, {"image": "b.jpg"}], ListError, "record 2 is {'image': 'b.jpg'}, must be a dict with the keys"),
        ({"path": ["a"], "color": ["red", "blue"]}, ListError, "several lengths: path 1, color 2"),
        ([("a.jpg", ["red", 1]), ("b.jpg", ["red"])], ListError, "as many for each record"),
        ({"path": ["a"], "color": [object()]}, ListError, "record 1 holds <object"),
        ({"path": [5], "color": ["red"]}, ListError, "record 1: the path is 5"),
        ({"path": [], "color": []}, ListError, "there are no records"),
    ],
)  # fmt: skip
def test_what_programs_give_wrong(given: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        load_records(given, tasks=TASKS)


@pytest.mark.parametrize(
    "given", [[("a.jpg", ["red"])], [{"path": "a.jpg", "color": "red"}], (["a"], ["red"])]
)
def test_names_without_tasks_say_what_helps(given: Any) -> None:
    with pytest.raises(ListError, match=r"--tasks.*'caffe-multilabel tasks' makes"):
        load_records(given)


def test_a_list_as_it_is_goes_through_every_step(
    tmp_path: Path, image_folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = list(image_folder.names)
    colors = ["red", "blue", ""]
    rows = [
        f"{index},{colors[index % 3]},{name},{'True' if index % 2 else 'False'}"
        for index, name in enumerate(names)
    ]
    path = written(tmp_path, ",color,image,wet\n" + "\n".join(rows) + "\n")
    wet = {"name": "wet", "loss": "sigmoid", "dim": 1}
    tasks = load_tasks({"tasks": [wet, TASKS.tasks[0].model_dump(exclude_none=True)]})
    images, labels = tmp_path / "images", tmp_path / "labels"
    root = image_folder.folder
    report = convert(path, root=root, images=images, labels=labels, tasks=tasks)
    assert report.converted == len(names)
    assert report.label_names == ("wet", "color")
    assert report.repeated_paths == 0
    assert verify(images, labels, records=path, root=root).ok
    assert relabel(labels, path, images=images).changed_records == 0
    monkeypatch.chdir(tmp_path)
    parts = split(path, tmp_path / "parts", val=0.5, tasks=tasks)
    assert sum(part.records for part in parts.parts) == len(names)
    assert len(load_records(parts.parts[0].path, tasks=tasks)) == parts.parts[0].records


def test_other_kinds_and_utf16_are_not_cut_by_lines(tmp_path: Path) -> None:
    path = written(tmp_path, LISTS["UTF-16"])
    with pytest.raises(ListError, match="is UTF-16, of which no part can be cut"):
        split(path, tmp_path / "parts", val=0.5, tasks=TASKS)
    path = written(tmp_path, LISTS["line ends in cells"])
    with pytest.raises(ListError, match="has cells of several lines"):
        split(path, tmp_path / "parts", val=0.5, tasks=TASKS)
    lines = written(
        tmp_path, '{"path": "a.jpg", "size": 1}\n{"path": "b.jpg", "size": 2}\n', "l.jsonl"
    )
    with pytest.raises(ListError, match="of kind jsonl, which cannot be cut by lines"):
        split(lines, tmp_path / "parts", val=0.5, tasks=size())


def test_repeated_paths_are_counted() -> None:
    records = load_records([("a.jpg", [1]), ("b.jpg", [2]), ("a.jpg", [3]), ("a.jpg", [1])])
    assert records.repeated_paths == 2
