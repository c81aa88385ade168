"""Layers that do not fit, share a name, dangle, or spoil each other's blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lint_tools import NET, edited, everywhere, found, lint

if TYPE_CHECKING:
    from caffe_multilabel.nets.lint import Finding


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def test_a_net_in_order_gives_nothing() -> None:
    assert lint(NET) == []


def test_one_shape_error_does_not_hide_the_next() -> None:
    text = edited(
        ("kernel_size: 9", "kernel_size: 40"),
        ('bottom: "fc_flags" bottom: "flags"', 'bottom: "fc_flag" bottom: "flags"'),
    )
    findings = lint(text)
    assert found(findings) == {("shape", "conv"), ("shape", "loss_flags")}
    assert all(finding.severity == "error" for finding in findings)


def test_an_unknown_bottom_suggests_the_nearest_blob() -> None:
    text = edited(('bottom: "fc_flags" bottom', 'bottom: "fc_flag" bottom'))
    finding = next(f for f in lint(text) if f.rule == "shape")
    assert finding.layer == "loss_flags"
    assert "did you mean 'fc_flags'?" in str(finding)
    assert str(finding).startswith("loss_flags: unknown bottom blob 'fc_flag'")


def test_a_blob_with_two_readers_cannot_be_changed_in_place() -> None:
    tanh = 'layer { name: "s" type: "TanH" bottom: "conv" top: "conv" }\n'
    before_colour = edited(('layer {\n  name: "fc_flags"', tanh + 'layer {\n  name: "fc_flags"'))
    assert ("shape", "s") in found(lint(before_colour))
    before_all = edited(('layer {\n  name: "fc_colour"', tanh + 'layer {\n  name: "fc_colour"'))
    assert lint(before_all) == []


def test_include_and_exclude_in_one_layer() -> None:
    text = edited(('name: "relu"', 'name: "relu" include { } exclude { phase: TEST }'))
    finding = only(lint(text))
    assert str(finding) == ("relu: it has include and exclude rules; only one kind is allowed")


def test_two_layers_with_weights_of_one_name() -> None:
    finding = only(lint(edited(('name: "fc_flags"', 'name: "fc_colour"'))))
    assert (finding.rule, finding.severity) == ("duplicate-name", "error")
    assert "first layer" in finding.message


def test_two_layers_without_weights_of_one_name() -> None:
    finding = only(lint(edited(('name: "loss_flags"', 'name: "loss_colour"'))))
    assert (finding.rule, finding.severity) == ("duplicate-name", "warning")


TWINS = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "fc" type: "Softmax" bottom: "fc" top: "prob" }
"""


def test_a_name_whose_second_layer_has_no_weights() -> None:
    finding = only(lint(TWINS))
    assert (finding.rule, finding.severity) == ("duplicate-name", "warning")
    assert "goes into the first, as it should" in finding.message
    assert "saved from this net stops Caffe" in finding.message
    swapped = TWINS.replace('"Softmax" bottom: "fc"', '"Softmax" bottom: "data"').split("\n")
    finding = only(lint("\n".join([*swapped[:2], swapped[4], *swapped[2:4]])))
    assert (finding.rule, finding.severity) == ("duplicate-name", "error")
    assert "first layer only" in finding.message


def test_such_a_name_in_a_net_that_is_trained_and_tested() -> None:
    finding = only(lint(edited(('name: "loss_colour"', 'name: "fc_colour"'))))
    assert (finding.rule, finding.severity) == ("duplicate-name", "error")
    assert "Caffe stops where TEST or a caffemodel takes the weights" in finding.message
    accuracy = only(lint(edited(('name: "accuracy"', 'name: "fc_colour"'))))
    assert (accuracy.severity, accuracy.phase) == ("warning", "TEST")


def test_of_two_layers_of_one_name_the_one_that_does_not_fit_is_meant() -> None:
    findings = lint(
        edited(
            ('name: "fc_flags"', 'name: "fc_colour"'),
            ("num_output: 3", "num_output: 3 axis: 7"),
        )
    )
    assert sorted((finding.rule, finding.severity) for finding in findings) == [
        ("duplicate-name", "error"),
        ("shape", "error"),
    ]


def test_one_name_in_two_phases_is_as_it_should_be() -> None:
    assert NET.count('name: "data"') == 2
    assert lint(NET) == []


