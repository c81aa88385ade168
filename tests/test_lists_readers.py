"""Every kind of list is read right, or refused with a clear line; never wrong in silence."""

# ruff: noqa: E501  (a shape a line)
from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import ListError, OptionError, convert, start, verify
from caffe_multilabel.cli.main import main
from caffe_multilabel.lists import READERS, read_table
from start_lists import draw

if TYPE_CHECKING:
    from pathlib import Path

    from caffe_multilabel import ImageTable


def cells(table: ImageTable) -> dict[str, list[str]]:
    """The columns of a table by name, those without one by their number."""
    return {column.name or str(index): column.cells() for index, column in enumerate(table.columns)}


def read(folder: Path, name: str, content: str | bytes, **options: Any) -> ImageTable:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, **options)


A_B = ["a.jpg", "b.jpg"]
COLOR = {"color": ["red", "blue"]}

SHAPES: dict[str, tuple[str, str | bytes, str, list[str], dict[str, list[str]]]] = {
    "Caffe's own": ("l.txt", "a.jpg 1 2\nb.jpg 3 4\n", "plain", A_B, {"0": ["1", "3"], "1": ["2", "4"]}),
    "blanks in paths": ("l.txt", "my a.jpg 1\nmy b.JPG  2\n", "plain", ["my a.jpg", "my b.JPG"], {"0": ["1", "2"]}),
    "blanks and a header": ("l.txt", "image_id color\na.jpg red\nb.jpg blue\n", "plain", A_B, COLOR),
    "Caffe's own, called a CSV": ("l.csv", "a.jpg red\nb.jpg blue\n", "plain", A_B, {"0": ["red", "blue"]}),
    "blanks, called a CSV": ("l.csv", "path color\na.jpg red\nb.jpg blue\n", "plain", A_B, COLOR),
    "two images, called a CSV": ("l.csv", "a.jpg copy.jpg\n", "csv", ["a.jpg copy.jpg"], {}),
    "one column with blanks": ("l.csv", "path\nmy a.jpg\nmy b.jpg\n", "csv", ["my a.jpg", "my b.jpg"], {}),
    "tabs": ("l.txt", "path\tcolor\na.jpg\tred\nb.jpg\tblue\n", "csv", A_B, COLOR),
    "tabs without a header": ("l.tsv", "a.jpg\tred\nb.jpg\tblue\n", "csv", A_B, {"0": ["red", "blue"]}),
    "csv": ("l.csv", "path,color\na.jpg,red\nb.jpg,blue\n", "csv", A_B, COLOR),
    "csv called txt": ("l.txt", "path,color\na.jpg,red\nb.jpg,blue\n", "csv", A_B, COLOR),
    "no header": ("l.csv", "a.jpg,red\nb.jpg,blue\n", "csv", A_B, {"0": ["red", "blue"]}),
    "semicolons": ("l.csv", "path;color\na.jpg;red\nb.jpg;blue\n", "csv", A_B, COLOR),
    "decimal commas": ("l.csv", "path;x\na.jpg;0,5\nb.jpg;1,5\n", "csv", A_B, {"x": ["0,5", "1,5"]}),
    "decimal commas without a header": ("l.csv", "a.jpg;0,5\nb.jpg;1,5\n", "csv", A_B, {"0": ["0,5", "1,5"]}),
    "bars": ("l.txt", "a.jpg|red\nb.jpg|blue\n", "csv", A_B, {"0": ["red", "blue"]}),
    "CRLF": ("l.csv", "path,color\r\na.jpg,red\r\nb.jpg,blue\r\n", "csv", A_B, COLOR),
    "a mark of UTF-8": ("l.csv", "\ufeffpath,color\na.jpg,red\nb.jpg,blue\n", "csv", A_B, COLOR),
    "UTF-16": ("l.csv", "path,color\na.jpg,red\nb.jpg,blue\n".encode("utf-16"), "csv", A_B, COLOR),
    "UTF-16 of Excel": ("l.txt", "path\tcolor\r\na.jpg\tred\r\nb.jpg\tblue\r\n".encode("utf-16"), "csv", A_B, COLOR),
    "big UTF-16": ("l.txt", b"\xfe\xff" + "a.jpg 1\nb.jpg 2\n".encode("utf-16-be"), "plain", A_B, {"0": ["1", "2"]}),
    "blank lines": ("l.csv", "\npath,color\n\na.jpg,red\n\nb.jpg,blue\n\n", "csv", A_B, COLOR),
    "blanks around": ("l.csv", "path, color\na.jpg , red\nb.jpg, blue \n", "csv", A_B, COLOR),
    "quotes": ("l.csv", 'path,color\n"a,b.jpg","a ""b"""\n"c.jpg",blue\n', "csv", ["a,b.jpg", "c.jpg"], {"color": ['a "b"', "blue"]}),
    "quoted line ends": ("l.csv", 'path,note\na.jpg,"x\ny"\nb.jpg,z\n', "csv", A_B, {"note": ["x\ny", "z"]}),
    "pandas' index": ("l.csv", ",path,color\n0,a.jpg,red\n1,b.jpg,blue\n", "csv", A_B, COLOR),
    "pandas' index of a part": ("l.csv", ",path,color\n7,a.jpg,red\n3,b.jpg,blue\n", "csv", A_B, COLOR),
    "pandas' index read again": ("l.csv", "Unnamed: 0,path,color\n0,a.jpg,red\n1,b.jpg,blue\n", "csv", A_B, COLOR),
    "the path last": ("l.csv", "color,file_name\nred,a.jpg\nblue,b.jpg\n", "csv", A_B, COLOR),
    "the path by its cells": ("l.csv", "color,foto\nred,a.jpg\nblue,b.jpg\n", "csv", A_B, COLOR),
    "the image beside its mask": ("l.csv", "mask,image,color\nm1.png,a.jpg,red\nm2.png,b.jpg,blue\n", "csv", A_B, {"mask": ["m1.png", "m2.png"], **COLOR}),
    "an address beside": ("l.csv", "url,image,color\nhttp://x/a.jpg,a.jpg,red\nhttp://x/b.jpg,b.jpg,blue\n", "csv", A_B, {"url": ["http://x/a.jpg", "http://x/b.jpg"], **COLOR}),
    "Kaggle's ids": ("l.csv", "id,color\n0a1,red\n0b2,blue\n", "csv", ["0a1", "0b2"], COLOR),
    "Chinese": ("l.csv", "图片,颜色\n甲.jpg,红\n乙.jpg,蓝\n", "csv", ["甲.jpg", "乙.jpg"], {"颜色": ["红", "蓝"]}),
    "GBK": ("l.csv", "path,color\n甲.jpg,1\n".encode("gbk"), "csv", ["\udcbc\udcd7.jpg"], {"color": ["1"]}),
    "blank cells": ("l.csv", "path,color\na.jpg,\nb.jpg,blue\n", "csv", A_B, {"color": ["", "blue"]}),
    "empty columns of Excel": ("l.csv", "path;color;\na.jpg;red;\nb.jpg;blue;\n", "csv", A_B, COLOR),
    "CelebA's attributes": ("l.txt", "2\nSmiling Young\na.jpg -1  1\nb.jpg  1 -1\n", "celeba", A_B, {"Smiling": ["-1", "1"], "Young": ["1", "-1"]}),
    "CelebA's boxes": ("l.txt", "2\nimage_id x_1 y_1\na.jpg 1 2\nb.jpg 3 4\n", "celeba", A_B, {"x_1": ["1", "3"], "y_1": ["2", "4"]}),
    "CelebA's partition": ("l.txt", "a.jpg 0\nb.jpg 2\n", "plain", A_B, {"0": ["0", "2"]}),
    "JSON lines": ("l.jsonl", '{"path": "a.jpg", "color": "red"}\n{"color": "blue", "path": "b.jpg"}\n', "jsonl", A_B, COLOR),
    "JSON as numbers stand": ("l.jsonl", '{"path": "a.jpg", "x": 1.50, "p": [1, 2.0], "ok": true, "y": null}\n', "jsonl", ["a.jpg"], {"x": ["1.50"], "p_0": ["1"], "p_1": ["2.0"], "ok": ["true"], "y": [""]}),
    "JSON with keys left out": ("l.json", '[{"path": "a.jpg"},\n {"path": "b.jpg", "color": "red"}]', "jsonl", A_B, {"color": ["", "red"]}),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_read_right(tmp_path: Path, shape: str) -> None:
    name, content, kind, paths, columns = SHAPES[shape]
    table = read(tmp_path, name, content)
    assert (table.kind, list(table.paths), cells(table)) == (kind, paths, columns)
    assert len(table) == len(table.lines) == len(paths)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("l.csv", "path,color,color\na.jpg,1,2\n", r"line 1: the header names columns 1 and 2 'color'"),
        ("l.csv", "left,right,c\na.jpg,b.jpg,1\n", r"several columns may hold the paths: 0 \(left\), 1 \(right\)"),
        ("l.csv", "color,size\nred,1\nred,2\n", r"no column holds paths of images: .*--path_column"),
        ("l.csv", "path,c\na.jpg,1\nb.jpg,1,2\nc.jpg\n", "2 bad lines\n  line 3: has 3 fields, want 2; .*\n  line 4: has 1 field"),
        ("l.csv", 'path,c\na.jpg,1\n"b.jpg,1\n', r"line 3: cannot be cut into fields: unexpected end"),
        ("l.csv", 'path,c\n"a.jpg"x,1\n', r"line 2: cannot be cut into fields"),
        ("l.csv", "path,c\na.jpg,1\n,2\n", "line 3: the path is empty"),
        ("l.csv", "path,c\na.jpg,1\n?,2\n", r"line 3: the path is '\?', which names no image"),
        ("l.csv", b"path,c\na.jpg,\0\n", "line 2: holds a zero byte"),
        ("l.csv", "path,c\na.jpg,1\n".encode("utf-16-le"), "line 1: holds a zero byte; .*UTF-16 with a byte order mark"),
        ("l.csv", "path,c\n", "holds no records"),
        ("l.csv", "", "holds no records"),
        ("l.txt", "3\nSmiling\na.jpg 1\n", "line 1: says 3 records, but 1 follow"),
        ("l.jsonl", '{"path": "a.jpg"}\n[1]\n', r"line 2: is \['1'\], must be an object"),
        ("l.jsonl", '{"path": "a.jpg"}\n{"path"\n', "line 2: is no JSON"),
        ("l.jsonl", '{"path": "a.jpg", "path": "b.jpg"}\n', "line 1: an object has the key 'path' twice"),
        ("l.jsonl", '{"path": "a.jpg", "p": [1, 2]}\n{"path": "b.jpg", "p": [1]}\n', "line 2: 'p' has 1 number, but 2 before"),
        ("l.jsonl", '{"path": "a.jpg", "c": "\\ud800"}\n', "column 'c' holds half a character"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_place(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    with pytest.raises(ListError, match=said):
        read(tmp_path, name, content)


def test_the_first_twenty_bad_lines_are_named(tmp_path: Path) -> None:
    lines = ["path,c", "a.jpg,1", *["b.jpg"] * 60, *["c.jpg,1"] * 100]
    with pytest.raises(ListError, match="60 bad lines") as caught:
        read(tmp_path, "l.csv", "\n".join(lines))
    assert caught.value.message.count("\n") == 21
    assert caught.value.message.endswith("and 40 more")
    assert caught.value.message.splitlines()[1:4] == [
        "  line 3: has 1 field, want 2; the line is 'b.jpg'",
        "  line 4: the same",
        "  line 5: the same",
    ]
    assert caught.value.line == 3


def test_lines_are_those_of_the_source(tmp_path: Path) -> None:
    table = read(tmp_path, "l.csv", 'path,note\n\na.jpg,"x\ny"\nb.jpg,"p\r\nq\n"\n\nc.jpg,z\n')
    assert table.lines.tolist() == [3, 5, 9]


def test_lines_over_chunks(tmp_path: Path) -> None:
    rows = [f"{number}.jpg,{number % 7}" for number in range(20_000)]
    table = read(tmp_path, "l.csv", "path,c\n" + "\n".join(rows))
    assert table.lines.tolist() == list(range(2, 20_002))
    assert table.columns[0].cells() == [str(number % 7) for number in range(20_000)]
    assert len(table.columns[0].values) == 7


@pytest.mark.parametrize("column", ["right", "1", 1])
def test_the_column_of_the_paths_may_be_told(tmp_path: Path, column: str | int) -> None:
    table = read(tmp_path, "l.csv", "left,right,c\na.jpg,b.jpg,1\n", path_column=column)
    assert table.paths == ["b.jpg"]
    with pytest.raises(OptionError, match=r"path_column is 'rigth'.*did you mean 'right'"):
        read(tmp_path, "l.csv", "left,right,c\na.jpg,b.jpg,1\n", path_column="rigth")


def test_paths_get_what_they_lack(tmp_path: Path) -> None:
    (tmp_path / "photos" / "train").mkdir(parents=True)
    for name in ("0a1", "0b2"):
        (tmp_path / "photos" / "train" / f"{name}.png").touch()
    kaggle = "id,color\n0a1,red\n0b2,blue\n"
    found = read(tmp_path, "l.csv", kaggle, root=tmp_path / "photos")
    assert list(found.paths) == ["train/0a1.png", "train/0b2.png"]
    assert "paths got train/ in front and .png" in found.notes[-1]
    told = read(tmp_path, "l.csv", kaggle, path_prefix="x/", path_suffix=".jpg")
    assert list(told.paths) == ["x/0a1.jpg", "x/0b2.jpg"]


def test_a_header_may_be_told(tmp_path: Path) -> None:
    content = "one.jpg,two\na.jpg,red\n"
    assert len(read(tmp_path, "l.csv", content)) == 2
    assert len(read(tmp_path, "l.csv", content, header="yes")) == 1
    assert len(read(tmp_path, "l.csv", "path,color\na.jpg,red\n", header="no", path_column=0)) == 2


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    names = ("cat/2.jpg", "cat/10.jpg", "dog/1.png", "dog/.hidden", "dog/notes.txt", "loose.jpg")
    table = read_table(touched(tmp_path / "pets", *names), root=tmp_path / "pets")
    assert list(table.paths) == ["cat/2.jpg", "cat/10.jpg", "dog/1.png"]
    assert cells(table) == {"class": ["cat", "cat", "dog"]}
    assert table.notes[:3] == (
        "passed over: 1 file, hidden",
        "passed over: 1 file, no image by its name",
        "passed over: 1 file, beside the folders of the classes",
    )


def test_folders_of_classes_without_an_image_are_told(tmp_path: Path) -> None:
    """They take no number; what stands in a folder of a class, or elsewhere, is no class."""
    flat = touched(tmp_path / "flat", "cat/more/1.jpg", "dog/1.png", "bird/notes.txt")
    for name in ("ant", "cat/none", ".git"):
        (flat / name).mkdir()
    table = read_table(flat)
    assert table.warnings == ("2 folders without an image, of which no record comes: ant, bird",)
    assert cells(table) == {"class": ["cat", "dog"]}
    parts = touched(tmp_path / "parts", "train/cat/1.jpg", "train/dog/1.jpg", "val/dog/1.jpg")
    for name in ("val/cat", "test/cat"):
        (parts / name).mkdir(parents=True)
    assert read_table(parts).warnings == (
        "2 folders without an image, of which no record comes: test, val/cat",
    )
    assert read_table(touched(tmp_path / "full", "cat/1.jpg", "dog/1.jpg")).warnings == ()


def test_folders_that_cannot_be_read_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched(tmp_path, "cat/1.jpg", "dog/1.jpg", "fox/old/1.jpg", "fox/2.jpg")
    closed = {"dog", "old"}
    scan = os.scandir

    def refusing(folder: Path) -> Any:
        if folder.name in closed:
            raise PermissionError(13, "Permission denied")
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    table = read_table(tmp_path)
    (warning,) = table.warnings
    assert warning == (
        "2 folders cannot be read, and the images there are missing: dog (Permission denied), "
        "fox/old (Permission denied)"
    )
    assert cells(table) == {"class": ["cat", "fox"]}
    closed |= {"cat", "fox"}
    with pytest.raises(
        ListError, match=r"no folders of images; .*; 3 folders cannot be read.*cat \("
    ):
        read_table(tmp_path)


@pytest.mark.parametrize("command", ["list", "tasks"])
def test_a_command_warns_of_a_folder_without_an_image(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`start` runs `list`, whose standard error is its own."""
    folder = touched(tmp_path, "cat/1.jpg", "dog/1.jpg", "bird/notes.txt")
    assert main([command, str(folder), "--quiet"]) == 0
    assert capsys.readouterr().err == (
        f"caffe-multilabel {command}: warning: 1 folder without an image, of which no record "
        "comes: bird\n"
    )


def test_a_root_that_is_no_folder_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("path,color\na.jpg,red\nb.jpg,blue\n", encoding="utf-8")
    for root in (tmp_path / "none", tmp_path / "l.csv"):
        with pytest.raises(OptionError, match=re.escape(f"root is '{root}', which is no folder")):
            read_table(tmp_path / "l.csv", root=root)
        with pytest.raises(OptionError, match="which is no folder"):
            start(tmp_path / "l.csv", tmp_path / "project", root=root)
    assert not (tmp_path / "project").exists()


def test_a_link_to_itself_is_no_image(tmp_path: Path) -> None:
    folder = touched(tmp_path, "cat/1.jpg", "dog/1.jpg")
    (folder / "dog" / "2.jpg").symlink_to("2.jpg")
    assert len(read_table(folder)) == 2


def test_a_link_to_another_class_is_said(tmp_path: Path) -> None:
    """A link to images elsewhere is a class like any other."""
    folder = touched(tmp_path / "pets", "cat/1.jpg", "dog/1.jpg")
    (folder / "kitten").symlink_to("cat")
    touched(tmp_path / "cows", "1.jpg")
    (folder / "cow").symlink_to("../cows")
    table = read_table(folder)
    assert cells(table) == {"class": ["cat", "cow", "dog", "kitten"]}
    (warning,) = table.warnings
    assert warning.endswith("so their images come under two names: kitten -> cat")


def test_texts_and_objects_in_json_lines(tmp_path: Path) -> None:
    """Texts are a cell of several labels, and an object a column for each key."""
    path = tmp_path / "list.jsonl"
    rows = [
        {"image": "a.jpg", "tags": ["old", "wet"], "box": {"x": 1, "size": {"w": 2}}},
        {"image": "b.jpg", "tags": [], "box": {"x": 3, "size": {"w": 4}}},
        {"image": "c.jpg", "tags": ["wet"], "box": None},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert cells(read_table(path)) == {
        "tags": ["old|wet", "", "wet"],
        "box": ["", "", ""],
        "box_x": ["1", "3", ""],
        "box_size_w": ["2", "4", ""],
    }
    path.write_text('{"image": "a.jpg", "b": {"x": 1}, "b_x": 2}\n', encoding="utf-8")
    with pytest.raises(ListError, match="has the key 'b_x' twice"):
        read_table(path)


def test_folders_of_parts_are_a_column(tmp_path: Path) -> None:
    table = read_table(touched(tmp_path, "train/cat/1.jpg", "val/dog/2.jpg"), root=tmp_path)
    assert cells(table) == {"split": ["train", "val"], "class": ["cat", "dog"]}


def test_a_folder_without_classes(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="has 1 image in it, and no folders of images"):
        read_table(touched(tmp_path, "a.jpg"))


COCO = {
    "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 9, "file_name": "b.jpg"}],
    "annotations": [{"image_id": 9, "category_id": 3, "bbox": [0, 0, 1, 1]}],
    "categories": [{"id": 1, "name": "cat"}, {"id": 3, "name": "dog"}],
}


def test_cocos_instances(tmp_path: Path) -> None:
    table = read(tmp_path, "instances.json", json.dumps(COCO))
    assert (table.kind, list(table.paths)) == ("coco", A_B)
    assert cells(table) == {"cat": ["0", "0"], "dog": ["0", "1"]}
    assert table.notes[1] == "1 image without any object: 0 in every column"
    assert table.notes[2] == "boxes and outlines are left out"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"annotations": [{"image_id": 7, "caption": "x"}]}, "holds captions"),
        ({"annotations": [{"image_id": 7, "segments_info": []}]}, "holds a panoptic segmentation"),
        (
            {"annotations": [{"image_id": 8, "category_id": 1}]},
            r"annotations\[0\] names an image or",
        ),
        ({"categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]}, "have the name 'a'"),
        ({"images": [{"id": 1}]}, r"images\[0\] has no 'file_name'"),
        ({"images": []}, "its list 'images' is empty"),
        ({"annotations": 5}, "has no list 'annotations'"),
    ],
)
def test_other_files_of_coco(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(ListError, match=said):
        read(tmp_path, "instances.json", json.dumps(COCO | change))


def voc(folder: Path, name: str, *objects: tuple[str, int]) -> None:
    inner = "".join(
        f"<object><name>{kind}</name><difficult>{hard}</difficult><part><name>head</name></part>"
        "</object>"
        for kind, hard in objects
    )
    xml = f"<annotation><filename>{name}.jpg</filename>{inner}</annotation>"
    (folder / "Annotations").mkdir(exist_ok=True, parents=True)
    (folder / "Annotations" / f"{name}.xml").write_text(xml)
    touched(folder, f"JPEGImages/{name}.jpg")


def test_vocs_annotations(tmp_path: Path) -> None:
    voc(tmp_path, "000002", ("dog", 0), ("cat", 1))
    voc(tmp_path, "000010", ("cat", 0))
    table = read_table(tmp_path, root=tmp_path)
    assert (table.kind, cells(table)) == ("voc", {"cat": ["1", "1"], "dog": ["1", "0"]})
    assert list(table.paths) == ["JPEGImages/000002.jpg", "JPEGImages/000010.jpg"]
    assert table.notes == (
        "1 where an image has an object of the class, 1 object marked difficult among them",
        "boxes and parts are left out",
    )


def test_vocs_lists(tmp_path: Path) -> None:
    voc(tmp_path, "000002", ("dog", 0))
    main = tmp_path / "ImageSets" / "Main"
    main.mkdir(parents=True)
    (main / "dog_train.txt").write_text("000002  1\n000010 -1\n000011  0\n")
    table = read_table(main / "dog_train.txt", root=tmp_path)
    assert cells(table) == {"dog": ["1", "-1", "0"]}
    assert table.paths[0] == "JPEGImages/000002.jpg"
    (main / "dog_train.txt").write_text("000002  1\n000010 7\n")
    with pytest.raises(ListError, match="line 2: is '000010 7', must be a name and -1, 0 or 1"):
        read_table(main / "dog_train.txt")


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', "declares a document type"),
        ("<annotation>", "line 1: is no XML"),
        ("<annotation><object></object></annotation>", "an object has no name"),
        ("<annotation></annotation>", "its annotations name no object"),
    ],
)
def test_bad_annotations(tmp_path: Path, xml: str, said: str) -> None:
    (tmp_path / "Annotations").mkdir()
    (tmp_path / "Annotations" / "a.xml").write_text(xml)
    with pytest.raises(ListError, match=said):
        read_table(tmp_path)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("what", ["folder", "csv", "json", "bytes", "nothing"])
def test_a_wrong_kind_is_an_error_of_ours(tmp_path: Path, kind: Any, what: str) -> None:
    contents = {"csv": b"path,c\nx.jpg,1\n", "json": b'{"a": 1}', "bytes": bytes(range(256))}
    source = tmp_path / "source"
    if what == "folder":
        source.mkdir()
    elif what in contents:
        source.write_bytes(contents[what])
    if kind == what == "csv":
        assert len(read_table(source, kind=kind)) == 1
        return
    with pytest.raises(ListError) as caught:
        read_table(source, kind=kind)
    assert str(source) in caught.value.message


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("图像,颜色\n1.jpg,红\n2.jpg,蓝\n", 1),
        ("path,color\n1.jpg,red\n2.jpg,蓝色的\n", 3),
        ("1.jpg 红\n2.jpg 蓝\n", 1),
    ],
)
def test_cells_that_are_no_utf8_are_named_with_the_way_out(
    tmp_path: Path, content: str, line: int
) -> None:
    kind = "csv" if "," in content else "plain"
    with pytest.raises(ListError, match=r"is not UTF-8; .* iconv -f GBK") as caught:
        read(tmp_path, "l.csv", content.encode("gbk"), kind=kind)
    assert caught.value.line == line


def test_paths_may_be_any_bytes(tmp_path: Path) -> None:
    table = read(tmp_path, "l.csv", "path,color\n图.jpg,red\n二.jpg,blue\n".encode("gbk"))
    assert table.columns[0].cells() == ["red", "blue"]


def test_what_is_called_a_csv_converts_as_it_is_read(tmp_path: Path) -> None:
    """The core goes by the name of a list, and would look for commas."""
    (tmp_path / "photos").mkdir()
    rows = [(draw(tmp_path / "photos" / f"{number}.png"), number) for number in range(4)]
    listed = tmp_path / "l.csv"
    listed.write_text("".join(f"{name} {number}.5\n" for name, number in rows))
    tasks = {"tasks": [{"name": "size", "loss": "euclidean", "dim": 1}]}
    targets = {"images": tmp_path / "images", "labels": tmp_path / "labels"}
    convert(listed, root=tmp_path / "photos", tasks=tasks, **targets)
    report = verify(*targets.values(), records=listed, root=tmp_path / "photos")
    assert (report.ok, report.compared) == (True, 4)
