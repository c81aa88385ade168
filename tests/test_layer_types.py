"""The registry of layer types against facts written down from BVLC Caffe's source.

The table is made from the headers and the .cpp of each type (include/caffe/layers and
src/caffe/layers at 9b89154), not from the registry: a wrong entry on either side fails.
"""

from __future__ import annotations

import doctest
from typing import Any, NamedTuple

import pytest

import caffe_multilabel.caffe.layers
from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.proto import schema
from caffe_multilabel.labels.rule import LABEL_KINDS
from caffe_multilabel.tasks.losses import LOSSES


class Facts(NamedTuple):
    """A row: bottoms and tops as `least-most`, and what Backward_cpu reads with no settings."""

    file: str
    bottoms: str
    tops: str
    message: str
    backward: str
    in_place: str
    shares: str
    random: str


# file                 bottoms tops message          backward in place   shares random
TABLE = """
AbsVal                  absval                   1   1   -                 bottom      refused never  no
Accuracy                accuracy                 2   1-2 accuracy_param    -           works   never  no
ArgMax                  argmax                   1   1   argmax_param      -           works   never  no
BNLL                    bnll                     1   1   -                 bottom      spoils_gradients  never  no
BatchNorm               batch_norm               1   1   batch_norm_param  -           works   never  no
BatchReindex            batch_reindex            2   1   -                 bottom      spoils_values  never  no
Bias                    bias                     1-2 1   bias_param        -           works   never  no
Clip                    clip                     1   1   clip_param        bottom      spoils_gradients  never  no
Concat                  concat                   1-  1   concat_param      -           works   alone  no
ContrastiveLoss         contrastive_loss         3   1   contrastive_loss_param bottom spoils_gradients  never  no
Convolution             conv                     1-  1-  convolution_param bottom      spoils_values  never  no
Crop                    crop                     2   1   crop_param        -           spoils_gradients  never  no
Data                    data                     0   1-2 data_param        -           works   never  yes
Deconvolution           deconv                   1-  1-  convolution_param bottom      spoils_values  never  no
Dropout                 dropout                  1   1   dropout_param     -           works   never  yes
DummyData               dummy_data               0   1-  dummy_data_param  -           works   never  yes
ELU                     elu                      1   1   elu_param         bottom,top  works   never  no
Eltwise                 eltwise                  2-  1   eltwise_param     -           spoils_values  never  no
Embed                   embed                    1   1   embed_param       bottom      spoils_gradients  never  no
EuclideanLoss           euclidean_loss           2   1   -                 -           spoils_gradients  never  no
Exp                     exp                      1   1   exp_param         top         works   never  no
Filter                  filter                   2-  1-  -                 -           spoils_gradients  never  no
Flatten                 flatten                  1   1   flatten_param     -           refused always no
HDF5Data                hdf5_data                0   1-  hdf5_data_param   -           works   never  yes
HDF5Output              hdf5_output              2   0   hdf5_output_param -           works   never  no
HingeLoss               hinge_loss               2   1   hinge_loss_param  bottom      spoils_gradients  never  no
Im2col                  im2col                   1   1   convolution_param -           spoils_values  never  no
ImageData               image_data               0   2   image_data_param  -           works   never  yes
InfogainLoss            infogain_loss            2-3 1-2 infogain_loss_param bottom    spoils_gradients  never  no
InnerProduct            inner_product            1   1   inner_product_param bottom    spoils_values  never  no
Input                   input                    0   1-  input_param       -           works   never  no
LRN                     lrn                      1   1   lrn_param         bottom,top  spoils_values  never  no
LSTM                    lstm                     0-  0-  recurrent_param   bottom      spoils_gradients  never  no
LSTMUnit                lstm_unit                3   2   -                 bottom,top  spoils_gradients  never  no
Log                     log                      1   1   log_param         bottom      spoils_gradients  never  no
MVN                     mvn                      1   1   mvn_param         top         spoils_gradients   never  no
MemoryData              memory_data              0   2   memory_data_param -           works   never  yes
MultinomialLogisticLoss multinomial_logistic_loss 2  1   -                 bottom      spoils_gradients  never  no
PReLU                   prelu                    1   1   prelu_param       bottom      works   never  no
Parameter               parameter                0   1   parameter_param   -           works   weight  no
Pooling                 pooling                  1   1-2 pooling_param     -           spoils_values  never  yes
Power                   power                    1   1   power_param       -           spoils_gradients   never  no
Python                  python                   0-  0-  python_param      bottom,top  works   never  yes
RNN                     rnn                      0-  0-  recurrent_param   bottom      spoils_gradients  never  no
ReLU                    relu                     1   1   relu_param        bottom      works   never  no
Reduction               reduction                1   1   reduction_param   -           works   never  no
Reshape                 reshape                  1   1   reshape_param     -           refused always no
SPP                     spp                      1   1   spp_param         -           spoils_values  never  yes
Scale                   scale                    1-2 1   scale_param       bottom      works   never  no
Sigmoid                 sigmoid                  1   1   sigmoid_param     top         works   never  no
SigmoidCrossEntropyLoss sigmoid_cross_entropy_loss 2 1   -                 bottom      spoils_gradients  never  no
Silence                 silence                  1-  0   -                 -           works   never  no
Slice                   slice                    1   1-  slice_param       -           works   alone  no
Softmax                 softmax                  1   1   softmax_param     top         works   never  no
SoftmaxWithLoss         softmax_loss             2   1   softmax_param     bottom      spoils_gradients  never  no
Split                   split                    1   1-  -                 -           refused always no
Swish                   swish                    1   1   swish_param       top         works   never  no
TanH                    tanh                     1   1   tanh_param        top         works   never  no
Threshold               threshold                1   1   threshold_param   -           works   never  no
Tile                    tile                     1   1   tile_param        -           works   never  no
WindowData              window_data              0   2   window_data_param -           works   never  yes
"""  # noqa: E501
ROWS = {row[0]: Facts(*row[1:]) for row in map(str.split, TABLE.strip().splitlines())}

