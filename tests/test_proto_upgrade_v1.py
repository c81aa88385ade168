"""V1 nets and the old input, transformation, BatchNorm and solver fields, in the current format."""

from __future__ import annotations

import pytest

from caffe_multilabel.caffe.proto import parse_text, schema, to_text, upgrade_net, upgrade_solver
from caffe_multilabel.errors import PrototxtError

V1_NET = """
name: "v1"
layers {
  name: "data" type: DATA top: "data" top: "label"
  include { phase: TRAIN }
  data_param { source: "db" backend: LMDB batch_size: 8 scale: 0.5 crop_size: 20 mirror: true }
}
layers {
  name: "conv" type: CONVOLUTION bottom: "data" top: "conv"
  param: "shared" blob_share_mode: PERMISSIVE blobs_lr: 1 blobs_lr: 2
  weight_decay: 1 weight_decay: 0 weight_decay: 3
  convolution_param { num_output: 4 kernel_size: 3 }
}
layers {
  name: "loss" type: SOFTMAX_LOSS bottom: "conv" bottom: "label" top: "loss"
  loss_weight: 0.2 loss_param { ignore_label: -1 } exclude { stage: "deploy" }
}
"""

V1_NET_NOW = """\
name: "v1"
layer {
  name: "data"
  type: "Data"
  top: "data"
  top: "label"
  include {
    phase: TRAIN
  }
  transform_param {
    scale: 0.5
    mirror: true
    crop_size: 20
  }
  data_param {
    source: "db"
    batch_size: 8
    backend: LMDB
  }
}
layer {
  name: "conv"
  type: "Convolution"
  bottom: "data"
  top: "conv"
  param {
    name: "shared"
    share_mode: PERMISSIVE
    lr_mult: 1.0
    decay_mult: 1.0
  }
  param {
    lr_mult: 2.0
    decay_mult: 0.0
  }
  param {
    decay_mult: 3.0
  }
  convolution_param {
    num_output: 4
    kernel_size: 3
  }
}
layer {
  name: "loss"
  type: "SoftmaxWithLoss"
  bottom: "conv"
  bottom: "label"
  top: "loss"
  loss_weight: 0.2
  exclude {
    stage: "deploy"
  }
  loss_param {
    ignore_label: -1
  }
}
"""


def upgraded(text: str) -> str:
    net = parse_text(text, "NetParameter")
    assert upgrade_net(net) == []
    return to_text(net)


def test_a_v1_net_becomes_a_current_one() -> None:
    assert upgraded(V1_NET) == V1_NET_NOW


def test_an_up_to_date_net_is_left_alone() -> None:
    assert upgraded(V1_NET_NOW) == V1_NET_NOW


def test_every_v1_type_and_parameter_has_its_place() -> None:
    v1 = schema().message("V1LayerParameter").DESCRIPTOR
    for value in schema().enum("V1LayerParameter.LayerType"):
        net = parse_text(f"layers {{ type: {value} }}", "NetParameter")
        assert upgrade_net(net) == []
        # Today's names are the old ones in another spelling, but for one.
        now = net.layer[0].type.upper().replace("WITH", "")
        assert now == value.replace("_", "").replace("NONE", "")
    for field in v1.fields:
        if field.name.endswith("_param"):
            assert f"  {field.name} {{" in upgraded(f"layers {{ {field.name} {{}} }}")


def test_one_old_transformation_gives_all_data_layers_a_transform_param() -> None:
    net = parse_text(
        """
        layers { type: IMAGE_DATA image_data_param { mean_file: "m" } }
        layers { type: WINDOW_DATA }
        layers { type: MEMORY_DATA }
        """,
        "NetParameter",
    )
    upgrade_net(net)
    assert [layer.HasField("transform_param") for layer in net.layer] == [True, True, False]
    assert net.layer[0].transform_param.mean_file == "m"
    assert not net.layer[0].image_data_param.HasField("mean_file")


INPUT_LAYER = """\
layer {
  name: "input"
  type: "Input"
  top: "data"
  top: "roi"
  input_param {
    shape {
      dim: 1
      dim: 3
      dim: 227
      dim: 226
    }
    shape {
      dim: 5
      dim: 4
      dim: 1
      dim: 1
    }
  }
}
layer {
  name: "r"
}
"""


@pytest.mark.parametrize(
    "shapes",
    [
        "input_dim: [1, 3, 227, 226, 5, 4, 1, 1]",
        "input_shape { dim: [1, 3, 227, 226] } input_shape { dim: [5, 4, 1, 1] }",
    ],
)
def test_input_fields_become_the_first_layer(shapes: str) -> None:
    assert upgraded(f'input: "data" input: "roi" {shapes} layer {{ name: "r" }}') == INPUT_LAYER


def test_an_input_without_shape_is_taken_off() -> None:
    assert upgraded('input: "data" name: "a"') == 'name: "a"\n'


def test_more_shapes_than_inputs_are_remarked() -> None:
    net = parse_text('input: "data" input_dim: [1, 2, 3, 4, 5]', "NetParameter")
    assert upgrade_net(net) == ["5 input_dim: only the first 4 are used"]
    assert list(net.layer[0].input_param.shape[0].dim) == [1, 2, 3, 4]


def test_batch_norm_statistics_are_not_trained() -> None:
    net = parse_text(
        """
        layer { type: "BatchNorm" param { name: "m" } param { lr_mult: 2 } param {} }
        layer { type: "BatchNorm" param { lr_mult: 2 } }
        layer { type: "Scale" param { lr_mult: 2 } param {} param {} }
        """,
        "NetParameter",
    )
    upgrade_net(net)
    three, one, scale = net.layer
    assert [(spec.lr_mult, spec.decay_mult) for spec in three.param] == [(0, 0)] * 3
    assert three.param[0].name == "m"
    assert (one.param[0].lr_mult, scale.param[0].lr_mult) == (2, 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('layers { name: "a" } layer { name: "b" }', "both `layer` and old `layers`"),
        ('input: "a" input_dim: [1, 2, 3]', "3 input_dim for inputs that need 4"),
        ('input: "a" input: "b" input_shape { dim: 1 }', "1 input_shape for inputs that need 2"),
    ],
)
def test_what_cannot_be_upgraded_is_an_error(text: str, reason: str) -> None:
    with pytest.raises(PrototxtError, match=reason) as caught:
        upgrade_net(parse_text(text, "NetParameter"), name="old.prototxt")
    assert caught.value.path == "old.prototxt"


@pytest.mark.parametrize(
    ("old", "now"),
    [
        ("SGD", "SGD"),
        ("NESTEROV", "Nesterov"),
        ("ADAGRAD", "AdaGrad"),
        ("RMSPROP", "RMSProp"),
        ("ADADELTA", "AdaDelta"),
        ("ADAM", "Adam"),
    ],
)
def test_solver_type_becomes_a_name(old: str, now: str) -> None:
    solver = parse_text(f"solver_type: {old}", "SolverParameter")
    upgrade_solver(solver)
    assert to_text(solver) == f'type: "{now}"\n'


def test_a_solver_with_both_types_is_refused() -> None:
    solver = parse_text('solver_type: ADAM type: "Adam"', "SolverParameter")
    with pytest.raises(PrototxtError, match="both `type` and the old `solver_type`"):
        upgrade_solver(solver)
