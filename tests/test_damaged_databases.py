"""Every command and call that opens a DB, over damaged ones: an error in one line, and no crash."""

from __future__ import annotations

import inspect
import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import caffe_multilabel
from caffe_multilabel import convert
from caffe_multilabel.cli.main import COMMANDS
from command_tools import names_in, run
from damage_tools import MISFITS, ODD, UNREADABLE, Workers, flipped
from damage_worker import CALLS
from image_tools import draw, encode
from lint_tools import NET
from lmdb_tools import folder_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = 120
FLIPS = 200
SLOW = {"make_report", "export_files", "export_webdataset"}
"""Calls that meet a tenth of the flips only."""
SIDES = ("images", "labels")

# Command: argument lists, run beside the pair `images` and `labels`.
COMMAND_LINES = {
    "verify": [
        "images labels",
        "--list list.txt --schema tasks.yaml images labels",
        "--root . images labels",
    ],
    "relabel": ["--dry_run labels list.txt", "--dry_run --images images labels list.txt"],
    "export": ["--files files images labels", "--webdataset tar-%06d.tar images labels"],
    "prototxt": ["tasks.yaml --overwrite -o out"],
    "lint": [
        "--images images net.prototxt",
        "--labels labels --schema tasks.yaml net.prototxt",
        "--val_images images net.prototxt",
        "--val_labels labels net.prototxt",
        "--solver solver.prototxt --val_images images --val_labels labels net.prototxt",
    ],
    "summary": ["net.prototxt"],
    "show": ["images labels", "--index -1 images labels", "--key 000.png images labels"],
    "stats": ["labels", "--schema tasks.yaml --json labels"],
    "mean": ["images mean.binaryproto"],
    "report": [
        "images labels -o report.html",
        "good_images good_labels --val images labels --net net.prototxt -o report.html",
    ],
}
# Commands that find their DBs in a file.
NAMED_IN_FILES = {"prototxt", "summary"}
# `convert` writes DBs, and reads those that it left unfinished; it has tests of its own below.
# Those that run a net read its DBs through the engine: test_engine_data.
OTHER_COMMANDS = {
    "train",
    "test",
    "time",
    "convert",
    "list",
    "sample",
    "split",
    "start",
    "schema",
    "log",
    "tasks",
    "doctor",
    "completion",
    "man",
}
OTHER_CALLS = {
    "convert",
    "doctor",
    "draw_sample",
    "infer_shapes",
    "infer_tasks",
    "join_parts",
    "make_pairs",
    "make_triplets",
    "propose_net",
    "start",
    "load_records",
    "read_table",
    "write_list",
    "load_tasks",
    "read_log",
    "read_net",
    "read_solver",
    "split",
    "tasks_from_options",
    "write_log",
    "write_mean",
}

TASKS = """
backbone: lenet
loss_weights: scale
data:
  train: {images: images, labels: labels}
  test: {images: images, labels: labels, batch_size: 4}
tasks:
  - {name: colour, loss: softmax, classes: 4, class_weight: balanced}
  - {name: flags, loss: sigmoid, dim: 3}
  - {name: corners, loss: euclidean, dim: 4}
"""
SOLVER = 'net: "net.prototxt" test_iter: 20 test_interval: 10 base_lr: 0.01 lr_policy: "fixed"\n'


