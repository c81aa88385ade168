"""The balance of pairs and triplets, against a plain count."""

from __future__ import annotations

import json
import re
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel import convert, label_stats, load_tasks, make_report
from caffe_multilabel.tasks import ResolvedTasks
from caffe_multilabel.views.stats import measure_labels
from image_tools import draw, encode

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand

PERSON = {
    "name": "person",
    "loss": "softmax",
    "classes": 5,
    "images": "each",
    "ignore_label": -1,
}
VERIFY = {"name": "verify", "loss": "contrastive", "dim": 4}


@given(data=st.data(), images=st.integers(2, 4))
def test_identities_are_counted_by_record(data: st.DataObject, images: int) -> None:
    """With unknown ones in any image, and labels that are no class."""
    cells = st.sampled_from([-1, 0, 1, 2, 4, 9, float("nan")])
    rows = data.draw(st.lists(st.lists(cells, min_size=images, max_size=images), min_size=1))
    file = load_tasks({"data": {"images_per_record": images}, "tasks": [PERSON]})
    labels = np.array(rows, np.float32)
    (found,) = measure_labels(
        labels, ResolvedTasks.of(file).layout.tasks, images_per_record=images
    ).identities
    assert (found.task, found.columns) == ("person", tuple(range(images)))
    known = [[label for label in row if label in range(5)] for row in rows]
    whole = [row for row in known if len(row) == images]
    assert (found.counted, found.missing) == (len(whole), len(rows) - len(whole))
    assert found.same == tuple(
        sum(row[image] == row[0] for row in whole) for image in range(1, images)
    )
    often = [count for n in range(5) if (count := sum(n in row for row in known))]
    assert found.identities == len(often)
    if often:
        assert (found.least, found.greatest) == (min(often), max(often))
        assert found.median == median(often)
    else:
        assert (found.least, found.median, found.greatest) == (None, None, None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index in range(6):
        (tmp_path / f"{index}.png").write_bytes(encode(draw(index, 8, 8), ".png"))
    return tmp_path


def pair(folder: Path, tasks: list[dict[str, Any]] | None, header: str, rows: list[str]) -> Path:
    lines = [f"path_1,path_2,{header}"]
    lines += [f"{n}.png,{(n + 1) % 6}.png,{row}" for n, row in enumerate(rows)]
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    told: dict[str, Any] = {"images_per_record": 2}
    if tasks is not None:
        told = {"tasks": load_tasks({"data": {"images_per_record": 2}, "tasks": tasks})}
    convert(
        folder / "list.csv",
        root=folder,
        images=folder / "images",
        labels=folder / "labels",
        overwrite=True,
        **told,
    )
    return folder / "labels"


def test_a_pair_says_how_many_are_of_one_identity(folder: Path, run_command: RunCommand) -> None:
    """In the table, as JSON, and on the report's page; by identities, and by its own column."""
    rows = ["0,0,1", "0,1,0", "1,?,0", "2,2,1", "2,3,0", "0,0,1"]
    labels = pair(folder, [PERSON, VERIFY], "person_1,person_2,same", rows)
    done = run_command("caffe-multilabel", "stats", labels)
    assert re.search(r"^person +4  1 to 3 +2  60\.0 % +1$", done.stdout, re.MULTILINE)
    assert re.search(r"^verify +-  - +-  50\.0 % +0$", done.stdout, re.MULTILINE)
    done = run_command("caffe-multilabel", "stats", labels, "--json")
    person, verify = json.loads(done.stdout)["identities"]
    assert (person["same"], person["counted"], person["shares"]) == ([3], 5, [0.6])
    assert (verify["same"], verify["shares"], verify["identities"]) == ([3], [0.5], None)
    page = make_report(folder / "images", labels).html
    assert re.search(r"<td>person</td><td class=\"n\">60\.0 %</td>", page)
    assert re.search(r"<td>verify</td><td class=\"n\">50\.0 %</td>", page)


def test_without_tasks_the_header_tells_of_a_pair(folder: Path) -> None:
    """Columns of the same names in records of one image are none of a pair."""
    labels = pair(folder, None, "id_1,id_2,same", ["0,0,1", "0,1,0", "1,1,1", "1,0,0"])
    id_, same = label_stats(labels).identities
    assert (id_.task, id_.same, id_.identities) == ("id", (2,), 2)
    assert (same.task, same.same, same.counted) == ("same", (2,), 4)
    single = load_tasks(
        {"tasks": [{"name": f"id_{n}", "loss": "softmax", "classes": 2} for n in (1, 2)]}
    )
    tasks = ResolvedTasks.of(single).layout.tasks
    assert measure_labels(np.zeros((4, 2), np.float32), tasks).identities == ()


def test_equal_labels_of_a_record_s_images_are_no_finding(folder: Path) -> None:
    """Anchor and positive are of one identity; columns of two tasks that are equal are told."""
    again = {"name": "again", "loss": "euclidean", "dim": 1, "images": "concat"}
    rows = ["0,0,0", "1,1,1", "2,2,2"] * 2
    labels = pair(folder, [PERSON, again], "person_1,person_2,again", rows)
    found = label_stats(labels)
    assert found.duplicate_columns == ((0, 1, 2),)
    assert found.correlation is not None
    assert {(one.first, one.second) for one in found.correlation.strongest()} == {
        ("person_1", "again"),
        ("person_2", "again"),
    }
    labels = pair(folder, [PERSON], "person_1,person_2", [row[:3] for row in rows])
    assert label_stats(labels).duplicate_columns == ()


def test_pairs_that_contradict_their_identities_are_counted(folder: Path) -> None:
    """What several identities may share has fewer classes; unknown ones contradict nothing.

    Where more than a fifth contradict themselves, the classes tell no identities.
    """
    same = {"name": "same", "loss": "contrastive", "margin": 1}
    view = {"name": "view", "loss": "softmax", "classes": 2, "images": "each"}
    rows = ["0,0,1,0,1", "0,1,0,1,1", "0,1,1,0,0", "2,2,0,0,0", "4,3,1,0,0", "-1,2,1,0,0"]
    rows += ["1,1,1,0,0"] * 11
    records = [
        (
            [str(folder / f"{n % 6}.png"), str(folder / f"{(n + 1) % 6}.png")],
            [*map(int, row.split(","))],
        )
        for n, row in enumerate(rows)
    ]
    tasks = load_tasks({"data": {"images_per_record": 2}, "tasks": [PERSON, same, view]})
    report = convert(records, images=folder / "i", labels=folder / "l", tasks=tasks)
    [doubt] = report.doubts
    assert doubt.startswith(
        "3 of 16 records contradict themselves: 'same' is 1 in 2 whose 'person' differ, and 0 in 1 "
        f"whose 'person' are one; the first is {folder}/2.png and {folder}/3.png"
    )
    _, told, _ = label_stats(folder / "l").identities
    assert told.contradiction is not None
    assert (told.contradiction.identity, told.contradiction.first) == ("person", 2)
    for some in (records[:2], records[:5]):
        made = {"images": folder / f"i{len(some)}", "labels": folder / f"l{len(some)}"}
        assert not convert(some, **made, tasks=tasks).doubts
