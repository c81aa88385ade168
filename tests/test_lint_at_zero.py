"""Powers, logarithms and products that are nan or infinite where a value is 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.nets.analysis.value_ranges import value_ranges
from lint_tools import label_db, lint

if TYPE_CHECKING:
    from pathlib import Path

    from caffe_multilabel.nets.lint import Finding

RULES = ("at-zero", "unstable-product")
NET = """
layer { name: "x" type: "DummyData" top: "x" top: "weights"
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 3 }
    data_filler { type: "gaussian" std: 3 } data_filler { type: "gaussian" std: 3 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc"
  inner_product_param { num_output: 3 weight_filler { type: "gaussian" std: 2 } } }
"""
LOSS = 'layer { name: "loss" type: "Reduction" bottom: "BLOB" top: "loss" loss_weight: 1 }'


def layer(kind: str, top: str, *bottoms: str, more: str = "") -> str:
    below = " ".join(f'bottom: "{bottom}"' for bottom in bottoms)
    return f'layer {{ name: "{top}" type: "{kind}" {below} top: "{top}" {more} }}'


def power(top: str, bottom: str, power: float, shift: float = 0, scale: float = 1) -> str:
    settings = f"power: {power} shift: {shift} scale: {scale}"
    return layer("Power", top, bottom, more=f"power_param {{ {settings} }}")


def reduction(top: str, bottom: str, operation: str, axis: int = 0) -> str:
    more = f"reduction_param {{ operation: {operation} axis: {axis} }}"
    return layer("Reduction", top, bottom, more=more)


def eltwise(top: str, *bottoms: str, more: str = "operation: PROD") -> str:
    return layer("Eltwise", top, *bottoms, more=f"eltwise_param {{ {more} }}")


SIGMOID = layer("Sigmoid", "p", "fc")
SUM = reduction("n", "weights", "SUM")
SQUARES = reduction("q", "fc", "SUMSQ", 1)
RELU = layer("ReLU", "r", "fc")


def named(text: str) -> list[Finding]:
    return [finding for finding in lint(text) if finding.rule in RULES]


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        (SQUARES + power("i", "q", -0.5), "i"),
        (SQUARES + power("i", "q", -0.5, 1e-10), None),
        (SQUARES + power("i", "q", 0.5), "i"),
        (SQUARES + power("i", "q", 0.5, 1e-6), None),
        (SQUARES + power("i", "q", 2), None),
        (SQUARES + power("i", "q", 3), "i"),
        (SQUARES + power("i", "q", 1.5, scale=0), None),
        (power("i", "fc", 3), None),  # of both signs: hardly ever just 0
        (SIGMOID + power("i", "p", 1.5), "i"),
        (SIGMOID + power("i", "p", 1.5, 1, -1), "i"),
        (SIGMOID + power("i", "p", 2), None),
        (SIGMOID + power("i", "p", -1, 1), None),
        (SIGMOID + reduction("s", "p", "SUM", 1) + power("i", "s", -1), None),
        (layer("Softmax", "p", "fc") + layer("Log", "i", "p"), "i"),
        (layer("Softmax", "p", "fc") + layer("Log", "i", "p", more="log_param { shift: 1 }"), None),
        (layer("Exp", "e", "fc") + power("i", "e", -1), None),
        (layer("BNLL", "b", "fc") + power("i", "b", 0.5), "i"),
        (RELU + power("i", "r", -1), "i"),
        (RELU + power("i", "r", -1, 1), None),
        (RELU + eltwise("m", "r", "r") + power("i", "m", -1), "i"),
        (RELU + eltwise("m", "r", "r", more="coeff: 1 coeff: -1") + power("i", "m", -1), None),
        (SUM + power("i", "n", -1), "i"),
        (SUM + power("i", "n", -1, 1e-3), None),
        (reduction("n", "fc", "SUM") + power("i", "n", -1), None),
        (reduction("n", "weights", "SUM", 1) + power("i", "n", -1), None),
        (SUM + power("c", "n", 1, -1) + layer("ReLU", "c", "c") + power("i", "c", -1, 1), None),
        (SUM + power("c", "n", 1, -1) + power("i", "c", -1, 1), "i"),
        (SUM + power("c", "n", 1) + layer("Flatten", "f", "c") + power("i", "f", -1), "i"),
        (SUM + power("c", "n", 1, -1) + power("i", "c", -1, 2), None),
        (RELU + reduction("q", "r", "SUMSQ", 1) + power("i", "q", -0.5, 1e-10), "i"),
        (RELU + reduction("q", "r", "SUMSQ", 1) + power("i", "q", -0.5, 1e-4), None),
        (reduction("n", "weights", "ASUM") + power("i", "n", -1), "i"),
        (eltwise("i", "fc", "x", more="operation: PROD stable_prod_grad: false"), "i"),
        (eltwise("i", "fc", "x"), None),
        (
            layer("Exp", "e", "fc")
            + eltwise("i", "e", "x", more="operation: PROD stable_prod_grad: false"),
            None,
        ),
    ],
)
def test_what_can_be_zero(layers: str, found: str | None) -> None:
    other = LOSS.replace('"loss"', '"other"').replace("BLOB", "fc")
    whole = NET + layers + LOSS.replace("BLOB", "i") + other
    assert [finding.layer for finding in named(whole)] == ([] if found is None else [found])


def test_a_root_that_no_gradient_goes_through() -> None:
    """Distances of a score in TEST: 0 where it is 0, and no harm."""
    root = SQUARES + power("root", "q", 0.5)
    assert named(NET + root + LOSS.replace("BLOB", "fc")) == []
    inverse = SQUARES + power("inverse", "q", -0.5)
    assert [each.layer for each in named(NET + inverse + LOSS.replace("BLOB", "fc"))] == ["inverse"]


COUNTED = """
layer { name: "data" type: "Data" top: "data" transform_param { crop_size: 8 }
  data_param { source: "images" batch_size: 2 backend: LMDB } }
