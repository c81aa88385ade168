"""What columns are, told from lists of many shapes: right without a doubt, never wrong and sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel import infer_tasks, load_records
from caffe_multilabel.tasks import parse_tasks
from infer_field_lists import FIELD_LISTS
from infer_lists import LISTS as MADE_LISTS
from infer_tools import NO_TASK, write_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infer_tools import Labelled

LEAST_RIGHT = 0.9
LISTS = (*MADE_LISTS, *FIELD_LISTS)


@dataclass(frozen=True)
class Judged:
    """One column: what it is, what it was taken for, and whether that was sure."""

    column: str
    wanted: str
    found: str
    confident: bool

    @property
    def right(self) -> bool:
        return self.wanted == self.found


def judged(made: Labelled) -> list[Judged]:
    names = list(made.cells)
    found = []
    for decision in infer_tasks(made.table()).decisions:
        kind = decision.kind if decision.task is not None else NO_TASK
        for place in decision.columns:
            wanted = made.kinds[names[place]]
            found.append(Judged(names[place], wanted, kind, decision.confident))
    assert sorted(each.column for each in found) == sorted(names)
    return found


def test_nine_of_ten_are_right_without_a_doubt_and_none_is_wrong_and_sure() -> None:
    """A list counts as one, whatever number of landmarks it has."""
    assert len(LISTS) >= 30
    shares, wrong = [], []
    for make in LISTS:
        columns = judged(make())
        sure = [each for each in columns if each.right and each.confident]
        shares.append(len(sure) / len(columns))
        wrong += [(make.__name__, each) for each in columns if each.confident and not each.right]
    assert wrong == []
    assert sum(shares) / len(shares) >= LEAST_RIGHT


@pytest.mark.parametrize("make", LISTS, ids=lambda make: make.__name__)
def test_the_task_file_loads_as_it_was_meant(make: Callable[[], Labelled]) -> None:
    made = make()
    inferred = infer_tasks(made.table())
    tasks = parse_tasks(inferred.to_yaml()).tasks
    assert tasks == inferred.task_file().tasks
    assert [task.name for task in tasks] == [task.name for task in inferred.tasks]
    for task, decision in zip(
        tasks, (each for each in inferred.decisions if each.ready is not None), strict=True
    ):
        if decision.transform == "":
            assert task.width == len(decision.columns)
        if task.loss == "softmax" and decision.transform == "":
            [place] = decision.columns
            texts = set(list(made.cells.values())[place])
            known = {text for text in texts if text not in {"", "?", "NA", "-1", "255"}}
            assert task.class_count >= len(known)


@pytest.mark.parametrize(
    "make", [make for make in LISTS if make().header], ids=lambda make: make.__name__
)
def test_the_list_is_converted_by_its_task_file(
    make: Callable[[], Labelled], tmp_path: Path
) -> None:
    """Whatever it is: numbers that some records lack make no task as yet."""
    made = make()
    write_csv(tmp_path / "labels.csv", made)
    tasks = infer_tasks(tmp_path / "labels.csv").task_file()
    records = load_records(tmp_path / "labels.csv", tasks=tasks)
    assert len(records) == made.records
