"""The pages on schemes: their task files make nets, and what they show is what the examples have.

A walk-through has the commands of an example in `examples/schemes`, which test_scheme_examples.py
runs. Lists and task files in front of them are that example's, layers and logs behind them.
"""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from caffe_multilabel import generate, lint_net, load_tasks
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.cli import main
from caffe_multilabel.data.sample.image import choose_scene
from caffe_multilabel.data.sample.objects import object_lines
from caffe_multilabel.data.sample.stream import Stream
from caffe_multilabel.tasks import Data
from doc_tools import ROOT, SCHEME_PAGES, Block, blocks, walks_through
from scheme_example_tools import EXAMPLES, SCHEMES, commands

if TYPE_CHECKING:
    from pathlib import Path

    from caffe_multilabel.caffe.proto.types import NetParameter

ENGLISH = [page for page in SCHEME_PAGES if "en" in page.parts]
"""The pages that are looked at: those of the other language show the same, to the letter."""

FILES = [block for page in ENGLISH for block in blocks(page) if block.kind == "yaml"]
OUTPUTS = ("Train net output", "Test net output")
PATHS = ("path,", "path_1,")
TRAIN = "shapes/objects_train.csv"
PRINTED = f"{TRAIN}: "
MAY_BE = {"missing-file", "loss-weight-sum", "phase-source"}
"""There are no DBs, and a page weighs no losses."""


def walks(page: Path) -> list[tuple[str, Block]]:
    """The blocks of a page, each with the name of its example; "" where it has none."""
    shown = blocks(page)
    names = {}
    for index, block in enumerate(shown):
        if walks_through(block):
            [names[index]] = re.findall(r"generate_prototxt (\w+)\.yaml", block.text)
    found = []
    for index, block in enumerate(shown):
        made = block.kind == "prototxt" or block.text.startswith(OUTPUTS)
        before = [name for at, name in names.items() if at < index]
        after = [name for at, name in names.items() if at >= index]
        found.append(("".join(before[-1:] if made else after[:1]), block))
    return found


WALKS = [walk for page in ENGLISH for walk in walks(page)]


def of_kind(kind: str, *begin: str) -> Any:
    """Parametrize over the blocks of examples that are of a kind, or begin so."""
    chosen = [
        pytest.param(name, block, id=f"{name}-{block}")
        for name, block in WALKS
        if name and block.kind == kind and block.text.startswith(begin or "")
    ]
    assert chosen
    return pytest.mark.parametrize(("name", "block"), chosen)


@cache
def net_of(name: str) -> NetParameter:
    files = generate(load_tasks(SCHEMES / f"{name}.yaml")).files(name)
    return parse_text(files["train_val.prototxt"].decode(), "NetParameter")


@pytest.mark.parametrize("block", FILES, ids=str)
def test_a_task_file_of_the_pages_makes_a_net_without_findings(block: Block) -> None:
    keys = yaml.safe_load(block.text)
    pair = {"images": "images", "labels": "labels", "batch_size": 8}
    data = keys.setdefault("data", {})
    record = Data(**data).record
    if "resize" not in data:
        data["shape"] = [record.channels(3), 56, 56]
    tasks = load_tasks({"backbone": "lenet", **keys, "data": {**data, "train": pair, "test": pair}})
    net = generate(tasks)
    found = [*lint_net(net.train_val, tasks=tasks), *lint_net(net.deploy)]
    assert [each for each in found if each.rule not in MAY_BE] == []


def test_both_languages_show_the_same() -> None:
    for page in ENGLISH:
        other = ROOT / "docs" / "zh" / page.relative_to(ROOT / "docs" / "en")
        shown = [[(block.kind, block.text) for block in blocks(one)] for one in (page, other)]
        assert shown[0] == shown[1], page.name


@of_kind("shell")
def test_the_commands_of_a_walk_are_those_of_its_example(name: str, block: Block) -> None:
    _, *rest = commands(name)
    assert [shlex.split(line) for line in block.text.splitlines()] == rest


