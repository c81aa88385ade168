"""The phases, stages and levels that a net is looked at in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_multilabel import OptionError
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.nets.lint import lint_net
from lint_tools import NET, found, lint

if TYPE_CHECKING:
    from pathlib import Path

    from caffe_multilabel.caffe.proto.types import SolverParameter
    from command_tools import RunCommand

STAGED = (
    NET.replace("include { phase: TRAIN }", 'include { stage: "fit" }')
    .replace("include { phase: TEST }\n  transform", 'include { stage: "val" }\n  transform')
    .replace('top: "label" include { phase: TEST }', 'top: "label" include { stage: "val" }')
)
DEPLOY = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "flat" type: "Flatten" bottom: "data" top: "flat" include { phase: TEST } }
layer { name: "fc" type: "InnerProduct" bottom: "flat" top: "fc"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
"""


def solver(text: str) -> SolverParameter:
    return parse_text(f'net: "net.prototxt" {text}', "SolverParameter")


BOTH = 'train_state { stage: "fit" } test_iter: 1 test_interval: 1 test_state { stage: "val" }'


def test_stages_that_the_caller_names() -> None:
    assert {rule for rule, _ in found(lint(STAGED))} == {"shape"}
    assert lint(STAGED, stages=["fit"], phase="TRAIN") == []
    assert lint(STAGED, stages=("val",), phase="TEST") == []


def test_a_blob_of_a_stage_says_how_to_give_it() -> None:
    either = 'give those wanted, as in --stage fit, stages=["fit"] in Python'
    kept = STAGED.replace('include { stage: "fit" }', 'exclude { not_stage: "fit" }')
    for text in (STAGED, kept):
        fixes = {finding.fix.rpartition(": ")[2] for finding in lint(text, phase="TRAIN")}
        assert fixes == {either}
    of_train = STAGED.replace('stage: "fit"', 'phase: TRAIN stage: "fit"')
    fixes = {finding.fix.rpartition(": ")[2] for finding in lint(of_train, phase="TEST")}
    assert fixes == {'give --stage val, stages=["val"] in Python'}


def test_a_level_that_the_caller_names() -> None:
    levels = STAGED.replace('stage: "fit"', "min_level: 1 max_level: 2")
    assert lint(levels, phase="TRAIN", level=2) == []
    assert ("shape", "slice") in found(lint(levels, phase="TRAIN", level=3))


def test_the_states_of_a_solver() -> None:
    assert lint(STAGED, solver=solver(BOTH)) == []
    more = solver(BOTH.replace('stage: "fit"', 'stage: "other"'))
    known = STAGED.replace('name: "relu"', 'name: "relu" exclude { stage: "other" }')
    assert lint(known, solver=more, stages=["fit"]) == []


def test_every_test_of_a_solver_is_looked_at() -> None:
    broken = (
        STAGED + 'layer { name: "x" type: "ReLU" bottom: "no" top: "x" include { stage: "b" } }'
    )
    assert lint(broken, solver=solver(BOTH)) == []
    two = solver(f'{BOTH} test_iter: 1 test_state {{ stage: "val" stage: "b" }}')
    findings = lint(broken, solver=two)
    assert found(findings) == {("shape", "x")}
    assert findings[0].phase == "TEST"
    assert findings[0].message.endswith(", in phase TEST, stage val and b")
    alone = lint(broken, solver=two, phase="TEST")
    assert [finding.message for finding in alone] == [findings[0].message]
    assert findings[0].fix == alone[0].fix


SECOND = """
layer { name: "data" type: "Data" top: "data" include { stage: "more" }
  transform_param { crop_size: SIDE mean_value: 104 }
  data_param { source: "SOURCE_images" batch_size: 6 backend: LMDB } }
layer { name: "labels" type: "Data" top: "label" include { stage: "more" }
  data_param { source: "SOURCE_labels" batch_size: 6 backend: LMDB } }
"""
MORE = 'test_iter: 1 test_state { stage: "more" }'
ONLY_MORE = f'train_state {{ stage: "fit" }} test_interval: 1 {MORE}'


def second(source: str, side: int = 28) -> str:
    layers = SECOND.replace("SOURCE", source).replace("SIDE", str(side))
    cut = STAGED.index('layer {\n  name: "slice"')
    return STAGED[:cut] + layers + STAGED[cut:]


def test_each_test_is_compared_with_training() -> None:
    both = solver(f"{BOTH} {MORE}")
    assert lint(second("more"), solver=both) == []
    rules = [finding.rule for finding in lint(second("more", side=32), solver=both)]
    assert rules.count("phase-transform") == 1
    assert rules.count("phase-weights") == 3
    assert set(rules) == {"phase-transform", "phase-weights"}
    assert lint(second("more", side=32), solver=solver(BOTH)) == []


def test_one_test_of_several_may_be_on_what_is_learnt() -> None:
    learnt = second("train")
    alone = found(lint(learnt, solver=solver(ONLY_MORE)))
    assert alone == {("phase-source", "data"), ("phase-source", "labels")}
    assert lint(learnt, solver=solver(f"{BOTH} {MORE}")) == []


def test_a_finding_of_two_tests_of_three_names_both() -> None:
    broken = second("more") + (
        'layer { name: "x" type: "ReLU" bottom: "no" top: "x" exclude { stage: "fit" } '
        'exclude { stage: "val" max_level: 0 } }'
    )
    three = solver(f'{BOTH} {MORE} test_iter: 1 test_state {{ stage: "val" level: 1 }}')
    [finding] = lint(broken, solver=three)
    assert finding.message.endswith(
        ", in phase TEST, stage more and in phase TEST, stage val, level 1"
    )


