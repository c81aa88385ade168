"""The rule of each layer type: one layer on inputs of given shapes."""

from __future__ import annotations

import pytest

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.caffe.shapes import LayerShapes, Shape, infer_shapes
from caffe_multilabel.errors import PrototxtError

# The names in REGISTER_LAYER_CLASS and REGISTER_LAYER_CREATOR of BVLC Caffe 1.0.
REGISTERED = """
AbsVal Accuracy ArgMax BNLL BatchNorm BatchReindex Bias Clip Concat ContrastiveLoss Convolution
Crop Data Deconvolution Dropout DummyData ELU Eltwise Embed EuclideanLoss Exp Filter Flatten
HDF5Data HDF5Output HingeLoss Im2col ImageData InfogainLoss InnerProduct Input LRN LSTM LSTMUnit
Log MVN MemoryData MultinomialLogisticLoss PReLU Parameter Pooling Power Python RNN ReLU Reduction
Reshape SPP Scale Sigmoid SigmoidCrossEntropyLoss Silence Slice Softmax SoftmaxWithLoss Split Swish
TanH Threshold Tile WindowData
"""
NEURONS = "AbsVal BNLL Dropout ELU Exp Log Power ReLU Sigmoid Softmax Swish TanH Threshold"


def set_up(
    type_name: str, bottoms: list[Shape], body: str = "", tops: int | None = 1
) -> LayerShapes:
    """Infer the shapes of one layer whose bottoms are inputs of the given shapes."""
    text = ""
    for index, shape in enumerate(bottoms):
        dims = " ".join(f"dim: {size}" for size in shape)
        text += f"""layer {{ name: "in{index}" type: "Input" top: "b{index}"
                    input_param {{ shape {{ {dims} }} }} }}\n"""
    blobs = "".join(f' bottom: "b{index}"' for index in range(len(bottoms)))
    blobs += "".join(f' top: "t{index}"' for index in range(tops or 0))
    text += f'layer {{ name: "x" type: "{type_name}" {blobs} {body} }}'
    return infer_shapes(parse_text(text, "NetParameter"), "TEST").layers[-1]


def test_every_type_of_bvlc_caffe_has_a_rule() -> None:
    assert sorted(LAYER_TYPES) == sorted(REGISTERED.split())


@pytest.mark.parametrize(
    "type_name",
    NEURONS.split(),
)
def test_a_neuron_keeps_the_shape(type_name: str) -> None:
    layer = set_up(type_name, [(2, 3, 4, 5)])
    assert (layer.top_shapes, layer.param_shapes) == (((2, 3, 4, 5),), ())


