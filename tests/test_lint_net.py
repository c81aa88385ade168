"""What lint takes, and what it gives back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel import OptionError, PrototxtError
from caffe_multilabel.caffe.proto import ProtoSchema, parse_text, upgrade_net, write_binary
from caffe_multilabel.nets.lint import Finding, all_rules, has_errors, lint_net, report_json
from lint_tools import NET, ROWS, edited, everywhere, found, image_db, label_db, lint

if TYPE_CHECKING:
    from pathlib import Path

BROKEN = edited(('bottom: "fc_flags" bottom', 'bottom: "fc_flag" bottom'))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that Caffe is started in, with the DBs of the net."""
    for phase in ("train", "test"):
        image_db(tmp_path / f"{phase}_images", [(3, 28, 28)] * len(ROWS))
        label_db(tmp_path / f"{phase}_labels", ROWS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def line_of(text: str, name: str) -> int:
    """The line on which the first layer of a name starts, in a net written by these tests."""
    before = text[: text.index(f'name: "{name}"')]
    return before[: before.rindex("layer")].count("\n") + 1


def test_a_finding_is_one_line() -> None:
    finding = Finding("rule", "error", "fc8", "it is wrong", "do it right", line=3)
    assert str(finding) == "fc8: it is wrong; do it right"
    whole = Finding("rule", "error", None, "it is wrong", "do it right", phase="TEST")
    assert str(whole) == "net (TEST): it is wrong; do it right"


def test_json_holds_all_of_a_finding() -> None:
    findings = [
        Finding("shape", "error", "fc8", "it is wrong", "do it right", line=3, phase="TRAIN"),
        Finding("mirror", "warning", None, "it is odd", "do it right"),
    ]
    document = json.loads(json.dumps(report_json(findings)))
    assert document["counts"] == {"error": 1, "warning": 1, "info": 0}
    assert document["findings"][0] == {
        "rule": "shape",
        "severity": "error",
        "layer": "fc8",
        "message": "it is wrong",
        "fix": "do it right",
        "line": 3,
        "phase": "TRAIN",
    }
    assert document["findings"][1]["layer"] is None


def test_only_errors_fail() -> None:
    assert not has_errors([])
    assert not has_errors(lint(everywhere("crop_size: 28", "")))
    assert has_errors(lint(BROKEN))


def test_rules_have_names_of_their_own_and_say_what_they_look_for() -> None:
    rules = all_rules()
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id) for rule in rules)
    assert all(rule.summary and "\n" not in rule.summary for rule in rules)


def test_findings_come_in_the_order_of_the_layers() -> None:
    text = edited(
        ('name: "loss_flags"', 'name: "loss_colour"'),
        ("loss_weight: 0.5", "loss_weight: 1"),
        ("kernel_size: 9", "kernel_size: 40"),
    )
    assert [finding.rule for finding in lint(text)] == [
        "loss-weight-sum",
        "shape",
        "duplicate-name",
    ]


def test_a_file_gives_the_lines_of_its_layers(folder: Path) -> None:
    path = folder / "net.prototxt"
    text = '# layer { name: "x" }\nname: "layer { <"\n' + BROKEN
    path.write_text(text)
    findings = lint_net(path)
    assert found(findings) == {("shape", "loss_flags")}
    assert findings[0].line == line_of(text, "loss_flags")
    assert lint(text)[0].line is None


def test_lines_where_layers_are_not_written_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text('layer: [{ name: "a" type: "Silense" }, { name: "b" type: "Silence" }]')
    findings = lint_net(path)
    assert {finding.layer for finding in findings} == {"a", "b"}
    assert {finding.line for finding in findings} == {None}


OLD = """
input: "data"
input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8

layers { name: "fc" type: INNER_PRODUCT bottom: "data" top: "fc"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layers { name: "p" type: SOFTMAX bottom: "fcc" top: "p" }
"""


def test_an_old_net_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "old.prototxt"
    path.write_text(OLD)
    findings = lint_net(path)
    assert found(findings) == {("old-format", None), ("shape", "p")}
    assert "V1 layers" in findings[0].message
    assert findings[0].severity == "info"
    assert findings[1].line == 7
    message = parse_text(OLD, "NetParameter")
    assert found(lint_net(message)) == {("old-format", None), ("shape", "p")}
    assert message == parse_text(OLD, "NetParameter")
    upgrade_net(message)
    assert found(lint_net(message)) == {("shape", "p")}


def test_what_an_upgrade_leaves_out_is_said() -> None:
    text = OLD.replace("fcc", "fc").replace("input_dim: 1", "input_dim: 9 input_dim: 1")
    assert ("upgrade", None) in found(lint(text))


def test_a_binary_net_has_no_lines(folder: Path) -> None:
    path = folder / "net.binary"
    write_binary(path, parse_text(BROKEN, "NetParameter"))
    findings = lint_net(path)
    assert found(findings) == {("shape", "loss_flags")}
    assert findings[0].line is None


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PrototxtError, match="nowhere"):
        lint_net(tmp_path / "nowhere")
    (tmp_path / "bad.prototxt").write_text('layer { nam: "x" }')
    with pytest.raises(PrototxtError, match="nam"):
        lint_net(tmp_path / "bad.prototxt")


