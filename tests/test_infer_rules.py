"""Single columns and small tables: what they are taken for, and what else they may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import ListError
from caffe_multilabel.lists.infer import infer_tasks
from caffe_multilabel.lists.table import ImageTable
from caffe_multilabel.tasks import load_tasks, parse_tasks
from infer_tools import table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.lists.infer import Decision, InferredTasks

RECORDS = 240


def drawn(*choices: Any, seed: int = 0) -> list[Any]:
    """Many records of these values, in no order, each of them often, some more often."""
    random = np.random.default_rng(seed)
    shares = random.uniform(0.4, 1, len(choices))
    return [
        choices[index] for index in random.choice(len(choices), RECORDS, p=shares / shares.sum())
    ]


def inferred(header: bool = True, **columns: Sequence[Any]) -> InferredTasks:
    return infer_tasks(table_of(columns, header=header))


def decided(name: str, values: Sequence[Any]) -> Decision:
    [decision] = infer_tasks(table_of({name: values})).decisions
    return decision


def written(decision: Decision) -> dict[str, Any]:
    """The task of a decision but for its name."""
    assert decision.task is not None
    keys = decision.task.to_dict()
    del keys["name"]
    return keys


def several(values: Sequence[Any]) -> list[Any]:
    return [values[index % len(values)] for index in range(RECORDS)]


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (("red", "10 b", "9 b"), {"loss": "softmax", "classes": ["9 b", "10 b", "red"]}),
        ((0, 1, 2, 3), {"loss": "softmax", "classes": 4}),
        (("0.0", "1.0", "2.0"), {"loss": "softmax", "classes": 3}),
        ((1, 2, 3), {"loss": "softmax", "classes": ["1", "2", "3"]}),
        (("01", "02", "03"), {"loss": "softmax", "classes": ["01", "02", "03"]}),
        ((-1, 0, 1, 2), {"loss": "softmax", "classes": 3, "ignore_label": -1}),
        (
            (0, 1, 2, 255),
            {"loss": "softmax", "classes": 3, "map": {255: -1}, "ignore_label": -1},
        ),
        (("a", "b", ""), {"loss": "softmax", "classes": ["a", "b"], "ignore_label": -1}),
        (("a", "b", "NaN", "?"), {"loss": "softmax", "classes": ["a", "b"], "ignore_label": -1}),
        ((0, 1), {"loss": "sigmoid", "dim": 1}),
        (("yes", "No"), {"loss": "sigmoid", "dim": 1}),
        (("True", "False"), {"loss": "sigmoid", "dim": 1}),
        (("Y", "N"), {"loss": "sigmoid", "dim": 1}),
        (("y", "n", ""), {"loss": "sigmoid", "dim": 1, "ignore_label": -1}),
        (("是", "否"), {"loss": "sigmoid", "dim": 1}),
        (("有", "无"), {"loss": "sigmoid", "dim": 1}),
        (("Yes", "no", "yes"), {"loss": "sigmoid", "dim": 1}),
        (("男", "女"), {"loss": "softmax", "classes": ["女", "男"]}),
        (("真", "假"), {"loss": "softmax", "classes": ["假", "真"]}),
        (("Y", "N", "M"), {"loss": "softmax", "classes": ["M", "N", "Y"]}),
        ((-1, 1), {"loss": "sigmoid", "dim": 1, "map": {-1: 0}}),
        (("0", "1", ""), {"loss": "sigmoid", "dim": 1, "ignore_label": -1}),
        ((0, 1, 99), {"loss": "sigmoid", "dim": 1, "map": {99: -1}, "ignore_label": -1}),
    ],
)
def test_values_make_tasks_without_a_doubt(values: Sequence[Any], task: dict[str, Any]) -> None:
    decision = decided("thing", drawn(*values))
    assert written(decision) == task
    assert decision.confident


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("id", several(range(60)), "identity"),
        ("person_id", [index // 2 for index in range(RECORDS)], "identity"),
        ("split", drawn("train", "val"), "split"),
        ("Usage", drawn("Training", "PublicTest"), "split"),
        ("fold", drawn(0, 1, 2, 3, 4), "split"),
        ("is_train", drawn(0, 1), "split"),
        ("Unnamed: 0", range(RECORDS), "index"),
        ("序号", range(1, RECORDS + 1), "index"),
        ("version", [1] * RECORDS, "constant"),
        ("mask", [f"masks/{index}.png" for index in range(RECORDS)], "file name"),
        ("link", [f"https://a.b/{index}" for index in range(RECORDS)], "file name"),
        ("taken", [f"2020-01-{index % 28 + 1:02d}" for index in range(RECORDS)], "date"),
        ("datetime", [f"2015-11-03_{index % 24:02d}.47" for index in range(RECORDS)], "date"),
        ("pixels", ["12 255 0 " * 40] * 3 + ["1 2 3 " * 50] * (RECORDS - 3), "pixels"),
        ("caption", [f"a red car at place {index}" for index in range(RECORDS)], "free text"),
    ],
)
def test_what_is_no_task(name: str, values: Sequence[Any], kind: str) -> None:
    other = drawn("cat", "dog")
    decision, task = infer_tasks(table_of({name: values, "kind": other})).decisions
    assert (decision.kind, decision.task) == (kind, None)
    assert task.kind == "classes"


@pytest.mark.parametrize(
    ("name", "values", "meaning"),
    [
        ("thing", drawn(10, 20, 35), "a number to learn"),
        (
            "rooms",
            [int(number) for number in np.random.default_rng(0).geometric(0.3, 2000)],
            "a number",
        ),
        (
            "anger",
            [index % 40 // (index % 9 + 1) % 9 for index in range(2000)],
            "a number to learn",
        ),
        ("rating", drawn(1, 2, 3, 4, 5), "a number to learn"),
        ("sex", drawn("m", "f", "unknown"), "classes without 'unknown'"),
        ("camera", drawn(1, 2, 3, 4), "classes"),
        ("tags", drawn("rust", "scab", "rust scab"), "a class for each combination"),
        ("faces", several(range(100, 180)), "classes, or identities"),
        ("num_faces", drawn(0, 1), "a number to learn"),
        ("mood", drawn(-1, 0, 1), "yes 1, no"),
        ("frame", several(range(40)), "classes"),
    ],
)
def test_what_may_be_meant_otherwise_is_a_doubt(
    name: str, values: Sequence[Any], meaning: str
) -> None:
    table = table_of({name: values, "kind": ["a", "b"] * (len(values) // 2)})
    decision = infer_tasks(table).decisions[0]
    assert not decision.confident
    assert any(meaning in reading.meaning for reading in decision.doubts)


def test_numbers_are_told_by_their_names() -> None:
    assert decided("age", several(range(18, 90))).confident
    assert not decided("thing", several(range(18, 90))).confident
    assert written(decided("年龄", several(range(18, 90)))) == {
        "loss": "euclidean",
        "dim": 1,
        "normalize": {"mean": 51.1, "std": 21.1},
    }


@pytest.mark.parametrize(
    ("low", "high", "normalized"),
    [(0, 1, False), (-1, 1, False), (20, 236, True), (1000, 1001, True), (0.5, 0.52, True)],
)
def test_numbers_far_out_or_close_together_are_normalized(
    low: float, high: float, normalized: bool
) -> None:
    values = np.linspace(low, high, RECORDS).round(4)
    decision = decided("score", values)
    assert decision.task is not None
    (task,) = load_tasks({"tasks": [decision.task.to_dict()]}).tasks
    assert (task.normalize is not None) == normalized
    if task.normalize is not None:
        learnt = (values - task.normalize.mean) / task.normalize.std
        assert abs(learnt.mean()) < 0.01
        assert learnt.std() == pytest.approx(1, abs=0.01)
        assert "normalize: {mean: " in decision.task.to_yaml()


def test_attributes_are_one_task_and_prefixes_part_them() -> None:
    flags = {
        name: drawn(0, 1, seed=seed) for seed, name in enumerate(["bald", "hat", "smiling", "tie"])
    }
    [decision] = inferred(**flags).decisions
    assert decision.task is not None
    assert (decision.task.name, decision.task.dim) == ("attributes", tuple(flags))
    names = [f"{part}_{what}" for part in ("front", "rear") for what in ("dent", "rust", "glass")]
    parted = inferred(**{name: drawn(0, 1, seed=seed) for seed, name in enumerate(names)})
    assert [task.name for task in parted.tasks] == ["front", "rear"]
    two = inferred(**dict(list(flags.items())[:2]))
    assert [task.name for task in two.tasks] == ["bald", "hat"]


def test_a_family_knows_what_one_of_its_columns_leaves_unknown() -> None:
    columns = {name: drawn(-1, 1, seed=seed) for seed, name in enumerate("abc")}
    columns["a"][5] = ""
    found = inferred(**columns)
    assert [(task.map, task.ignore_label) for task in found.tasks] == [(((-1, 0),), -2)]
    assert found.task_file().tasks[0].ignore_label == -2


def test_one_of_several_columns_is_a_class() -> None:
    kinds = drawn(0, 1, 2)
    columns = {
        f"sky_{name}": [int(kind == place) for kind in kinds] for place, name in enumerate("abc")
    }
    [decision] = inferred(**columns).decisions
    assert (decision.kind, decision.transform, decision.confident) == ("one-hot", "one-hot", True)
    assert written(decision) == {"loss": "softmax", "classes": ["a", "b", "c"]}
    columns["sky_a"][0] = 1 - columns["sky_a"][0]
    [decision] = inferred(**columns).decisions
    assert decision.kind == "yes/no"


def test_boxes_are_told_from_landmarks() -> None:
    random = np.random.default_rng(0)
    near, far = random.integers(0, 50, (2, RECORDS)), random.integers(60, 90, (2, RECORDS))
    box = {"x1": near[0], "y1": near[1], "x2": far[0], "y2": far[1]}
    kinds = drawn("a", "b")
    assert [each.kind for each in inferred(**box, kind=kinds).decisions] == ["box", "classes"]
    eyes = box | {"y2": near[0]}
    assert [each.kind for each in inferred(**eyes).decisions] == ["landmarks"]
    more = box | {"x3": near[0], "y3": near[0]}
    [decision] = inferred(**more).decisions
    assert (decision.kind, len(decision.columns)) == ("landmarks", 6)
    assert "divide" in decision.cautions[0]


def test_numbers_of_class_names_are_no_second_task() -> None:
    kinds = drawn(0, 1, 2, 3)
    found = inferred(label=kinds, label_name=[f"kind {kind}" for kind in kinds])
    assert [(each.kind, each.confident) for each in found.decisions] == [
        ("copy", False),
        ("classes", True),
    ]


def test_identities_are_learnt_where_there_is_nothing_else() -> None:
    decision = decided("person", [f"p{index // 4}" for index in range(RECORDS)])
    assert decision.task is not None
    assert decision.task.classes is not None
    assert not decision.confident


def test_without_names_tasks_say_where_their_columns_stand() -> None:
    found = inferred(
        False, a=drawn("r", "g", "b"), b=[f"{n}.jpg" for n in range(RECORDS)], c=drawn(0, 1)
    )
    assert [(task.name, task.columns) for task in found.tasks] == [
        ("label_0", (0,)),
        ("label_2", (2,)),
    ]


def test_characters_of_a_plate_share_an_alphabet() -> None:
    columns = {f"c{place}": drawn(*"ABC123", seed=place) for place in range(1, 4)}
    columns["c2"] = drawn(*"ABC12")
    columns["c0"] = drawn(*"京沪粤")
    classes = {task.name: task.classes for task in inferred(**columns).tasks}
    assert classes["c1"] == classes["c2"] == ("1", "2", "3", "A", "B", "C")
    assert set(classes["c0"] or ()) == set("京沪粤")


def test_columns_that_share_codes_are_classes_of_one_alphabet() -> None:
    codes = (2, 3, 4, 11, 12, 30, 33)
    columns = {str(place): drawn(*codes, seed=place) for place in range(4)}
    columns["1"] = [2 if code == 33 else code for code in columns["1"]]
    for header in (True, False):
        found = inferred(header, **columns)
        assert found.confident
        assert {task.classes for task in found.tasks} == {tuple(map(str, codes))}
    angles = {str(place): drawn(-60, -30, 0, 30, 60, seed=place) for place in range(4)}
    assert not inferred(False, **angles).confident
    assert not inferred(False, **{name: columns[name] for name in "02"}).confident


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (("red;blue", "red", "blue;old"), ("blue", "old", "red")),
        (("cat|dog", "cat", "dog", ""), ("cat", "dog")),
        (("person car", "car", "person", "bus car"), ("bus", "car", "person")),
        (('["a", "b"]', '["b"]', "[]", '["a"]'), ("a", "b")),
        (("dark red, old", "old", "dark red"), ("dark red", "old")),
    ],
)
def test_several_labels_in_a_cell_are_a_sigmoid_task(
    texts: Sequence[str], labels: Sequence[str]
) -> None:
    decision = decided("tags", drawn(*texts))
    assert (decision.kind, decision.transform, decision.confident) == (
        "several labels",
        "multi-hot",
        False,
    )
    assert written(decision) == {"loss": "sigmoid", "dim": list(labels)}
    assert any("unknown" in doubt.meaning for doubt in decision.doubts) == ("" in texts)
    [without_name] = inferred(False, tags=drawn(*texts), kind=drawn("a", "b")).decisions[:1]
    assert without_name.task is None


def test_a_guess_is_corrected_by_one_line() -> None:
    lines = inferred(thing=drawn(10, 20, 35), kind=drawn("a", "b")).to_yaml().splitlines()
    place = next(index for index, line in enumerate(lines) if line.startswith("  - {name: thing"))
    other = next(line for line in lines if line.startswith("  # - {name: thing"))
    assert "Not sure" in lines[place + 1]
    lines[place] = other.replace("# ", "")
    assert [task.loss for task in parse_tasks("\n".join(lines)).tasks] == ["euclidean", "softmax"]
    lines[place] = ""
    assert [task.name for task in parse_tasks("\n".join(lines)).tasks] == ["kind"]


def test_names_of_all_sorts_are_written_so_that_they_are_read_back() -> None:
    names = [
        "no",
        "False",
        "true",
        "a: b",
        "x # y",
        "'q'",
        "[z]",
        "车 型",
        "1e3",
        "007",
        "~",
        "- d",
    ]
    found = inferred(
        **{"vehicle type": drawn(*names), "a\nb": drawn("u", "v"), "a b": drawn("u", "v")}
    )
    first, *others = parse_tasks(found.to_yaml()).tasks
    assert (first.name, sorted(first.class_names)) == ("vehicle_type", sorted(names))
    assert [task.name for task in others] == ["a_b_2", "a_b_3"]  # both columns may be "a_b"


def test_by_what_to_split_and_to_stratify() -> None:
    found = inferred(
        person_id=[index // 2 for index in range(RECORDS)],
        part=drawn("train", "test"),
        size=[index / 7 for index in range(RECORDS)],
        kind=drawn("a", "b"),
    )
    assert (found.identity, found.parts, found.strata) == ("person_id", "part", ("kind",))
    assert found.to_dict()["split"]["strata"] == ["kind"]
    assert "split --group" in found.to_yaml()


def test_what_makes_no_task_is_an_error_that_says_so() -> None:
    found = inferred(a=["same"] * RECORDS)
    with pytest.raises(ListError, match="no column makes a task: a: constant, no task"):
        found.to_yaml()
    with pytest.raises(ListError, match="no records"):
        inferred(a=[])
    bare = ImageTable(source="list", paths=["a.jpg"], columns=(), lines=np.ones(1, np.int64))
    with pytest.raises(ListError, match="nothing beside the images"):
        infer_tasks(bare)


def test_a_few_texts_beside_yes_and_no_leave_a_doubt() -> None:
    decision = decided("wet", [*drawn("yes", "no"), *["maybe"] * 9])
    assert written(decision) == {"loss": "softmax", "classes": ["maybe", "no", "yes"]}
    [doubt] = decision.doubts
    assert doubt.meaning == "yes and no, once the cells of 'maybe' are blank"
    assert doubt.task is not None
    assert doubt.task.to_dict() == {
        "name": "wet", "loss": "sigmoid", "dim": 1, "ignore_label": -1
    }  # fmt: skip


def test_one_point_by_its_name_is_a_landmark() -> None:
    """As JSON lines with a list of two numbers have it; in pixels it may be two scores."""
    for most, sure in ((1, True), (300, False)):
        values = np.random.default_rng(0).uniform(0, most, (2, RECORDS)).round(3).tolist()
        found = inferred(pts_0=values[0], pts_1=values[1])
        [decision] = found.decisions
        assert (decision.kind, decision.confident) == ("landmarks", sure)


@pytest.mark.parametrize(("slips", "blanks"), [(1, 0), (30, 10)])
def test_numbers_with_slips_wait_for_them_to_be_mended(slips: int, blanks: int) -> None:
    values = np.random.default_rng(1).uniform(0, 9, RECORDS - slips - blanks).round(2)
    decision = decided("score", [*values, *["abc"] * slips, *[""] * blanks])
    assert (decision.kind, decision.lacking, decision.ready) == ("number", slips, None)
    assert written(decision)["loss"] == "euclidean"
    held = "1 record holds" if slips == 1 else f"{slips} records hold"
    assert decision.cautions[0].startswith(f"{held} something else: 'abc'. So the task waits")


def test_yes_and_no_of_two_lists_in_two_codings() -> None:
    decision = decided("wet", drawn("yes", "no", 1, 0))
    assert (decision.kind, decision.confident) == ("yes/no", True)
    assert written(decision) == {"loss": "sigmoid", "dim": 1}