layer { name: "labels" type: "Data" top: "labels"
  data_param { source: "labels" batch_size: 2 backend: LMDB } }
layer { name: "slice" type: "Slice" bottom: "labels" top: "target" top: "weights"
  slice_param { slice_point: 1 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "fc" bottom: "target" top: "loss"
  loss_weight: 0 }
layer { name: "n" type: "Reduction" bottom: "weights" top: "n" }
layer { name: "inverse" type: "Power" bottom: "n" top: "inverse" power_param { power: -1 } }
layer { name: "each" type: "Eltwise" bottom: "loss" bottom: "inverse" top: "each"
  eltwise_param { operation: PROD } loss_weight: 1 }
"""


@pytest.mark.parametrize(("least", "words"), [(0.0, ["'n' can be 0"]), (0.5, [])])
def test_a_count_of_label_columns(tmp_path: Path, least: float, words: list[str]) -> None:
    """With the DB it is known whether they can be 0; without it, lint says that nothing tells."""
    db = label_db(tmp_path / "labels", [[1, least], [2, 1]])
    told = lint(COUNTED, labels=db, phase="TRAIN")
    messages = [finding.message for finding in told if finding.rule == "at-zero"]
    assert len(messages) == len(words)
    assert all(word in message for word, message in zip(words, messages, strict=True))
    [untold] = named(COUNTED)
    assert "no DB tells" in untold.message


@pytest.mark.parametrize("shift", [1, 1e-6])
def test_a_count_that_lost_its_relu_gets_it_back(tmp_path: Path, shift: float) -> None:
    """A small shift would take the place of the one that makes max(1, n) of it."""
    between = power("above", "n", 1, -shift) + layer("ReLU", "held", "above")
    whole = COUNTED.replace(
        'bottom: "n" top: "inverse" power_param { power: -1 }',
        f'bottom: "held" top: "inverse" power_param {{ power: -1 shift: {shift} }}',
    ).replace('layer { name: "inverse"', between + 'layer { name: "inverse"')
    assert named(whole) == []
    bare = whole.replace('"held"', '"above"').replace(layer("ReLU", "above", "above"), "")
    db = label_db(tmp_path / "labels", [[1, 0], [2, 1]])
    told = [each for each in lint(bare, labels=db, phase="TRAIN") if each.rule in RULES]
    for finding in (*named(bare), *told):
        assert finding.fix.startswith("let it read a ReLU of 'above'")
        assert f"max({shift:g}, n)" in finding.fix
    assert [each.layer for each in (*named(bare), *told)] == ["inverse", "inverse"]


MANY = (
    SIGMOID
    + SQUARES
    + RELU
    + SUM
    + layer("AbsVal", "a", "fc")
    + layer("BNLL", "b", "fc")
    + layer("Softmax", "s", "fc")
    + layer("Threshold", "t", "fc")
    + layer("Exp", "e", "p", more="exp_param { scale: -2 shift: 0.5 base: 3 }")
    + layer("Clip", "c", "fc", more="clip_param { min: -0.5 max: 2 }")
    + layer("Concat", "join", "p", "c")
    + layer("Tile", "tiled", "c", more="tile_param { axis: 1 tiles: 2 }")
    + reduction("sum_c", "c", "SUM", 1)
    + reduction("mean_c", "c", "MEAN")
    + reduction("squares_c", "c", "SUMSQ", 1)
    + reduction("sizes", "c", "ASUM", 1)
    + power("inverse", "p", -1.5, 0.5)
    + power("fourth", "fc", 4, 1, -2)
    + power("turned", "p", 1, 3, -2)
    + eltwise("product", "p", "a")
    + eltwise("most", "p", "c", more="operation: MAX")
    + eltwise("gap", "p", "c", more="coeff: 2 coeff: -3")
    + layer("Scale", "scaled", "p", "a", more="scale_param { axis: 0 }")
    + layer("Dropout", "dropped", "a")
)


@pytest.mark.torch
def test_all_values_lie_in_their_range() -> None:
    """What the engine computes is between the bounds; all but x, weights, fc and n have some."""
    from caffe_multilabel.engine import Net  # noqa: PLC0415

    text = parse_text(NET + MANY, "NetParameter")
    graph = NetGraph.of(text, "TRAIN")
    net = Net(text, phase="TRAIN", seed=3)
    net.forward()
    counts = {
        wire: int(np.asarray(net.blobs[graph.blob(wire)].data).size)
        for node in graph.nodes
        for wire in node.tops
    }
    bounded = 0
    for wire, found in value_ranges(graph, {}, counts).items():
        values = np.asarray(net.blobs[graph.blob(wire)].data, np.float64)
        slack = 1e-5 * max(1, np.abs(values).max())
        assert found.low - slack <= values.min(), graph.blob(wire)
        assert values.max() <= found.high + slack, graph.blob(wire)
        bounded += found.low > -np.inf
    assert bounded == len(counts) - 4
