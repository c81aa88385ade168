"""Lists of records of several images: how paths and labels are told apart, whoever writes them."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import Error, ListError, OptionError, load_records, load_tasks
from caffe_multilabel._base.arguments import MAX_IMAGES

if TYPE_CHECKING:
    from collections.abc import Callable

COLOR = {"name": "color", "loss": "softmax", "classes": ["red", "blue"]}
SIZE = {"name": "size", "loss": "euclidean", "dim": 1}
WANTED = [[b"a 1.jpg", b"b.jpg"], [b"a 1.jpg", b"c.jpg"]], [[1.0, 0.5], [0.0, 2.0]]


class Frame(dict[str, Any]):
    """As much of pandas' DataFrame as is asked for."""

    @property
    def columns(self) -> list[str]:
        return list(self)

    @property
    def shape(self) -> tuple[int, int]:
        return (2, len(self))


def said_by(source: Any, **options: Any) -> tuple[list[list[bytes]], list[list[float]]]:
    """The paths of each record, and its labels."""
    loaded = load_records(source, **({"images_per_record": 2} | options))
    images, paths = loaded.images_per_record, loaded.core.paths()
    rows = [paths[at : at + images] for at in range(0, len(paths), images)]
    return rows, loaded.core.labels().tolist()


def parse(folder: Path, text: str, **options: Any) -> tuple[list[list[bytes]], list[list[float]]]:
    path = folder / options.pop("name", "list.csv")
    path.write_text(text, encoding="utf-8")
    return said_by(path, **options)


FILES = {
    "csv": ("list.csv", "a 1.jpg,b.jpg,1,0.5\na 1.jpg,c.jpg,0,2\n"),
    "tab": ("list.txt", "a 1.jpg\tb.jpg\t1\t0.5\na 1.jpg\tc.jpg\t0\t2\n"),
    "names": ("list.csv", "path_1,path_2,color,size\na 1.jpg,b.jpg,1,0.5\na 1.jpg,c.jpg,0,2\n"),
    "any names": ("list.csv", "left,right,x,y\na 1.jpg,b.jpg,1,0.5\na 1.jpg,c.jpg,0,2\n"),
    "moved": ("list.csv", "color,path_2,size,path_1\n1,b.jpg,0.5,a 1.jpg\n0,c.jpg,2,a 1.jpg\n"),
    "turned": ("list.csv", "path_2,path_1,color,size\nb.jpg,a 1.jpg,1,0.5\nc.jpg,a 1.jpg,0,2\n"),
    "semicolons": (
        "list.csv",
        "path_1;path_2;color;size\na 1.jpg;b.jpg;1;0,5\na 1.jpg;c.jpg;0;2\n",
    ),
    "objects": (
        "list.jsonl",
        """{"path_1": "a 1.jpg", "color": 1, "size": 0.5, "path_2": "b.jpg"}
        {"path_1": "a 1.jpg", "color": 0, "size": 2, "path_2": "c.jpg"}""",
    ),
}


@pytest.mark.parametrize("kind", sorted(FILES.keys() - {"any names"}))
def test_files_that_say_the_same(tmp_path: Path, kind: str) -> None:
    name, text = FILES[kind]
    tasks = load_tasks({"tasks": [COLOR, SIZE]})
    assert parse(tmp_path, text, name=name, tasks=tasks) == WANTED


@pytest.mark.parametrize("kind", ["csv", "tab", "names", "any names", "moved", "turned"])
def test_files_that_say_the_same_without_tasks(tmp_path: Path, kind: str) -> None:
    name, text = FILES[kind]
    assert parse(tmp_path, text, name=name) == WANTED


PATHS = [["a 1.jpg", "b.jpg"], ["a 1.jpg", "c.jpg"]]
LABELS = [[1, 0.5], [0, 2]]
PROGRAMS: dict[str, Callable[[], Any]] = {
    "rows": lambda: [(tuple(own), labels) for own, labels in zip(PATHS, LABELS, strict=True)],
    "an iterator": lambda: iter(zip(PATHS, LABELS, strict=True)),
    "a tuple of rows": lambda: ((PATHS[0], LABELS[0]), (PATHS[1], LABELS[1])),
    "arrays": lambda: (np.array(PATHS), np.array(LABELS)),
    "path objects": lambda: ([[Path(path) for path in own] for own in PATHS], LABELS),
    "bytes": lambda: ([[os.fsencode(path) for path in own] for own in PATHS], LABELS),
    "dicts": lambda: [
        {"path_2": own[1], "color": color, "path_1": Path(own[0]), "size": size}
        for own, (color, size) in zip(PATHS, LABELS, strict=True)
    ],
    "columns": lambda: {
        "color": [1, 0],
        "path_1": [own[0] for own in PATHS],
        "size": [0.5, 2],
        "path_2": [Path(own[1]) for own in PATHS],
    },
    "a data frame": lambda: Frame(
        path_1=[own[0] for own in PATHS],
        path_2=[own[1] for own in PATHS],
        color=[1, 0],
        size=[0.5, 2],
    ),
}


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize("with_tasks", [False, True])
def test_programs_that_say_the_same(kind: str, with_tasks: bool) -> None:
    tasks = load_tasks({"tasks": [COLOR, SIZE]}) if with_tasks else None
    assert said_by(PROGRAMS[kind](), tasks=tasks) == WANTED