def test_a_level_of_a_solver_goes_before_that_of_the_net() -> None:
    levels = 'state { level: 5 stage: "fit" }' + STAGED.replace(
        'stage: "val"', "min_level: 1 max_level: 2"
    )
    state = "test_iter: 1 test_interval: 1 test_state { level: 2 }"
    assert ("shape", "slice") not in found(lint(levels, solver=solver(state)))


def test_a_test_net_of_its_own_is_not_the_net() -> None:
    other = solver(
        'train_state { stage: "fit" } test_net: "b.prototxt" test_iter: 1 '
        'test_interval: 1 test_state { stage: "b" }'
    )
    broken = (
        STAGED + 'layer { name: "x" type: "ReLU" bottom: "no" top: "x" include { stage: "b" } }'
    )
    assert ("shape", "x") not in found(lint(broken, solver=other))


def test_arguments_of_another_kind() -> None:
    with pytest.raises(OptionError, match="stages"):
        lint(NET, stages="fit")
    with pytest.raises(OptionError, match="level"):
        lint(NET, level="2")
    with pytest.raises(OptionError, match="solver"):
        lint(NET, solver=3)


def test_the_flags_of_the_command(tmp_path: Path, run_command: RunCommand) -> None:
    (tmp_path / "net.prototxt").write_text(STAGED)
    (tmp_path / "solver.prototxt").write_text(str(solver(BOTH)) + "max_iter: 1 base_lr: 1")
    for flags in (["-stage", "fit,more", "--phase", "TRAIN"], ["--solver", "solver.prototxt"]):
        done = run_command("caffe-multilabel", "lint", "net.prototxt", *flags)
        assert "[shape]" not in done.stdout
    done = run_command("caffe-multilabel", "lint", "net.prototxt", "--level", "1")
    assert "[shape]" in done.stdout
    (tmp_path / "solver.prototxt").write_text(str(solver(BOTH)) + "max_iter: 0 base_lr: 1")
    done = run_command("caffe-multilabel", "lint", "net.prototxt", "--solver", "solver.prototxt")
    assert "\nsolver.prototxt: warning: solver: max_iter is 0" in f"\n{done.stdout}"


def test_a_net_for_use_is_not_judged_in_train() -> None:
    assert lint(DEPLOY) == []
    fields = 'input: "data" input_shape { dim: 1 dim: 3 }'
    first, rest = DEPLOY.split("\n", 2)[1:]
    assert "Input" in first
    assert found(lint(fields + rest)) == {("old-format", None)}
    assert found(lint(DEPLOY, phase="TRAIN")) == {("shape", "fc")}


def test_a_net_that_is_fed_and_trained_is_judged_in_both() -> None:
    loss = """
    layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 1 } } }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" }
    """
    assert ("shape", "fc") in found(lint(DEPLOY + loss))


def test_lint_net_takes_the_path_of_a_solver(tmp_path: Path) -> None:
    (tmp_path / "solver.prototxt").write_text(str(solver(BOTH)))
    net = parse_text(STAGED, "NetParameter")
    assert lint_net(net, solver=tmp_path / "solver.prototxt") == []


@pytest.mark.parametrize(
    ("stage", "fix"),
    [
        ("vall", "write val"),
        ("VAL", "write val"),
        (" fit", "write fit"),
        ("fit val", "part stages by commas alone: fit,val"),
        ("fit; val", "part stages by commas alone: fit,val"),
        ("unlike", "write one that a layer asks for: fit, val"),
    ],
)
def test_a_stage_that_no_layer_asks_for(stage: str, fix: str) -> None:
    for phase in ("TRAIN", "TEST"):
        findings = lint(STAGED, stages=[stage], phase=phase)
        (finding,) = (each for each in findings if each.rule == "unknown-stage")
        assert (finding.severity, finding.layer, finding.fix) == ("warning", None, fix)
        assert f"stage '{stage}' chooses no layer" in finding.message
    assert ("unknown-stage", None) not in found(lint(STAGED, stages=["fit", "val"]))


def test_a_stage_of_a_net_without_any() -> None:
    findings = lint(NET, stages=["val"])
    assert found(findings) == {("unknown-stage", None)}
    assert findings[0].fix == "leave it out; no layer is chosen by its stage"
    assert found(lint(f'state {{ stage: "val" }} {NET}')) == {("unknown-stage", None)}
    kept = NET.replace("include { phase: TEST }\n}", 'exclude { not_stage: "val" }\n}')
    assert ("unknown-stage", None) not in found(lint(kept, stages=["val"]))


def test_a_stage_of_a_solver_that_no_layer_asks_for() -> None:
    given = solver(BOTH.replace('"val"', '"eval"'))
    (finding,) = (f for f in lint(STAGED, solver=given) if f.rule == "unknown-stage")
    assert finding.fix == "write val"


def test_summary_says_what_stage_chooses_no_layer(run_command: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(DEPLOY.replace("phase: TEST", 'stage: "use"'))
    done = run_command("caffe-multilabel", "summary", "net.prototxt", "--stage", "user")
    assert "summary: stage 'user' chooses no layer" in done.stderr
    assert "; write use\n" in done.stderr
    done = run_command("caffe-multilabel", "summary", "net.prototxt", "--stage", "use")
    assert (done.returncode, done.stderr) == (0, "")