def test_one_phase_alone() -> None:
    text = edited(('top: "accuracy"', 'top: "accuracy" accuracy_param { top_k: 9 }'))
    assert found(lint(text)) == {("shape", "accuracy")}
    assert found(lint(text, phase="TEST")) == {("shape", "accuracy")}
    assert lint(text, phase="TRAIN") == []
    with pytest.raises(OptionError, match="TRAIN, TEST"):
        lint(text, phase="train")


def test_files_that_are_not_there(folder: Path) -> None:
    (folder / "net.prototxt").write_text(NET)
    assert lint_net("net.prototxt") == []
    (folder / "test_labels").rename(folder / "elsewhere")
    findings = lint_net("net.prototxt")
    assert found(findings) == {("missing-file", "labels")}
    assert findings[0].severity == "warning"
    (folder / "elsewhere").rename(folder / "test_labels")
    (folder / "net.prototxt").write_text(everywhere("mean_value: 104", 'mean_file: "no.mean"'))
    findings = lint_net("net.prototxt")
    assert found(findings) == {("missing-file", "data")}
    assert "mean_file no.mean is not there" in findings[0].message
    assert lint(NET) == []


def test_a_window_layer_is_asked_what_image_layers_are(folder: Path) -> None:
    (folder / "net.prototxt").write_text("""
    layer {
      name: "windows" type: "WindowData" top: "data" top: "label"
      transform_param { crop_size: 8 }
      window_data_param { source: "windows.txt" batch_size: 2 mirror: true }
    }
    layer { name: "rest" type: "Silence" bottom: "data" bottom: "label" }
    """)
    findings = lint_net("net.prototxt")
    assert found(findings) == {("missing-file", "windows"), ("unread-transform", "windows")}


def test_a_net_that_has_nothing() -> None:
    assert lint("") == []
    assert found(lint('layer { name: "a" type: "ReLU" bottom: "x" top: "y" }')) == {("shape", "a")}


FORK = """
syntax = "proto2";
package caffe;
message BlobShape { repeated int64 dim = 1 [packed = true]; }
message InputParameter { repeated BlobShape shape = 1; }
message NormParameter { optional bool across = 1; }
message LayerParameter {
  optional string name = 1; optional string type = 2;
  repeated string bottom = 3; repeated string top = 4;
  optional InputParameter input_param = 143; optional NormParameter norm_param = 206;
}
message NetParameter { optional string name = 1; repeated LayerParameter layer = 100; }
"""
FORK_NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "n" type: "Whiten" bottom: "x" top: "n" norm_param { across: true } }
layer { name: "p" type: "Softmax" bottom: "n" top: "p" }
"""


@pytest.mark.parametrize(
    ("kind", "near"),
    [("InnerProdukt", "InnerProduct"), ("softmax", "Softmax"), ("PermuteX", "Permute")],
)
def test_a_misspelt_type_is_told_in_a_net_of_a_fork_too(
    tmp_path: Path, kind: str, near: str
) -> None:
    (tmp_path / "fork.proto").write_text(FORK)
    text = FORK_NET.replace("norm_param { across: true }", "").replace("Whiten", kind)
    (tmp_path / "net.prototxt").write_text(text)
    fork = ProtoSchema.load(tmp_path / "fork.proto")
    (finding,) = lint_net(tmp_path / "net.prototxt", proto=fork)
    assert (finding.rule, finding.severity, finding.layer) == ("unknown-size", "warning", "n")
    assert f"has a layer type '{kind}'" in finding.message
    assert finding.fix == f"write {near}"


def test_the_layers_of_a_fork_are_not_called_misspelt(tmp_path: Path) -> None:
    (tmp_path / "fork.proto").write_text(FORK)
    (tmp_path / "net.prototxt").write_text(FORK_NET)
    fork = ProtoSchema.load(tmp_path / "fork.proto")
    findings = lint_net(tmp_path / "net.prototxt", proto=fork)
    assert found(findings) == {("unknown-size", "n")}
    unknown = FORK_NET.replace("norm_param { across: true }", "")
    assert found(lint(unknown)) == {("shape", "n")}


def test_what_is_wrong_after_the_layers_of_a_fork(tmp_path: Path) -> None:
    (tmp_path / "fork.proto").write_text(FORK)
    fork = ProtoSchema.load(tmp_path / "fork.proto")
    for bottom in ("n", "x"):  # a layer of its own, and one that works in place
        text = FORK_NET.replace('top: "n"', f'top: "{bottom}"')
        text = text.replace('bottom: "n" top: "p"', f'bottom: "{bottom}" bottom: "x" top: "p"')
        (tmp_path / "net.prototxt").write_text(text)
        findings = lint_net(tmp_path / "net.prototxt", proto=fork)
        assert ("shape", "p") in found(findings)
        assert "2 bottoms" in findings[-1].message
