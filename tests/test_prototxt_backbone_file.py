"""Tasks on a prototxt of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.nets.generate import GeneratedNet, generate
from caffe_multilabel.tasks import load_tasks

if TYPE_CHECKING:
    from pathlib import Path

DATA = """
layer { name: "d" type: "Data" top: "image" top: "label" include { phase: TRAIN }
        data_param { source: "x" batch_size: 4 } }
layer { name: "d" type: "Data" top: "image" top: "label" include { phase: TEST }
        data_param { source: "y" batch_size: 4 } }
"""
BACKBONE = """
layer { name: "c1" type: "Convolution" bottom: "image" top: "c1"
        param { lr_mult: 1 } param { lr_mult: 2 }
        convolution_param { num_output: 8 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "n1" type: "BatchNorm" bottom: "c1" top: "c1" }
layer { name: "r1" type: "PReLU" bottom: "c1" top: "c1" }
layer { name: "drop" type: "Dropout" bottom: "c1" top: "dropped" }
layer { name: "f1" type: "InnerProduct" bottom: "dropped" top: "f1"
        inner_product_param { num_output: 5 } }
"""
END = """
layer { name: "f2" type: "InnerProduct" bottom: "f1" top: "f2"
        inner_product_param { num_output: 3 } }
layer { name: "with_label" type: "Concat" bottom: "f2" bottom: "label" top: "with_label" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "f2" bottom: "label" top: "loss" }
layer { name: "acc" type: "Accuracy" bottom: "f2" bottom: "label" top: "acc" }
"""
SOFTMAX = {"name": "a", "loss": "softmax", "classes": 4}
VECTOR = {"name": "b", "loss": "euclidean", "dim": 2}


def make(
    tmp_path: Path,
    text: str = DATA + BACKBONE + END,
    *,
    tasks: tuple[dict[str, Any], ...] = (SOFTMAX,),
    **backbone: Any,
) -> GeneratedNet:
    path = tmp_path / "backbone.prototxt"
    path.write_text(text)
    pair = {"images": "images", "labels": "labels"}
    return generate(
        load_tasks(
            {
                "backbone": {"file": str(path), "features": "f1", **backbone},
                "data": {"shape": [3, 12, 12], "train": pair, "test": pair},
                "tasks": list(tasks),
            }
        )
    )


def names(net: Any) -> list[str]:
    return [layer.name for layer in net.layer]


def layer(net: Any, name: str) -> Any:
    (found,) = [one for one in net.layer if one.name == name]
    return found


def test_data_losses_and_what_hangs_on_them_are_taken_off(tmp_path: Path) -> None:
    made = make(tmp_path)
    assert names(made.train_val) == [
        *["image", "label"] * 2,
        *["c1", "n1", "r1", "drop", "f1"],
        *["fc_a", "loss_a", "accuracy_a"],
    ]
    assert names(made.deploy) == ["image", "c1", "n1", "r1", "f1", "fc_a", "a"]
    assert list(layer(made.deploy, "f1").bottom) == ["c1"]
    assert list(made.deploy.layer[0].top) == ["image"]


def test_a_deploy_file_does_as_well(tmp_path: Path) -> None:
    text = """
    layer { name: "in" type: "Input" top: "image"
            input_param { shape { dim: 1 dim: 3 dim: 99 dim: 99 } } }
    """
    made = make(tmp_path, text + BACKBONE)
    assert list(layer(made.deploy, "image").input_param.shape[0].dim) == [1, 3, 12, 12]


def test_old_formats_are_upgraded(tmp_path: Path) -> None:
    text = """
    input: "image" input_dim: 1 input_dim: 3 input_dim: 9 input_dim: 9
    layers { name: "f1" type: INNER_PRODUCT bottom: "image" top: "f1"
             inner_product_param { num_output: 5 } }
    """
    assert layer(make(tmp_path, text).train_val, "f1").type == "InnerProduct"


def test_tasks_attach_to_any_blob(tmp_path: Path) -> None:
    made = make(tmp_path, tasks=(SOFTMAX, VECTOR | {"attach": "c1"}))
    shapes = infer_shapes(made.deploy, "TEST")
    assert shapes.outputs == ("a", "b")
    (head,) = [one for one in shapes.layers if one.name == "b"]
    assert head.param_shapes[0] == (2, 8 * 10 * 10)


def test_a_head_on_a_dropped_blob_finds_what_was_dropped(tmp_path: Path) -> None:
    made = make(tmp_path, tasks=(VECTOR | {"attach": "dropped"},))
    assert list(layer(made.train_val, "b").bottom) == ["dropped"]
    assert list(layer(made.deploy, "b").bottom) == ["c1"]


def test_multipliers_reach_layers_that_write_none(tmp_path: Path) -> None:
    net = make(tmp_path, lr_mult=0.5, freeze="r1").train_val
    frozen = {name: len(layer(net, name).param) for name in ("c1", "n1", "r1")}
    assert frozen == {"c1": 2, "n1": 3, "r1": 1}
    for name in frozen:
        assert {spec.lr_mult for spec in layer(net, name).param} == {0}
    assert layer(net, "n1").batch_norm_param.use_global_stats
    assert [spec.lr_mult for spec in layer(net, "f1").param] == [0.5, 0.5]


def test_batch_norm_is_never_learned(tmp_path: Path) -> None:
    net = make(tmp_path, lr_mult=2).train_val
    assert [spec.lr_mult for spec in layer(net, "n1").param] == [0, 0, 0]
    assert [spec.lr_mult for spec in layer(net, "c1").param] == [2, 4]


def test_tops_that_nobody_reads_are_silenced(tmp_path: Path) -> None:
    text = (
        DATA
        + """
    layer { name: "s" type: "Slice" bottom: "image" top: "f1" top: "rest"
            slice_param { slice_point: 1 } }
    """
    )
    made = make(tmp_path, text)
    assert list(layer(made.train_val, "silence_trunk").bottom) == ["rest"]
    assert infer_shapes(made.deploy, "TEST").outputs == ("a",)


def test_layers_of_one_phase_stay_in_it(tmp_path: Path) -> None:
    text = (
        DATA
        + """
    layer { name: "train" type: "InnerProduct" bottom: "image" top: "f1" include { phase: TRAIN }
            inner_product_param { num_output: 5 } }
    layer { name: "test" type: "InnerProduct" bottom: "image" top: "f1" include { phase: TEST }
            inner_product_param { num_output: 5 } }
    """
    )
    made = make(tmp_path, text)
    assert [one for one in names(made.train_val) if one in ("train", "test")] == ["train", "test"]
    assert names(made.deploy) == ["image", "test", "fc_a", "a"]


def test_a_loss_on_images_alone_is_taken_off_too(tmp_path: Path) -> None:
    text = (
        DATA
        + BACKBONE
        + """
    layer { name: "same" type: "EuclideanLoss" bottom: "f1" bottom: "f1" top: "same" }
    layer { name: "reg" type: "Reduction" bottom: "f1" top: "reg" loss_weight: 3 }
    """
    )
    made = make(tmp_path, text)
    assert not {"same", "reg"} & set(names(made.train_val))


def test_twins_get_names_of_their_own(tmp_path: Path) -> None:
    text = (DATA + BACKBONE).replace('name: "drop"', 'name: "r1"')
    made = make(tmp_path, text)
    assert "r1_2" in names(made.train_val)
    assert "two layers named 'r1'; the second is written as 'r1_2'" in made.warnings[0]


@pytest.mark.parametrize(
    ("text", "keys", "key", "message"),
    [
        (DATA + BACKBONE, {"features": "f11"}, "backbone.features", "did you mean 'f1'"),
        (DATA + BACKBONE + END, {"features": "with_label"}, "backbone.features", "image, label"),
        (DATA + BACKBONE + END, {"features": "label"}, "backbone.features", "made from label"),
        (DATA + BACKBONE, {"freeze": "c2"}, "backbone.freeze", "found 'c2'"),
        ("layer { nme: 1 }", {}, "backbone.file", "nme"),
        ("", {}, "backbone.file", "empty"),
    ],
)
def test_errors_name_the_key(
    tmp_path: Path, text: str, keys: dict[str, Any], key: str, message: str
) -> None:
    with pytest.raises(TaskFileError, match=message) as caught:
        make(tmp_path, text, **keys)
    assert caught.value.key == key


def test_a_task_cannot_hang_on_labels(tmp_path: Path) -> None:
    with pytest.raises(TaskFileError, match="found 'with_label'") as caught:
        make(tmp_path, tasks=(SOFTMAX | {"attach": "with_label"},))
    assert caught.value.key == "tasks[0].attach"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TaskFileError) as caught:
        make(tmp_path, file=str(tmp_path / "none.prototxt"))
    assert caught.value.key == "backbone.file"
