"""The examples of schemes: the commands at the head of each lead from nothing to a training."""

from __future__ import annotations

import math
import shlex
import shutil
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel import draw_sample, lint_net, lint_solver, load_tasks, verify
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.cli import convert, main, prototxt
from scheme_example_tools import EXAMPLES, SCHEMES, commands

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch

PROGRAMS = {
    "caffe-multilabel": main.main,
    "convert_multilabel": convert.main,
    "generate_prototxt": prototxt.main,
}
COUNTS = ("--pairs", "--triplets")


def with_fewer(command: list[str]) -> list[str]:
    """A command that makes a list of pairs or triplets, of what a small sample has."""
    words = [word.replace("objects_val", "objects_train") for word in command]
    for flag in COUNTS:
        if flag in words:
            words[words.index(flag) + 1] = "50"
    return words


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples, and the sample data set in a folder beside them."""
    folder = tmp_path_factory.mktemp("schemes")
    draw_sample(folder / "shapes", 500, size=(64, 80), objects=True)
    for path in SCHEMES.iterdir():
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_commands_of_an_example_lead_to_a_training(name: str, here: Path) -> None:
    from caffe_multilabel.engine import Solver  # noqa: PLC0415

    first, *middle, last = commands(name)
    assert first == ["caffe-multilabel", "sample", "shapes", "--objects"]
    assert last == shlex.split(f"caffe-multilabel train --solver {name}/solver.prototxt --cpu")
    for program, *arguments in middle:
        made = with_fewer(arguments) if arguments[0] == "list" else arguments
        assert PROGRAMS[program](made) == 0, (program, made)
    tasks = load_tasks(here / f"{name}.yaml")
    for program, *arguments in middle:
        if program == "convert_multilabel":
            _, _, root, records, images, labels = arguments
            report = verify(images, labels, records=records, root=root, tasks=tasks)
            assert report.ok, report.problems
    net = parse_text((here / name / "train_val.prototxt").read_text(), "NetParameter")
    settings = parse_text((here / name / "solver.prototxt").read_text(), "SolverParameter")
    assert lint_net(net, tasks=tasks) == []
    assert lint_solver(settings, net=net) == []

    solver = Solver(f"{name}/solver.prototxt", threads=1)
    before = {name: blobs[0].data.clone() for name, blobs in solver.net.params.items()}
    canary = []
    for _ in range(3):
        solver.step(1)
        if tasks.data.canary:
            canary.append(solver.net.blobs["canary"].data.item())
    now = {name: blobs[0].data for name, blobs in solver.net.params.items()}
    assert not [name for name, was in before.items() if was.equal(now[name])]
    scores = {score.output: score.value for score in solver.test()}
    assert all(map(math.isfinite, scores.values())), scores
    if tasks.data.canary:
        assert [*canary, scores["canary"]] == [0, 0, 0, 0]
