"""From a labelled list to a project: `caffe-multilabel start`."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from caffe_multilabel import (
    Error,
    ListError,
    OptionError,
    OutputError,
    TaskFileError,
    load_tasks,
    start,
)
from caffe_multilabel.cli.main import main
from caffe_multilabel.data.manifest import Manifest
from start_lists import COUNT, SHAPES, draw, of_folders, of_pandas, write_csv
from start_tools import DBS, contents, statuses


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_quiet_is_quiet(made: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("tasks.yaml", "report.html"):
        (made / name).unlink()
    assert main(["start", "pets", "-o", "project", "--quiet"]) == 0
    assert capfd.readouterr() == ("", "")
    assert (made / "report.html").exists()
    net = made / "net" / "train_val.prototxt"
    net.write_text(re.sub(r'bottom: "label"', 'bottom: "lable"', net.read_text()))
    assert main(["start", "pets", "-o", "project", "--quiet"]) == 1
    told, said = capfd.readouterr()
    assert told == ""
    assert "step 'lint' ended with exit code 1" in said
    assert "'lable'" in said  # what it has found


@pytest.mark.parametrize("shape", SHAPES)
def test_from_a_list_to_linted_nets(folder: Path, shape: str) -> None:
    make, tasks = SHAPES[shape]
    source, root = make(folder)
    report = start(source, "project", root=root, quiet=True)
    assert [step.status for step in report.steps] == ["done"] * len(report.steps)
    assert [step.exit_code for step in report.steps] == [0] * len(report.steps)
    made = load_tasks("project/tasks.yaml")
    assert {task.name: task.loss for task in made.tasks} == tasks
    assert made.backbone is not None
    assert made.backbone.name == "lenet"  # images are small
    assert made.data.resize == (28, 28)  # no smaller than it takes
    manifests = [Manifest.read(f"project/{name}") for name in DBS]
    assert sum(each.records for each in manifests if each is not None) == 2 * COUNT
    for name in ("report.html", "net/deploy.prototxt", "net/solver.prototxt", "run.sh"):
        assert Path("project", name).stat().st_size > 0


def test_records_of_one_identity_stay_together(folder: Path) -> None:
    source, root = of_pandas(folder)
    report = start(source, "project", root=root, quiet=True)
    [cut] = [step.command for step in report.steps if step.name == "split"]
    assert "--group=owner_id" in cut
    owners: dict[str, set[str]] = {}
    for part in ("train", "val"):
        with Path(f"project/lists/{part}.csv").open(encoding="utf-8") as file:
            owners[part] = {row["owner_id"] for row in csv.DictReader(file)}
    assert owners["train"].isdisjoint(owners["val"])
    assert owners["val"]


def test_parts_of_the_list_and_cells_of_several_labels_are_kept(folder: Path) -> None:
    """And paths that lack their ending."""
    parts = ["train", "train", "val", "test"]
    rows = [
        (
            Path(draw(folder / "photos" / f"{n:03d}.png")).stem,
            parts[n % 4],
            ("old|red", "red", "old")[n % 3],
        )
        for n in range(COUNT)
    ]
    write_csv(folder / "tags.csv", [("id", "split", "tags"), *rows])
    report = start("tags.csv", "project", root="photos", path_suffix=".png", quiet=True)
    assert {step.exit_code for step in report.steps} == {0}
    [cut] = [step.command for step in report.steps if step.name == "split"]
    assert "--parts=split" in cut
    for part in ("train", "val", "test"):
        with Path(f"project/lists/{part}.csv").open(encoding="utf-8") as file:
            found = [(row["path"], row["split"]) for row in csv.DictReader(file)]
        assert found == [(f"{name}.png", own) for name, own, _ in rows if own == part]
    [task] = load_tasks("project/tasks.yaml").tasks
    assert (task.loss, task.value_names) == ("sigmoid", ("old", "red"))
    own = start("tags.csv", "other", root="photos", path_suffix=".png", val="0.2", quiet=True)
    assert "--val=0.2" in next(step.command for step in own.steps if step.name == "split")
    planned = f"the {COUNT - round(0.2 * COUNT)} records to train with"
    assert planned in Path("other/tasks.yaml").read_text(encoding="utf-8")
    with pytest.raises(OptionError, match="val is '2'"):
        start("tags.csv", "third", root="photos", path_suffix=".png", val="2", quiet=True)
    assert not Path("third").exists()


def test_only_what_has_changed_is_done_again(folder: Path) -> None:
    source, root = of_folders(folder)
    first = statuses(source, root)
    assert set(first.values()) == {"done"}
    assert set(statuses(source, root).values()) == {"unchanged"}

    # The user's edit leads, and stays.
    path = Path("project/tasks.yaml")
    edited = path.read_text(encoding="utf-8").replace("resize: [28, 28]", "resize: [32, 32]")
    path.write_text(edited, encoding="utf-8")
    second = statuses(source, root)
    assert second.pop("list") == "unchanged"
    assert second.pop("tasks") == "kept"
    assert second.pop("split") == "unchanged"
    assert set(second.values()) == {"done"}
    assert path.read_text(encoding="utf-8") == edited
    assert "dim: 32" in Path("project/net/deploy.prototxt").read_text(encoding="utf-8")

    # Another image than before.
    draw(folder / "pets" / "cat" / "0.png", width=40)
    third = statuses(source, root)
    assert (third["tasks"], third["split"]) == ("kept", "unchanged")
    assert third["convert_train"] == third["convert_val"] == "done"

    # What was made has gone.
    shutil.rmtree("project/val_labels")
    fourth = statuses(source, root)
    assert fourth["convert_train"] == "unchanged"
    assert fourth["convert_val"] == "done"

    # A list that has grown; the edited task file stays all the same.
    draw(folder / "pets" / "dog" / "new.png")
    fifth = statuses(source, root)
    assert (fifth["list"], fifth["tasks"], fifth["split"]) == ("done", "kept", "done")


BEHIND_THE_DBS = {"nets", "lint", "report"}
EDITS = {
    "a comment": (("name: project", "# mine\nname: project"), set()),
    "the solver": (("max_iter: 1000", "max_iter: 9"), BEHIND_THE_DBS),
    "the backbone": (("backbone: lenet", "backbone: squeezenet1.1"), BEHIND_THE_DBS),
    "the labels": (
        ("classes: [cat, dog]", "classes: [dog, cat]"),
        {"split", "convert_train", "convert_val", "verify_train", "verify_val", *BEHIND_THE_DBS},
    ),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_of_the_task_file_does_what_goes_by_it(made: Path, what: str) -> None:
    path = made / "tasks.yaml"
    before = contents(made)
    (old, new), wanted = EDITS[what]
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    report = start("pets", "project", quiet=True)
    done = {step.name for step in report.steps if step.status == "done"}
    assert done == wanted
    train_val = (made / "net/train_val.prototxt").read_text()
    # The images are made ready for the backbone that there is now.
    assert ("scale: 0.0078125" in train_val) == (what != "the backbone")
    assert (contents(made) != before) == ("convert_train" in wanted)


def lines_of(**options: bool) -> list[str]:
    """What a run says."""
    lines: list[str] = []
    start("pets", "project", quiet=True, say=lines.append, **options)
    return lines


def test_files_that_were_edited_by_hand_stay(made: Path) -> None:
    """The solver, the net and the script: through another task file, and a kill."""
    solver, net, script = (
        made / f for f in ("net/solver.prototxt", "net/train_val.prototxt", "run.sh")
    )
    for path in (solver, net, script):
        path.write_text(f"# mine\n{path.read_text()}")
    mine = {path: path.read_text() for path in (solver, net, script)}
    lines = lines_of()
    kept = "-- nets: edited by hand, so kept: net/train_val.prototxt, net/solver.prototxt; "
    (told,) = [line for line in lines if line.startswith(kept)]
    assert told.endswith("delete it, or start with --overwrite")
    assert any(line.startswith("-- script: edited by hand, so kept: run.sh") for line in lines)
    assert "-- nets: unchanged" in lines

    # The other net follows the task file.
    tasks = made / "tasks.yaml"
    tasks.write_text(tasks.read_text().replace("name: project", "name: other"))
    report = start("pets", "project", quiet=True)
    (nets,) = [step for step in report.steps if step.name == "nets"]
    assert nets.status == "done"
    assert nets.edited == ("net/train_val.prototxt", "net/solver.prototxt")
    assert nets.command.endswith("--keep=train_val.prototxt --keep=solver.prototxt")
    assert 'name: "other"' in (made / "net/deploy.prototxt").read_text()
    assert {path: path.read_text() for path in mine} == mine

    # A run that was stopped in that step has forgotten nothing.
    ledger = json.loads((made / ".start.json").read_text())
    entry = ledger["steps"]["nets"]
    entry["ended"], entry["wrote"] = False, {path: entry["wrote"][path] for path in nets.edited}
    (made / ".start.json").write_text(json.dumps(ledger))
    lines_of()
    assert {path: path.read_text() for path in mine} == mine

    # One is made anew where it was deleted, all by --overwrite; the task file stays.
    solver.unlink()
    lines_of()
    assert "# mine" not in solver.read_text()
    assert net.read_text() == mine[net]
    lines_of(overwrite=True)
    assert not any("# mine" in path.read_text() for path in (solver, net, script))
    assert "name: other" in tasks.read_text()
    assert not any("by hand" in line for line in lines_of())


def test_lists_that_were_edited_by_hand_stay(made: Path) -> None:
    train = made / "lists/train.csv"
    lines = train.read_text().splitlines(keepends=True)
    train.write_text("".join(lines[:-1]))
    report = start("pets", "project", quiet=True)
    found = {step.name: step.status for step in report.steps}
    assert found["split"] == "kept"
    assert (found["convert_train"], found["convert_val"]) == ("done", "unchanged")
    manifest = Manifest.read("project/train_labels")
    assert manifest is not None
    assert manifest.records == len(lines) - 2
    assert "[ -e lists/train.csv ] || caffe-multilabel split" in (made / "run.sh").read_text()
    draw(Path("pets/cat/new.png"))
    said: list[str] = []
    start("pets", "project", say=said.append, quiet=True)
    assert any("lists/all.csv has changed, and lists/train.csv" in line for line in said)
    (made / "lists/val.csv").unlink()
    both = r"would have to make project/lists/val\.csv again, and project/lists/train\.csv"
    with pytest.raises(Error, match=both):
        start("pets", "project", quiet=True)
    assert train.read_text() == "".join(lines[:-1])


def test_a_database_that_was_damaged_is_made_anew(made: Path) -> None:
    damaged = made / "val_labels" / "data.mdb"
    whole = damaged.read_bytes()
    os.truncate(damaged, 8192)
    report = start("pets", "project", quiet=True)
    found = {step.name: step.status for step in report.steps}
    assert (found["convert_train"], found["convert_val"]) == ("unchanged", "done")
    assert damaged.read_bytes() == whole


def test_a_backbone_of_ones_own_that_has_changed(made: Path) -> None:
    own = made / "own.prototxt"
    text = (
        'layer { name: "data" type: "Input" top: "data" }\n'
        'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"\n'
        '  inner_product_param { num_output: 9 weight_filler { type: "xavier" } } }\n'
    )
    own.write_text(text)
    path = made / "tasks.yaml"
    named = "backbone: {file: own.prototxt, features: fc}"
    content = path.read_text().replace("backbone: lenet", named)
    path.write_text(content.replace("defaults: backbone", "mean_value: 128"))
    statuses("pets", "pets")
    own.write_text(text.replace("9", "8"))
    again = statuses("pets", "pets")
    assert (again["convert_train"], again["nets"]) == ("unchanged", "done")


def test_a_task_file_that_nobody_edited_follows_the_list(folder: Path) -> None:
    source, root = of_folders(folder)
    statuses(source, root)
    for index in range(20):
        draw(folder / "pets" / "fox" / f"{index}.png")
    assert statuses(source, root)["tasks"] == "done"
    assert load_tasks("project/tasks.yaml").tasks[0].classes == ("cat", "dog", "fox")


def test_a_mistake_in_the_task_file_is_told_and_mended(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source, root = of_folders(folder)
    statuses(source, root)
    path = Path("project/tasks.yaml")
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace("classes: [cat, dog]", "classes: [cat, dgo]"), encoding="utf-8")
    with pytest.raises(Error, match=r"step 'split' ended with exit code 1"):
        start(source, "project", root=root, quiet=True)
    assert "dog" in capfd.readouterr().err
    path.write_text(right, encoding="utf-8")
    assert set(statuses(source, root).values()) == {"unchanged", "done"}


def test_records_of_several_images_make_no_project(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither a list of theirs, nor a task file that has come to ask for them."""
    source, root = of_folders(folder)
    statuses(source, root)
    path = Path("project/tasks.yaml")
    text = path.read_text(encoding="utf-8")
    assert "\ndata:\n" in text
    asks = text.replace("\ndata:\n", "\ndata:\n  images_per_record: 2\n")
    path.write_text(asks.replace("loss: softmax", "loss: softmax, images: each"), encoding="utf-8")
    before = contents(Path("project"))
    said = r"tasks\.yaml: data\.images_per_record: found 2; a project is of records of one image"
    with pytest.raises(TaskFileError, match=said):
        start(source, "project", root=root, quiet=True)
    assert contents(Path("project")) == before
    rows = "path_1,path_2,same\na.jpg,b.jpg,1\nb.jpg,c.jpg,0\n"
    Path("pairs.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(Error, match=r"step 'list' ended with exit code 1"):
        start("pairs.csv", "other", quiet=True)
    assert "path_1 to path_2 are the paths of records of 2 images; a conv" in capfd.readouterr().err


def test_it_says_from_where_its_steps_see_files(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user stands elsewhere; what the command itself says begins there."""
    (folder / "l.csv").write_text("path,color\na.jpg,red\n,blue\n", encoding="utf-8")
    (folder / "here").mkdir()
    monkeypatch.chdir(folder / "here")
    assert main(["start", "../l.csv", "-o", "../there/project"]) == 1
    said = capfd.readouterr().err.splitlines()
    assert said[0] == "in ../there/project, where all paths begin that its steps name:"
    assert "../../l.csv: 1 bad line" in said[2]
    assert said[-1].startswith(
        "caffe-multilabel start: step 'list' ended with exit code 1, and has named files as they "
        "are seen from ../there/project; "
    )


def test_images_that_cannot_be_read_are_left_out(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source, root = of_folders(folder)
    (folder / "pets" / "cat" / "2.png").write_bytes(b"no image")
    report = start(source, "project", root=root, quiet=True)
    codes = {step.name: step.exit_code for step in report.steps}
    assert 3 in (codes["convert_train"], codes["convert_val"])
    assert "2.png" in capfd.readouterr().err
    # Again, as nothing has changed, and each time until that is mended.
    said: list[str] = []
    again = start("pets", "project", root="pets", say=said.append, quiet=True)
    assert {step.status for step in again.steps} == {"unchanged"}
    assert {step.name: step.exit_code for step in again.steps} == {
        step.name: step.exit_code for step in report.steps
    }
    assert any("unchanged; images were rejected, see" in line for line in said)


def test_the_script_runs_by_itself(folder: Path) -> None:
    source, root = of_folders(folder)
    start(source, "project", root=root, quiet=True)
    before = contents(Path("project"))
    for name in (*DBS, "net"):
        shutil.rmtree(Path("project", name))
    program = Path("bin/caffe-multilabel")
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nexec {sys.executable} -m caffe_multilabel "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    path = f"{program.parent.resolve()}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["project/run.sh"], check=True, env=os.environ | {"PATH": path}, timeout=120)
    assert contents(Path("project")) == before
    assert Path("project/net/train_val.prototxt").is_file()


def test_a_folder_with_other_things_in_it_is_left_alone(folder: Path) -> None:
    of_folders(folder)
    Path("work/train_images").mkdir(parents=True)
    with pytest.raises(OutputError, match="work: holds train_images, which start has not made"):
        start("pets", "work", quiet=True)
    assert list(Path("work/train_images").iterdir()) == []


def test_a_project_is_of_one_list(folder: Path) -> None:
    of_folders(folder)
    draw(folder / "birds" / "owl" / "0.png")
    ledger = {"format": 1, "source": "../pets", "steps": {}}
    Path("project").mkdir()
    Path("project/.start.json").write_text(json.dumps(ledger), encoding="utf-8")
    with pytest.raises(OutputError, match="project: is a project of pets; choose another"):
        start("birds", "project", quiet=True)


@pytest.mark.usefixtures("folder")
def test_lists_that_make_no_project() -> None:
    with pytest.raises(ListError, match=r"no\.csv: No such file"):
        start("no.csv", "project")
    with pytest.raises(OptionError, match="give it as a file"):
        start("-", "project")
    assert not Path("project").exists()


def test_the_command_that_goes_on_is_told_as_it_runs(made: Path) -> None:
    ledger = made / ".start.json"
    document = json.loads(ledger.read_text())
    document["steps"]["convert_val"]["ended"] = False
    ledger.write_text(json.dumps(document))
    lines: list[str] = []
    start("pets", "project", quiet=True, say=lines.append)
    (line,) = [line for line in lines if line.startswith("-- convert_val: ")]
    assert line.endswith(" val_images val_labels --overwrite --resume")
