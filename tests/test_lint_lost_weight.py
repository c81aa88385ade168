"""Losses whose weight, which Caffe keeps in the gradient of their top, is written over.

Each verdict of lint is compared with `weights_kept`, which follows those gradients through what
`Layer::SetLossWeights`, `InsertSplits` and the Backward of each layer write into them.
"""

from __future__ import annotations

import pytest

from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.caffe.splits import insert_splits
from lint_tools import lint

DATA = """
layer { name: "data" type: "Data" top: "data" top: "label" transform_param { crop_size: 8 }
  data_param { source: "images" batch_size: 4 backend: LMDB } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" LEARN
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
"""
LOSS = (
    'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" WEIGHT }'
)
READER = 'layer { name: "reader" type: "TanH" bottom: "loss" top: "squashed" loss_weight: 2 }'
SILENCE = 'layer { name: "silence" type: "Silence" bottom: "loss" }'
IN_PLACE = 'layer { name: "act" type: "TYPE" bottom: "fc" top: "fc" loss_weight: 0.5 }'
FROZEN = "param { lr_mult: 0 } param { lr_mult: 0 }"


def net(*layers: str, learn: str = "") -> str:
    return DATA.replace("LEARN", learn) + "".join(layers)


def weights_kept(text: str) -> bool:
    """Whether the gradients of all losses still hold their weights after one iteration.

    The gradient of a blob is its weight, or who wrote it; each layer writes that of its first
    bottom.
    """
    graph = insert_splits(NetGraph.of(parse_text(text, "NetParameter"), "TRAIN"))
    diff: dict[str, object] = {}
    held: dict[str, float] = {}
    for node in graph.nodes:
        weights = list(node.layer.loss_weight) or [1.0] * (node.is_loss and 1)
        held |= {top: w for top, w in zip(node.layer.top, weights, strict=False) if w}
    diff.update(held)
    for node in reversed(graph.nodes):
        if node.type in ("Data", "Silence", "Bias", "InnerProduct"):
            continue  # none, none for a loss, none in place, none to the data
        for bottom in list(node.layer.bottom)[:1]:
            diff[bottom] = f"written by {node.name}"
    return all(diff[top] == weight for top, weight in held.items())


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        (net(LOSS.replace("WEIGHT", "")), None),
        (net(LOSS.replace("WEIGHT", ""), SILENCE), None),
        (net(LOSS.replace("WEIGHT", ""), READER), "loss"),
        (net(LOSS.replace("WEIGHT", ""), READER, SILENCE), "loss"),
        (net(LOSS.replace("WEIGHT", "loss_weight: 0"), READER), None),
        (net(IN_PLACE.replace("TYPE", "ReLU")), "act"),
        (net(IN_PLACE.replace("TYPE", "TanH")), "act"),
        (net(IN_PLACE.replace("TYPE", "Bias")), None),
        (net(IN_PLACE.replace("TYPE", "ReLU").replace('top: "fc"', 'top: "act"')), None),
    ],
)
def test_a_weight_that_is_written_over(text: str, layer: str | None) -> None:
    found = [
        finding.layer for finding in lint(text, phase="TRAIN") if finding.rule == "lost-weight"
    ]
    assert found == ([] if layer is None else [layer])
    assert weights_kept(text) is (layer is None)


def test_a_written_weight_that_a_copy_keeps() -> None:
    """The Split layer has it: what is written over is the loss's own, which counts for nothing."""
    for text in (
        net(LOSS.replace("WEIGHT", "loss_weight: 0.5"), READER),
        net(IN_PLACE.replace("TYPE", "ReLU"), LOSS.replace("WEIGHT", "")),
    ):
        assert "lost-weight" not in {finding.rule for finding in lint(text, phase="TRAIN")}


