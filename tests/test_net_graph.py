"""The net graph: wires, versions, memory, shared weights, states; and Caffe's Split layers."""

from __future__ import annotations

import doctest
import random
from typing import Any

import pytest

import caffe_multilabel._base.text
from caffe_multilabel.caffe import net_graph, splits
from caffe_multilabel.caffe.net_graph import NetGraph, Param, Wire
from caffe_multilabel.caffe.proto import parse_text, schema
from caffe_multilabel.caffe.splits import copies, insert_splits, split_name
from caffe_multilabel.errors import OptionError, PrototxtError


def net_of(*layers: str, extra: dict[str, str] | None = None) -> Any:
    """Make a net of `name Type bottoms > tops`; `extra` has more fields by a layer's name."""
    text = ""
    for layer in layers:
        left, _, tops = layer.partition(">")
        name, kind, *bottoms = left.split()
        text += f'layer {{ name: "{name}" type: "{kind}" '
        text += "".join(f'bottom: "{bottom}" ' for bottom in bottoms)
        text += "".join(f'top: "{top}" ' for top in tops.split())
        text += (extra or {}).get(name, "") + "}\n"
    return parse_text(text, "NetParameter")


def graph_of(*layers: str, extra: dict[str, str] | None = None, strict: bool = True) -> NetGraph:
    """Make the graph of such a net."""
    return NetGraph.of(net_of(*layers, extra=extra), "TRAIN", strict=strict)


IN_PLACE = (
    "data Input > data",
    "conv Convolution data > conv",
    "relu ReLU conv > conv",
    "drop Dropout conv > conv",
    "left InnerProduct conv > left",
    "right InnerProduct conv > right",
)


def test_a_wire_is_a_version_of_a_blob() -> None:
    graph = graph_of(*IN_PLACE)
    assert graph.versions("conv") == (Wire(1, 0), Wire(2, 0), Wire(3, 0))
    assert graph.final("conv") == Wire(3, 0)
    assert graph.final("nothing") is None
    assert [node.bottoms for node in graph.nodes[2:]] == [
        (Wire(1, 0),),
        (Wire(2, 0),),
        (Wire(3, 0),),
        (Wire(3, 0),),
    ]
    assert [graph.blob(wire) for wire in graph.versions("conv")] == ["conv"] * 3
    assert graph.blobs() == ("data", "conv", "left", "right")


def test_readers_and_outputs() -> None:
    graph = graph_of(*IN_PLACE)
    assert [use.node.name for use in graph.readers(Wire(3, 0))] == ["left", "right"]
    assert graph.readers(Wire(4, 0)) == ()
    assert [graph.blob(wire) for wire in graph.unread()] == ["left", "right"]


def test_below_and_above() -> None:
    graph = graph_of(*IN_PLACE)
    assert graph.below([Wire(2, 0)]) == {3, 4, 5}
    assert graph.above([Wire(4, 0)]) == {0, 1, 2, 3, 4}
    assert graph.above([Wire(2, 0)]) == {0, 1, 2}
    assert graph.above([Wire(4, 0), Wire(5, 0)]) == set(range(6))


def test_a_layer_of_two_tops_may_be_in_place_at_the_second() -> None:
    graph = graph_of("a Input > a", "b Input > b", "x Python a b > c b", strict=False)
    assert not graph.nodes[2].in_place(0)
    assert graph.nodes[2].in_place(1)
    assert graph.memory(Wire(2, 1)) == Wire(1, 0)
    assert graph.memory(Wire(2, 0)) == Wire(2, 0)


def test_views_and_work_in_place_share_memory() -> None:
    graph = graph_of(
        "data Input > data",
        "ip InnerProduct data > ip",
        "relu ReLU ip > ip",
        "flat Flatten ip > flat",
        "view Reshape flat > view",
        "one Concat view > one",
        "part Slice one > part",
        "two Slice part > two three",
    )
    names = ["ip", "flat", "view", "one", "part"]
    assert {graph.memory(wire) for name in names for wire in graph.versions(name)} == {Wire(1, 0)}
    assert graph.memory(Wire(7, 1)) == Wire(7, 1)


def test_shared_weights_are_owned_by_the_first_layer_of_a_name() -> None:
    shared = 'param { name: "w" } param { name: "b" }'
    graph = graph_of(
        "x Input > x",
        "first InnerProduct x > first",
        "second InnerProduct first > second",
        "own InnerProduct second > own",
        extra={"first": shared, "second": 'param { } param { name: "w" }'},
    )
    assert graph.owner(Param(1, 0)) == Param(1, 0)
    assert graph.owner(Param(2, 1)) == Param(1, 0)
    assert graph.owner(Param(2, 0)) == Param(2, 0)
    assert graph.owner(Param(3, 1)) == Param(3, 1)