def test_names_of_classes_stand_beside_the_paths(tmp_path: Path) -> None:
    tasks = load_tasks({"tasks": [COLOR]})
    wanted = WANTED[0], [[1.0], [0.0]]
    rows = [(own, [color]) for own, color in zip(PATHS, ["blue", "red"], strict=True)]
    assert said_by(rows, tasks=tasks) == wanted
    text = "id,path_1,path_2,color\n7,a 1.jpg,b.jpg,blue\n8,a 1.jpg,c.jpg,red\n"
    assert parse(tmp_path, text, tasks=tasks) == wanted
    # A header names the tasks in any order, as it does beside one path.
    text = "path_1,path_2,size,color\na 1.jpg,b.jpg,0.5,blue\na 1.jpg,c.jpg,2,red\n"
    assert parse(tmp_path, text, tasks=load_tasks({"tasks": [COLOR, SIZE]})) == WANTED


ELSEWHERE: dict[str, tuple[str, str, str]] = {
    "behind": ("color,size,image1,image2", "1,0.5,a 1.jpg,b.jpg", "0,2,a 1.jpg,c.jpg"),
    "between": ("图片1,color,图片2,size", "a 1.jpg,1,b.jpg,0.5", "a 1.jpg,0,c.jpg,2"),
    "turned": ("img_10,color,img_9,size", "b.jpg,1,a 1.jpg,0.5", "c.jpg,0,a 1.jpg,2"),
    "first without a number": ("path2,path,color,size", "b.jpg,a 1.jpg,1,0.5", "c.jpg,a 1.jpg,0,2"),
    "letters as they stand": ("img_b,img_a,color,size", "a 1.jpg,b.jpg,1,0.5", "a 1.jpg,c.jpg,0,2"),
    "roles": ("pos_path,anc_path,color,size", "b.jpg,a 1.jpg,1,0.5", "c.jpg,a 1.jpg,0,2"),
    "Chinese roles": ("图片后,图片前,color,size", "b.jpg,a 1.jpg,1,0.5", "c.jpg,a 1.jpg,0,2"),
    "words": ("size,anchor,color,other", "0.5,a 1.jpg,1,b.jpg", "2,a 1.jpg,0,c.jpg"),
    "one more": (
        "mask,image1,color,image2,size",
        "m.png,a 1.jpg,1,b.jpg,0.5",
        "n.png,a 1.jpg,0,c.jpg,2",
    ),
}


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_columns_of_paths_are_those_of_images(tmp_path: Path, kind: str) -> None:
    tasks = load_tasks({"tasks": [COLOR, SIZE]})
    text = "".join(f"{line}\n" for line in ELSEWHERE[kind])
    assert parse(tmp_path, text, tasks=tasks) == WANTED
    pointed = [
        json.dumps(dict(zip(text.splitlines()[0].split(","), line.split(","), strict=True)))
        for line in text.splitlines()[1:]
    ]
    assert parse(tmp_path, "\n".join(pointed), name="list.jsonl", tasks=tasks) == WANTED


def test_all_bad_paths_of_records_are_said_together(tmp_path: Path) -> None:
    text = "color,image1,image2\n1,a.jpg,?\n1,?,b.jpg\n1,a.jpg,b.jpg\n1,,b.jpg\n"
    with pytest.raises(ListError, match=r"path 2 is '.*\n.*path 1 is '.*\n.*5: path 1 is empty"):
        parse(tmp_path, text, tasks=load_tasks({"tasks": [COLOR]}))


def test_columns_of_paths_without_a_header_or_endings(tmp_path: Path) -> None:
    assert parse(tmp_path, "1,0.5,a 1.jpg,b.jpg\n0,2,a 1.jpg,c.jpg\n") == WANTED
    text = "color,img1,img2,size\n1,a 1,b,0.5\n0,a 1,c,2\n"
    tasks = load_tasks({"tasks": [COLOR, SIZE]})
    assert parse(tmp_path, text, path_suffix=".jpg", tasks=tasks) == WANTED
    path = tmp_path / "list.csv"
    assert load_records(path, tasks=tasks, images_per_record=2).notes[0] == (
        "the paths are in columns 1 'img1', 2 'img2'"
    )