def test_nothing_is_written_where_nothing_learns() -> None:
    still = net(IN_PLACE.replace("TYPE", "ReLU"), learn=FROZEN)
    assert "lost-weight" not in {finding.rule for finding in lint(still, phase="TRAIN")}
    assert "lost-weight" not in {
        finding.rule for finding in lint(net(IN_PLACE.replace("TYPE", "ReLU")), phase="TEST")
    }


VIEW = 'layer { name: "view" type: "KIND" bottom: "fc" top: "view" loss_weight: 0.5 }'


@pytest.mark.parametrize(
    ("below", "kind", "lost"),
    [
        ("ReLU", "Flatten", True),
        ("TanH", "Slice", True),
        ("Bias", "Flatten", False),
        ("ReLU", "TanH", False),
        (None, "Flatten", False),
    ],
)
def test_a_weight_in_a_gradient_that_is_shared_with_a_layer_in_place(
    below: str | None, kind: str, lost: bool
) -> None:
    """A real Caffe prints 2.75, 0.44, 0.07 for a Slice over a TanH, of weights that stay."""
    middle = IN_PLACE.replace("TYPE", str(below)).replace("loss_weight: 0.5", "")
    text = net(middle if below else "", VIEW.replace("KIND", kind))
    found = [f for f in lint(text, phase="TRAIN") if f.rule == "lost-weight"]
    assert [finding.layer for finding in found] == (["view"] if lost else [])
    if lost:
        assert "the Backward of 'act', in place below it, writes over that" in found[0].message
        assert found[0].fix == "give the top of 'act' a name of its own"


FED = """
layer { name: "x" type: "DummyData" top: "x" top: "t"
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 }
    data_filler { value: 1 } data_filler { value: 2 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc"
  inner_product_param { num_output: 2 weight_filler { type: "constant" value: 0.1 } } }
"""
EUCLIDEAN = (
    'layer { name: "l" type: "EuclideanLoss" bottom: "fc" bottom: "t" top: "l" loss_weight: W }'
)
SUM = 'layer { name: "l" type: "Reduction" bottom: "fc" top: "l" loss_weight: W }'
HALF = 'layer { name: "half" type: "Power" bottom: "l" top: "half" power_param { scale: 0.5 } V }'


@pytest.mark.torch
@pytest.mark.parametrize(
    ("layers", "total", "twice"),
    [
        (EUCLIDEAN.replace("W", "1"), 2.89, False),
        (EUCLIDEAN.replace("W", "1") + SILENCE.replace("loss", "l"), 2.89, True),
        (EUCLIDEAN.replace("W", "1") + HALF.replace("V", "loss_weight: 1"), 1.5 * 2.89, True),
        (EUCLIDEAN.replace("W", "0") + HALF.replace("V", "loss_weight: 1"), 0.5 * 2.89, False),
        (SUM.replace("W", "1") + HALF.replace("V", "loss_weight: 1"), 1.5 * 2.4, False),
    ],
)
def test_a_loss_that_is_counted_twice(layers: str, total: float, twice: bool) -> None:
    """A real Caffe prints the engine's figure, 5.78 in place of 2.89 under the Silence."""
    from caffe_multilabel.engine import Net  # noqa: PLC0415

    found = [f for f in lint(FED + layers, phase="TRAIN") if f.rule == "counted-twice"]
    assert [finding.layer for finding in found] == ["l"] * twice
    net = Net(parse_text(FED + layers, "NetParameter"), phase="TRAIN")
    net.forward()
    assert (net.loss == pytest.approx(total)) is not twice


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_a_reader_in_one_phase_alone_counts_the_loss_twice_there(phase: str) -> None:
    """A real Caffe prints a test loss of 3.37 in place of 1.69."""
    reader = HALF.replace("V", f"include {{ phase: {phase} }}")
    found = [f for f in lint(FED + EUCLIDEAN.replace("W", "1") + reader) if f.layer == "l"]
    assert [(finding.rule, finding.phase) for finding in found] == [("counted-twice", phase)]
    assert "loss_weight: 0" in found[0].fix