def test_a_state_chooses_layers_and_keeps_their_index() -> None:
    net = net_of(
        "a Input > x",
        "b Input > x",
        "c ReLU x > y",
        "d ReLU y > z",
        extra={
            "a": "include { phase: TRAIN }",
            "b": "include { phase: TEST }",
            "d": 'include { stage: "deep" min_level: 2 } '
            'include { stage: "odd" not_stage: "deep" }',
        },
    )
    chosen = {
        ("TRAIN", (), 0): [0, 2],
        ("TEST", (), 0): [1, 2],
        ("TEST", ("deep",), 1): [1, 2],
        ("TEST", ("deep",), 2): [1, 2, 3],
        ("TEST", ("odd",), 0): [1, 2, 3],
        ("TEST", ("odd", "deep"), 0): [1, 2],
    }
    for (phase, stages, level), indices in chosen.items():
        graph = NetGraph.of(net, phase, stages=stages, level=level, strict=True)  # type: ignore[arg-type]
        assert [node.layer_index for node in graph.nodes] == indices
        assert [node.index for node in graph.nodes] == list(range(len(indices)))
    with pytest.raises(OptionError, match="TRAIN, TEST"):
        NetGraph.of(net, "test")  # type: ignore[arg-type]


def test_a_lenient_graph_reads_none_and_check_refuses_it() -> None:
    net = net_of("a ReLU x > y", "b ReLU y > z")
    graph = NetGraph.of(net, "TRAIN")
    assert graph.nodes[0].bottoms == (None,)
    assert graph.nodes[1].bottoms == (Wire(0, 0),)
    with pytest.raises(PrototxtError, match="unknown bottom blob 'x'"):
        graph.check(net)
    with pytest.raises(PrototxtError, match="unknown bottom blob 'x'"):
        NetGraph.of(net, "TRAIN", strict=True)


def test_a_given_blob_needs_no_layer() -> None:
    graph = NetGraph(frozenset({"data"}))
    (layer,) = net_of("relu ReLU data > data").layer
    graph.append(layer)
    graph.check()
    assert graph.has_blob("data")
    assert graph.has_layer("relu")
    assert not graph.has_layer("data")
    assert graph.final("data") == Wire(0, 0)


def test_a_loss_without_a_top_has_an_automatic_one() -> None:
    graph = graph_of("x Input > x", "y Input > y", "loss EuclideanLoss x y")
    assert graph.nodes[2].top_names == (net_graph.AUTOMATIC,)
    assert graph.nodes[2].tops == ()
    assert graph.nodes[2].loss_weight == 1
    assert graph.nodes[0].loss_weight == 0


def test_a_type_that_is_not_known_has_no_entry() -> None:
    graph = graph_of("x Input > x", "y Focal x > x", strict=True)
    assert graph.nodes[1].entry is None
    assert (graph.nodes[1].kind, graph.nodes[1].labels, graph.nodes[1].is_loss) == ("", None, False)
    assert graph.memory(Wire(1, 0)) == Wire(0, 0)


def layers_of(graph: NetGraph) -> list[tuple[str, list[str], list[str], list[float]]]:
    """Return the names, bottoms, tops and loss weights of a graph's layers."""
    return [
        (node.name, list(node.layer.bottom), list(node.layer.top), list(node.layer.loss_weight))
        for node in graph.nodes
    ]


def test_a_blob_with_one_reader_has_no_split() -> None:
    graph = graph_of("data Input > data label", "ip InnerProduct data > ip", "s Silence ip label >")
    assert insert_splits(graph).nodes[1].layer is graph.nodes[1].layer
    assert layers_of(insert_splits(graph)) == layers_of(graph)
    assert copies(graph, Wire(0, 0)) == 0


def test_splits_of_the_last_version_in_place() -> None:
    graph = graph_of(*IN_PLACE)
    split = insert_splits(graph)
    assert layers_of(split)[3:] == [
        ("drop", ["conv"], ["conv"], []),
        ("conv_drop_0_split", ["conv"], ["conv_drop_0_split_0", "conv_drop_0_split_1"], []),
        ("left", ["conv_drop_0_split_0"], ["left"], []),
        ("right", ["conv_drop_0_split_1"], ["right"], []),
    ]
    assert [node.layer_index for node in split.nodes] == [0, 1, 2, 3, 3, 4, 5]
    assert split.nodes[4].type == "Split"
    assert split.memory(Wire(4, 1)) == Wire(1, 0)
    split.check()


def test_a_layer_that_reads_a_blob_twice_gets_two_copies() -> None:
    graph = graph_of("in Input > a b", "sum Eltwise b b > sum")
    assert split_name(graph, Wire(0, 1)) == "b_in_1_split"
    assert layers_of(insert_splits(graph)) == [
        ("in", [], ["a", "b"], []),
        ("b_in_1_split", ["b"], ["b_in_1_split_0", "b_in_1_split_1"], []),
        ("sum", ["b_in_1_split_0", "b_in_1_split_1"], ["sum"], []),
    ]