def test_roles_tell_the_order_of_images_without_tasks_too(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    for header in ("n_path,a_path,p_path", "负样本,锚点,正样本", "negative,anchor,positive"):
        path.write_text(f"{header},margin\nn.jpg,a.jpg,p.jpg,0.5\n", encoding="utf-8")
        loaded = load_records(path, images_per_record=3)
        assert loaded.core.paths() == [b"a.jpg", b"p.jpg", b"n.jpg"]
        assert loaded.notes[0].startswith("the paths are in columns 1 '")


EACH = {"name": "vid", "loss": "euclidean", "dim": 1, "images": "each"}


@pytest.mark.parametrize(
    "header",
    ["img_b,img_a,vid_a,vid_b", "left,right,right_vid,left_vid", "image0,image1,vid_1,vid_0"],
)
def test_labels_of_images_follow_the_words_of_the_paths(tmp_path: Path, header: str) -> None:
    tasks = load_tasks({"data": {"images_per_record": 2}, "tasks": [EACH]})
    lines = "\n1.jpg,2.jpg,20,10\n3.jpg,4.jpg,40,30\n"
    paths, labels = parse(tmp_path, header + lines, tasks=tasks)
    assert paths == [[b"1.jpg", b"2.jpg"], [b"3.jpg", b"4.jpg"]]
    assert labels == [[10, 20], [30, 40]]
    # By their order they would be those of the other image.
    with pytest.raises(ListError, match=r"are not in the order of the images"):
        parse(tmp_path, header.replace("vid", "who") + lines, tasks=tasks)


def test_columns_of_images_are_said_once_whoever_reads_the_list(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("图片1,图片2,color\na.jpg,b.jpg,1\nc.jpg,d.jpg,0\n", encoding="utf-8")
    for tasks in (None, load_tasks({"tasks": [COLOR]})):
        loaded = load_records(path, tasks=tasks, images_per_record=2)
        said = [note for note in loaded.notes if note.startswith("the paths")]
        assert (said, loaded.kind) == (["the paths are in columns 0 '图片1', 1 '图片2'"], "")


@pytest.mark.parametrize("header", ["path,path2,color\n", "color_of,image,second\n", ""])
def test_several_columns_of_images_are_no_list_of_one(tmp_path: Path, header: str) -> None:
    cells = ["a.jpg", "b.jpg"]
    cells.insert(0 if header.startswith("color") else 2, "1")
    text = header + ",".join(cells) + "\n" + ",".join(cells).replace(".", "2.") + "\n"
    for tasks in (None, load_tasks({"tasks": [COLOR]})):
        with pytest.raises(ListError, match=r"several columns may hold .*images_per_record: 2"):
            parse(tmp_path, text, images_per_record=1, tasks=tasks)


def test_json_lists_of_paths_are_the_images_of_a_record(tmp_path: Path) -> None:
    rows = [
        {"images": ["1.jpg", "2.jpg"], "vid": [10, 20]},
        {"images": ["3.jpg", "4.jpg"], "vid": [30, 40]},
    ]
    text = "\n".join(map(json.dumps, rows))
    tasks = load_tasks({"data": {"images_per_record": 2}, "tasks": [EACH]})
    paths, labels = parse(tmp_path, text, name="list.jsonl", tasks=tasks)
    assert paths == [[b"1.jpg", b"2.jpg"], [b"3.jpg", b"4.jpg"]]
    assert labels == [[10, 20], [30, 40]]
    with pytest.raises(ListError, match=r"'images' holds lists of 2 paths.*images_per_record: 2"):
        parse(tmp_path, text, name="list.jsonl", images_per_record=1, kind="jsonl")
    with pytest.raises(ListError, match=r"'images' holds lists of 2 paths"):
        parse(tmp_path, text, name="list.jsonl", images_per_record=3, kind="jsonl")


def test_all_paths_get_what_they_lack(tmp_path: Path) -> None:
    paths, _ = parse(tmp_path, "a,b,1\n", path_prefix="x/", path_suffix=".png")
    assert paths == [[b"x/a.png", b"x/b.png"]]
    for cell, said in (("", "empty"), ("?", r"'\?', which names no image")):
        with pytest.raises(ListError, match=f"line 2: path 2 is {said}"):
            parse(tmp_path, f"path_1,path_2,n\na,{cell},1\n", path_prefix="x/")


BAD: dict[str, tuple[Any, str]] = {
    "blanks": ("a.jpg b.jpg 1\n", "line 1: the list is cut at blanks, which may stand in paths"),
    "one path": ("a.jpg,1\nb.jpg,2\n", r"has one image a line, in column 0 .* list --pairs' makes"),
    "a path left out": ("a.jpg,b.jpg,1,2\na.jpg,1,2\n", "line 2: .*path 2 would be '1': does the"),
    "an empty path": ("a.jpg,b.jpg,1\na.jpg, ,1\n", "line 2: path 2 is empty"),
    "too many paths": (
        "a.jpg,b.jpg,c.jpg\n",
        r"has 3 columns of paths of images, 0 .* call those .* path_1, path_2",
    ),
    "a path that is not named": (
        "path_1,n,m\na.jpg,b.jpg,1\n",
        "column 1 is headed 'path_1', and none 'path_2'",
    ),
    "one path a row": ([("a.jpg", [1])], r"record 1 is .*, must be \(2 paths, labels\)"),
    "three paths a row": ([(("a", "b", "c"), [1])], r"must be \(2 paths, labels\)"),
    "no paths": ([((1, 2), [1])], r"must be \(2 paths, labels\)"),
    "an unknown path": ("a.jpg,b.jpg,1\na.jpg,?,1\n", r"line 2: path 2 is '\?', which names no"),
    "an unknown path of a program": ([(("?", "a"), [1])], r"record 1: path 1 is '\?'"),
    "an empty path of a program": ([(("a", ""), [1])], "record 1: path 2 is empty"),
    "fewer labels": (([("a", "b"), ("c", "d")], [[1]]), "2"),
    "dicts of one path": ([{"path": "a", "n": 1}], "in the columns path_1, path_2;"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_does_not_fit_is_said(tmp_path: Path, kind: str) -> None:
    source, said = BAD[kind]
    with pytest.raises(Error, match=said):
        parse(tmp_path, source, name="list") if isinstance(source, str) else said_by(source)


def test_the_last_cell_of_the_first_line_may_be_blank(tmp_path: Path) -> None:
    """Between tabs, which are no blanks that a list is cut at."""
    size = SIZE | {"dim": 2, "ignore_label": -1, "images": "concat"}
    tasks = load_tasks({"data": {"images_per_record": 2}, "tasks": [size]})
    path = tmp_path / "list.txt"
    path.write_text("a 1.jpg\tb.jpg\t1\t\na 1.jpg\tc.jpg\t0\t2\n", encoding="utf-8")
    core = load_records(path, tasks=tasks).core
    assert core.labels().tolist() == [[1, -1], [0, 2]]
    assert core.paths() == [path for record in WANTED[0] for path in record]


@pytest.mark.parametrize("number", [0, -1, MAX_IMAGES + 1])
def test_numbers_of_images_out_of_range(number: int) -> None:
    with pytest.raises(OptionError, match=rf"images_per_record is {number}, must be "):
        load_records([("a", [1])], images_per_record=number)


def test_more_images_than_fields(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="line 1: has 3 fields, want 4 paths, then labels"):
        parse(tmp_path, "a,b,1\n", images_per_record=4)
    with pytest.raises(ListError, match="line 1: has 0 labels, want 1 or more"):
        parse(tmp_path, "a,b,1\n", images_per_record=3)


def test_one_column_is_not_where_several_paths_are(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="path_column tells one column"):
        parse(tmp_path, "a,b,1\n", path_column=1)
    with pytest.raises(ListError, match="a list of kind plain has one image a record"):
        parse(tmp_path, "a.jpg b.jpg 1\n", kind="plain")


def test_a_task_file_says_how_many() -> None:
    task = SIZE | {"images": "concat"}
    tasks = load_tasks({"data": {"images_per_record": 2, "resize": [8, 9]}, "tasks": [task]})
    rows = [(("a", "b"), [1])]
    assert load_records(rows, tasks=tasks).images_per_record == 2
    assert load_records(rows, tasks=tasks, images_per_record=2).images_per_record == 2
    with pytest.raises(OptionError, match=r"is 1, but data\.images_per_record of the task file is"):
        load_records(rows, tasks=tasks, images_per_record=1)
    assert tasks.data.stored_shape == (6, 9, 8)
    data = {"images_per_record": 3, "resize": [8, 9], "gray": True}
    gray = load_tasks({"data": data, "tasks": [task]})
    assert gray.data.stored_shape == (3, 9, 8)
    with pytest.raises(Error, match="images_per_record"):
        load_tasks({"data": {"images_per_record": 0}, "tasks": [task]})


def test_records_can_be_pickled() -> None:
    records = load_records((PATHS, LABELS), images_per_record=2)
    again = pickle.loads(pickle.dumps(records))
    assert again.core.digest == records.core.digest
    assert again.core.paths() == records.core.paths()
    assert repr(again) == "<Records: 2 records of 2 images and 2 labels>"


def test_a_record_is_repeated_where_all_its_paths_are() -> None:
    paths = [["a", "b"], ["a", "c"], ["b", "a"], ["a", "b"]]
    assert load_records((paths, [1, 2, 3, 4]), images_per_record=2).repeated_paths == 1
