"""Solvers: what Caffe refuses, and tests that do not cover the TEST DB once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import DatabaseError, OptionError, PrototxtError
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.caffe.solver_facts import LIMITS, breaks_limit
from caffe_multilabel.nets.lint import Finding, lint_solver
from lint_tools import NET, found, image_db

if TYPE_CHECKING:
    from pathlib import Path

SOLVER = """
net: "net.prototxt"
test_iter: 2
test_interval: 10
base_lr: 0.01
lr_policy: "step"
gamma: 0.1
stepsize: 100
max_iter: 1000
momentum: 0.9
weight_decay: 0.0005
type: "SGD"
"""


def lint(*edits: tuple[str, str], **options: Any) -> list[Finding]:
    text = SOLVER
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    options.setdefault("net", parse_text(NET, "NetParameter"))
    return lint_solver(parse_text(text, "SolverParameter"), **options)


def test_a_solver_in_order() -> None:
    assert lint() == []


BROKEN = [
    ("solver-net", ('net: "net.prototxt"', "")),
    ("solver-net", ('net: "net.prototxt"', 'net: "a" train_net: "b"')),
    ("lr-policy", ('"step"', '"stepp"')),
    ("lr-policy", ('lr_policy: "step"', "")),
    ("lr-policy", ("stepsize: 100", "")),
    ("lr-policy", ("gamma: 0.1", "gamma: -0.1")),
    ("learning-rate", ("gamma: 0.1", "")),
    ("learning-rate", ("base_lr: 0.01", "")),
    ("learning-rate", ('"step"', '"multistep"')),
    ("learning-rate", ('"step"', '"multistep" stepvalue: 20 stepvalue: 10')),
    ("max-iter", ("max_iter: 1000", "")),
    ("solver-type", ('"SGD"', '"sgd"')),
    ("solver-type", ('"SGD"', '"AdaGrad"')),
    ("solver-type", ('"SGD"', '"SGD" regularization_type: "L3"')),
    ("iter-size", ('"SGD"', '"SGD" iter_size: 0')),
    ("iter-size", ('"SGD"', '"SGD" iter_size: -3')),
    ("average-loss", ('"SGD"', '"SGD" average_loss: 0')),
    (
        "solver-type",
        ('momentum: 0.9\nweight_decay: 0.0005\ntype: "SGD"', 'type: "RMSProp" rms_decay: 1'),
    ),
    ("solver-state", ("test_iter: 2", "test_iter: 2 train_state { level: 2 }")),
    ("solver-state", ("test_iter: 2", "test_iter: 2 train_state { phase: TEST }")),
    ("solver-state", ("test_iter: 2", "test_iter: 2 test_state { phase: TRAIN }")),
    ("solver-test", ("test_interval: 10", "")),
    ("solver-test", ("test_iter: 2", 'test_iter: 2 test_net: "a" test_net: "b"')),
    ("solver-test", ("test_iter: 2", "test_iter: 2 test_state { } test_state { }")),
]


@pytest.mark.parametrize(("rule", "edit"), BROKEN)
def test_a_solver_out_of_order(rule: str, edit: tuple[str, str]) -> None:
    findings = lint(edit)
    assert found(findings) == {(rule, "solver")}
    only_warned = rule in ("learning-rate", "max-iter") or "level" in edit[1]
    assert findings[0].severity == ("warning" if only_warned else "error")


@pytest.mark.parametrize("field", LIMITS)
def test_every_number_that_caffe_stops_at_is_found(field: str) -> None:
    """`BROKEN` holds a number beyond each limit, whichever rule it is for."""
    solvers = [parse_text(SOLVER.replace(*edit), "SolverParameter") for _, edit in BROKEN]
    beyond = [solver for solver in solvers if breaks_limit(solver, field)]
    assert beyond
    for solver in beyond:
        findings = lint_solver(solver, net=parse_text(NET, "NetParameter"))
        assert any(finding.message.startswith(f"{field} is ") for finding in findings)


GOOD = [
    ('"step"', '"fixed"'),
    ('"step"', '"multistep" stepvalue: 10 stepvalue: 20'),
    ('"SGD"', '"Adam"'),
    ("test_iter: 2\ntest_interval: 10\n", ""),
    ('"SGD"', '"SGD" regularization_type: "L1"'),
    (
        "test_iter: 2",
        "test_iter: 2 train_state { phase: TRAIN } test_state { phase: TEST level: 2 }",
    ),
]


@pytest.mark.parametrize("edit", GOOD)
def test_other_solvers_in_order(edit: tuple[str, str]) -> None:
    assert lint(edit) == []


def test_misspelt_words_are_suggested() -> None:
    assert 'write lr_policy: "step"' in lint(('"step"', '"stepp"'))[0].fix
    assert 'write type: "SGD"' in lint(('"SGD"', '"SDG"'))[0].fix


@pytest.mark.parametrize(("records", "test_iter"), [(12, 2), (11, 2), (7, 1), (7, 2), (13, 2)])
def test_tests_that_cover_the_db(tmp_path: Path, records: int, test_iter: int) -> None:
    db = image_db(tmp_path / "val", [(3, 28, 28)] * records)
    assert lint(("test_iter: 2", f"test_iter: {test_iter}"), val_images=db) == []


@pytest.mark.parametrize(
    ("records", "test_iter", "wanted", "words"),
    [
        (20, 2, 4, "the first 12 of the 20 records"),
        (12, 3, 2, "some count twice"),
        (5, 2, 1, "some count twice"),
    ],
)
def test_tests_that_do_not_cover_the_db_once(
    tmp_path: Path, records: int, test_iter: int, wanted: int, words: str
) -> None:
    db = image_db(tmp_path / "val", [(3, 28, 28)] * records)
    findings = lint(("test_iter: 2", f"test_iter: {test_iter}"), val_labels=db)
    assert found(findings) == {("test-iter", "solver")}
    assert words in findings[0].message
    assert findings[0].fix == f"write test_iter: {wanted}"


def dbs_of_the_net(folder: Path, **records: int) -> None:
    """The image DBs that the net names, with some records, and the net that names them."""
    (folder / "net.prototxt").write_text(NET)
    for name, count in records.items():
        image_db(folder / name, [(3, 28, 28)] * count)


def test_the_db_that_the_test_net_names_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dbs_of_the_net(tmp_path, test_images=20)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    findings = lint_solver("solver.prototxt")
    assert found(findings) == {("test-iter", "solver")}
    assert findings[0].fix == "write test_iter: 4"
    given = image_db(tmp_path / "given", [(3, 28, 28)] * 12)
    assert lint_solver("solver.prototxt", val_images=given) == []
    assert lint() == []  # a net in memory names no place


def test_each_test_has_its_own_db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    dbs_of_the_net(tmp_path, test_images=20, more_images=7)
    text = SOLVER.replace("test_iter: 2", 'test_net: "more.prototxt" test_iter: 3 test_iter: 4')
    (tmp_path / "solver.prototxt").write_text(text)
    (tmp_path / "more.prototxt").write_text(NET.replace("test_images", "more_images"))
    findings = lint_solver("solver.prototxt")
    assert found(findings) == {("test-iter", "solver")}
    assert "test_iter 3 of test net #0" in findings[0].message
    assert findings[0].fix == "write test_iter: 2"
    (tmp_path / "solver.prototxt").write_text(text.replace("test_iter: 3", "test_iter: 2"))
    assert lint_solver("solver.prototxt") == []


def test_a_db_that_cannot_be_counted_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dbs_of_the_net(tmp_path, test_images=20)
    (tmp_path / "test_images" / "data.mdb").write_bytes(b"no LMDB")
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    [finding] = lint_solver("solver.prototxt")
    assert (finding.rule, finding.severity) == ("test-iter", "info")
    assert "test_images" in finding.message


def test_a_test_without_data() -> None:
    train_only = parse_text(NET.replace("phase: TEST", "phase: TRAIN"), "NetParameter")
    assert found(lint(net=train_only)) == {("solver-test", "solver")}
    assert lint(("test_iter: 2\ntest_interval: 10\n", ""), net=train_only) == []


def test_a_test_that_a_stage_gives_data() -> None:
    staged = parse_text(NET.replace("phase: TEST", 'phase: TEST stage: "val"'), "NetParameter")
    findings = lint(
        ("test_iter: 2", 'test_iter: 2 test_state { stage: "fit" level: 3 }'), net=staged
    )
    assert "no data in phase TEST, stage fit, level 3" in findings[0].message
    assert found(lint(net=staged)) == {("solver-test", "solver")}
    assert lint(("test_iter: 2", 'test_iter: 2 test_state { stage: "val" }'), net=staged) == []


def test_the_net_of_a_solver_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    assert found(lint_solver(tmp_path / "solver.prototxt")) == {("solver-net-file", "solver")}
    (tmp_path / "net.prototxt").write_text(NET.replace("phase: TEST", "phase: TRAIN"))
    findings = lint_solver(tmp_path / "solver.prototxt")
    assert found(findings) == {("solver-net-file", "solver"), ("solver-test", "solver")}
    assert "it is at" in findings[0].message
    monkeypatch.chdir(tmp_path)
    assert found(lint_solver("solver.prototxt")) == {("solver-test", "solver")}


def test_the_folder_of_snapshots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    solver = tmp_path / "solver.prototxt"
    solver.write_text(SOLVER + 'snapshot_prefix: "snapshots/net"')
    findings = lint_solver(solver)
    assert found(findings) == {("snapshot-folder", "solver")}
    assert "when training is over" in findings[0].message
    solver.write_text(SOLVER + 'snapshot: 500 snapshot_prefix: "snapshots/net"')
    assert "Caffe stops at the start" in lint_solver(solver)[0].message
    (tmp_path / "snapshots").mkdir()
    assert lint_solver(solver) == []
    solver.write_text(SOLVER)
    assert lint_solver(solver) == []


def test_test_iter_without_a_net_to_test() -> None:
    own = ('net: "net.prototxt"', 'train_net: "net.prototxt"')
    assert found(lint(own)) == {("solver-test", "solver")}
    tested = ("test_iter: 2", 'test_iter: 2 test_net: "test.prototxt"')
    assert lint(own, tested) == []


def test_a_net_within_the_solver() -> None:
    inline = ('net: "net.prototxt"', f"net_param {{ {NET} }}")
    assert lint(inline, net=None) == []
    no_test = ('net: "net.prototxt"', f"net_param {{ {NET.replace('TEST', 'TRAIN')} }}")
    assert found(lint(no_test, net=None)) == {("solver-test", "solver")}


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bad.prototxt").write_text("no_solver: 1")
    with pytest.raises(PrototxtError, match="no_solver"):
        lint_solver(tmp_path / "bad.prototxt")
    with pytest.raises(DatabaseError, match="nowhere"):
        lint(val_images=tmp_path / "nowhere")


def test_a_net_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(PrototxtError, match="missing"):
        lint(net=tmp_path / "missing.prototxt")
    (tmp_path / "bad.prototxt").write_text("layer {")
    with pytest.raises(PrototxtError, match="bad"):
        lint(net=tmp_path / "bad.prototxt")


def test_weights_of_a_solver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    solver = tmp_path / "solver.prototxt"
    solver.write_text(SOLVER + 'weights: "a.caffemodel, b.caffemodel" weights: "a.caffemodel"')
    (tmp_path / "a.caffemodel").touch()
    findings = lint_solver(solver)
    assert [(finding.rule, finding.severity) for finding in findings] == [
        ("solver-weights", "warning")
    ]
    assert "weights b.caffemodel is not there" in findings[0].message
    (tmp_path / "b.caffemodel").touch()
    assert lint_solver(solver) == []
    assert lint(('"SGD"', '"SGD" weights: "nowhere"')) == []


def test_a_solver_of_another_net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("net.prototxt", "other.prototxt"):
        (tmp_path / name).write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    findings = lint_solver("solver.prototxt", net="other.prototxt")
    assert found(findings) == {("solver-other-net", "solver")}
    assert "it trains net.prototxt, and not other.prototxt" in findings[0].message
    for same in ("net.prototxt", tmp_path / "net.prototxt", "./net.prototxt"):
        assert lint_solver("solver.prototxt", net=same) == []


@pytest.mark.parametrize("field", ["net_param", "train_net_param"])
def test_a_solver_that_holds_another_net(tmp_path: Path, field: str) -> None:
    held = ('net: "net.prototxt"', f"{field} {{ {NET} }}")
    path = tmp_path / "linted.prototxt"
    path.write_text(NET)
    message = parse_text(NET, "NetParameter")
    untested = ("test_iter: 2\ntest_interval: 10\n", "")
    assert lint(held, untested, net=path) == lint(held, untested, net=message) == []
    path.write_text(NET.replace("num_output: 5", "num_output: 6"))
    message.layer[0].data_param.batch_size = 7
    for net, named in ((path, str(path)), (message, "the net that is linted")):
        (finding,) = lint(held, untested, net=net)
        assert (finding.rule, finding.severity) == ("solver-other-net", "warning")
        assert finding.message == f"it trains the net in its {field}, and not {named}"


def test_a_solver_that_holds_the_net_in_another_format(tmp_path: Path) -> None:
    old = 'layers { name: "x" type: DUMMY_DATA top: "x" dummy_data_param { num: 2 } }'
    now = 'layer { name: "x" type: "DummyData" top: "x" dummy_data_param { num: 2 } }'
    path = tmp_path / "linted.prototxt"
    path.write_text(now)
    edits = (
        ('net: "net.prototxt"', f"net_param {{ {old} }}"),
        ("test_iter: 2\ntest_interval: 10", ""),
    )
    assert lint(*edits, net=path) == []
    path.write_text(now.replace("num: 2", "num: 3"))
    assert found(lint(*edits, net=path)) == {("solver-other-net", "solver")}


def test_the_level_that_caffe_train_is_started_with() -> None:
    state = ("test_iter: 2", "test_iter: 2 train_state { level: 2 }")
    assert lint(state, level=2) == []
    assert "there, here 1" in lint(state, level=1)[0].message
    assert "there, 0 where none is given" in lint(state)[0].message
    assert lint(level=3) == []
    with pytest.raises(OptionError, match="level"):
        lint(level="2")
