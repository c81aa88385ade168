"""Which column of a list each task learns, whoever reads the list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel import (
    ListError,
    MultilabelDataset,
    convert,
    join_parts,
    load_records,
    load_tasks,
    read_table,
    relabel,
    split,
    verify,
)
from caffe_multilabel.data.manifest import Manifest
from start_lists import draw

if TYPE_CHECKING:
    from command_tools import RunCommand

pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for index in range(4):
        draw(tmp_path / f"{index}.png")


def number(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "loss": "euclidean", "dim": 1, **keys}


def listed(header: str, row: str, name: str = "list.csv", paths: str = "path") -> str:
    """Write a list of four records that say the same."""
    lines = [f"{paths},{header}", *(f"{index}.png,{row}" for index in range(4))]
    Path(name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return name


def learnt(path: str, *tasks: dict[str, Any]) -> dict[str, list[float]]:
    """The labels of each task in the records of a list."""
    records = load_records(path, tasks=load_tasks({"tasks": list(tasks)}))
    assert records.label_schema is not None
    labels = records.core.labels()[0]
    return {task.name: labels[list(task.columns)].tolist() for task in records.label_schema.tasks}


@pytest.mark.parametrize("header", ["kind,cam,speed", "cam,speed,kind", "cam,kind,speed"])
def test_a_renamed_task_takes_no_other_column(header: str) -> None:
    """Whether the core or the table's reader meets the list, in every command that reads it."""
    values = {"cam": "9", "speed": "0.5", "kind": "2"}
    names = header.split(",")
    path = listed(header, ",".join(values[name] for name in names))
    kind = {"name": "kind", "loss": "softmax", "classes": 3}
    wrong = load_tasks({"tasks": [number("velocity"), kind]})
    pair = {"images": "images", "labels": "labels"}
    for call in (
        lambda: load_records(path, tasks=wrong),
        lambda: convert(path, root=".", **pair, tasks=wrong),
        lambda: split(path, "parts", val=0.5, tasks=wrong),
    ):
        with pytest.raises(ListError, match=r"no column is named 'velocity'.*1 .*write `columns:`"):
            call()

    told = load_tasks({"tasks": [number("velocity", columns=names.index("speed")), kind]})
    convert(path, root=".", **pair, tasks=told)
    dataset = MultilabelDataset(**pair)
    schema = dataset.label_schema
    assert schema is not None
    found = {task.name: dataset.labels()[:, task.columns[0]].tolist() for task in schema.tasks}
    assert found == {"velocity": [0.5] * 4, "kind": [2] * 4}
    split(path, "parts", val=0.5, tasks=told)
    for tasks in (None, told):  # by the manifest, too
        assert verify(**pair, records=path, tasks=tasks).ok
        assert relabel("labels", path, tasks=tasks, dry_run=True).changed_records == 0


def test_a_header_that_names_no_task_among_others_is_refused() -> None:
    assert learnt(listed("speed", "0.5"), number("velocity")) == {"velocity": [0.5]}
    for cam in ("9", "north"):
        path = listed("cam,speed", f"{cam},0.5")
        with pytest.raises(ListError, match=r"no column is named 'velocity'.* 0 cam, 1 speed"):
            learnt(path, number("velocity"))


def test_a_value_that_is_called_as_a_task_is_not_its_column() -> None:
    path = listed("color,shape_color,round,x", "1,2,3,4")
    shape = {"name": "shape", "loss": "euclidean", "dim": ["color", "round"]}
    assert learnt(path, number("color"), shape) == {"color": [1], "shape": [2, 3]}


@pytest.mark.parametrize(
    ("header", "tasks"),
    [
        ("kind,speed", [number("velocity", columns=0), number("kind", columns=1)]),
        ("cam,kind,speed", [number("velocity", columns=1), number("kind")]),
        ("a,x", [number("spot") | {"dim": ["x", "y"], "columns": "0-1"}]),
    ],
)
def test_no_column_is_learnt_twice(header: str, tasks: Any) -> None:
    path = listed(header, ",".join(map(str, range(header.count(",") + 1))))
    with pytest.raises(ListError, match=r"would both read column|`columns:` says"):
        learnt(path, *tasks)


