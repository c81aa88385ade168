"""Prototxt text in and out, as Caffe's own parser and printer have it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel.caffe.proto import parse_text, schema, to_text
from caffe_multilabel.errors import PrototxtError


def refused(text: str, message_name: str = "NetParameter") -> PrototxtError:
    with pytest.raises(PrototxtError) as caught:
        parse_text(text, message_name, name="net.prototxt")
    assert caught.value.path == "net.prototxt"
    return caught.value


def test_a_field_of_a_fork_is_named_with_its_line_and_the_way_out() -> None:
    error = refused('name: "ssd"\nlayer {\n  name: "p"\n  prior_box_param { min_size: 30 }\n}\n')
    assert error.line == 4
    assert error.message.startswith("net.prototxt:4:3: LayerParameter has no field prior_box_param")
    assert "--proto FORK.proto" in error.message


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('layer {\n  botom: "x"\n}', 2, "LayerParameter has no field botom (did you mean bottom?)"),
        (
            "layer { pooling_param {\n pool: MEAN } }",
            2,
            "PoolingParameter.PoolMethod has no value MEAN; it is one of MAX, AVE, STOCHASTIC",
        ),
        (
            "layers {\n\n type: CONVOLUTON }",
            3,
            "V1LayerParameter.LayerType has no value CONVOLUTON (did you mean CONVOLUTION?)",
        ),
        ('name: "a"\nname: "b"', 2, "should not have multiple"),
        ("layer {\n  name: 3 }", 2, "Expected string"),
        ("layer {\n convolution_param { num_output: 64.0 } }", 2, "parse integer: 64.0"),
        ("layer {\n convolution_param { num_output: -1 } }", 2, "out of range: -1"),
        ('layer {\n  name: "open\n}', 2, "missing ending quote"),
        ("layer {\n", 1, "Expected"),
        # Spaces of web pages, and signs Python takes for numbers.
        ("layer\n\u00a0{ }", 2, r"Caffe cannot read '\xa0' here"),
        ("layer { param { lr_mult:\n +1 } }", 2, "Caffe cannot read '+' here"),
        ("layer { param {\n lr_mult: 1_0 } }", 2, "Caffe cannot read '1_' here"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, where: int, what: str) -> None:
    error = refused(text)
    assert error.line == where
    assert error.message.startswith(f"net.prototxt:{where}:")
    assert what in error.message


def test_a_required_field_left_out_is_named() -> None:
    error = refused("layer { clip_param { min: 0 } }")
    assert error.message == "net.prototxt: required and left out: layer[0].clip_param.max"


def test_all_spellings_of_text_format_are_read() -> None:
    net = parse_text(
        """# a comment with "quotes" and + signs
        name: 'it''s' ; layer: < name: "a" "b", propagate_down: [true, f, 1] loss_weight: .5f >
        state { phase: 1 level: -0x10 stage: "\\101\\x42\\n" }
        """,
        "NetParameter",
    )
    assert net.name == "its"
    assert net.layer[0].name == "ab"
    assert list(net.layer[0].propagate_down) == [True, False, True]
    assert list(net.layer[0].loss_weight) == [0.5]
    assert (net.state.level, net.state.stage[0]) == (-16, "AB\n")


def test_text_is_what_every_caffe_reads() -> None:
    net = schema().message("NetParameter")(name='车 "color"\n\u20287')
    net.state.phase = schema().enum_value("Phase.TRAIN")
    layer = net.layer.add(type="Data", loss_weight=[0.2, 1, 1e-8, 0.00390625, 1e10])
    layer.transform_param.mirror = True
    assert to_text(net) == (
        'name: "车 \\"color\\"\\n\\342\\200\\2507"\n'
        "state {\n  phase: TRAIN\n}\n"
        'layer {\n  type: "Data"\n'
        "  loss_weight: 0.2\n  loss_weight: 1.0\n  loss_weight: 1e-08\n"
        "  loss_weight: 0.00390625\n  loss_weight: 10000000000.0\n"
        "  transform_param {\n    mirror: true\n  }\n}\n"
    )
    assert parse_text(to_text(net), "NetParameter") == net


@settings(deadline=None, max_examples=200)
@given(st.floats(width=32, allow_nan=False), st.text())
def test_floats_and_strings_read_back_the_same(number: float, words: str) -> None:
    layer = schema().message("LayerParameter")(name=words, loss_weight=[number])
    text = to_text(layer)
    assert all(each.isprintable() for each in text.replace("\n", ""))
    assert parse_text(text, "LayerParameter") == layer
    shown = float(text.splitlines()[-1].removeprefix("loss_weight: "))
    assert np.float32(shown) == np.float32(number)


def test_fields_that_text_cannot_hold_are_not_dropped() -> None:
    net = schema().message("NetParameter")()
    net.layer.add().MergeFromString(b"\xba\x3f\x02\x08\x03")  # field 1015, a message
    with pytest.raises(PrototxtError, match=r"LayerParameter\.1015.*--proto FORK\.proto"):
        to_text(net)
