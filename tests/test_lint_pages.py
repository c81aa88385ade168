"""The pages on rules: complete, in both languages, and their examples do what they say."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml

import caffe_multilabel.nets.lint
from caffe_multilabel import OptionError, convert, load_tasks
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.caffe.proto.blobs import write_mean
from caffe_multilabel.nets.lint import (
    Finding,
    Rule,
    all_rules,
    find_rule,
    lint_net,
    lint_solver,
)
from caffe_multilabel.nets.lint.findings import LANGUAGES
from caffe_multilabel.nets.lint.table import SOLVER_RULES
from command_tools import RunCommand, command_line, environment
from fork_tools import fork_schema
from lint_tools import image_db, label_db, lint
from relabel_tools import draw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.nets.lint import Language

SECTIONS: dict[Language, tuple[str, ...]] = {
    "en": ("What it looks for", "Why it matters", "Example", "Fix"),
    "zh": ("检查什么", "为什么重要", "示例", "修正"),
}
DATABASES = ("images", "labels", "val_images", "val_labels")
OF_FILES = {
    "missing-file",
    "snapshot-folder",
    "solver-net-file",
    "solver-other-net",
    "solver-weights",
    "unreadable-db",
}
"""Rules that only ask nets and solvers that are files."""
UNAVOIDABLE = {
    "no-loss": {"unknown-size"},  # what meets in no loss is not known to be labels
    "swapped": {"label-columns", "shape"},  # an image has more values than a label
    "upgrade": {"old-format"},  # only old formats are upgraded
}
"""What else the examples of some pages must trigger."""

NEEDS_PROTOC = {"fork", "solver-fork"}
"""Rules whose examples are read with a schema of their own."""

every_rule = pytest.mark.parametrize(
    "rule",
    [
        pytest.param(rule, marks=[pytest.mark.protoc] if rule.id in NEEDS_PROTOC else [])
        for rule in all_rules()
    ],
    ids=lambda rule: rule.id,
)
every_language = pytest.mark.parametrize("language", LANGUAGES)


def blocks(text: str) -> list[tuple[str, str]]:
    """The language and the text of each fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def sections(page: str) -> dict[str, str]:
    """The texts of a page by their headings."""
    parts = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def example(page: str, section: str) -> dict[str, str]:
    """The blocks of an example: `yaml` is what it needs, `prototxt` the net or the solver."""
    found = blocks(sections(page)[section])
    assert [kind for kind, _ in found] in (["prototxt"], ["yaml", "prototxt"], ["yaml"])
    return dict(found)


def make_db(folder: Path, records: Mapping[str, Any]) -> Path:
    """Write a DB: `values`, a label vector a record, or `sizes`, those of an image a record.

    Under `keys`, where the page gives them; with so many `bytes` in the first records; by the tasks
    in `converted`, which the manifest of the label DB keeps.
    """
    if "converted" in records:
        return converted(folder, records["values"], records["converted"])
    times, keys = records.get("times", 1), records.get("keys")
    if "values" in records:
        return label_db(folder, records["values"] * times, keys=keys)
    return image_db(folder, records["sizes"] * times, keys=keys, lengths=records.get("bytes", ()))


def converted(folder: Path, values: list[list[float]], tasks: list[dict[str, Any]]) -> Path:
    """Convert labels, beside images that nobody looks at."""
    root = folder.with_name("converted")
    root.mkdir()
    paths = [f"{index}.png" for index in range(len(values))]
    draw(root, paths)
    convert(
        list(zip(paths, values, strict=True)),
        root=root,
        images=root / "images",
        labels=folder,
        tasks=load_tasks({"tasks": tasks}),
    )
    return folder


def lint_example(rule: Rule[Any], parts: Mapping[str, str]) -> list[Finding]:
    """Lint an example in the working directory, beside what it needs.

    Needs may be: a DB under the name of its option, see `make_db`; `tasks`, as in a task file;
    `net`, the net of a solver, or its file; `folders` and `files` by name, empty but for nets;
    `means`, the shape of each mean file; `solver`, of a net; `fork`, fields that the schema has
    beside BVLC Caffe's, by their message.
    """
    text, required = parts["prototxt"], yaml.safe_load(parts.get("yaml", "{}"))
    others = {"tasks", "net", "solver", "folders", "files", "means", "fork"}
    assert set(required) <= {*DATABASES, *others}
    for name in required.get("folders", ()):
        Path(name).mkdir()
    for name in required.get("files", ()):
        Path(name).write_text("name: 'net'" if name.endswith(".prototxt") else "", encoding="utf-8")
    for name, shape in required.get("means", {}).items():
        write_mean(name, np.zeros(shape))
    options: dict[str, Any] = {
        name: make_db(Path(f"{name}.lmdb"), required[name])
        for name in DATABASES
        if name in required
    }
    if "net" in required:
        net = required["net"]
        is_file = net in required.get("files", ())
        options["net"] = net if is_file else parse_text(net, "NetParameter")
    if "solver" in required:
        options["solver"] = parse_text(required["solver"], "SolverParameter")
    if "tasks" in required:
        options["tasks"] = load_tasks({"tasks": required["tasks"]})
    if rule.id in OF_FILES:
        Path("example.prototxt").write_text(text, encoding="utf-8")
        if rule in SOLVER_RULES:
            return lint_solver("example.prototxt", **options)
        return lint_net("example.prototxt", **options)
    proto = fork_schema(Path("fork.proto"), **required["fork"]) if "fork" in required else None
    if rule in SOLVER_RULES:
        return lint_solver(parse_text(text, "SolverParameter", proto=proto), **options)
    if proto is not None:
        return lint_net(parse_text(text, "NetParameter", proto=proto), **options)
    return lint(text, **options)