# Base classes: NeuronLayer, LossLayer; blobs_ in LayerSetUp; transform_param in the data layers.
NEURONS = """AbsVal BNLL Clip Dropout ELU Exp Log PReLU Power ReLU Sigmoid Swish TanH
Threshold"""
LOSS_LAYERS = """ContrastiveLoss EuclideanLoss HingeLoss InfogainLoss MultinomialLogisticLoss
SigmoidCrossEntropyLoss SoftmaxWithLoss"""
WITH_BLOBS = """Bias Convolution Deconvolution Embed InnerProduct LSTM PReLU Parameter RNN Scale"""
TRANSFORMED = "Data ImageData MemoryData WindowData"
NO_BOTTOM = "Data DummyData HDF5Data ImageData Input MemoryData Parameter WindowData"
KINDS = {
    "convolution": "Convolution Deconvolution",
    "dense": "Embed InnerProduct",
    "recurrent": "LSTM LSTMUnit RNN",
    "pooling": "Pooling SPP",
    "normalisation": "BatchNorm Bias LRN MVN Scale",
    "output": "ArgMax Softmax",
    "arithmetic": "Eltwise Reduction",
    "view": "Flatten Reshape Split",
    "join": "Concat Slice",
    "select": "BatchReindex Crop Filter Im2col Tile",
    "accuracy": "Accuracy",
    "sink": "HDF5Output Silence",
    "user": "Python",
    "input": "Input",
    "parameter": "Parameter",
    "data": "Data DummyData HDF5Data ImageData MemoryData WindowData",
    "activation": NEURONS,
    "loss": LOSS_LAYERS,
}

# Type: bottom of the labels, what they are, where ignore_label is from, normalization by default,
# the message whose axis holds the classes (Forward_cpu, LayerSetUp, get_normalizer).
LABELS = {
    "Accuracy": (1, "class", "accuracy_param", "", "accuracy_param"),
    "ContrastiveLoss": (2, "similar", "", "", ""),
    "EuclideanLoss": (1, "real", "", "", ""),
    "HingeLoss": (1, "class", "", "", ""),
    "InfogainLoss": (1, "class", "loss_param", "VALID", "infogain_loss_param"),
    "MultinomialLogisticLoss": (1, "class", "", "", ""),
    "SigmoidCrossEntropyLoss": (1, "binary", "loss_param", "BATCH_SIZE", ""),
    "SoftmaxWithLoss": (1, "class", "loss_param", "VALID", "softmax_param"),
}


def layer(type_name: str, **fields: Any) -> Any:
    """Make a LayerParameter."""
    return schema().message("LayerParameter")(name="x", type=type_name, **fields)


def named(condition: Any) -> set[str]:
    """Return the types whose entries meet a condition."""
    return {name for name, entry in LAYER_TYPES.items() if condition(entry)}


def counts(text: str) -> tuple[int, int | None]:
    """Read `2`, `1-2` or `1-`."""
    least, dash, most = text.partition("-")
    return int(least), (int(most) if most else None) if dash else int(least)


def test_the_table_has_every_type() -> None:
    assert set(ROWS) == set(LAYER_TYPES)
    assert all(name == entry.name for name, entry in LAYER_TYPES.items())


