"""What lint says of generated nets of schemes where neither a DB nor a task file is at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import generate, lint_solver, load_tasks
from caffe_multilabel.caffe.proto import parse_text, to_text
from lint_tools import edited, found, image_db, label_db, lint

if TYPE_CHECKING:
    from pathlib import Path


def made(*tasks: dict[str, Any], test: bool = True, **data: Any) -> str:
    """The text of the net of a task file."""
    phases = {
        phase: {"images": f"{phase}_images", "labels": f"{phase}_labels", "batch_size": 8}
        for phase in (("train", "test") if test else ("train",))
    }
    channels = 3 * int(data.get("images_per_record", 1))
    keys = {"backbone": "lenet", "data": {"shape": [channels, 28, 28], **phases, **data}}
    return to_text(generate(load_tasks({**keys, "tasks": list(tasks)})).train_val)


FLAGS = {"name": "flags", "loss": "sigmoid", "dim": 2}
ENDS = {"name": "ends", "loss": "smooth_l1", "dim": 4}


@pytest.mark.parametrize(
    ("task", "images"),
    [
        (FLAGS | {"weight_columns": "2-3", "ignore_label": -1}, 1),
        (ENDS | {"weight_columns": "4-7"}, 1),
        (ENDS | {"images": "each"}, 2),
        (ENDS | {"images": "each", "loss": "euclidean", "ignore_label": -1}, 2),
        (FLAGS | {"images": "each", "focal": {"gamma": 2}}, 3),
        (FLAGS | {"images": "each", "positive_weight": [2, 3]}, 3),
        ({"name": "kind", "loss": "softmax", "classes": 4, "focal": {"gamma": 2}}, 1),
    ],
)
def test_labels_that_only_arithmetic_reads_are_as_many_as_it_takes(
    task: dict[str, Any], images: int
) -> None:
    net = made(task, images_per_record=images)
    assert found(lint(net)) == {("unknown-size", "records" if images > 1 else "data")}


def test_weights_that_are_learnt_are_no_items_of_a_record() -> None:
    """They are single numbers that losses are multiplied by."""
    rare = {"name": "rare", "loss": "sigmoid", "dim": 1, "images": "each"}
    color = {"name": "color", "loss": "softmax", "classes": 3, "images": "each"}
    data = {"images_per_record": 2, "train": {"images": "i", "labels": "l", "batch_size": 8}}
    keys = {"backbone": "lenet", "loss_weights": "learned", "tasks": [color, rare]}
    file = load_tasks({**keys, "data": {"shape": [6, 28, 28], **data}})
    net = to_text(generate(file).train_val)
    assert found(lint(net, phase="TRAIN")) == {("unknown-size", "records")}


def test_labels_whose_number_nothing_tells_are_of_unknown_size() -> None:
    """Bias takes one number a record, or as many as there are scores, or more of another shape."""
    net = """
    layer { name: "data" type: "Data" top: "data"
      data_param { source: "images" batch_size: 8 backend: LMDB } }
    layer { name: "labels" type: "Data" top: "label"
      data_param { source: "labels" batch_size: 8 backend: LMDB } }
    layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
      inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
    layer { name: "flat" type: "Flatten" bottom: "label" top: "flat" }
    layer { name: "sum" type: "Bias" bottom: "fc" bottom: "flat" top: "sum" bias_param { axis: 0 } }
    layer { name: "loss" type: "Reduction" bottom: "sum" top: "loss" loss_weight: 1 }
    """
    findings = lint(net, phase="TRAIN")
    assert found(findings) == {("unknown-size", "data"), ("unknown-size", "labels")}


SHOP = {"name": "shop", "loss": "softmax", "classes": 4, "images": "each"}


@pytest.mark.parametrize(
    ("task", "edits", "rows", "said"),
    [
        (SHOP, (), [[0, 1], [3, 3], [2, 2]], set()),
        (SHOP, (), [[0, 1], [3, 9], [2, 2]], {("class-count", "loss_shop")}),
        (SHOP, (), [[0, 1], [-1, 3], [2, 2]], {("negative-label", "loss_shop")}),
        (SHOP, (("num_output: 4", "num_output: 6"),), [[3, 3]], {("task-outputs", "loss_shop")}),
        (
            SHOP | {"ignore_label": -1},
            (("    ignore_label: -1\n", ""),),
            [[0, 1], [3, 3]],
            {("task-ignore", "loss_shop")},
        ),
        (FLAGS | {"images": "each"}, (), [[0, 1, 1, 0]], set()),
        (FLAGS | {"images": "each"}, (), [[0, 1, 1, 2]], {("sigmoid-label", "loss_flags")}),
    ],
)
def test_labels_of_each_image_are_compared_with_their_loss(
    tmp_path: Path,
    task: dict[str, Any],
    edits: tuple[tuple[str, str], ...],
    rows: list[list[int]],
    said: set[tuple[str, str]],
) -> None:
    images = image_db(tmp_path / "images", [(6, 28, 28)] * len(rows))
    labels = label_db(tmp_path / "labels", rows)
    net = made(task, test=False, images_per_record=2)
    tasks = load_tasks({"data": {"images_per_record": 2}, "tasks": [task]})
    for old, new in edits:
        net = edited((old, new), text=net)
    findings = lint(net, images=images, labels=labels, tasks=tasks, phase="TRAIN")
    assert sorted(found(findings)) == sorted(said)
    assert len(findings) == len(said)


POINTS = ENDS | {"loss": "euclidean", "ignore_label": -1}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("shift: 1.0", "shift: 1.0"), ""),
        (("shift: 1.0", "shift: 2.0"), "it masks labels that are -2, and task 'ends' has -1 for"),
        (("shift: 1.0", "shift: 0.5 scale: 0.5"), ""),
        (("shift: 1.0", "shift: 1.0 scale: 0.5"), "it masks labels that are -2, and"),
        (
            (
                '  top: "label"\n  include',
                '  top: "label" transform_param { scale: 0.5 }\n  include',
            ),
            "it masks labels that are -1, and task 'ends' has -1, here read as -0.5,",
        ),
        (('"AbsVal"', '"TanH"'), ""),  # that it marks the unknown is not known
    ],
)
def test_a_mask_is_of_the_label_that_stands_for_unknown(edit: tuple[str, str], said: str) -> None:
    net = edited(edit, text=made(POINTS, test=False))
    findings = lint(net, tasks=load_tasks({"tasks": [POINTS]}), phase="TRAIN")
    messages = [each.message for each in findings if each.rule == "task-ignore"]
    assert len(messages) == bool(said)
    assert all(message.startswith(said) for message in messages)


KIND = {"name": "kind", "loss": "softmax", "classes": 4, "ignore_label": -1}
REST = """
layer { name: "from_2" type: "Power" bottom: "label" top: "from_2" power_param { shift: -2 } }
layer { name: "apart" type: "AbsVal" bottom: "from_2" top: "apart" }
layer { name: "others" type: "Threshold" bottom: "apart" top: "others"
  threshold_param { threshold: 0.5 } }