NEAR = {"name": "near", "loss": "triplet", "margin": "column", "dim": 4}
FAR = NEAR | {"name": "far", "attach": "pool1"}
VERIFY = {"name": "verify", "loss": "contrastive", "dim": 4}


def of_records(images: int, header: str, row: str, *tasks: Any) -> dict[str, list[float]]:
    """The labels of each task in a list of records of several images."""
    paths = ",".join(f"path_{image}" for image in range(1, images + 1))
    path = listed(header, ",".join([*["0.png"] * (images - 1), row]), paths=paths)
    file = load_tasks({"data": {"images_per_record": images}, "tasks": list(tasks)})
    records = load_records(path, tasks=file)
    assert records.label_schema is not None
    labels = records.core.labels()[0]
    return {task.name: labels[list(task.columns)].tolist() for task in records.label_schema.tasks}


@pytest.mark.parametrize(
    ("images", "header", "tasks", "wanted"),
    [
        (3, "margin", [NEAR], {"near": [1]}),
        (3, "age_1,Margin", [NEAR], {"near": [2]}),
        (3, "near_margin,age_1", [NEAR], {"near": [1]}),
        (3, "margin,near", [NEAR], {"near": [2]}),
        (3, "margin,near_margin,near", [NEAR], {"near": [3]}),
        (3, "far_margin,near_margin", [NEAR, FAR], {"near": [2], "far": [1]}),
        (3, "margin,far", [NEAR, FAR], None),
        (3, "margin,near_margin", [NEAR], None),
        (3, "margin,x", [NEAR, number("margin", images="concat")], None),
        (
            3,
            "margin,near_margin",
            [NEAR, number("margin", images="concat")],
            {"near": [2], "margin": [1]},
        ),
        (3, "near_margin,x", [NEAR, number("near_margin", images="concat")], None),
        (3, "age_1,margin", [NEAR | {"columns": 0}], None),
        (3, "same,x", [NEAR], None),
        (2, "id_1,same", [VERIFY], {"verify": [0]}),
        (2, "verify_same,id_1", [VERIFY], {"verify": [1]}),
        (2, "id_1,same,verify", [VERIFY], {"verify": [0]}),
        (2, "verify_same,same", [VERIFY], None),
        (2, "margin,x", [VERIFY], None),
    ],
)
def test_what_list_says_of_a_record_is_what_its_task_reads(
    images: int, header: str, tasks: Any, wanted: Any
) -> None:
    """By the name that `list` gives it, if no column is called as the task, and no other may be."""
    cells = "1,0,0" if images == 2 else "1,2,3"
    row = cells[: 2 * header.count(",") + 1]
    if wanted is None:
        with pytest.raises(ListError, match=r"; the columns are .*; (name task|rename|correct)"):
            of_records(images, header, row, *tasks)
    else:
        assert of_records(images, header, row, *tasks) == wanted


def test_values_of_each_image_are_found_as_list_writes_them() -> None:
    spot = number("spot") | {"dim": ["x", "y"], "images": "each"}
    header = "spot_y_1,spot_x_1,spot_x_2,spot_y_2"
    wanted = {"spot_1": [2, 1], "spot_2": [3, 4]}
    assert of_records(2, header, "1,2,3,4", spot) == wanted
    # Beside another task with an x, too.
    both = [spot, number("other") | {"dim": ["x"], "images": "each"}]
    found = of_records(2, f"{header},other_x_1,other_x_2", "1,2,3,4,5,6", *both)
    assert found == wanted | {"other_1": [5], "other_2": [6]}


def test_the_column_that_a_pair_was_made_of_leads_before_what_list_writes() -> None:
    """A DB of the column `gap` is not relabelled with `margin`, which stands in the list too."""
    file = load_tasks({"data": {"images_per_record": 3}, "tasks": [NEAR | {"columns": 0}]})
    path = listed("gap", "0.png,0.png,1", paths="path_1,path_2,path_3")
    convert(path, root=".", images="images", labels="labels", tasks=file)
    path = listed("margin,gap", "0.png,0.png,2,1", "more.csv", paths="path_1,path_2,path_3")
    assert verify("images", "labels", records=path).ok