def test_labels_that_no_layer_reads() -> None:
    cut = (
        ('top: "corners"', 'top: "corners" top: "rest"'),
        ("slice_point: 4", "slice_point: 4 slice_point: 8"),
    )
    finding = only(lint(edited(*cut)))
    assert (finding.rule, finding.layer, finding.phase) == ("dangling-blob", "slice", "TRAIN")
    assert "'rest'" in finding.message
    silence = 'layer { name: "silence_rest" type: "Silence" bottom: "rest" }'
    assert silence in finding.fix
    assert lint(edited(*cut) + silence) == []


def test_a_head_without_a_loss_dangles() -> None:
    text = edited(
        ('bottom: "fc_flags" bottom: "flags"', 'bottom: "fc_corners" bottom: "corners"'),
        ('"SigmoidCrossEntropyLoss"', '"EuclideanLoss"'),
    )
    assert found(lint(text)) == {("dangling-blob", "fc_flags"), ("dangling-blob", "slice")}


def test_the_size_of_images_that_the_net_does_not_tell() -> None:
    findings = lint(everywhere("crop_size: 28", ""))
    assert found(findings) == {("unknown-size", "data")}
    assert {finding.severity for finding in findings} == {"info"}


def test_labels_need_no_size() -> None:
    two_slices = edited(
        ("slice_point: 1 slice_point: 4", "slice_point: 4"),
        ('top: "colour" top: "flags" top: "corners"', 'top: "first" top: "corners"'),
        (
            'layer {\n  name: "conv"',
            (
                'layer { name: "slice2" type: "Slice" bottom: "first" top: "colour" top: "flags"\n'
                '  slice_param { slice_point: 1 } }\nlayer {\n  name: "conv"'
            ),
        ),
    )
    assert lint(two_slices) == []


def test_columns_of_one_task_that_are_joined_again() -> None:
    joined = edited(
        ("slice_point: 1 slice_point: 4", "slice_point: 1 slice_point: 3 slice_point: 7"),
        ('top: "corners"', 'top: "corners" top: "last_flag"'),
        ('top: "flags"', 'top: "first_flags"'),
        (
            'layer {\n  name: "conv"',
            (
                'layer { name: "join" type: "Concat" bottom: "first_flags" bottom: "last_flag"\n'
                '  top: "flags" }\nlayer {\n  name: "conv"'
            ),
        ),
    )
    assert lint(joined) == []


def test_a_slice_point_out_of_all_bounds_is_no_crash() -> None:
    text = edited(("slice_point: 4", "slice_point: 4294967295"))
    assert ("shape", "slice") in found(lint(text))


@pytest.mark.parametrize("kind", ["Loss", "Accuracy"])
def test_labels_in_a_deploy_net(kind: str) -> None:
    inputs = """
    layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
    layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
      inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
    """
    labels = 'layer { name: "l" type: "Input" top: "l" input_param { shape { dim: 2 } } }'
    score = 'layer { name: "score" type: "KIND" bottom: "fc" bottom: "l" top: "score" }'
    name = {"Loss": "SoftmaxWithLoss"}.get(kind, kind)
    assert found(lint(inputs + labels + score.replace("KIND", name))) >= {("deploy-loss", "score")}
    assert lint(inputs) == []


def layer_in_place(kind: str, more: str = "") -> str:
    """The net with a layer in place behind the convolution."""
    layer = f'layer {{ name: "x" type: "{kind}" bottom: "conv" top: "conv" {more} }}\n'
    return edited(('layer { name: "relu"', layer + 'layer { name: "relu"'))


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("LRN", ""),
        ("BNLL", ""),
        ("Log", ""),
        ("Power", "power_param { power: 2 }"),
        ("Pooling", "pooling_param { kernel_size: 3 pad: 1 }"),
        (
            "Convolution",
            'convolution_param { num_output: 5 kernel_size: 1 weight_filler { type: "xavier" } }',
        ),
    ],
)
def test_types_that_cannot_work_in_place(kind: str, more: str) -> None:
    text = layer_in_place(kind, more)
    assert ("in-place", "x") in found(lint(text))
    repaired = text.replace('bottom: "conv" top: "conv"', 'bottom: "conv" top: "x"', 1)
    repaired = repaired.replace('"ReLU" bottom: "conv" top: "conv"', '"ReLU" bottom: "x" top: "y"')
    repaired = repaired.replace('"InnerProduct" bottom: "conv"', '"InnerProduct" bottom: "y"')
    assert lint(repaired) == []