@pytest.mark.parametrize("name", sorted(ROWS))
def test_facts_of_the_source(name: str) -> None:
    facts, entry = ROWS[name], LAYER_TYPES[name]
    plain = layer(name)
    assert entry.bottoms == counts(facts.bottoms)
    assert entry.tops == counts(facts.tops)
    assert entry.message == facts.message.strip("-")
    assert entry.backward_reads(plain) == set(facts.backward.strip("-").split(",")) - {""}
    assert entry.works_in_place(plain) == facts.in_place
    assert entry.shares == facts.shares
    assert entry.random == (facts.random == "yes")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kinds(kind: str) -> None:
    assert named(lambda entry: entry.kind == kind) == set(KINDS[kind].split())


def test_every_type_has_one_kind() -> None:
    assert sorted(name for names in KINDS.values() for name in names.split()) == sorted(ROWS)


def test_blobs() -> None:
    assert named(lambda entry: entry.blobs == "weights") == set(WITH_BLOBS.split())
    assert named(lambda entry: entry.blobs == "statistics") == {"BatchNorm"}


def test_a_layer_that_equals_bottoms_and_tops() -> None:
    # EqualNumBottomTopBlobs of base_conv_layer.hpp
    assert named(lambda entry: entry.paired) == {"Convolution", "Deconvolution"}


def test_transformed_data_and_layers_without_a_bottom() -> None:
    assert named(lambda entry: entry.transformed) == set(TRANSFORMED.split())
    assert named(lambda entry: entry.own_scale) == {"WindowData"}
    assert named(lambda entry: entry.bottoms == (0, 0)) == set(NO_BOTTOM.split())


def test_messages_are_fields_of_a_layer() -> None:
    fields = schema().message("LayerParameter").DESCRIPTOR.fields_by_name
    assert {entry.message for entry in LAYER_TYPES.values()} - {""} <= set(fields)


def test_labels() -> None:
    found = {
        name: (
            entry.labels.bottom,
            entry.labels.kind,
            entry.labels.ignore_label,
            entry.labels.normalization,
            entry.labels.class_axis,
        )
        for name, entry in LAYER_TYPES.items()
        if entry.labels is not None
    }
    assert found == LABELS


def test_losses_of_task_files_agree_on_their_labels() -> None:
    for loss, traits in LOSSES.items():
        if traits.type is None:
            assert not traits.layer
            continue
        assert traits.type.is_loss
        assert traits.type.labels is not None
        # A contrastive loss asks whether images are alike, which a yes or no tells.
        wanted = "similar" if loss == "contrastive" else LABEL_KINDS[loss]
        assert traits.type.labels.kind == wanted
    numbers = ["ignore_label", "normalization", "normalize", "points", "scores", "weight_columns"]
    values = ["ignore_label", "normalization", "positive_weight", "scores", "weight_columns"]
    classes = ["class_weight", "ignore_label", "label_smoothing", "normalization", "top_k"]
    images = ["identity", "l2_normalize", "margin"]
    options = {loss: set(traits.options) - {"nme_between"} for loss, traits in LOSSES.items()}
    assert options == {
        "softmax": {"focal", *classes},
        "sigmoid": {"focal", *values},
        "euclidean": set(numbers),
        "hinge": {"top_k"},
        "smooth_l1": {"sigma", *numbers},
        "contrastive": set(images),
        "triplet": set(images),
        "center": {"identity", "l2_normalize"},
    }


def test_what_deploy_makes_of_a_layer() -> None:
    assert named(lambda entry: entry.deploy == "bypassed") == {"Dropout"}
    assert named(lambda entry: entry.deploy == "fed") == {
        "Data",
        "HDF5Data",
        "ImageData",
        "MemoryData",
        "WindowData",
    }
    assert named(lambda entry: entry.deploy == "dropped") == {
        *LOSS_LAYERS.split(),
        "Accuracy",
        "HDF5Output",
        "Silence",
    }
    # The layer inside each loss: softmax_layer_, sigmoid_layer_.
    outputs = {name: entry.output for name, entry in LAYER_TYPES.items() if entry.output}
    assert outputs == {
        "InfogainLoss": "Softmax",
        "SigmoidCrossEntropyLoss": "Sigmoid",
        "SoftmaxWithLoss": "Softmax",
    }


