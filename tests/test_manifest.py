"""manifest.json as every command meets it: ours, another program's, damaged, of a newer version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import convert, verify
from caffe_multilabel.data.export import export_files, export_webdataset
from caffe_multilabel.data.manifest import Manifest
from caffe_multilabel.data.mean import compute_mean
from caffe_multilabel.data.relabel import relabel
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.reader import MultilabelDataset
from caffe_multilabel.views.report import make_report
from caffe_multilabel.views.show import show_record
from caffe_multilabel.views.stats import label_stats
from lmdb_tools import records
from relabel_tools import Pair, Rows, make_pair, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_tools import RunCommand

ROWS: Rows = [("a.png", [0, 0.5]), ("b.png", [1, 2])]
TASKS: dict[str, Any] = {
    "tasks": [
        {"name": "color", "loss": "softmax", "classes": ["red", "blue"]},
        {"name": "x", "loss": "euclidean", "dim": 1},
    ]
}

# What each part of the package makes of a pair. `out` is a path that is not there.
READERS: dict[str, Callable[[Pair, Path], object]] = {
    "dataset": lambda pair, _: MultilabelDataset(pair.images, pair.labels)[0],
    "dataset with tasks": lambda pair, out: MultilabelDataset(
        pair.images, pair.labels, tasks=_task_file(out)
    ),
    "show": lambda pair, _: show_record(pair.images, pair.labels, 1),
    "export files": lambda pair, out: export_files(pair.images, pair.labels, out),
    "export shards": lambda pair, out: export_webdataset(
        pair.images, pair.labels, f"{out}.tar", overwrite=True
    ),
    "report": lambda pair, _: make_report(pair.images, pair.labels),
    "verify": lambda pair, _: verify(pair.images, pair.labels),
    "relabel": lambda pair, _: relabel(pair.labels, ROWS, images=pair.images),
    "relabel dry": lambda pair, _: relabel(pair.labels, ROWS, images=pair.images, dry_run=True),
}
READERS_OF_LABELS: dict[str, Callable[[Pair, Path], object]] = {
    "stats": lambda pair, _: label_stats(pair.labels),
    "relabel alone": lambda pair, _: relabel(pair.labels, ROWS),
}
READERS_OF_IMAGES: dict[str, Callable[[Pair, Path], object]] = {
    "mean": lambda pair, _: compute_mean(pair.images),
}
CASES = [
    *(("labels", reader) for reader in (READERS | READERS_OF_LABELS).items()),
    *(("images", reader) for reader in (READERS | READERS_OF_IMAGES).items()),
]
cases = pytest.mark.parametrize(
    ("role", "read"),
    [(role, read) for role, (_, read) in CASES],
    ids=[f"{name} ({role})" for role, (name, _) in CASES],
)


def _task_file(out: Path) -> Path:
    path = out.with_suffix(".yaml")
    path.write_text(json.dumps(TASKS))
    return path


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return make_pair(tmp_path, ROWS, tasks=_task_file(tmp_path / "tasks"))


def write_newer(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))


def test_what_it_tells_of_a_conversion(pair: Pair) -> None:
    manifest = Manifest.read(pair.labels)
    assert manifest is not None
    document = json.loads((pair.labels / "manifest.json").read_text())
    assert manifest.path == str(pair.labels / "manifest.json")
    assert (manifest.format, manifest.role, manifest.relabelled) == (1, "labels", False)
    assert (manifest.records, manifest.rejected, manifest.label_count) == (2, 0, 2)
    assert manifest.label_names == ()
    assert manifest.label_schema is not None
    assert [task.name for task in manifest.label_schema.tasks] == ["color", "x"]
    assert manifest.image_digest == document["image_digest"]
    assert manifest.label_digest == document["label_digest"]
    images = Manifest.read(pair.images)
    assert images is not None
    assert (images.role, images.label_digest) == ("images", manifest.label_digest)


def test_what_it_tells_of_a_relabelling(tmp_path: Path, pair: Pair) -> None:
    before = Manifest.read(pair.labels)
    (tmp_path / "new.csv").write_text("path,color,x\na.png,blue,1\nb.png,red,2\n")
    relabel(pair.labels, tmp_path / "new.csv")
    after = Manifest.read(pair.labels)
    assert before is not None
    assert after is not None
    assert after.relabelled
    assert after.label_names == ("color", "x")
    assert after.label_digest != before.label_digest
    assert after.image_digest == before.image_digest


def test_db_of_another_tool_has_none(tmp_path: Path) -> None:
    assert Manifest.read(tmp_path) is None
    assert Manifest.read(tmp_path / "nowhere") is None


@pytest.mark.parametrize("text", ["not ours", "{}", '{"format": "tar"}'])
def test_file_of_another_program_tells_nothing(tmp_path: Path, pair: Pair, text: str) -> None:
    for folder in (pair.images, pair.labels):
        (folder / "manifest.json").write_text(text)
    before = snapshot(pair.labels)
    assert Manifest.read(pair.labels) is None
    for name, read in (READERS | READERS_OF_LABELS | READERS_OF_IMAGES).items():
        if not name.startswith("relabel"):
            read(pair, tmp_path / "out")
            continue
        with pytest.raises(DatabaseError, match="was not written by this tool"):
            read(pair, tmp_path / "out")
    assert not verify(pair.images, pair.labels).digests_checked
    assert snapshot(pair.labels) == before


@cases
def test_newer_manifest_is_refused_by_everybody(
    tmp_path: Path, pair: Pair, role: str, read: Callable[[Pair, Path], object]
) -> None:
    folder = tmp_path / role
    write_newer(folder)
    before = (snapshot(pair.images), snapshot(pair.labels))
    with pytest.raises(DatabaseError, match="was written by a newer version of this") as caught:
        read(pair, tmp_path / "out")
    assert caught.value.path == str(folder / "manifest.json")
    assert (snapshot(pair.images), snapshot(pair.labels)) == before
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob("*.tar"))


@cases
def test_damaged_manifest_is_not_passed_over(
    tmp_path: Path, pair: Pair, role: str, read: Callable[[Pair, Path], object]
) -> None:
    path = tmp_path / role / "manifest.json"
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    with pytest.raises(DatabaseError, match=r"manifest\.json: was not written .*is no JSON") as cut:
        read(pair, tmp_path / "out")
    assert cut.value.path == str(path)
    document = json.loads(whole)
    del document["job"]["label_count"]
    path.write_text(json.dumps(document))
    with pytest.raises(DatabaseError, match=r"job\.label_count is missing") as changed:
        read(pair, tmp_path / "out")
    assert (changed.value.path, changed.value.key) == (str(path), "job.label_count")
    assert not (tmp_path / "out").exists()


NO_OBJECTS = dict.fromkeys(("[1]", "[]", "null", "3", '"text"'), "is no JSON object")
EMPTIED = dict.fromkeys(("", "\n", " \t\n"), "is empty")


@cases
@pytest.mark.parametrize(("text", "problem"), (NO_OBJECTS | EMPTIED).items())
def test_what_is_no_json_object_is_a_damaged_manifest(
    tmp_path: Path,
    pair: Pair,
    role: str,
    read: Callable[[Pair, Path], object],
    text: str,
    problem: str,
) -> None:
    path = tmp_path / role / "manifest.json"
    path.write_text(text)
    with pytest.raises(DatabaseError, match=rf"manifest\.json: was not .*{problem}") as no:
        read(pair, tmp_path / "out")
    assert no.value.path == str(path)
    with pytest.raises(DatabaseError, match=problem):
        Manifest.read(path.parent)
    assert path.read_text() == text


def test_label_schema_that_is_none(pair: Pair) -> None:
    path = pair.labels / "manifest.json"
    document = json.loads(path.read_text())
    document["job"]["label_schema"]["tasks"][0]["loss"] = "l1"
    path.write_text(json.dumps(document))
    for read in (
        lambda: MultilabelDataset(pair.images, pair.labels),
        lambda: label_stats(pair.labels),
        lambda: relabel(pair.labels, ROWS),
    ):
        with pytest.raises(DatabaseError, match=r"manifest\.json: label schema: tasks") as caught:
            read()
        assert caught.value.key == "tasks[0].loss"


def test_manifest_that_is_a_folder(pair: Pair) -> None:
    (pair.labels / "manifest.json").unlink()
    (pair.labels / "manifest.json").mkdir()
    with pytest.raises(DatabaseError, match=r"manifest\.json: is a directory"):
        label_stats(pair.labels)


def test_resume_does_not_go_on_with_a_newer_pair(tmp_path: Path, pair: Pair) -> None:
    write_newer(pair.labels)
    options: Any = {"images": pair.images, "labels": pair.labels, "root": tmp_path, "resume": True}
    with pytest.raises(DatabaseError, match="was written by a newer version"):
        convert(ROWS, tasks=_task_file(tmp_path / "tasks"), **options)


def test_relabelling_keeps_what_a_later_release_of_the_format_added(pair: Pair) -> None:
    path = pair.labels / "manifest.json"
    document = json.loads(path.read_text())
    document["job"]["crop"] = [1, 2]
    document["added"] = {"x": 1.5}
    path.write_text(json.dumps(document))
    relabel(pair.labels, [(name, [1, 1]) for name, _ in ROWS])
    after = json.loads(path.read_text())
    assert (after["job"]["crop"], after["added"]) == ([1, 2], {"x": 1.5})
    assert list(after)[-1] == "converted"
    assert len(records(pair.labels)) == 2


def test_commands_say_so_in_one_line(run_command: RunCommand, tmp_path: Path, pair: Pair) -> None:
    write_newer(pair.labels)
    write_newer(pair.images)
    (tmp_path / "net.prototxt").write_text(
        'layer { name: "data" type: "Data" top: "data" data_param { source: "images" '
        "batch_size: 1 backend: LMDB } }\n"
        'layer { name: "labels" type: "Data" top: "label" data_param { source: "labels" '
        "batch_size: 1 backend: LMDB } }\n"
    )
    task = ("--task=color:softmax:2", "--task=x:euclidean:1", "--train", "images", "labels")
    for arguments in (
        ("stats", "labels"),
        ("mean", "images", "mean.binaryproto"),
        ("lint", "net.prototxt", "--images", "images", "--labels", "labels"),
        ("prototxt", "-o", "net", "--backbone", "lenet", *task),
    ):
        done = run_command("caffe-multilabel", *arguments)
        assert done.returncode != 0, arguments
        said = done.stdout + done.stderr
        assert "manifest.json: was written by a newer version of this tool" in said, arguments
        assert "Traceback" not in said, arguments
    assert not (tmp_path / "net").exists()
    assert not (tmp_path / "mean.binaryproto").exists()