@pytest.mark.parametrize(
    "more", ["", "power_param { scale: 2 shift: 1 }", "power_param { power: 2 }"]
)
def test_no_line_works_in_place_but_a_flat_one(more: str) -> None:
    # Caffe writes the slope into the gradient of the bottom before it reads that of the top.
    assert [(f.rule, f.layer, f.phase) for f in lint(layer_in_place("Power", more))] == [
        ("in-place", "x", "TRAIN")
    ]


@pytest.mark.parametrize("more", ["power: 0", "scale: 0", "power: 2 scale: 0"])
def test_a_flat_line_works_in_place(more: str) -> None:
    assert lint(layer_in_place("Power", f"power_param {{ {more} }}")) == []


def in_place_over(first: str, second: str) -> str:
    """The net with a layer and a second one in place over it, instead of the ReLU."""
    return edited(
        (
            'layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }',
            (
                f'layer {{ name: "first" type: "{first}" bottom: "conv" top: "conv" }}\n'
                f'layer {{ name: "second" type: "{second}" bottom: "conv" top: "conv" }}'
            ),
        )
    )


@pytest.mark.parametrize("first", ["Sigmoid", "TanH", "Softmax", "Exp", "MVN"])
def test_dropout_over_a_layer_that_needs_its_top(first: str) -> None:
    findings = lint(in_place_over(first, "Dropout"))
    # MVN goes wrong in place by itself, too.
    own = {("in-place", "first")} if first == "MVN" else set()
    assert found(findings) == {("in-place", "second")} | own
    assert {finding.phase for finding in findings} == {"TRAIN"}


@pytest.mark.parametrize(
    ("first", "second"), [("ReLU", "Dropout"), ("TanH", "ReLU"), ("Dropout", "Sigmoid")]
)
def test_work_in_place_that_spoils_nothing(first: str, second: str) -> None:
    assert lint(in_place_over(first, second)) == []


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("Clip", "clip_param { min: 0 max: 1 }"),
        ("ReLU", "relu_param { negative_slope: -1 }"),
        ("ELU", "elu_param { alpha: -1 }"),
    ],
)
def test_a_gradient_by_the_sign_or_range_of_a_bottom_that_is_gone(kind: str, more: str) -> None:
    assert found(lint(layer_in_place(kind, more))) == {("in-place", "x")}


@pytest.mark.parametrize("first", ["ELU", "Swish"])
def test_layers_whose_gradient_is_made_of_top_and_bottom(first: str) -> None:
    assert found(lint(in_place_over(first, "Dropout"))) == {("in-place", "second")}
    assert lint(in_place_over(first, "ReLU")) == []


@pytest.mark.parametrize(("blob", "spoils"), [("pool", False), ("mask", True)])
def test_a_pooling_reads_its_mask_again(blob: str, spoils: bool) -> None:
    pooled = f"""layer {{ name: "pool" type: "Pooling" bottom: "conv" top: "pool" top: "mask"
        pooling_param {{ kernel_size: 1 }} }}
    layer {{ name: "over" type: "Dropout" bottom: "{blob}" top: "{blob}" }}
    layer {{ name: "rest" type: "Silence" bottom: "mask" }}
    """
    text = edited(('layer { name: "relu"', pooled + 'layer { name: "relu"'))
    text = text.replace('"ReLU" bottom: "conv" top: "conv"', '"ReLU" bottom: "pool" top: "pool"')
    text = text.replace('"InnerProduct" bottom: "conv"', '"InnerProduct" bottom: "pool"')
    assert found(lint(text)) == ({("in-place", "over")} if spoils else set())


def test_relu_over_mvn_spoils_its_gradient() -> None:
    assert ("in-place", "second") in found(lint(in_place_over("MVN", "ReLU")))
    mean_only = in_place_over("MVN", "ReLU").replace(
        '"MVN" ', '"MVN" mvn_param { normalize_variance: false } '
    )
    assert lint(mean_only) == []


def test_what_is_spoilt_in_backward_only_is_no_error_where_nothing_trains() -> None:
    deploy = """layer { name: "data" type: "Input" top: "data" input_param {
        shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
    layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 5 kernel_size: 1 } }
    layer { name: "x" type: "KIND" bottom: "conv" top: "conv" }
    """
    for kind in ("Clip", "BNLL", "Log", "Power", "MVN"):
        assert lint(deploy.replace("KIND", kind)) == []
    assert found(lint(deploy.replace("KIND", "LRN"))) == {("in-place", "x")}


def test_what_is_spoilt_in_backward_only_is_no_error_in_frozen_layers() -> None:
    text = layer_in_place("BNLL")
    assert found(lint(text)) == {("in-place", "x")}
    frozen = '"Convolution" param { lr_mult: 0 } param { lr_mult: 0 }'
    assert lint(text.replace('"Convolution"', frozen)) == []