@pytest.mark.parametrize(
    ("name", "fields", "reads"),
    [
        # eltwise_layer.cpp: only the gradient of a product reads data, see stable_prod_grad.
        ("Eltwise", {"eltwise_param": {"operation": "PROD"}}, "bottom"),
        (
            "Eltwise",
            {"eltwise_param": {"operation": "PROD", "stable_prod_grad": False}},
            "bottom top",
        ),
        ("Eltwise", {"eltwise_param": {"operation": "MAX"}}, ""),
        # power_layer.cpp: diff_scale_ = power * scale, and cases for power 1 and 2.
        ("Power", {"power_param": {"power": 3}}, "bottom top"),
        ("Power", {"power_param": {"power": 2}}, "bottom"),
        ("Power", {"power_param": {"power": 2, "scale": 0}}, ""),
        # lrn_layer.cpp: WithinChannelBackward runs a product with stable_prod_grad.
        ("LRN", {"lrn_param": {"norm_region": "WITHIN_CHANNEL"}}, "bottom"),
        ("MVN", {"mvn_param": {"normalize_variance": False}}, ""),
        ("Reduction", {"reduction_param": {"operation": "ASUM"}}, "bottom"),
        ("Reduction", {"reduction_param": {"operation": "SUMSQ"}}, "bottom"),
        ("Reduction", {"reduction_param": {"operation": "MEAN"}}, ""),
        # pooling_layer.cpp: use_top_mask
        ("Pooling", {"top": ["x", "mask"]}, "mask"),
    ],
)
def test_what_backward_reads_by_its_settings(name: str, fields: Any, reads: str) -> None:
    assert LAYER_TYPES[name].backward_reads(layer(name, **fields)) == set(reads.split())


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        # power_layer.cpp: diff_scale_ 0 fills the gradient with 0; anything else is written over
        # the gradient of the top before that is read.
        ("Power", {"power_param": {"power": 2}}, "spoils_gradients"),
        ("Power", {"power_param": {"power": 0}}, "works"),
        ("Power", {"power_param": {"power": 2, "scale": 0}}, "works"),
        ("Power", {"power_param": {"scale": 2}}, "spoils_gradients"),
        ("Power", {"power_param": {"scale": 0}}, "works"),
        # mvn_layer.cpp: the product with the top's data goes where the top's gradient is.
        ("MVN", {"mvn_param": {"normalize_variance": False}}, "works"),
        # eltwise_layer.cpp: SUM and MAX start with caffe_set of the top.
        ("Eltwise", {"eltwise_param": {"operation": "PROD"}}, "spoils_gradients"),
        ("Eltwise", {"eltwise_param": {"operation": "MAX"}}, "spoils_values"),
        # lrn_layer.cpp: CrossChannelForward puts scale ^ -beta into the top, then multiplies.
        ("LRN", {"lrn_param": {"norm_region": "WITHIN_CHANNEL"}}, "spoils_gradients"),
        # im2col.cpp: col2im_cpu starts with caffe_set of the bottom's gradient.
        ("Im2col", {"convolution_param": {"kernel_size": [1]}}, "spoils_gradients"),
        ("Im2col", {"convolution_param": {"kernel_size": [2]}}, "spoils_values"),
        # relu_layer.cpp, elu_layer.cpp: the sign of bottom_data, which a negative slope turns.
        ("ReLU", {"relu_param": {"negative_slope": 0.1}}, "works"),
        ("ReLU", {"relu_param": {"negative_slope": -1}}, "spoils_gradients"),
        ("ELU", {"elu_param": {"alpha": -1}}, "spoils_gradients"),
        ("Reduction", {"reduction_param": {"operation": "ASUM"}}, "spoils_gradients"),
    ],
)
def test_work_in_place_by_its_settings(name: str, fields: Any, expected: str) -> None:
    assert LAYER_TYPES[name].works_in_place(layer(name, **fields)) == expected