def test_columns_between_those_of_tasks_hold_what_is_free() -> None:
    """A column that no task reads, and for which the list has none left, holds 0."""
    tasks = [number("a"), number("b", columns=2)]
    records = load_records(listed("x,a,b", "7,1,2"), tasks=load_tasks({"tasks": tasks}))
    assert records.core.labels()[0].tolist() == [1, 0, 2]
    assert records.label_names == ["a", "", "b"]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_each_task_learns_its_own_column(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """By its name, or by its number where it has another one; or the list is refused."""
    names = data.draw(st.permutations("abcde"))[: data.draw(st.integers(1, 5))]
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    tasks, wanted = [], {}
    for name in chosen:
        place = names.index(name)
        if data.draw(st.booleans()):
            tasks.append(number(f"new_{name}", columns=place))
            wanted[f"new_{name}"] = [place + 0.5]
        else:
            keys = {"columns": place} if data.draw(st.booleans()) else {}
            tasks.append(number(name, **keys))
            wanted[name] = [place + 0.5]
    path = tmp_path_factory.mktemp("lists") / "list.csv"
    row = ",".join(f"{place + 0.5}" for place in range(len(names)))
    path.write_text(f"path,{','.join(names)}\n0.png,{row}\n", encoding="utf-8")
    assert learnt(str(path), *tasks) == wanted


def test_a_pair_of_its_own_list_is_found_by_the_names_in_its_manifest() -> None:
    path = listed("cam,speed,kind", "9,0.5,2")
    tasks = load_tasks({"tasks": [number("velocity", columns=1), number("kind")]})
    convert(path, root=".", images="images", labels="labels", tasks=tasks)
    manifest = Manifest.read("labels")
    assert manifest is not None
    assert manifest.label_names == ("kind", "speed")
    moved = listed("speed,kind,cam", "0.5,2,9", "moved.csv")
    assert verify("images", "labels", records=moved).ok


def test_the_name_of_a_task_leads_before_that_of_an_older_list() -> None:
    """Of a list that was taken in its order, and a new one that has both names."""
    tasks = load_tasks({"tasks": [number("quality"), number("sort")]})
    path = listed("score,kind", "5,1")
    convert(path, root=".", images="images", labels="labels", tasks=tasks)
    assert verify("images", "labels", records=path).ok
    new = listed("quality,sort,score", "7,1,5", "new.csv")
    report = relabel("labels", new, dry_run=True)
    changed = {task.name: task.changed for task in report.tasks}
    assert (changed["quality"], changed["sort"]) == (4, 0)


@pytest.mark.parametrize(
    ("header", "task"),
    [
        ("label,label_clean", number("label", columns=1)),
        ("kind,kind_noisy,aux", number("kind", columns=1)),
    ],
)
@pytest.mark.parametrize("kind", ["auto", "csv"])
def test_a_number_that_the_header_contradicts_is_refused(header: str, task: Any, kind: Any) -> None:
    path = listed(header, ",".join(map(str, range(header.count(",") + 1))))
    with pytest.raises(ListError, match=r"`columns:` says .* reads column 1, and the header"):
        load_records(path, tasks=load_tasks({"tasks": [task]}), kind=kind)


def test_a_number_is_not_overruled_by_what_is_only_like_its_name() -> None:
    assert learnt(listed("age_0,age_mean", "1,2"), number("age", columns=1)) == {"age": [2]}


def test_as_many_columns_of_other_names_are_refused_where_some_are_named() -> None:
    kind = number("kind")
    for header in ("kind,cam", "cam,kind"):
        with pytest.raises(ListError, match="no column is named 'speed'"):
            learnt(listed(header, "1,2"), kind, number("speed"))
    centre = {"name": "centre", "loss": "euclidean", "dim": 2}  # whose values have no names
    assert learnt(listed("kind,x,y", "1,2,3"), kind, centre) == {"kind": [1], "centre": [2, 3]}


def test_numbers_are_those_of_the_list_where_columns_are_joined() -> None:
    path = listed("dry,wet,speed,cam", "1,0,2,3")
    weather = {"name": "weather", "loss": "softmax", "classes": ["dry", "wet"]}
    wanted = {"weather": [0], "velocity": [2]}
    assert learnt(path, weather | {"columns": 0}, number("velocity", columns=2)) == wanted
    assert learnt(path, weather, number("velocity", columns=2)) == wanted
    with pytest.raises(
        ListError, match="`columns:` says 1, which is one of the columns that are joined"
    ):
        learnt(path, weather, number("velocity", columns=1))
    assert learnt(path, weather, number("speed")) == {"weather": [0], "speed": [2]}


def test_columns_behind_those_of_numbered_tasks_stay_labels() -> None:
    """So a pair that an older version made of such a list is still its own."""
    path = listed("cam,speed,t,tags", "9,0.5,3,red")
    records = load_records(path, tasks=load_tasks({"tasks": [number("speed", columns=1)]}))
    assert records.core.labels()[0].tolist() == [9, 0.5, 3]


def test_columns_of_classes_are_joined_though_the_core_can_read_the_list() -> None:
    path = listed("x,kind,red,green", "0,1,0,1")
    color = {"name": "color", "loss": "softmax", "classes": ["red", "green"]}
    assert learnt(path, color, number("kind")) == {"color": [1], "kind": [1]}


@pytest.mark.parametrize(
    ("header", "row", "tasks", "wanted"),
    [
        # Columns of 0 and 1 that are numbered, of a task that is called as they begin.
        (
            "hat,kind_0,kind_1,kind_2",
            "1,0,0,1",
            [{"name": "kind", "loss": "softmax", "classes": 3}],
            {"kind": [2]},
        ),
        # A value with its task in front is surer than one without.
        (
            "x,y,box_x,box_y",
            "1,2,3,4",
            [number("box") | {"dim": ["x", "y"]}],
            {"box": [3, 4]},
        ),
        (
            "red,green,dress_red,dress_green",
            "1,0,0,1",
            [{"name": "dress", "loss": "softmax", "classes": ["red", "green"]}],
            {"dress": [1]},
        ),
        # A column of all labels, beside one for each: these are the task's.
        (
            "wear_hat,wear_mask,wear",
            "0,1,1",
            [{"name": "wear", "loss": "sigmoid", "dim": ["hat", "mask"]}],
            {"wear": [0, 1]},
        ),
        # Weights are called after what they weigh.
        (
            "age,spot_weight,y,x",
            "9,0.5,3,2",
            [number("spot") | {"dim": ["x", "y"], "weight_columns": "record"}],
            {"spot": [2, 3], "spot_weight": [0.5]},
        ),
        (
            "y_weight,x_weight,y,x",
            "0.5,0.25,3,2",
            [number("spot") | {"dim": ["x", "y"], "weight_columns": "value"}],
            {"spot": [2, 3], "spot_weight": [0.25, 0.5]},
        ),
        # Letters may be large or small, and wide.
        ("Speed,Angle", "1,2", [number("angle"), number("speed")], {"angle": [2], "speed": [1]}),
        ("\uff22,\uff21", "1,2", [number("a"), number("b")], {"a": [2], "b": [1]}),
        # The index of pandas does not count, for who writes numbers.
        ("Unnamed: 0,cam,speed", "7,9,0.5", [number("velocity", columns=1)], {"velocity": [0.5]}),
    ],
)
@pytest.mark.parametrize("kind", ["auto", "csv"])
@pytest.mark.parametrize("paths", ["path", "id", "编号"])
def test_what_is_meant_by_a_header(
    header: str, row: str, tasks: Any, wanted: Any, kind: Any, paths: str
) -> None:
    records = load_records(
        listed(header, row, paths=paths), tasks=load_tasks({"tasks": tasks}), kind=kind
    )
    assert records.label_schema is not None
    labels = records.core.labels()[0]
    columns = {task.name: list(task.columns) for task in records.label_schema.tasks}
    assert {name: labels[own].tolist() for name, own in columns.items()} == wanted


@pytest.mark.parametrize(
    ("header", "row", "tasks", "said"),
    [
        # Made for `speed,kind`; the list has a column more now.
        (
            "cam,speed,kind",
            "9,0.5,2",
            [number("velocity", columns=0), number("kind", columns=1)],
            "`columns:` says that task 'kind' reads column 1, and the header names column 2 so",
        ),
        (
            "spot,cam,spot_weight",
            "9,0.5,2",
            [number("spot") | {"weight_columns": 1}],
            "`weight_columns:` says that the weights of task 'spot' are column 1, and the header",
        ),
        (
            "spot,weight",
            "9,2",
            [number("spot") | {"weight_columns": "record"}],
            "name the column of weights so, or write `weight_columns:` of task 'spot' with",
        ),
        (
            "cam,speed,kind",
            "9,0.5,2",
            [number("sort", columns=2), number("velocity")],
            "no column is named 'velocity'",
        ),
        (
            "age_reg,age_cls",
            "1,2",
            [number("age_cls", columns=0), number("age_reg", columns=0)],
            "'age_cls' and 'age_reg' are both what 'age_cls' and 'age_reg' read",
        ),
        ("my speed,my  speed", "1,2", [number("my_speed")], "may both be 'my_speed'"),
        (
            "spot_0,spot_1,spot_2",
            "1,2,3",
            [number("spot") | {"dim": 2}],
            "'spot_0' to 'spot_2' are more columns than the 2 values of task 'spot'",
        ),
        (
            "kind_0,kind_1,kind_2",
            "1,0,0",
            [{"name": "kind", "loss": "softmax", "classes": 2, "ignore_label": -1}],
            "no column is named 'kind'",
        ),
        (
            "road dry,road_wet,road_dry",
            "1,0,0",
            [{"name": "road", "loss": "softmax", "classes": ["dry", "wet"]}],
            "'road dry' and 'road_dry' may both be a class of 'road'",
        ),
        ("cam,My Speed", "7,9", [number("My_Speed", columns=0)], "the header names column 1 so"),
        # Other names than the tasks', which speak of another order.
        ("CarSpeed,CarAngle", "1,2", [number("car_angle2"), number("car_speed2")], "no column is"),
        ("speed_kmh,angle_deg", "1,2", [number("angle"), number("speed")], "no column is named"),
        (
            "size_w,size_h,centre_x,centre_y",
            "1,2,3,4",
            [number("centre") | {"dim": 2}, number("size") | {"dim": 2}],
            "no column is named 'centre_0'",
        ),
        ("box_Y,y_box", "1,2", [number("box") | {"dim": ["x", "y"]}], "may both be|no column is"),
        (
            "kind_red,kind_blue",
            "1,0",
            [number("hat"), {"name": "kind", "loss": "softmax", "classes": 2}],
            "no column is named 'hat'",
        ),
        (
            "color_red",
            "1",
            [{"name": "color", "loss": "softmax", "classes": ["red", "other"]}],
            "no column is named 'color'",
        ),
        (
            "box_0,box_1,speed",
            "1,2,3",
            [number("velocity"), number("box") | {"dim": 2}],
            "no column is named 'velocity'",
        ),
        (
            "wear,x",
            "1,2",
            [{"name": "wear", "loss": "sigmoid", "dim": ["hat", "mask"]}],
            r"'1 \(among several labels\)' is not a number",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["auto", "csv"])
@pytest.mark.parametrize("paths", ["path", "id", "编号"])
def test_what_may_be_meant_otherwise_is_refused(
    header: str, row: str, tasks: Any, said: str, kind: Any, paths: str
) -> None:
    path = listed(header, row, paths=paths)
    with pytest.raises(ListError, match=said):
        load_records(path, tasks=load_tasks({"tasks": tasks}), kind=kind)


@pytest.mark.parametrize("records", [1, 2, 4])
def test_a_part_of_a_list_is_read_as_the_whole(records: int) -> None:
    """A column without a name is a label, whatever the numbers in it look like."""
    lines = ["path,,cam,speed", *(f"{index}.png,{index},9,0.5" for index in range(records))]
    Path("part.csv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    task = number("count", columns=0)
    for path in ("part.csv", "-"):
        with Path("part.csv").open(encoding="utf-8") as text, pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", text)
            found = load_records(path, tasks=load_tasks({"tasks": [task]}))
        assert found.core.labels()[:, 0].tolist() == list(range(records))


def test_a_header_of_yes_and_no_is_one_behind_a_path() -> None:
    flag = {"name": "flag", "loss": "sigmoid", "dim": 1}
    Path("list.csv").write_text("path,y\n0.png,1\n", encoding="utf-8")
    assert len(load_records("list.csv", tasks=load_tasks({"tasks": [flag]}))) == 1


@pytest.mark.parametrize("header", ["auto", "yes"])
def test_a_header_whose_label_has_no_name_is_no_record(header: Any) -> None:
    Path("list.csv").write_text("path,\n0.png,1\n1.png,0\n", encoding="utf-8")
    flag = {"name": "flag", "loss": "sigmoid", "dim": 1, "ignore_label": -1, "columns": 0}
    records = load_records("list.csv", tasks=load_tasks({"tasks": [flag]}), header=header)
    assert records.core.labels().tolist() == [[1], [0]]


def test_an_index_before_the_paths_is_no_label_where_nothing_names_it() -> None:
    Path("list.csv").write_text("0,0.png,1.5\n1,1.png,2.5\n", encoding="utf-8")
    with pytest.raises(ListError, match="no header says what the columns before and behind"):
        learnt("list.csv", number("speed"))
    assert learnt("list.csv", number("speed", columns=1)) == {"speed": [1.5]}


def test_a_list_that_is_not_there_is_said_so() -> None:
    with pytest.raises(ListError, match="No such file"):
        learnt("absent.csv", number("speed"))


def test_paths_under_the_name_of_an_index_are_paths() -> None:
    path = listed("angle,speed", "1,2", paths="Unnamed: 0")
    assert learnt(path, number("angle")) == {"angle": [1]}


def test_lists_without_names_are_joined_only_if_alike() -> None:
    Path("train.csv").write_text("0.png,1,2\n1.png,3,4\n", encoding="utf-8")
    Path("val.csv").write_text("0,2.png,5\n1,3.png,6\n", encoding="utf-8")
    with pytest.raises(
        ListError, match=r"the paths are in column 1, and in column 0 of train\.csv"
    ):
        join_parts(read_table("train.csv"), read_table("val.csv"))


def test_a_header_that_names_no_task_is_said_with_what_each_task_reads(
    run_command: RunCommand,
) -> None:
    """By place colours may become kinds; whoever reads the list says so, the core or a table."""
    tasks = {"tasks": [number("kind"), number("corner", dim=2)]}
    said = (
        "the header names no task: 'kind' reads 'tint', 'corner' reads 'left' to 'top', in their "
        "order; if that is wrong, name columns and tasks alike, or write `columns:` in the tasks"
    )
    Path("tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
    for name, head in (("list.csv", "path"), ("list.jsonl", "")):
        if head:
            listed("tint,left,top", "1,2,3")
        else:
            row = {"tint": 1, "left": 2, "top": 3}
            lines = [json.dumps({"path": f"{index}.png"} | row) for index in range(4)]
            Path(name).write_text("\n".join(lines), encoding="utf-8")
        assert said in load_records(name, tasks=load_tasks(tasks)).notes
    for command in (
        ("convert", "--tasks=tasks.json", ".", "list.csv", "images", "labels"),
        ("split", "--tasks=tasks.json", "--val=0.5", "--output=parts", "list.csv"),
        ("relabel", "--tasks=tasks.json", "labels", "list.csv"),
    ):
        assert said in run_command("caffe-multilabel", *command).stdout.splitlines()
    pairs = Path("pairs.csv")
    pairs.write_text("one,other,tint\n0.png,1.png,5\n2.png,3.png,5\n", encoding="utf-8")
    one = load_tasks({"data": {"images_per_record": 2}, "tasks": [number("kind", images="concat")]})
    assert "'kind' reads 'tint'" in load_records(pairs, tasks=one).by_place
    listed("kind,left,top", "1,2,3")
    assert load_records("list.csv", tasks=load_tasks(tasks)).by_place == ""