@every_rule
@every_language
def test_each_rule_has_a_page_with_all_sections(rule: Rule[Any], language: Language) -> None:
    page = rule.page(language)
    assert page.startswith(f"# {rule.id}\n\n## ")
    assert page.endswith("\n```\n")
    assert "prototxt" in example(page, SECTIONS[language][2])
    assert example(page, SECTIONS[language][3])
    assert tuple(sections(page)) == SECTIONS[language]
    what, why, _, fix = sections(page).values()
    assert all(text.partition("```")[0].strip() for text in (what, why, fix))
    lines = page.splitlines()
    assert 15 <= len(lines) <= 65
    fenced = "\n".join(text for _, text in blocks(page)).splitlines()
    assert all(len(line) <= 100 for line in (lines if language == "en" else fenced))


def test_no_page_is_without_a_rule() -> None:
    folder = Path(caffe_multilabel.nets.lint.__file__).parent / "pages"
    wanted = {f"{rule.id}{suffix}" for rule in all_rules() for suffix in (".md", ".zh.md")}
    assert {path.name for path in folder.iterdir()} == wanted


@every_rule
def test_the_pages_of_a_rule_hold_the_same_examples(rule: Rule[Any]) -> None:
    assert blocks(rule.page("zh")) == blocks(rule.page("en"))
    assert not re.search("[一-鿿]", rule.page("en"))
    assert re.search("[一-鿿]", rule.page("zh"))


@every_rule
def test_an_example_is_found_and_its_fix_is_not(
    rule: Rule[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a fix leaves out, the prototxt or what it needs, is as in the example."""
    for name in ("bad", "good"):
        (tmp_path / name).mkdir()
    before = example(rule.page(), "Example")
    monkeypatch.chdir(tmp_path / "bad")
    found = {finding.rule for finding in lint_example(rule, before)}
    assert found == {rule.id} | UNAVOIDABLE.get(rule.id, set())
    monkeypatch.chdir(tmp_path / "good")
    assert lint_example(rule, before | example(rule.page(), "Fix")) == []


def test_a_page_in_a_language_that_there_is_none_in() -> None:
    with pytest.raises(OptionError, match="'fr'; it is one of en, zh"):
        find_rule("shape").page("fr")  # type: ignore[arg-type]


def test_a_rule_that_there_is_none_of() -> None:
    assert find_rule("shape").id == "shape"
    with pytest.raises(OptionError, match="did you mean 'class-count'"):
        find_rule("clas-count")
    with pytest.raises(OptionError, match="lint --rules lists them"):
        find_rule("xyz")


@every_language
def test_explain_prints_the_page(run_command: RunCommand, language: Language) -> None:
    more = [] if language == "en" else ["--language", language]
    done = run_command("caffe-multilabel", "lint", "--explain", "class-count", *more)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == find_rule("class-count").page(language)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--explain", "clas-count"], "no rule 'clas-count'; did you mean 'class-count'?"),
        (["--explain", "shape", "--language", "fr"], "'fr'; it is one of en, zh"),
        (["--language", "zh"], "--explain RULE"),
    ],
)
def test_explain_of_what_there_is_not(
    run_command: RunCommand, arguments: list[str], words: str
) -> None:
    done = run_command("caffe-multilabel", "lint", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


def test_explain_lays_the_page_out_for_a_terminal(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    try:
        arguments = command_line("caffe-multilabel", "lint", "--explain", "shape")
        env = environment(TERM="xterm", COLUMNS="100")
        done = subprocess.run(
            arguments, cwd=tmp_path, env=env, stdout=theirs, stdin=theirs, check=False, timeout=120
        )
        os.close(theirs)
        shown = os.read(ours, 1 << 16).decode()
    finally:
        os.close(ours)
    assert done.returncode == 0
    assert "Why it matters" in shown
    assert "```" not in shown
    assert "\x1b[" in shown