layer { name: "is_2" type: "Power" bottom: "others" top: "is_2" power_param { scale: -1 shift: 1 } }
layer { name: "fc_2" type: "InnerProduct" bottom: "fc_kind" top: "fc_2"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "loss_2" type: "SigmoidCrossEntropyLoss" bottom: "fc_2" bottom: "is_2" top: "loss_2"
  loss_weight: 0.1 }
"""


def test_one_class_against_the_rest_is_no_mask() -> None:
    """Power, AbsVal and Threshold are what masks are made of, and labels of another loss."""
    bare = made(KIND, test=False).replace("    ignore_label: -1\n", "")
    for net in (bare + REST, made(KIND, test=False) + REST):
        findings = lint(net, tasks=load_tasks({"tasks": [KIND]}), phase="TRAIN")
        assert ("task-ignore", "others") not in found(findings)


SIGN = {"name": "sign", "loss": "sigmoid", "dim": 1, "positive_weight": [31]}


def test_a_constant_of_a_loss_is_no_data_to_test_on() -> None:
    """Caffe trains such a net; a test of it stops at the first blob that is missing."""
    net = made(SIGN, test=False)
    assert found(lint(net)) == {("no-test", None), ("unknown-size", "data")}
    settings = "type: 'SGD' base_lr: 0.01 lr_policy: 'fixed' max_iter: 9 snapshot_prefix: 's'"
    tested = f"{settings} test_iter: 1 test_interval: 5 net_param {{ {net} }}"
    findings = lint_solver(parse_text(tested, "SolverParameter"))
    assert "solver-test" in {finding.rule for finding in findings}


def test_constants_are_data_where_a_net_reads_nothing_else() -> None:
    net = """
    layer { name: "x" type: "DummyData" top: "x" top: "y"
      dummy_data_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 3 } } }
    layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc" inner_product_param {
      num_output: 3 weight_filler { type: "xavier" } } }
    layer { name: "loss" type: "EuclideanLoss" bottom: "fc" bottom: "y" top: "loss" }
    """
    assert lint(net) == []


def test_a_canary_needs_no_more_than_its_weight() -> None:
    """Without one Caffe takes 1; the pair holds numbers of records all the same."""
    net = made(FLAGS, canary=True)
    clean = found(lint(net))
    for weight in ("", "loss_weight: 1.0"):
        findings = lint(edited(("loss_weight: 0.0", weight), text=net))
        (more,) = [each for each in findings if (each.rule, each.layer) not in clean]
        assert (more.rule, more.layer, more.phase) == ("frozen-loss", "canary", "TRAIN")
        assert more.fix.startswith("write loss_weight: 0;")


def test_a_net_to_train_has_a_loss() -> None:
    """Caffe trains it and learns nothing: losses of stock layers weigh nothing by themselves."""
    net = made(SIGN, transform={"crop_size": 28, "mean_value": [9, 9, 9]})
    bare = edited(("loss_weight: 1.0", ""), text=net)
    (finding,) = [each for each in lint(bare, phase="TRAIN") if each.rule == "no-loss"]
    assert (finding.severity, finding.layer) == ("error", None)
    assert finding.fix == "write loss_weight: 1 in 'loss_sign'"
    solver = parse_text("base_lr: 0.1", "SolverParameter")
    everywhere = bare.replace("phase: TRAIN", "not_stage: 'use'")
    for options, said in (({}, False), ({"solver": solver}, True)):
        rules = {each.rule for each in lint(everywhere, phase="TRAIN", **options)}
        assert ("no-loss" in rules) == said
    of_a_fork = bare.replace('"BNLL"', '"NewLoss"')
    assert "no-loss" not in {each.rule for each in lint(of_a_fork, phase="TRAIN")}


TWO_TERMS = """
layer { name: "data" type: "Input" top: "data" top: "label"
  input_param { shape { dim: 4 dim: 9 } shape { dim: 4 dim: 3 } } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "gap" type: "Eltwise" bottom: "fc" bottom: "label" top: "gap"
  eltwise_param { coeff: 1 coeff: -1 } }
layer { name: "distance" type: "AbsVal" bottom: "gap" top: "distance" }
layer { name: "beyond" type: "Power" bottom: "distance" top: "beyond" power_param { shift: -1 } }
layer { name: "outside" type: "ReLU" bottom: "beyond" top: "outside" }
layer { name: "squares" type: "Reduction" bottom: "gap" top: "squares" loss_weight: 1
  reduction_param { operation: SUMSQ coeff: 0.5 } }
layer { name: "less" type: "Reduction" bottom: "outside" top: "less" loss_weight: -1
  reduction_param { operation: SUMSQ coeff: 0.5 } }
"""


def test_terms_of_one_loss_are_not_weighed_against_each_other() -> None:
    assert lint(TWO_TERMS, phase="TRAIN") == []
    apart = 'layer { name: "fc2" type: "InnerProduct" bottom: "data" top: "fc2" inner_product_param'
    apart += ' { num_output: 3 weight_filler { type: "xavier" } } } layer { name: "less"'
    others = ('layer { name: "less"', apart), ('"outside" top: "less"', '"fc2" top: "less"')
    apart = edited(*others, text=TWO_TERMS)
    assert "loss-weight-sum" in {finding.rule for finding in lint(apart, phase="TRAIN")}