def test_each_example_has_a_walk_and_a_row() -> None:
    for language in ("en", "zh"):
        pages = [page for page in SCHEME_PAGES if language in page.parts]
        found = [name for page in pages for name, block in walks(page) if walks_through(block)]
        assert sorted(found) == EXAMPLES
        [index] = (page for page in pages if page.name == "index.md")
        assert sorted(set(re.findall(r"`(\w+)\.yaml`", index.read_text("utf-8")))) == EXAMPLES


@of_kind("yaml")
def test_a_task_file_of_a_walk_is_part_of_its_example(name: str, block: Block) -> None:
    whole = yaml.safe_load((SCHEMES / f"{name}.yaml").read_text(encoding="utf-8"))
    for task in whole["tasks"]:
        if task["name"] == "identity":
            task["classes"] = len(task["classes"])  # pages do not print all 96
    shown = yaml.safe_load(block.text)
    data = shown.pop("data", {})
    assert {key: whole["data"].get(key) for key in data} == data
    assert {key: whole.get(key) for key in shown} == shown


@of_kind("prototxt")
def test_the_layers_of_a_walk_are_those_of_its_net(name: str, block: Block) -> None:
    made = list(net_of(name).layer)
    for layer in parse_text(block.text, "NetParameter").layer:
        assert layer in made, layer.name


@of_kind("text", *OUTPUTS)
def test_the_outputs_of_a_walk_are_those_of_its_net(name: str, block: Block) -> None:
    lines = block.text.splitlines()
    found = [re.match(r"(Test|Train) net output #\d+: (\w+) = [-\d.]+", line) for line in lines]
    for phase in ("TEST", "TRAIN"):
        graph = NetGraph.of(net_of(name), phase)
        outputs = {graph.blob(wire) for wire in graph.unread()}
        printed = {line[2] for line in found if line and line[1].upper() == phase}
        assert printed <= outputs
    assert all(found)


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's lists of objects, without its images."""
    folder = tmp_path_factory.mktemp("lists")
    (folder / "shapes").mkdir()
    rows = []
    for index in range(2000):
        name = f"images/{index:06d}.{'png' if index % 8 == 7 else 'jpg'}"
        rows.append((name, index, choose_scene(Stream(0, index), (96, 160))))
    for phase, part in (("train", [row for row in rows if row[1] % 10 != 9]), ("val", rows[9::10])):
        text = "\n".join(object_lines(part, 0, flaws=phase == "train"))
        (folder / "shapes" / f"objects_{phase}.csv").write_text(text + "\n")
    return folder


def made_list(name: str, folder: Path) -> Path:
    """The list to train with of an example, which `list` makes of pairs and triplets."""
    [command] = [
        words for words in commands(name) if words[:3] == ["caffe-multilabel", "list", TRAIN]
    ] or [[TRAIN]]
    path = folder / command[-1]
    if not path.exists():
        assert main.main(command[1:]) == 0
    return path


@of_kind("text", *PATHS)
def test_the_lines_of_a_walk_are_those_of_its_list(
    name: str, block: Block, lists: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lists)
    lines = [line.split(",") for line in made_list(name, lists).read_text("utf-8").splitlines()]
    shown = [line.split(",") for line in block.text.splitlines()]
    places = [lines[0].index(column) for column in shown[0]]
    assert [[line[place] for place in places] for line in lines[: len(shown)]] == shown


@of_kind("text", PRINTED)
def test_what_list_prints_is_what_a_walk_says(
    name: str,
    block: Block,
    lists: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(lists)
    made_list(name, lists).unlink()
    capsys.readouterr()
    made_list(name, lists)
    assert capsys.readouterr().out == block.text


def test_each_block_of_the_pages_is_held_to_something() -> None:
    kinds = ("yaml", "prototxt")
    begin = (*OUTPUTS, *PATHS, PRINTED)
    loose = [
        str(block)
        for _, block in WALKS
        if block.kind not in kinds
        and not walks_through(block)
        and not block.text.startswith(begin)
        and block.section != "Data to try them on"  # test_docs.py runs it
    ]
    assert not loose
    assert not [block for name, block in WALKS if block.kind == "prototxt" and not name]