# Which bottoms' cpu_data() a Backward_cpu asks for, where it is not all of them; and which bottoms'
# mutable_cpu_diff() it writes: others are refused by a CHECK, a LOG(FATAL) or NOT_IMPLEMENTED, or
# have no line of their own.
@pytest.mark.parametrize(
    ("name", "bottoms", "top", "reads", "propagates"),
    [
        ("BatchReindex", 2, "y", "1", "0"),
        ("ContrastiveLoss", 3, "y", "2", "01"),
        ("Crop", 2, "y", "", "0"),
        ("EuclideanLoss", 2, "y", "", "01"),
        ("HingeLoss", 2, "y", "1", "0"),
        ("InfogainLoss", 2, "y", "1", "0"),
        ("InfogainLoss", 3, "y", "12", "0"),
        ("MultinomialLogisticLoss", 2, "y", "01", "0"),
        ("SigmoidCrossEntropyLoss", 2, "y", "1", "0"),
        ("SoftmaxWithLoss", 2, "y", "1", "0"),
        ("Accuracy", 2, "y", "", ""),
        ("ArgMax", 1, "y", "", ""),
        ("Threshold", 1, "y", "", ""),
        ("HDF5Output", 2, "", "", ""),
        ("Silence", 2, "", "", "01"),
        ("Embed", 1, "y", "0", ""),
        ("Filter", 3, "y z", "", "01"),
        ("LSTMUnit", 3, "y z", "012", "01"),
        ("LSTM", 2, "y", "01", "0"),
        ("LSTM", 3, "y", "012", "02"),
        ("LSTM", 4, "y c h", "0123", "0"),
        ("LSTM", 5, "y c h", "01234", "02"),
        ("RNN", 3, "y h", "012", "0"),
        ("RNN", 4, "y h", "0123", "02"),
        ("InnerProduct", 1, "y", "0", "0"),
        ("Scale", 1, "y", "0", "0"),
        ("Scale", 2, "y", "01", "01"),
        ("Bias", 2, "y", "", "01"),
        # prelu_layer.cpp bottom_memory_, scale_layer.cpp temp_
        ("PReLU", 1, "y", "0", "0"),
        ("PReLU", 1, "0", "", "0"),
        ("Scale", 1, "0", "", "0"),
        ("Scale", 2, "0", "1", "01"),
        ("ReLU", 1, "0", "0", "0"),
    ],
)
def test_bottoms_of_the_backward_pass(
    name: str, bottoms: int, top: str, reads: str, propagates: str
) -> None:
    entry = LAYER_TYPES[name]
    made = layer(name, bottom=map(str, range(bottoms)), top=top.split())
    assert entry.bottoms_read_again(made) == tuple(map(int, reads))
    assert entry.propagates_to(made) == tuple(map(int, propagates))


def test_what_is_left_of_values_in_place() -> None:
    kept = {
        name: entry.keeps_in_place(layer(name))
        for name, entry in LAYER_TYPES.items()
        if entry.keeps_in_place(layer(name)) != "nothing"
    }
    assert kept == {
        "Dropout": "passed_signs",
        "ELU": "signs",
        "PReLU": "signs",
        "ReLU": "passed_values",
        "Swish": "signs",
        "TanH": "signs",
        "Tile": "values",
    }
    # relu_layer.cpp, elu_layer.cpp ask `bottom_data[i] > 0`.
    assert named(lambda entry: entry.backward_signs) == {"ELU", "ReLU"}
    # mvn_layer.cpp sums over its top; lstm_unit_layer.cpp has tanh(C) in the gradient of H.
    assert named(lambda entry: entry.backward_mixes) == {"LSTM", "LSTMUnit", "MVN", "RNN"}
    assert named(lambda entry: not entry.reads) == {"Silence"}


@pytest.mark.parametrize(
    ("name", "bottoms", "tops", "shares"),
    [
        ("Concat", "a", "x", True),
        ("Concat", "a b", "x", False),
        ("Slice", "a", "x", True),
        ("Slice", "a", "x y", False),
        ("Split", "a", "x y", True),
        ("Reshape", "a", "x", True),
        ("ReLU", "a", "x", False),
    ],
)
def test_shared_memory(name: str, bottoms: str, tops: str, shares: bool) -> None:
    message = layer(name, bottom=bottoms.split(), top=tops.split())
    assert LAYER_TYPES[name].shares_memory(message) is shares


@pytest.mark.parametrize(
    ("name", "fields", "sized"),
    [
        ("Data", {}, False),
        ("Data", {"transform_param": {"crop_size": 4}}, True),
        ("ImageData", {}, False),
        ("ImageData", {"image_data_param": {"new_height": 4, "new_width": 4}}, True),
        ("ImageData", {"transform_param": {"crop_size": 4}}, True),
        ("Input", {}, False),
        ("Input", {"input_param": {"shape": [{"dim": [1]}]}}, True),
        ("HDF5Data", {}, False),
        ("Python", {}, False),
        ("WindowData", {}, True),  # it must have a crop_size
        ("MemoryData", {}, True),
        ("DummyData", {}, True),
        ("ReLU", {}, True),
    ],
)
def test_whether_the_net_tells_the_size(name: str, fields: Any, sized: bool) -> None:
    assert LAYER_TYPES[name].is_sized(layer(name, **fields)) is sized


def test_what_may_be_given_shapes() -> None:
    assert named(lambda entry: entry.takes_shapes) == {*NO_BOTTOM.split(), "Python"} - {"Parameter"}


def test_the_example_runs() -> None:
    assert doctest.testmod(caffe_multilabel.caffe.layers).failed == 0
    assert doctest.testmod(caffe_multilabel.caffe.layers).attempted > 0