def label_row(index: int) -> list[float]:
    return [index % 4, index % 2, index // 2 % 2, 1, 0.25 * (index % 5), 0.5, 0.75, index / 128]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pair, and with all that the commands take beside it."""
    folder = tmp_path_factory.mktemp("whole")
    for number in range(4):
        (folder / f"{number}.png").write_bytes(encode(draw(number, 28, 28), ".png"))
    lines = []
    for index in range(RECORDS):
        (folder / f"{index:03d}.png").symlink_to(f"{index % 4}.png")
        lines.append(f"{index:03d}.png {' '.join(map(str, label_row(index)))}\n")
    (folder / "list.txt").write_text("".join(lines))
    (folder / "tasks.yaml").write_text(TASKS)
    (folder / "solver.prototxt").write_text(SOLVER)
    net = NET
    for phase in ("train", "test"):
        net = net.replace(f"{phase}_images", "images").replace(f"{phase}_labels", "labels")
    (folder / "net.prototxt").write_text(net)
    convert(folder / "list.txt", root=folder, images=folder / "images", labels=folder / "labels")
    for side in SIDES:
        shutil.copytree(folder / side, folder / f"good_{side}")
    return folder


def reads(words: list[str], side: str) -> bool:
    return side in words or words[0] in NAMED_IN_FILES


def jobs_on(folder: Path, side: str) -> list[dict[str, Any]]:
    """All commands and calls that read one side of the pair in a folder."""
    lines = [[name, *line.split()] for name, lines in COMMAND_LINES.items() for line in lines]
    commands = [{"folder": str(folder), "argv": line} for line in lines if reads(line, side)]
    calls = [
        {"folder": str(folder), "calls": [call]}
        for call, (sides, _) in CALLS.items()
        if side in sides
    ]
    return commands + calls


def stand_in(whole: Path, folder: Path, side: str) -> Path:
    """A folder like the whole one, with a copy of one DB, which it gives."""
    folder.mkdir()
    for path in whole.iterdir():
        if path.name != side:
            (folder / path.name).symlink_to(path)
    return Path(shutil.copytree(whole / side, folder / side))


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with closing(Workers()) as ready:
        yield ready


@pytest.fixture(scope="module")
def outcomes(
    workers: Workers, whole: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], list[tuple[dict[str, Any], dict[str, Any]]]]:
    """What each job made of each damage to each side; all of them run at once."""
    folder = tmp_path_factory.mktemp("damaged")
    cases: list[tuple[str, str]] = []
    jobs: list[dict[str, Any]] = []
    for side in SIDES:
        for kind, damage in {**UNREADABLE, **ODD, "other side": None}.items():
            here = folder / f"{kind} {side}"
            database = stand_in(whole, here, side)
            if damage is None:
                other = SIDES[side == SIDES[0]]
                shutil.copyfile(whole / other / "data.mdb", database / "data.mdb")
            else:
                damage(database)
            added = jobs_on(here, side)
            cases += [(kind, side)] * len(added)
            jobs += added
    found: dict[tuple[str, str], list[tuple[dict[str, Any], dict[str, Any]]]] = {}
    for case, job, result in zip(cases, jobs, workers.run(jobs, folder), strict=True):
        found.setdefault(case, []).append((job, result))
    return found


def test_every_command_and_call_is_here() -> None:
    assert COMMAND_LINES.keys() | OTHER_COMMANDS == COMMANDS.keys()
    calls = {
        name
        for name in caffe_multilabel.__all__
        if inspect.isfunction(getattr(caffe_multilabel, name)) or name == "MultilabelDataset"
    }
    assert CALLS.keys() | OTHER_CALLS == calls


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable(outcomes: Any, kind: str, side: str) -> None:
    for job, result in outcomes[kind, side]:
        lines = result["stderr"].splitlines()
        assert len(lines) == 1, (job, result)
        if "argv" in job:
            assert result["code"] == 1, (job, result)
            assert lines[0].startswith(f"caffe-multilabel {job['argv'][0]}: "), (job, result)
            assert side in lines[0], (job, result)
        else:
            assert result["code"] == 0, (job, result)
            _, error, path, message = json.loads(lines[0])
            assert error == "DatabaseError", (job, result)
            assert Path(job["folder"], path) == Path(job["folder"], side), (job, result)
            assert path in message, (job, result)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kind", [*ODD, "other side"])
def test_odd_records(outcomes: Any, kind: str, side: str) -> None:
    for job, result in outcomes[kind, side]:
        lines = result["stderr"].splitlines()
        if "argv" in job:
            assert result["code"] in (0, 1, 2), (job, result)
            # Lint has its findings on standard output, and relabel and verify list the records.
            said = lines or result["stdout"].splitlines()
            assert said, (job, result)
            if result["code"] and job["argv"][0] not in ("lint", "relabel", "verify"):
                assert len(lines) == 1, (job, result)
        else:
            assert result["code"] == 0, (job, result)
            for _, error, path, _ in map(json.loads, lines):
                if error in ("DatabaseError", "ImageError"):
                    assert Path(path).name in SIDES, (job, result)


