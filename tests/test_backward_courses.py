"""Which layers run backward, and for which bottoms: as `Net::Init` of a real Caffe marked them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel.caffe.backward import backward_courses, learning_blobs
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.caffe.splits import insert_splits

if TYPE_CHECKING:
    from caffe_multilabel.caffe.backward import Course

RECORDED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "golden" / "engine" / "backward.json").read_text()
)


def courses(text: str, phase: Any) -> dict[str, Course]:
    """The course of each layer by its name."""
    net = parse_text(text, "NetParameter")
    blobs = {layer.name: len(layer.param_shapes) for layer in infer_shapes(net, phase).layers}
    graph = insert_splits(NetGraph.of(net, phase))
    found = backward_courses(
        graph,
        lambda node: learning_blobs(node.layer, blobs.get(node.name, 0)),
        forced=net.force_backward,
    )
    return {node.name: course for node, course in zip(graph.nodes, found, strict=True)}


@pytest.mark.parametrize("case", RECORDED, ids=range(len(RECORDED)))
def test_as_caffe_marks_them(case: dict[str, Any]) -> None:
    found = courses(case["prototxt"], case["phase"])
    assert {name: course.runs for name, course in found.items()} == case["runs"]
    assert {name: course.wanted for name, course in found.items()} == case["wanted"]


CHAIN = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 3 }
  FIRST }
layer { name: "over" type: "ReLU" bottom: "y" top: "y" SECOND }
layer { name: "loss" type: "Reduction" bottom: "y" top: "loss" loss_weight: 1 }
"""


@pytest.mark.parametrize(
    ("first", "second", "runs"),
    [
        ("", "", {"fc", "over", "loss"}),
        # Its bottom has the name of its top, which then counts as cut off for the layer below.
        ("", "propagate_down: false", {"over", "loss"}),
        # Weights that do not learn ask for no gradient; nor does anything below.
        ("param { lr_mult: 0 } param { lr_mult: 0 }", "", set()),
        ("param { lr_mult: 0 }", "", {"fc", "over", "loss"}),
    ],
)
def test_blobs_count_by_their_names(first: str, second: str, runs: set[str]) -> None:
    found = courses(CHAIN.replace("FIRST", first).replace("SECOND", second), "TRAIN")
    assert {name for name, course in found.items() if course.runs} == runs
