"""The examples, the JSON Schema for editors, and files written from models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.tasks import ResolvedTasks, json_schema, load_tasks, parse_tasks
from caffe_multilabel.tasks.shared_keys import BackboneName

EXAMPLES = sorted((Path(__file__).parents[1] / "examples" / "tasks").glob("*.yaml"))


def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def as_json(text: str) -> Any:
    """Read YAML as an editor's JSON Schema check sees it: keys are text."""
    return json.loads(json.dumps(yaml.safe_load(text)))


def test_there_are_examples() -> None:
    names = {path.stem for path in EXAMPLES}
    assert {"vehicles", "captcha5", "celeba", "landmarks_attributes"} <= names


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_loads_and_fits_the_schema(path: Path) -> None:
    task_file = load_tasks(path)
    assert task_file.name == path.stem
    assert list(validator().iter_errors(as_json(path.read_text(encoding="utf-8")))) == []


def test_vehicles_reads_fifteen_columns() -> None:
    rules = ResolvedTasks.of(load_tasks(EXAMPLES[0].with_name("vehicles.yaml")), 15).layout.rules
    assert [rule.task for rule in rules] == ["color", "brand", *["flags"] * 5, *["corners"] * 8]


def test_captcha_takes_characters_or_their_numbers() -> None:
    task_file = load_tasks(EXAMPLES[0].with_name("captcha5.yaml"))
    for rule in ResolvedTasks.of(task_file, 5).layout.rules:
        assert rule.names == tuple("0123456789abcdefghijklmnopqrstuvwxyz")
        assert not rule.by_name_only


def test_celeba_turns_minus_one_into_zero() -> None:
    rules = ResolvedTasks.of(load_tasks(EXAMPLES[0].with_name("celeba.yaml")), 40).layout.rules
    assert {(rule.kind, rule.mapping) for rule in rules} == {("binary", ((-1.0, 0.0),))}
    assert [rules[i].part for i in (0, 20, 31, 39)] == [
        "5_o_Clock_Shadow",
        "Male",
        "Smiling",
        "Young",
    ]


def test_landmarks_count_classes_from_one() -> None:
    task_file = load_tasks(EXAMPLES[0].with_name("landmarks_attributes.yaml"))
    rules = ResolvedTasks.of(task_file, 14).layout.rules
    assert [rule.kind for rule in rules] == ["real"] * 10 + ["class"] * 4
    assert rules[13].mapping == ((1, 0), (2, 1), (3, 2), (4, 3), (5, 4))


@pytest.mark.parametrize(
    "text",
    [
        "name: a",
        "tasks: []",
        "tasks: [{name: a, loss: softmax}]",
        "tasks: [{name: a, loss: sigmoid}]",
        "tasks: [{name: a, loss: l1, dim: 2}]",
        "tasks: [{name: a b, loss: sigmoid, dim: 2}]",
        "tasks: [{name: a, loss: sigmoid, dim: 2, los_weight: 1}]",
        "tasks: [{name: a, loss: softmax, classes: 3, dim: 2}]",
        "tasks: [{name: a, loss: softmax, classes: [x, true]}]",
        "tasks: [{name: a, loss: hinge, classes: 2, ignore_label: -1}]",
        "tasks: [{name: a, loss: euclidean, columns: x}]",
        "backbone: resnet5\ntasks: [{name: a, loss: sigmoid, dim: 2}]",
        "data: {train: {images: x}}\ntasks: [{name: a, loss: sigmoid, dim: 2}]",
    ],
)
def test_what_the_schema_refuses_the_loader_refuses(text: str) -> None:
    assert not validator().is_valid(as_json(text))
    with pytest.raises(TaskFileError):
        parse_tasks(text)


def test_every_key_is_described() -> None:
    schema = json_schema()
    for part in (schema, *schema["$defs"].values()):
        if part.get("type") == "object":
            bare = [
                key for key, value in part["properties"].items() if not value.get("description")
            ]
            assert bare == []


NAMES = st.text("abcxyz0189_-./é中", min_size=1, max_size=8)
WORDS = st.one_of(NAMES, st.sampled_from(["no", "true", "null", "1e3", "007", "1.50", "~", "a b"]))
RATES = st.floats(0, 10)


def lists(words: st.SearchStrategy[str], least: int) -> st.SearchStrategy[list[str]]:
    return st.lists(words, min_size=least, max_size=5, unique=True)


@st.composite
def task_keys(draw: st.DrawFn, name: str) -> dict[str, Any]:
    loss = draw(st.sampled_from(["softmax", "sigmoid", "euclidean", "hinge"]))
    keys: dict[str, Any] = {"name": name, "loss": loss}
    if loss in ("softmax", "hinge"):
        keys["classes"] = draw(st.one_of(st.integers(2, 500), lists(WORDS, 2)))
    else:
        keys["dim"] = draw(st.one_of(st.integers(1, 9), lists(WORDS, 1)))
    maybe = {
        "hidden": st.lists(st.integers(1, 99), max_size=3),
        "dropout": st.floats(0.1, 0.9),
        "lr_mult": RATES,
        "decay_mult": RATES,
        "attach": NAMES,
        "map": st.dictionaries(st.floats(1000, 2000, width=32), st.sampled_from([0, 1])),
    }
    if loss in ("softmax", "sigmoid"):
        maybe["ignore_label"] = st.integers(-9, -1)
        maybe["normalization"] = st.sampled_from(["VALID", "FULL", "BATCH_SIZE", "NONE"])
    return keys | draw(st.fixed_dictionaries({}, optional=maybe))


@st.composite
def task_files(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(lists(NAMES, 1))
    keys = {
        "name": NAMES,
        "backbone": st.sampled_from(get_args(BackboneName)),
        "solver": st.dictionaries(NAMES, st.one_of(RATES, st.integers(), WORDS, st.booleans())),
    }
    drawn = draw(st.fixed_dictionaries({}, optional=keys))
    return {**drawn, "tasks": [draw(task_keys(name)) for name in names]}


@given(task_files())
def test_a_file_written_from_a_model_gives_the_model_back(keys: dict[str, Any]) -> None:
    task_file = load_tasks(keys)
    for text in (
        task_file.model_dump_json(exclude_defaults=True, indent=1),  # JSON is YAML 1.2
        task_file.model_dump_json(),
        yaml.safe_dump(task_file.model_dump(mode="json"), default_style='"'),
    ):
        assert parse_tasks(text) == task_file
    assert validator().is_valid(json.loads(task_file.model_dump_json()))


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_no_text_crashes_the_loader(text: str | bytes) -> None:
    try:
        task_file = parse_tasks(text)
    except TaskFileError:
        return
    assert task_file.tasks