def test_manifest_with_a_label_schema_that_fits_no_label(
    workers: Workers, whole: Path, tmp_path: Path
) -> None:
    """Those that go by the manifest name it; the others do without."""
    cases: list[str] = []
    jobs: list[dict[str, Any]] = []
    for kind, damage in MISFITS.items():
        damage(stand_in(whole, tmp_path / kind, "labels"))
        here = jobs_on(tmp_path / kind, "labels")
        cases += [kind] * len(here)
        jobs += here
    refused: dict[str, set[str]] = {kind: set() for kind in MISFITS}
    for kind, job, result in zip(cases, jobs, workers.run(jobs, tmp_path), strict=True):
        lines = result["stderr"].splitlines()
        if "argv" in job:
            assert result["code"] in (0, 1, 2), (kind, job, result)
            if any("label schema" in line for line in lines):
                assert len(lines) == 1, (kind, job, result)
                assert "labels/manifest.json: label schema: tasks[" in lines[0], (kind, result)
                refused[kind].add(job["argv"][0])
        else:
            assert result["code"] == 0, (kind, job, result)
            for call, error, path, message in map(json.loads, lines):
                if "label schema" in message:
                    assert error == "DatabaseError", (kind, job, result)
                    assert Path(path).parts[-2:] == ("labels", "manifest.json"), (kind, result)
                    refused[kind].add(call)
    readers = {"export", "relabel", "report", "show", "stats"}
    readers |= {"export_webdataset", "label_stats", "make_report", "relabel", "show_record"}
    for kind, names in refused.items():
        assert names >= readers, kind


def test_nothing_was_written_to_a_damaged_db(outcomes: Any, whole: Path) -> None:
    job, _ = outcomes["cut at a half", "labels"][0]
    database = Path(job["folder"], "labels")
    assert names_in(database) == names_in(whole / "labels")
    content = (database / "data.mdb").read_bytes()
    assert (whole / "labels" / "data.mdb").read_bytes().startswith(content)


def test_a_flipped_bit(workers: Workers, whole: Path, tmp_path: Path) -> None:
    jobs, flips = [], []
    for seed in range(FLIPS):
        side = SIDES[seed % 2]
        database = stand_in(whole, tmp_path / f"{seed}", side)
        content, at = flipped((whole / side / "data.mdb").read_bytes(), seed)
        (database / "data.mdb").write_bytes(content)
        calls = [name for name, (sides, _) in CALLS.items() if side in sides]
        if seed % 20 not in (0, 1):
            calls = [call for call in calls if call not in SLOW]
        jobs.append({"folder": str(tmp_path / f"{seed}"), "calls": calls})
        flips.append(f"seed {seed}: byte {at} of {side}")
    noticed = 0
    for flip, result in zip(flips, workers.run(jobs, tmp_path), strict=True):
        assert result["code"] == 0, (flip, result)
        noticed += bool(result["stderr"])
    assert 0 < noticed < FLIPS


def test_a_file_that_may_not_be_read(workers: Workers, whole: Path, tmp_path: Path) -> None:
    database = stand_in(whole, tmp_path / "pair", "labels")
    (database / "data.mdb").chmod(0)
    for job, result in zip(
        jobs := jobs_on(tmp_path / "pair", "labels"), workers.run(jobs, tmp_path), strict=True
    ):
        assert "Permission denied" in result["stderr"], (job, result)


