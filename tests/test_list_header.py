"""A list whose first line is a header, or is none, because its reader says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import load_records, verify
from caffe_multilabel.data.relabel import relabel
from caffe_multilabel.data.split import split
from caffe_multilabel.errors import ListError, OptionError
from relabel_tools import draw, make_pair

if TYPE_CHECKING:
    from command_tools import RunCommand

TASKS = """\
tasks:
  - {name: paint, loss: softmax, classes: [dark red, "light, blue"]}
  - {name: sex, loss: softmax, classes: [f, m]}
"""
CLASSES = 'shot,colour,gender\na.png,dark red,m\nb.png,"light, blue",f\n'
HINT = '; if this line is a header, give --header=yes, header="yes" in Python'


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    (tmp_path / "tasks.yaml").write_text(TASKS)
    return tmp_path / "tasks.yaml"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_header_of_other_names_than_the_tasks(tmp_path: Path, tasks: Path) -> None:
    path = write(tmp_path / "list.csv", CLASSES)
    with pytest.raises(ListError) as caught:
        load_records(path, tasks=tasks)
    said = str(caught.value)
    assert "'colour' is not a number and no class name of task 'paint'" in said
    assert f"'dark red', 'light, blue'{HINT}" in said
    assert caught.value.line == 1
    loaded = load_records(path, tasks=tasks, header="yes")
    assert loaded.label_names == ["colour", "gender"]
    assert loaded.core.labels().tolist() == [[0, 1], [1, 0]]


def test_a_misspelt_first_record_is_never_dropped(tmp_path: Path, tasks: Path) -> None:
    path = write(tmp_path / "list.csv", "img0,dark rde,m\na.png,dark red,m\n")
    for header in ("auto", "no"):
        with pytest.raises(ListError, match="line 1: label 1: 'dark rde' is not a number"):
            load_records(path, tasks=tasks, header=header)  # type: ignore[arg-type]  # a str


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("list.csv", "path,2019,2020\na.png,1,2\n", ["2019", "2020"]),
        ("list.tsv", "a.b\tc/d\t\na.png\t1\t2\n", ["c/d", ""]),
        ("list.txt", "path left right\na.png 1 2\n", ["left", "right"]),
        ("list.txt", "# path\tleft\tright\n\na.png\t1\t2\n", ["left", "right"]),
    ],
)
def test_a_header_may_say_anything(tmp_path: Path, name: str, text: str, names: list[str]) -> None:
    loaded = load_records(write(tmp_path / name, text), header="yes")
    assert loaded.label_names == names
    assert (loaded.core.paths(), loaded.core.labels().tolist()) == ([b"a.png"], [[1, 2]])


def test_no_header_makes_a_record_of_words(tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", "left,blue\nright,red\n")
    tasks = write(
        tmp_path / "tasks.yaml", "tasks: [{name: blue, loss: softmax, classes: [red, blue]}]"
    )
    assert load_records(path, tasks=tasks, header="no").core.paths() == [b"left", b"right"]
    with pytest.raises(ListError, match="line 1: label 1: 'blue' is not a number; names of cl"):
        load_records(path, header="no")


@pytest.mark.parametrize("header", ["maybe", True, None])
def test_other_words_are_refused(tmp_path: Path, header: Any) -> None:
    path = write(tmp_path / "list.txt", "a.png 1\n")
    with pytest.raises(OptionError, match=f"header is {header!r}, must be auto, yes or no"):
        load_records(path, header=header)


def test_every_command_that_takes_a_list_takes_the_flag(
    tmp_path: Path, tasks: Path, run_command: RunCommand
) -> None:
    draw(tmp_path, ["a.png", "b.png"])
    write(tmp_path / "list.csv", CLASSES)
    flags = ("--tasks", tasks, "--header=yes")
    done = run_command("convert_multilabel", *flags, ".", "list.csv", "i", "l")
    assert done.returncode == 0, done.stderr
    assert "the header names no task: 'paint' reads 'colour', 'sex' reads 'gender'" in done.stdout
    for command in (
        ("verify", "i", "l", "--list", "list.csv"),
        ("relabel", "l", "list.csv"),
        ("split", "list.csv", "--val=0.5", "--output=parts"),
    ):
        assert run_command("caffe-multilabel", *command, "--tasks", tasks).returncode == 1, command
        done = run_command("caffe-multilabel", *command, *flags)
        assert done.returncode == 0, done.stderr
    parts = [(tmp_path / "parts" / f"{name}.csv").read_text() for name in ("train", "val")]
    assert all(part.startswith("shot,colour,gender\n") for part in parts)
    assert run_command("convert_multilabel", "--header=1", ".", "x", "i", "l").returncode == 2


def test_every_function_that_takes_a_list_takes_it(tmp_path: Path) -> None:
    pair = make_pair(tmp_path, [("a.png", [1.0]), ("b.png", [0.0])])
    path = write(tmp_path / "list.txt", "path truth\na.png 1\nb.png 0\n")
    assert verify(pair.images, pair.labels, records=path, header="yes").ok
    assert relabel(pair.labels, path, header="yes", dry_run=True).changed_records == 0
    report = split(path, tmp_path / "parts", val=0.5, header="yes")
    assert report.labels[0].task == "truth"
    assert [
        Path(part.path).read_text(encoding="utf-8").splitlines()[0] for part in report.parts
    ] == [
        "path truth",
        "path truth",
    ]


COUNT_HINT = (
    "a number alone is no record: CelebA's lists begin with their count and a line of names"
)


@pytest.mark.parametrize("header", ["auto", "yes", "no"])
@pytest.mark.parametrize("label_count", [None, 2])
def test_a_count_above_the_names_as_in_celeba(
    tmp_path: Path, header: Any, label_count: int | None
) -> None:
    path = write(tmp_path / "list.txt", "2\nSmiling Young\na.jpg -1  1\nb.jpg  1 -1\n")
    with pytest.raises(ListError) as caught:
        load_records(path, header=header, label_count=label_count)
    assert caught.value.line == 1
    assert COUNT_HINT in caught.value.message
    rest = write(tmp_path / "rest.txt", "".join(path.read_text().splitlines(True)[2:]))
    assert load_records(rest).core.labels().tolist() == [[-1, 1], [1, -1]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.txt", "Smiling Young\na.jpg -1 1\n"),
        ("list.csv", "Smiling,Young\na.jpg,-1,1\n"),
        ("list.tsv", "Smiling\tYoung\na.jpg\t-1\t1\n"),
    ],
)
def test_a_header_that_names_no_path(tmp_path: Path, name: str, text: str) -> None:
    path = write(tmp_path / name, text)
    with pytest.raises(ListError) as caught:
        load_records(path, header="yes")
    assert "has 1 label, want 2; if all of them name labels, put a name for the paths in front" in (
        caught.value.message
    )
    write(path, f"path{text[7]}{text}")
    assert load_records(path, header="yes").label_names == ["Smiling", "Young"]
    lacks_two = write(path, text.removesuffix("\n") + text[7] + "0\n")
    with pytest.raises(ListError, match="want 3") as caught:
        load_records(lacks_two, header="yes", label_count=3)
    assert "put a name" not in caught.value.message