@pytest.mark.parametrize(
    ("type_name", "bottoms", "body", "tops"),
    [
        ("Clip", [(2, 3)], "clip_param { min: 0 max: 1 }", [(2, 3)]),
        ("LRN", [(2, 3, 4, 5)], "", [(2, 3, 4, 5)]),
        ("LRN", [(2, 3, 4, 5)], "lrn_param { norm_region: WITHIN_CHANNEL }", [(2, 3, 4, 5)]),
        # MVN uses the legacy accessors: four axes come out.
        ("MVN", [(2, 3)], "", [(2, 3, 1, 1)]),
        ("Eltwise", [(2, 3), (2, 3)], "eltwise_param { coeff: 1 coeff: -1 }", [(2, 3)]),
        ("Silence", [(2, 3), (4,)], "", []),
        ("Split", [(2, 3)], "", [(2, 3), (2, 3), (2, 3)]),
        ("Concat", [(2, 3, 4), (2, 5, 4)], "", [(2, 8, 4)]),
        ("Concat", [(2, 3), (5, 3)], "concat_param { axis: -2 }", [(7, 3)]),
        ("Concat", [(2, 3), (5, 3)], "concat_param { concat_dim: 0 }", [(7, 3)]),
        ("Slice", [(2, 6)], "", [(2, 3), (2, 3)]),
        (
            "Slice",
            [(2, 5)],
            "slice_param { slice_point: 1 slice_point: 4 }",
            [(2, 1), (2, 3), (2, 1)],
        ),
        ("Slice", [(4, 5)], "slice_param { slice_dim: 0 slice_point: 1 }", [(1, 5), (3, 5)]),
        ("Tile", [(2, 3, 4)], "tile_param { tiles: 3 }", [(2, 9, 4)]),
        ("Crop", [(1, 8, 9, 10), (1, 2, 5, 6)], "crop_param { offset: 2 }", [(1, 8, 5, 6)]),
        ("Crop", [(4, 8, 9), (4, 3, 5)], "crop_param { axis: 1 offset: 5 offset: 4 }", [(4, 3, 5)]),
        ("Flatten", [(2, 3, 4, 5)], "", [(2, 60)]),
        ("Flatten", [(2, 3, 4, 5)], "flatten_param { axis: 1 end_axis: 2 }", [(2, 12, 5)]),
        # An axis right after end_axis puts in an axis of 1.
        ("Flatten", [(2, 3, 4)], "flatten_param { axis: 2 end_axis: 1 }", [(2, 3, 1, 4)]),
        ("Reshape", [(2, 8)], "reshape_param { shape { dim: 0 dim: 2 dim: -1 } }", [(2, 2, 4)]),
        (
            "Reshape",
            [(2, 3, 4)],
            "reshape_param { axis: 1 num_axes: 1 shape { dim: 3 dim: 1 } }",
            [(2, 3, 1, 4)],
        ),
        ("Reshape", [(2, 3)], "reshape_param { axis: -1 shape { dim: 1 } }", [(2, 3, 1)]),
        (
            "Reshape",
            [(2, 3)],
            "reshape_param { axis: 1 num_axes: 0 shape { dim: 1 } }",
            [(2, 1, 3)],
        ),
        ("BatchReindex", [(4, 3, 2), (9,)], "", [(9, 3, 2)]),
        ("Filter", [(4, 3), (4, 2, 2), (4, 1, 1)], "", [(4, 3), (4, 2, 2)]),
        ("ArgMax", [(2, 10)], "", [(2, 1, 1)]),
        ("ArgMax", [(2, 10, 3, 3)], "argmax_param { top_k: 5 out_max_val: true }", [(2, 2, 5, 1)]),
        ("ArgMax", [(2, 10, 3)], "argmax_param { axis: 1 top_k: 5 }", [(2, 5, 3)]),
        ("Reduction", [(2, 3, 4)], "reduction_param { axis: 1 }", [(2,)]),
        ("Reduction", [(2, 3)], "", [()]),
        ("Accuracy", [(8, 10), (8,)], "accuracy_param { top_k: 5 }", [()]),
        ("Accuracy", [(8, 10, 4, 4), (8, 1, 4, 4)], "", [(), (10,)]),
        ("LSTMUnit", [(1, 3, 5), (1, 3, 20), (1, 3)], "", [(1, 3, 5), (1, 3, 5)]),
        ("HDF5Output", [(5, 2), (5,)], "", []),
        ("Im2col", [(2, 3, 8, 8)], "convolution_param { kernel_size: 3 }", [(2, 27, 6, 6)]),
    ],
)
def test_shapes_without_weights(
    type_name: str, bottoms: list[Shape], body: str, tops: list[Shape]
) -> None:
    layer = set_up(type_name, bottoms, body, len(tops))
    assert layer.top_shapes == tuple(tops)
    assert (layer.param_shapes, layer.parameters, layer.multiply_adds) == ((), 0, 0)