def test_a_folder_whose_files_may_not_be_removed(
    workers: Workers, whole: Path, tmp_path: Path
) -> None:
    """Nothing takes its place then, nor is anything left beside it."""
    labels = stand_in(whole, tmp_path / "pair", "labels")
    before = folder_bytes(labels)
    labels.chmod(0o555)
    lines = [
        "relabel labels list.txt",
        "convert --overwrite --quiet . list.txt images_of_it labels",
    ]
    jobs = [{"folder": str(tmp_path / "pair"), "argv": line.split()} for line in lines]
    names = names_in(tmp_path / "pair")
    for job, result in zip(jobs, workers.run(jobs, tmp_path), strict=True):
        assert result["code"] == 1, (job, result)
        [line] = result["stderr"].splitlines()
        assert "labels: cannot be replaced, its files may not be removed: Perm" in line, job
    assert folder_bytes(labels) == before
    assert names_in(tmp_path / "pair") == names


CONVERT = "convert --quiet --on_bad_image fail . list.txt images labels"


# 1000 records are committed at once; the missing image stops the conversion after them.
@pytest.fixture(scope="module")
def unfinished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a conversion that can be resumed."""
    folder = tmp_path_factory.mktemp("unfinished")
    (folder / "a.png").write_bytes(encode(draw(0, 8, 8), ".png"))
    names = ["a.png"] * 1100
    names[1050] = "late.png"
    (folder / "list.txt").write_text("".join(f"{name} {at}\n" for at, name in enumerate(names)))
    stopped = run("caffe-multilabel", *CONVERT.split(), cwd=folder)
    assert stopped.returncode == 1
    assert (folder / "labels.partial").is_dir()
    shutil.copy(folder / "a.png", folder / "late.png")
    return folder


# What resume takes for a label DB that was never begun; it is written from what the image DB holds.
NOT_BEGUN = {"empty file", "gone", "dangling link"}


@pytest.mark.parametrize("side", SIDES)
def test_convert_resumes_no_damaged_db(
    workers: Workers, unfinished: Path, tmp_path: Path, side: str
) -> None:
    kinds = [kind for kind in UNREADABLE if side == "images" or kind not in NOT_BEGUN]
    for kind in kinds:
        shutil.copytree(unfinished, tmp_path / kind)
        UNREADABLE[kind](tmp_path / kind / f"{side}.partial")
    jobs = [
        {"folder": str(tmp_path / kind), "argv": [*CONVERT.split(), "--resume"]} for kind in kinds
    ]
    for kind, result in zip(kinds, workers.run(jobs, tmp_path), strict=True):
        assert result["code"] == 1, (kind, result)
        (line,) = result["stderr"].splitlines()
        assert f"{side}.partial" in line, (kind, result)
        assert not (tmp_path / kind / "images").exists(), kind


@pytest.mark.parametrize("side", SIDES)
def test_convert_over_a_damaged_db(
    workers: Workers, unfinished: Path, tmp_path: Path, side: str
) -> None:
    done = Path(shutil.copytree(unfinished, tmp_path / "done"))
    assert run("caffe-multilabel", *CONVERT.split(), "--resume", cwd=done).returncode == 0
    # Flag: exit code, and what the one line on standard error is about.
    wanted = {
        "--noresume": (1, "convert: images: exists; --overwrite replaces it"),
        "--resume": (1, f"convert: {side}"),
        "--overwrite": (0, None),
    }
    cases = [(kind, flag) for kind in UNREADABLE for flag in wanted]
    jobs = []
    for kind, flag in cases:
        folder = Path(shutil.copytree(done, tmp_path / f"{kind}{flag}"))
        UNREADABLE[kind](folder / side)
        jobs.append({"folder": str(folder), "argv": [*CONVERT.split(), flag]})
    for case, job, result in zip(cases, jobs, workers.run(jobs, tmp_path), strict=True):
        code, words = wanted[case[1]]
        assert result["code"] == code, (case, result)
        # The list names some images several times, which is said of a conversion that succeeds.
        lines = [each for each in result["stderr"].splitlines() if ": warning: " not in each]
        assert len(lines) == (words is not None), (case, result)
        assert words is None or words in lines[0], (case, result)
        if not code:
            for each in SIDES:
                made = Path(job["folder"], each, "data.mdb").read_bytes()
                assert made == (done / each / "data.mdb").read_bytes(), case
