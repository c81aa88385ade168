"""Splitting keeps identities and images apart where a record has several of them."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from caffe_multilabel import Column, ImageTable, load_tasks, make_pairs, split, write_list
from caffe_multilabel.data.split.ties import groups_of
from caffe_multilabel.errors import ListError, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel import SplitReport
    from command_tools import RunCommand


def written(folder: Path, rows: Sequence[Sequence[object]], names: str) -> Path:
    path = folder / "list.csv"
    lines = [names, *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def seen(report: SplitReport, *columns: str) -> list[set[str]]:
    """What each part has in some columns."""
    found = []
    for part in report.parts:
        with Path(part.path).open(encoding="utf-8", newline="") as file:
            found.append({row[name] for row in csv.DictReader(file) for name in columns})
    return found


@settings(max_examples=100, deadline=None)
@given(
    records=st.lists(st.lists(st.integers(0, 15), min_size=3, max_size=3), max_size=12),
    extra=st.lists(st.integers(0, 4), min_size=12, max_size=12),
)
def test_groups_are_what_hangs_together(records: list[list[int]], extra: list[int]) -> None:
    """As a search from record to record finds it."""
    own = [{("tie", code) for code in record} for record in records]
    for items, code in zip(own, extra, strict=False):
        items.add(("other", code))
    wanted: list[int] = []
    for start in range(len(own)):
        reached, more = {start}, True
        while more:
            items = set().union(*(own[place] for place in reached))
            further = {place for place, each in enumerate(own) if each & items}
            more, reached = further != reached, further
        wanted.append(min(reached))
    columns = np.array(records, np.int64).reshape(len(records), 3)
    found = groups_of([list(columns.T), [np.array(extra[: len(records)], np.int64)]])
    assert found is not None
    first = {group: place for place, group in reversed(list(enumerate(found.tolist())))}
    assert [first[group] for group in found.tolist()] == wanted
    assert sorted(first) == list(range(len(first)))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 30)),
        min_size=4,
        max_size=60,
    ),
    seed=st.integers(0, 3),
)
def test_no_identity_is_in_two_parts(rows: list[tuple[int, int, int]], seed: int) -> None:
    """Nor any image; whichever people and images records have in common."""
    cells = [(f"{a}.jpg", f"{b}.jpg", f"p{a % 20}", f"p{b % 20}", age) for a, b, age in rows]
    with TemporaryDirectory() as folder:
        path = written(Path(folder), cells, "path_1,path_2,person_1,person_2,age")
        try:
            report = split(path, folder, val=0.3, group="person", seed=seed, overwrite=True)
        except OptionError:  # all hang together
            assume(False)
        for columns in (["person_1", "person_2"], ["path_1", "path_2"]):
            train, val = seen(report, *columns)
            assert train
            assert val
            assert not train & val
        assert sum(part.records for part in report.parts) == len(rows)


@pytest.mark.parametrize("group", ["a,b", "a, b", ["a", "b"], "0,1"])
def test_several_columns_of_single_images(tmp_path: Path, group: str | list[str]) -> None:
    """Two people on one photo: what is in one column counts in the other."""
    rows = [
        (f"{place}.jpg", place // 4 * 3 + place % 3, place // 4 * 3 + (place + 1) % 3)
        for place in range(40)
    ]
    report = split(written(tmp_path, rows, "path,a,b"), tmp_path, val=0.2, group=group)
    assert [part.groups for part in report.parts] == [8, 2]
    assert not report.labels
    train, val = seen(report, "a", "b")
    assert not train & val


def test_groups_want_no_labels_of_columns_of_text(tmp_path: Path) -> None:
    rows = [(f"{place}.jpg", f"car {place // 4}", place % 3) for place in range(40)]
    source = written(tmp_path, rows, "path,车辆,view")
    report = split(source, tmp_path, val=0.2, group="车辆")
    assert [part.records for part in report.parts] == [32, 8]
    train, val = seen(report, "车辆")
    assert not train & val
    with pytest.raises(ListError, match="'car 0' is not a number; names of classes need a task"):
        split(source, tmp_path, val=0.2, group="车辆", stratify=True, overwrite=True)


def test_pairs_of_two_parts_stay_apart(tmp_path: Path) -> None:
    """Pairs made of each half: the list of both comes apart again, and nothing else would do."""
    pairs = []
    for half in (0, 1):
        ids = Column.of("id", [f"{half}-{place // 5}" for place in range(90)])
        paths = [f"{half}/{place}.jpg" for place in range(90)]
        table = ImageTable("list", paths, (ids,), np.arange(1, 91))
        write_list(make_pairs(table, 200, identity="id"), tmp_path / f"{half}.csv")
        header, *lines = (tmp_path / f"{half}.csv").read_text().splitlines()
        pairs += lines
    (tmp_path / "all.csv").write_text("\n".join([header, *pairs]) + "\n")
    report = split(tmp_path / "all.csv", tmp_path, val=0.5, group="id")
    assert [part.records for part in report.parts] == [200, 200]
    assert all(len({name[0] for name in part}) == 1 for part in seen(report, "id_1", "id_2"))
    assert [label.task for label in report.labels] == ["same", "same"]
    images = [set(line.split(",")[:2]) for line in pairs]
    repeated = sum(bool(each & set().union(*images[:place])) for place, each in enumerate(images))
    assert report.notes == (
        f"{repeated} records with an image of an earlier one: all of one image are in one part",
    )


def test_what_hangs_together_is_said(tmp_path: Path, run_command: RunCommand) -> None:
    """With the figure, whether a part stays empty or only too small."""
    ids = Column.of("id", [f"p{place // 4}" for place in range(400)])
    table = ImageTable("list", [f"{place}.jpg" for place in range(400)], (ids,), np.arange(1, 401))
    write_list(make_pairs(table, 1000, identity="id"), tmp_path / "pairs.csv")
    with pytest.raises(OptionError) as caught:
        split(tmp_path / "pairs.csv", tmp_path, val=0.2, group="id")
    large = "hang together as one group, which is more than the share of any part; split the list"
    assert f"than any group: 1000 of 1000 records (100.00 %) {large}" in caught.value.message
    with (tmp_path / "pairs.csv").open("a") as file:
        file.write("x.jpg,y.jpg,x,x,1\n")
    done = run_command("caffe-multilabel", "split", "pairs.csv", "--val=0.2", "--group=id_1,id_2")
    assert done.returncode == 0
    assert f"warning: 1000 of 1001 records (99.90 %) {large} of single images first" in done.stdout
    assert "val.csv: 1 record" in done.stdout


ID = {"name": "id", "loss": "softmax", "classes": 20, "ignore_label": -1}
TEXT = {"name": "age", "loss": "euclidean", "dim": 1}


@pytest.mark.parametrize(
    ("cell", "tasks"),
    [("", [TEXT]), ("?", [TEXT]), ("N/A", [ID, TEXT]), (" ", [ID, TEXT]), ("-1", [ID, TEXT])],
)
def test_unknown_identities_are_not_one(
    tmp_path: Path, cell: str, tasks: list[dict[str, object]]
) -> None:
    """Whether the column is read as text, as no task reads it, or as labels with an unknown one."""
    rows = [(f"{n}.jpg", n // 4 if n % 2 else cell, n) for n in range(40)]
    path = written(tmp_path, rows, "path,id,age")
    report = split(path, tmp_path, val=0.5, group="id", tasks=load_tasks({"tasks": tasks}))
    assert [part.records for part in report.parts] == [20, 20]
    assert sum(part.groups for part in report.parts) == 10 + 20
    assert report.notes == ("20 unknown cells of id: no records are tied by what nobody knows",)
    train, val = seen(report, "id")
    assert not (train & val) - {cell, cell.strip()}


def test_a_pair_is_tied_by_the_identity_that_is_known(tmp_path: Path) -> None:
    """And an unknown one in either column is no other one's; `nan` is no number here."""
    rows = [(f"a{n}.jpg", f"b{n}.jpg", n // 4, "nan" if n % 2 else n // 4) for n in range(40)]
    path = written(tmp_path, rows, "path_1,path_2,id_1,id_2")
    report = split(path, tmp_path, val=0.2, group="id")
    assert [part.groups for part in report.parts] == [8, 2]
    assert report.notes[0].startswith("20 unknown cells of id_1, id_2: ")
    rows = [(f"a{n}.jpg", f"b{n}.jpg", "?", "?") for n in range(40)]
    path = written(tmp_path, rows, "path_1,path_2,id_1,id_2")
    report = split(path, tmp_path, val=0.2, group="id", overwrite=True)
    assert [part.groups for part in report.parts] == [32, 8]


def test_a_pattern_is_found_in_every_path(tmp_path: Path) -> None:
    rows = [(f"p{place}/a.jpg", f"p{place ^ 1}/b.jpg", place % 2) for place in range(40)]
    path = written(tmp_path, rows, "path_1,path_2,same")
    report = split(path, tmp_path, val=0.25, group=r"p(\d+)/", stratify=True)
    assert [part.groups for part in report.parts] == [15, 5]
    path = written(tmp_path, [*rows, ("p1/a.jpg", "q.jpg", 0)], "path_1,path_2,same")
    with pytest.raises(ListError, match=r"not found in 1 of 82 paths\n  q\.jpg"):
        split(path, tmp_path, val=0.25, group=r"p(\d+)/", overwrite=True)


def test_identities_that_may_be_on_both_sides_are_said(tmp_path: Path) -> None:
    """Unless --group names them, or nothing says what each image has one of."""
    rows = [(f"{place}.jpg", f"{place + 100}.jpg", place % 4, place % 4, 1) for place in range(20)]
    path = written(tmp_path, rows, "path_1,path_2,person_1,person_2,same")
    said = "warning: the same identity may be in several parts; where one of person tells it"
    assert said in split(path, tmp_path / "a", val=0.2).notes[-1]
    assert split(path, tmp_path / "b", val=0.25, group="person").notes == ()
    alone = written(tmp_path, [(row[0], row[1], row[4]) for row in rows], "path_1,path_2,same")
    assert split(alone, tmp_path / "c", val=0.2).notes == ()


def test_tasks_and_parts_of_lists_of_pairs(tmp_path: Path) -> None:
    """Labels are those of the task file; a column may say the parts, as of single images."""
    rows = [
        (f"{place}.jpg", f"{place + 100}.jpg", "red", ("yes", "no")[place % 2], "train")
        for place in range(20)
    ]
    names = "path_1,path_2,colour_1,same,part"
    path = written(tmp_path, [*rows, ("0.jpg", "1.jpg", "red", "no", "val")], names)
    same = load_tasks({"tasks": [{"name": "same", "loss": "sigmoid", "dim": 1}]})
    report = split(path, tmp_path / "a", val=0.2, tasks=same, stratify=True)
    assert [(label.label, label.records) for label in report.labels] == [("0", 11), ("1", 10)]
    train, val = seen(report, "path_1", "path_2")
    assert not train & val
    report = split(path, tmp_path / "b", parts="part", tasks=same)
    assert report.notes[-1].startswith("warning: 2 images are in several parts by their paths")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"group": ["person_1", "nobody"]},
            "there is no column 'nobody'; the columns are age, person_1, per",
        ),
        ({"group": []}, "there is no column without a name; the columns are age"),
        ({"group": "7"}, "group is column 7, but the columns are 0 to 0"),
        (
            {"group": ["person_1", 3]},
            "group is 3, must be a label column, its number as text, sever",
        ),
        ({"group": b"person"}, "group is b'person', must be a label column"),
        ({"label_count": 1}, "label_count counts labels behind one path"),
    ],
)
def test_what_cannot_be(tmp_path: Path, options: dict[str, object], said: str) -> None:
    rows = [(f"{place}.jpg", f"{place + 9}.jpg", place, "a", "b") for place in range(9)]
    path = written(tmp_path, rows, "path_1,path_2,age,person_1,person_2")
    with pytest.raises(OptionError) as caught:
        split(path, tmp_path, val=0.2, **options)  # type: ignore[arg-type]
    assert said in caught.value.message
    assert sorted(each.name for each in tmp_path.iterdir()) == ["list.csv"]