@pytest.mark.parametrize(
    ("type_name", "bottoms"),
    [
        ("SoftmaxWithLoss", [(8, 10), (8,)]),
        ("SoftmaxWithLoss", [(8, 10, 4, 4), (8, 1, 4, 4)]),
        ("SigmoidCrossEntropyLoss", [(8, 40), (8, 40, 1, 1)]),
        ("EuclideanLoss", [(8, 10), (8, 10, 1, 1)]),
        ("HingeLoss", [(8, 10), (8,)]),
        ("MultinomialLogisticLoss", [(8, 10), (8, 1, 1, 1)]),
        ("ContrastiveLoss", [(8, 2), (8, 2), (8,)]),
        ("InfogainLoss", [(8, 10), (8,), (1, 1, 10, 10)]),
    ],
)
def test_a_loss_is_a_scalar_of_weight_1(type_name: str, bottoms: list[Shape]) -> None:
    layer = set_up(type_name, bottoms)
    assert (layer.top_shapes, layer.loss_weights) == (((),), (1.0,))
    unnamed = set_up(type_name, bottoms, tops=0)
    assert (unnamed.tops, unnamed.top_shapes) == (("(automatic)",), ((),))


def test_infogain_gives_the_probabilities_as_a_second_top() -> None:
    bottoms: list[Shape] = [(8, 10), (8,), (10, 10)]
    layer = set_up("InfogainLoss", bottoms, "loss_weight: 0.5 loss_weight: 0", 2)
    assert (layer.top_shapes, layer.loss_weights) == (((), (8, 10)), (0.5, 0.0))


@pytest.mark.parametrize(
    ("type_name", "bottom", "body", "top", "params", "work"),
    [
        (
            "Convolution",
            (64, 3, 227, 227),
            "convolution_param { num_output: 96 kernel_size: 11 stride: 4 }",
            (64, 96, 55, 55),
            [(96, 3, 11, 11), (96,)],
            64 * 105_415_200,
        ),
        (
            "Convolution",
            (1, 96, 27, 27),
            "convolution_param { num_output: 256 kernel_size: 5 pad: 2 group: 2 bias_term: false }",
            (1, 256, 27, 27),
            [(256, 48, 5, 5)],
            223_948_800,
        ),
        (  # 3-D, one value for each axis
            "Convolution",
            (1, 2, 10, 9, 8),
            """convolution_param { num_output: 4 kernel_size: 3 kernel_size: 2 kernel_size: 1
               pad: 1 pad: 0 pad: 0 dilation: 2 }""",
            (1, 4, 8, 7, 8),
            [(4, 2, 3, 2, 1), (4,)],
            8 * 7 * 8 * 4 * 2 * 6,
        ),
        (  # channels on the last axis: no window
            "Convolution",
            (5, 6),
            "convolution_param { num_output: 3 }",
            (5, 3),
            [(3, 6), (3,)],
            90,
        ),
        (
            "Deconvolution",
            (1, 21, 16, 16),
            """convolution_param { num_output: 21 group: 21 kernel_size: 64 stride: 32
               bias_term: false weight_filler { type: "bilinear" } }""",
            (1, 21, 544, 544),
            [(21, 1, 64, 64)],
            16 * 16 * 21 * 64 * 64,
        ),
        (
            "InnerProduct",
            (64, 256, 6, 6),
            "inner_product_param { num_output: 4096 }",
            (64, 4096),
            [(4096, 9216), (4096,)],
            64 * 37_748_736,
        ),
        (
            "InnerProduct",
            (7, 2, 5),
            "inner_product_param { num_output: 3 axis: -1 transpose: true bias_term: false }",
            (7, 2, 3),
            [(5, 3)],
            7 * 2 * 5 * 3,
        ),
        (
            "Embed",
            (4, 9),
            "embed_param { num_output: 16 input_dim: 100 }",
            (4, 9, 16),
            [(100, 16), (16,)],
            0,
        ),
        ("BatchNorm", (2, 3, 4, 5), "", (2, 3, 4, 5), [(3,), (3,), (1,)], 0),
        ("Scale", (2, 3, 4), "scale_param { bias_term: true }", (2, 3, 4), [(3,), (3,)], 0),
        ("Scale", (2, 3, 4), "scale_param { num_axes: -1 }", (2, 3, 4), [(3, 4)], 0),
        ("Scale", (2, 3, 4), "scale_param { num_axes: 0 }", (2, 3, 4), [()], 0),
        ("Bias", (2, 3, 4), "bias_param { axis: -1 }", (2, 3, 4), [(4,)], 0),
        ("PReLU", (2, 3, 4), "", (2, 3, 4), [(3,)], 0),
        ("PReLU", (2, 3, 4), "prelu_param { channel_shared: true }", (2, 3, 4), [()], 0),
    ],
)
def test_shapes_with_weights(
    type_name: str, bottom: Shape, body: str, top: Shape, params: list[Shape], work: int
) -> None:
    layer = set_up(type_name, [bottom], body)
    assert layer.top_shapes == (top,)
    assert layer.param_shapes == tuple(params)
    assert layer.multiply_adds == work


