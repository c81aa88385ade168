"""`caffe-multilabel tasks` as a user runs it, and what `convert` makes of its file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel import ListError, infer_tasks, load_records
from command_tools import names_in, run
from infer_tools import Labelled, write_csv

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = "caffe-multilabel"


@pytest.fixture
def labels(tmp_path: Path) -> Labelled:
    made = Labelled(200)
    made.draw("classes", "colour", "red blue green")
    made.blank("colour", 0.1)
    made.draw("classes", "size class", "small large")
    made.draw("yes/no", "new", "yes no")
    made.reals("number", "price")
    made.add("no task", "note", (f"seen in the street at {index} o'clock" for index in range(200)))
    write_csv(tmp_path / "labels.csv", made)
    return made


@pytest.mark.usefixtures("labels")
def test_the_file_alone_is_printed_and_the_rest_is_said(tmp_path: Path) -> None:
    done = run(COMMAND, "tasks", "labels.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == infer_tasks(tmp_path / "labels.csv").to_yaml().replace(f"{tmp_path}/", "")
    assert [line.split("  ")[0] for line in done.stderr.splitlines()] == [
        "colour",
        "size class",
        "new",
        "price",
        "note",
    ]
    assert run(COMMAND, "tasks", "--quiet", "labels.csv", cwd=tmp_path).stderr == ""


def test_numbers_that_records_lack_are_unknown_labels(tmp_path: Path) -> None:
    made = Labelled(200)
    made.draw("yes/no", "new", "yes no")
    made.reals("number", "price")
    made.blank("price", 0.1)
    write_csv(tmp_path / "labels.csv", made)
    done = run(COMMAND, "tasks", "labels.csv", "-o", "tasks.yaml", cwd=tmp_path)
    assert "mind" not in done.stderr
    found = load_records(tmp_path / "labels.csv", tasks=tmp_path / "tasks.yaml")
    assert (len(found), found.label_names) == (200, ["new", "price"])
    assert found.label_schema is not None
    price = found.label_schema.tasks[1]
    unknown = found.core.labels()[:, 1] == price.ignore_label
    assert unknown.tolist() == [cell == "" for cell in made.cells["price"]]


def test_numbers_with_something_else_are_said_and_the_way_out_works(tmp_path: Path) -> None:
    made = Labelled(200)
    made.draw("yes/no", "new", "yes no")
    made.reals("number", "price")
    price = made.cells["price"][4]
    made.cells["price"][4] = "none yet"
    write_csv(tmp_path / "labels.csv", made)
    done = run(COMMAND, "tasks", "labels.csv", "-o", "tasks.yaml", cwd=tmp_path)
    caution = "mind price: 1 record holds something else: 'none yet'. So the task waits behind a #"
    assert caution in done.stderr
    assert run(COMMAND, "tasks", "--quiet", "labels.csv", cwd=tmp_path).stderr.startswith(caution)
    less = load_records(tmp_path / "labels.csv", tasks=tmp_path / "tasks.yaml")
    assert (len(less), less.label_names) == (200, ["new"])

    tasks = (tmp_path / "tasks.yaml").read_text()
    (tmp_path / "tasks.yaml").write_text(tasks.replace("# - {name: price", "- {name: price"))
    with pytest.raises(ListError, match="1 bad line"):
        load_records(tmp_path / "labels.csv", tasks=tmp_path / "tasks.yaml")
    made.cells["price"][4] = price
    write_csv(tmp_path / "labels.csv", made)
    known = load_records(tmp_path / "labels.csv", tasks=tmp_path / "tasks.yaml")
    assert (len(known), known.label_names) == (200, ["new", "price"])


def test_where_all_there_is_to_learn_has_to_be_mended_that_is_said(tmp_path: Path) -> None:
    made = Labelled(50)
    made.reals("number", "price")
    made.cells["price"][3] = "none yet"
    write_csv(tmp_path / "labels.csv", made)
    done = run(COMMAND, "tasks", "labels.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert "1 record with something else than a number in price: blank or mend" in done.stderr


def test_what_it_writes_fits_the_list_by_the_names_of_columns(
    tmp_path: Path, labels: Labelled
) -> None:
    assert run(COMMAND, "tasks", "labels.csv", "-o", "tasks.yaml", cwd=tmp_path).returncode == 0
    records = load_records(tmp_path / "labels.csv", tasks=tmp_path / "tasks.yaml")
    assert len(records) == labels.records
    stored = records.core.labels()
    colours = ["blue", "green", "red"]
    wanted = [colours.index(cell) if cell else -1 for cell in labels.cells["colour"]]
    assert stored[:, 0].tolist() == wanted
    assert stored[:, 2].tolist() == [float(cell == "yes") for cell in labels.cells["new"]]


@pytest.mark.usefixtures("labels")
def test_json_tells_decisions_and_doubts(tmp_path: Path) -> None:
    done = run(COMMAND, "tasks", "--json", "-o", "tasks.yaml", "labels.csv", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (tmp_path / "tasks.yaml").exists()
    assert found == infer_tasks(tmp_path / "labels.csv").to_dict() | {"source": "labels.csv"}
    assert [decision["kind"] for decision in found["decisions"]][-1] == "free text"
    assert found["decisions"][0]["task"]["ignore_label"] == -1


@pytest.mark.usefixtures("labels")
def test_a_file_that_is_there_stays_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text("mine\n")
    refused = run(COMMAND, "tasks", "labels.csv", "-o", "tasks.yaml", cwd=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "is there already" in refused.stderr
    assert (tmp_path / "tasks.yaml").read_text() == "mine\n"
    taken = run(COMMAND, "tasks", "labels.csv", "-o", "tasks.yaml", "--overwrite", cwd=tmp_path)
    assert taken.returncode == 0
    assert (tmp_path / "tasks.yaml").read_text().startswith("# Tasks told from labels.csv")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("none.csv",), 1, "none.csv: No such file"),
        (("same.csv",), 1, "same.csv: no column makes a task: kind: constant, no task"),
        (("--from", "fish", "same.csv"), 2, "invalid choice: 'fish'"),
        (("--path_column", "nix", "same.csv"), 2, "nix"),
    ],
)
def test_what_cannot_be_is_one_clear_line(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "same.csv").write_text("image,kind\na.jpg,x\nb.jpg,x\n")
    done = run(COMMAND, "tasks", "-o", "tasks.yaml", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr.splitlines()[-1]
    assert names_in(tmp_path) == ["same.csv"]


def test_one_hot_columns_become_the_class_that_they_are(tmp_path: Path) -> None:
    lines = ["image,sky_rain,sky_sun,sky_snow,id"]
    lines += [
        f"{index}.jpg,{int(index % 3 == 0)},{int(index % 3 == 1)},{int(index % 3 == 2)},x{index}"
        for index in range(30)
    ]
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
    assert run(COMMAND, "tasks", "labels.csv", "-o", "tasks.yaml", cwd=tmp_path).returncode == 0
    read = {"tasks": tmp_path / "tasks.yaml"}
    assert (
        load_records(tmp_path / "labels.csv", **read).core.labels()[:, 0].tolist() == [0, 1, 2] * 10
    )
    (tmp_path / "labels.csv").write_text("\n".join([*lines, "30.jpg,1,1,0,y"]) + "\n")
    with pytest.raises(
        ListError, match=r"line 32.*other than one 1 in sky_rain, sky_sun, sky_snow"
    ):
        load_records(tmp_path / "labels.csv", **read)


def test_a_split_keeps_together_whom_the_file_says_to(tmp_path: Path) -> None:
    made = Labelled(200)
    people = made.add(
        "no task", "person_id", (f"p{index * 7919 % 200 // 5}" for index in range(200))
    )
    made.draw("classes", "mood", "glad sad")
    write_csv(tmp_path / "labels.csv", made)
    done = run(COMMAND, "tasks", "labels.csv", "-o", "tasks.yaml", cwd=tmp_path)
    assert "# Split by 'person_id' (split --group)" in (tmp_path / "tasks.yaml").read_text()
    flags = ("--val", "0.2", "--group", "person_id", "--tasks", "tasks.yaml")
    done = run(COMMAND, "split", *flags, "--output", "parts", "labels.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    parts = [
        {people[int(line.partition(".")[0])] for line in path.read_text().splitlines()[1:]}
        for path in sorted((tmp_path / "parts").iterdir())
    ]
    assert not parts[0] & parts[1]
    assert parts[0] | parts[1] == set(people)


def test_a_folder_for_each_class_is_one_task(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for index in range(15):
            (tmp_path / "pets" / name / f"{index}.jpg").touch()
    done = run(COMMAND, "tasks", "pets", cwd=tmp_path)
    assert "  - {name: class, loss: softmax, classes: [cat, dog]}\n" in done.stdout