def test_a_loss_that_is_read_too_gives_its_weight_to_the_first_copy() -> None:
    graph = graph_of(
        "in Input > x y",
        "ip InnerProduct x > ip",
        "loss EuclideanLoss ip y > loss",
        "more Power loss > more",
        extra={"loss": "loss_weight: 0.5 "},
    )
    assert copies(graph, Wire(2, 0)) == 2
    assert layers_of(insert_splits(graph))[2:] == [
        ("loss", ["ip", "y"], ["loss"], []),
        (
            "loss_loss_0_split",
            ["loss"],
            ["loss_loss_0_split_0", "loss_loss_0_split_1"],
            [0.5, 0],
        ),
        ("more", ["loss_loss_0_split_1"], ["more"], []),
    ]


def test_the_default_weight_of_a_loss_makes_no_copy() -> None:
    graph = graph_of("in Input > x y", "loss EuclideanLoss x y > loss", "more Power loss > more")
    assert len(insert_splits(graph).nodes) == 3


def reference(net: Any) -> Any:
    """Insert Split layers by the maps of util/insert_splits.cpp, on names alone."""
    last: dict[str, tuple[int, int]] = {}
    source: dict[tuple[int, int], tuple[int, int]] = {}
    uses: dict[tuple[int, int], int] = {}
    weights: dict[tuple[int, int], float] = {}
    for i, layer in enumerate(net.layer):
        for j, bottom in enumerate(layer.bottom):
            source[i, j] = last[bottom]
            uses[last[bottom]] = uses.get(last[bottom], 0) + 1
        for j, top in enumerate(layer.top):
            last[top] = (i, j)
        for weight, top in zip(layer.loss_weight, layer.top, strict=False):
            weights[last[top]] = weight
            uses[last[top]] = uses.get(last[top], 0) + (weight != 0)
    result = schema().message("NetParameter")()
    number: dict[tuple[int, int], int] = {}
    for i, layer in enumerate(net.layer):
        copy = result.layer.add()
        copy.CopyFrom(layer)
        for j, bottom in enumerate(layer.bottom):
            top = source[i, j]
            if uses[top] > 1:
                prefix = f"{bottom}_{net.layer[top[0]].name}_{top[1]}_split_"
                copy.bottom[j] = prefix + str(number.get(top, 0))
                number[top] = number.get(top, 0) + 1
        for j, name in enumerate(layer.top):
            count = uses.get((i, j), 0)
            if count > 1:
                prefix = f"{name}_{layer.name}_{j}_split"
                split = result.layer.add(name=prefix, type="Split", bottom=[name])
                split.top.extend(f"{prefix}_{k}" for k in range(count))
                if weights.get((i, j)):
                    split.loss_weight.extend([weights[i, j], *[0.0] * (count - 1)])
                    copy.ClearField("loss_weight")
                    number[i, j] = 1
    return result


@pytest.mark.parametrize("seed", range(60))
def test_splits_of_nets_at_random(seed: int) -> None:
    draw = random.Random(seed)
    lines, blobs, extra = ["in Input > b0 b1"], ["b0", "b1"], {}
    for number in range(draw.randint(2, 12)):
        bottoms = [draw.choice(blobs) for _ in range(draw.randint(1, 3))]
        tops = [f"t{number}_{top}" for top in range(draw.randint(1, 3))]
        if draw.random() < 0.3:
            tops[0] = bottoms[0]  # in place, not always as Caffe allows it
        lines.append(f"l{number} Python {' '.join(bottoms)} > {' '.join(tops)}")
        blobs += [top for top in tops if top not in blobs]
        if draw.random() < 0.4:
            given = [draw.choice((0, 1, 0.5)) for _ in range(draw.randint(1, len(tops)))]
            extra[f"l{number}"] = " ".join(f"loss_weight: {weight}" for weight in given)
    net = net_of(*lines, extra=extra)
    found = insert_splits(NetGraph.of(net, "TRAIN"))
    assert [node.layer for node in found.nodes] == list(reference(net).layer)


def test_the_examples_run() -> None:
    for module in (net_graph, splits, caffe_multilabel._base.text):
        result = doctest.testmod(module)
        assert result.failed == 0
        assert result.attempted > 0


def test_parameter_layers_of_one_weight_share_its_memory() -> None:
    graph = NetGraph.of(
        parse_text(
            """
            layer { name: "a" type: "Parameter" top: "a" param { name: "w" } }
            layer { name: "b" type: "Parameter" top: "b" param { name: "w" } }
            layer { name: "c" type: "Parameter" top: "c" }
            layer { name: "f" type: "Flatten" bottom: "b" top: "f" }
            """,
            "NetParameter",
        ),
        "TRAIN",
    )
    assert [graph.memory(Wire(node, 0)) for node in range(4)] == [
        Wire(0, 0),
        Wire(0, 0),
        Wire(2, 0),
        Wire(0, 0),
    ]
    assert [graph.source(Wire(node, 0)) for node in range(4)] == [None, None, None, Wire(1, 0)]