def test_a_convolution_of_two_bottoms_has_one_set_of_weights() -> None:
    body = "convolution_param { num_output: 4 kernel_size: 3 }"
    layer = set_up("Convolution", [(1, 2, 5, 5), (1, 2, 5, 5)], body, 2)
    assert layer.top_shapes == ((1, 4, 3, 3), (1, 4, 3, 3))
    assert layer.param_shapes == ((4, 2, 3, 3), (4,))
    assert layer.multiply_adds == 2 * 9 * 72


def test_a_factor_from_a_second_bottom_has_no_weights() -> None:
    body = "scale_param { bias_term: true }"
    assert set_up("Scale", [(2, 3, 4), (3, 4)], body).param_shapes == ((3, 4),)  # the bias
    assert set_up("Bias", [(2, 3, 4), (3,)]).param_shapes == ()
    assert set_up("Bias", [(2, 3, 4), ()]).top_shapes == ((2, 3, 4),)


def test_lstm() -> None:
    body = "recurrent_param { num_output: 10 }"
    layer = set_up("LSTM", [(5, 3, 7), (5, 3)], body)
    assert layer.top_shapes == ((5, 3, 10),)
    assert layer.param_shapes == ((40, 7), (40,), (40, 10))
    assert layer.multiply_adds == 5 * 3 * 40 * (7 + 10)


def test_lstm_with_a_static_input_and_its_state() -> None:
    state = (1, 3, 10)
    body = "recurrent_param { num_output: 10 expose_hidden: true }"
    layer = set_up("LSTM", [(5, 3, 2, 4), (5, 3), (3, 6), state, state], body, 3)
    assert layer.top_shapes == ((5, 3, 10), state, state)
    assert layer.param_shapes == ((40, 8), (40,), (40, 6), (40, 10))


def test_rnn() -> None:
    layer = set_up("RNN", [(5, 3, 7), (5, 3)], "recurrent_param { num_output: 10 }")
    assert layer.top_shapes == ((5, 3, 10),)
    assert layer.param_shapes == ((10, 7), (10,), (10, 10), (10, 10), (10,))
    assert layer.multiply_adds == 5 * 3 * 10 * (7 + 10 + 10)


def test_filter_says_that_its_batch_depends_on_the_data() -> None:
    net = parse_text(
        """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }
           layer { name: "s" type: "Input" top: "s" input_param { shape { dim: 4 } } }
           layer { name: "f" type: "Filter" bottom: "x" bottom: "s" top: "y" }""",
        "NetParameter",
    )
    (assumption,) = infer_shapes(net, "TEST").assumptions
    assert assumption.startswith("layer 'f' (Filter): ")
    assert "depends on the selector" in assumption


def test_an_unknown_type_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(PrototxtError, match=r"'x' \(Convolutoin\).*did you mean Convolution\?"):
        set_up("Convolutoin", [(1, 1)])