def reading(layers: str) -> str:
    """The net with layers of `NAME TYPE BOTTOMS TOP` instead of the ReLU; the heads read `end`."""
    lines = []
    for layer in layers.split("; "):
        name, kind, bottoms, top = layer.split()
        made = " ".join(f'bottom: "{bottom}"' for bottom in bottoms.split(","))
        lines.append(f'layer {{ name: "{name}" type: "{kind}" {made} top: "{top}" }}\n')
    relu = 'layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }\n'
    text = edited((relu, "".join(lines)))
    return text.replace('"InnerProduct" bottom: "conv"', '"InnerProduct" bottom: "end"')


JOIN = "flat Flatten b c; sum Eltwise a,c end"


@pytest.mark.parametrize(
    ("layers", "harms"),
    [
        # TanH makes its gradient from its top, which the Dropout overwrites through the view.
        ("t TanH conv a; f Flatten a end; x Dropout end end", True),
        ("t TanH conv a; f Reshape a end; x ReLU end end", False),
        # A layer that runs after the write reads what was written.
        (f"f Flatten conv a; x ReLU a a; y TanH conv b; {JOIN}", True),
        # One that ran before has read what it should, but for what Backward reads again.
        (f"y TanH conv b; f Flatten conv a; x ReLU a a; {JOIN}", False),
        (f"y BNLL conv b; f Flatten conv a; x ReLU a a; {JOIN}", True),
        # ReLU only asks whether a value is positive, which another ReLU leaves as it is.
        (f"y ReLU conv b; f Flatten conv a; x ReLU a a; {JOIN}", False),
        (f"y ReLU conv b; f Flatten conv a; x Sigmoid a a; {JOIN}", True),
        # The zeros of a ReLU excuse nothing where another gradient comes to what it zeroes.
        (f"t TanH conv t; f Flatten t a; x ReLU a a; y Power t b; {JOIN}", True),
        (f"t TanH conv t; y TanH t b; f Flatten t a; x ReLU a a; {JOIN}", True),
        # A layer two steps above, in place as well.
        ("t TanH conv end; r ReLU end end; x Dropout end end", True),
        ("r ReLU conv conv; x BatchNorm conv conv; f Flatten conv end", True),
        ("r ReLU conv conv; x TanH conv conv; f Flatten conv end", False),
        # Scale and PReLU copy their bottom where they work in place.
        ("s Scale conv conv; x Sigmoid conv conv; f Flatten conv end", False),
        ("s PReLU conv conv; x Sigmoid conv conv; f Flatten conv end", False),
    ],
)
def test_layers_that_share_memory(layers: str, harms: bool) -> None:
    findings = [finding for finding in lint(reading(layers)) if finding.rule == "in-place"]
    assert found(findings) == ({("in-place", "x")} if harms else set())


def test_a_reader_after_the_write_goes_wrong_in_both_phases() -> None:
    layers = f"f Flatten conv a; x ReLU a a; y TanH conv b; {JOIN}"
    finding = only(lint(reading(layers)))
    assert (finding.layer, finding.phase) == ("x", None)
    assert "TanH layer 'y' reads after it" in finding.message
    # Dropout changes nothing in TEST.
    assert only(lint(reading(layers.replace("ReLU", "Dropout")))).phase == "TRAIN"


def test_a_leaky_relu_scales_values_that_a_gradient_is_made_of() -> None:
    leaky = in_place_over("TanH", "ReLU").replace(
        'name: "second"', 'name: "second" relu_param { negative_slope: 0.1 }'
    )
    assert found(lint(leaky)) == {("in-place", "second")}


def test_work_in_place_on_weights() -> None:
    weights = """layer { name: "w" type: "Parameter" top: "w" param { name: "shared" }
        parameter_param { shape { dim: 5 } } }
    layer { name: "x" type: "KIND" bottom: "w" top: "TOP" }
    layer { name: "use" type: "Bias" bottom: "conv" bottom: "TOP" top: "conv"
        bias_param { axis: 1 } }
    """
    text = edited(('layer { name: "relu"', weights + 'layer { name: "relu"')).replace(
        "KIND", "TanH"
    )
    finding = only(lint(text.replace("TOP", "w")))
    assert (finding.rule, finding.layer, finding.phase) == ("in-place", "x", None)
    assert "the weights of Parameter layer 'w'" in finding.message
    assert lint(text.replace("TOP", "v")) == []
