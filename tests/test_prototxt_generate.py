"""Generated nets: heads, losses, accuracies, frozen layers, deploy, and errors of the task file."""

from __future__ import annotations

from typing import Any

import pytest

from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.nets.generate import ColumnStatistics, GeneratedNet, LabelStatistics, generate
from caffe_multilabel.tasks import load_tasks

PAIR = {"images": "images", "labels": "labels", "batch_size": 10}
SOFTMAX = {"name": "a", "loss": "softmax", "classes": 8}
SIGMOID = {"name": "b", "loss": "sigmoid", "dim": 5}
EUCLIDEAN = {"name": "c", "loss": "euclidean", "dim": 4}
HINGE = {"name": "d", "loss": "hinge", "classes": 3}


def make(*tasks: dict[str, Any], backbone: Any = "caffenet", **keys: Any) -> GeneratedNet:
    data = {"transform": {"crop_size": 227}, "train": PAIR, "test": PAIR} | keys.pop("data", {})
    statistics = keys.pop("label_statistics", None)
    task_file = load_tasks({"backbone": backbone, "data": data, "tasks": list(tasks), **keys})
    return generate(task_file, label_statistics=statistics)


def layer(net: Any, name: str) -> Any:
    (found,) = [one for one in net.layer if one.name == name]
    return found


def names(net: Any) -> list[str]:
    return [one.name for one in net.layer]


def multipliers(of: Any) -> list[tuple[float, float]]:
    return [(round(spec.lr_mult, 6), round(spec.decay_mult, 6)) for spec in of.param]


def test_data_layers_come_in_pairs_of_one_batch_size() -> None:
    net = make(
        SOFTMAX,
        data={
            "transform": {"crop_size": 227, "mirror": True, "mean_value": 128, "scale": 0.5},
            "test": {"images": "val_images", "labels": "val_labels", "batch_size": 7},
        },
    ).train_val
    layers = list(net.layer[:4])
    assert [one.type for one in layers] == ["Data"] * 4
    assert [one.data_param.source for one in layers] == [
        "images",
        "labels",
        "val_images",
        "val_labels",
    ]
    assert [one.data_param.batch_size for one in layers] == [10, 10, 7, 7]
    assert [one.data_param.backend for one in layers] == [1] * 4
    assert [one.include[0].phase for one in layers] == [0, 0, 1, 1]
    assert [one.transform_param.mirror for one in layers] == [True, False, False, False]
    assert [one.HasField("transform_param") for one in layers] == [True, False, True, False]
    assert layers[2].transform_param.crop_size == 227
    assert list(layers[2].transform_param.mean_value) == [128]


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        (SOFTMAX, "SoftmaxWithLoss"),
        (SIGMOID, "SigmoidCrossEntropyLoss"),
        (EUCLIDEAN, "EuclideanLoss"),
        (HINGE, "HingeLoss"),
    ],
)
def test_each_loss_has_its_weight(task: dict[str, Any], kind: str) -> None:
    loss = layer(make(task).train_val, f"loss_{task['name']}")
    assert loss.type == kind
    assert list(loss.loss_weight) == [1]


def test_options_of_losses_and_accuracies() -> None:
    task = SOFTMAX | {"ignore_label": -1, "normalization": "BATCH_SIZE", "top_k": 3}
    net = make(task).train_val
    loss = layer(net, "loss_a").loss_param
    assert (loss.ignore_label, loss.normalization) == (-1, 2)
    for name, top_k in (("accuracy_a", 1), ("accuracy_a_top3", 3)):
        accuracy = layer(net, name)
        assert list(accuracy.bottom) == ["fc_a", "label"]
        assert accuracy.include[0].phase == 1
        assert accuracy.accuracy_param.ignore_label == -1
        assert accuracy.accuracy_param.top_k == top_k


def test_only_classes_have_an_accuracy() -> None:
    net = make(SOFTMAX, SIGMOID, EUCLIDEAN, HINGE).train_val
    accuracies = [one.name for one in net.layer if one.type == "Accuracy"]
    assert accuracies == ["accuracy_a", "accuracy_d"]


def test_without_test_databases_there_is_no_accuracy() -> None:
    net = make(SOFTMAX, data={"test": None})
    assert not [one for one in net.train_val.layer if one.type == "Accuracy"]
    assert "test_iter" not in str(net.solver)


def test_hidden_layers_and_learning_rates_of_a_head() -> None:
    task = SOFTMAX | {"hidden": [64, 32], "dropout": 0.25, "lr_mult": 10, "decay_mult": 0.5}
    net = make(task).train_val
    head = names(net)[names(net).index("fc1_a") : names(net).index("loss_a")]
    assert head == ["fc1_a", "relu1_a", "drop1_a", "fc2_a", "relu2_a", "drop2_a", "fc_a"]
    assert layer(net, "drop1_a").dropout_param.dropout_ratio == 0.25
    for name, outputs in (("fc1_a", 64), ("fc2_a", 32), ("fc_a", 8)):
        assert layer(net, name).inner_product_param.num_output == outputs
        assert multipliers(layer(net, name)) == [(10, 0.5), (20, 0)]


def test_dropout_before_the_output_spares_the_other_tasks() -> None:
    net = make(SOFTMAX | {"dropout": 0.5}, SIGMOID).train_val
    drop = layer(net, "drop_a")
    assert (list(drop.bottom), list(drop.top)) == (["fc7"], ["drop_a"])
    assert list(layer(net, "fc_a").bottom) == ["drop_a"]
    assert list(layer(net, "fc_b").bottom) == ["fc7"]


def test_a_head_takes_a_convolution_s_blob_as_one_vector() -> None:
    net = make(SOFTMAX | {"attach": "pool2"}, SIGMOID).train_val
    shapes = infer_shapes(net, "TRAIN", data_shapes={"data": (3, 227, 227), "label": (6, 1, 1)})
    (head,) = [one for one in shapes.layers if one.name == "fc_a"]
    assert head.param_shapes == ((8, 256 * 13 * 13), (8,))


def test_a_group_s_hidden_layers_are_shared() -> None:
    group = {"name": "g", "hidden": 100, "attach": "fc6", "dropout": 0.5, "lr_mult": 3}
    made = make(SOFTMAX | {"group": "g"}, SIGMOID | {"group": "g"}, EUCLIDEAN, groups=[group])
    net = made.train_val
    assert list(layer(net, "fc1_g").bottom) == ["fc6"]
    assert multipliers(layer(net, "fc1_g")) == [(3, 1), (6, 0)]
    assert [list(layer(net, name).bottom) for name in ("fc_a", "fc_b", "c")] == [
        ["fc1_g"],
        ["fc1_g"],
        ["fc7"],
    ]
    assert "drop1_g" in names(net)
    assert "drop1_g" not in names(made.deploy)


def test_a_task_at_several_depths_has_a_loss_at_each() -> None:
    deep = SOFTMAX | {
        "attach": ["pool5/7x7_s1", "loss1/fc"],
        "loss_weight": [0.5, 0.25],
        "hidden": 16,
    }
    made = make(deep, SIGMOID, backbone="googlenet", data={"transform": {"crop_size": 224}})
    net = made.train_val
    assert list(layer(net, "loss_a").loss_weight) == [0.5]
    aux = layer(net, "loss_a_aux1")
    assert (list(aux.bottom), list(aux.loss_weight)) == (["fc_a_aux1", "label_a"], [0.25])
    assert list(layer(net, "fc1_a_aux1").bottom) == ["loss1/fc"]
    assert "accuracy_a_aux1" in names(net)
    assert not [name for name in names(net) if name.startswith("loss2/")]
    assert not [name for name in names(made.deploy) if name.startswith("loss1/") or "aux" in name]


def test_layers_that_no_task_needs_are_left_out() -> None:
    made = make(SOFTMAX | {"attach": "pool5"})
    for net in (made.train_val, made.deploy):
        assert "pool5" in names(net)
        assert "fc6" not in names(net)


def test_deploy_has_one_named_output_a_task() -> None:
    made = make(SOFTMAX, SIGMOID, EUCLIDEAN, HINGE, data={"transform": {"crop_size": 200}})
    shapes = infer_shapes(made.deploy, "TEST")
    assert shapes.outputs == ("a", "b", "c", "d")
    assert [shapes.blobs[name] for name in shapes.outputs] == [(1, 8), (1, 5), (1, 4), (1, 3)]
    kinds = ["Softmax", "Sigmoid", "InnerProduct", "InnerProduct"]
    assert [layer(made.deploy, name).type for name in shapes.outputs] == kinds
    assert list(made.deploy.layer[0].input_param.shape[0].dim) == [1, 3, 200, 200]


def test_deploy_takes_the_weights_that_train_val_learns() -> None:
    made = make(SOFTMAX | {"hidden": 16}, SIGMOID, EUCLIDEAN, HINGE, backbone="resnet18")
    train = infer_shapes(
        made.train_val, "TRAIN", data_shapes={"data": (3, 227, 227), "label": (11, 1, 1)}
    )
    learned = {one.name: one.param_shapes for one in train.layers if one.param_shapes}
    used = infer_shapes(made.deploy, "TEST")
    assert {one.name: one.param_shapes for one in used.layers if one.param_shapes} == learned


def test_deploy_holds_nothing_of_training() -> None:
    made = make(SOFTMAX | {"dropout": 0.5}, HINGE, backbone="resnet18", name="n")
    types = {one.type for one in made.deploy.layer}
    assert not types & {"Data", "Slice", "Silence", "Dropout", "Accuracy", "SoftmaxWithLoss"}
    text = str(made.deploy)
    for word in ("label", "filler", "lr_mult", "phase", "loss"):
        assert word not in text
    norms = [one for one in made.deploy.layer if one.type == "BatchNorm"]
    assert all(one.batch_norm_param.use_global_stats for one in norms)


def test_backbone_multipliers() -> None:
    net = make(SOFTMAX, backbone={"name": "resnet18", "lr_mult": 0.1, "decay_mult": 0.5}).train_val
    assert multipliers(layer(net, "conv1")) == [(0.1, 0.5)]
    assert multipliers(layer(net, "scale_conv1")) == [(0.1, 0), (0.1, 0)]
    assert multipliers(layer(net, "bn_conv1")) == [(0, 0)] * 3
    assert multipliers(layer(net, "fc_a")) == [(1, 1), (2, 0)]


def test_freeze_up_to_a_layer() -> None:
    made = make(SOFTMAX, backbone={"name": "resnet18", "freeze": "pool1", "lr_mult": 0.5})
    net = made.train_val
    assert multipliers(layer(net, "conv1")) == [(0, 0)]
    assert multipliers(layer(net, "scale_conv1")) == [(0, 0)] * 2
    assert layer(net, "bn_conv1").batch_norm_param.use_global_stats
    assert multipliers(layer(net, "res2a_branch1")) == [(0.5, 1)]
    assert not layer(net, "bn2a_branch1").HasField("batch_norm_param")


def test_features_of_a_built_in_can_be_chosen() -> None:
    net = make(SOFTMAX, backbone={"name": "caffenet", "features": "fc6"}).train_val
    assert list(layer(net, "fc_a").bottom) == ["fc6"]


@pytest.mark.parametrize(
    ("keys", "key", "message"),
    [
        ({"backbone": None}, "backbone", "a net needs one: a built-in"),
        ({"data": {"train": None}}, "data.train", "needs images and labels"),
        (
            {"data": {"transform": {}}},
            "data.shape",
            "there is no image DB yet, and neither data.resize",
        ),
        ({"data": {"transform": {"crop_size": 20}}}, "backbone", "images of 3 x 20 x 20: layer"),
        (
            {"backbone": {"name": "caffenet", "freeze": "conv9"}},
            "backbone.freeze",
            "found 'conv9', which is no layer of backbone caffenet",
        ),
        (
            {"backbone": {"name": "caffenet", "features": "fc77"}},
            "backbone.features",
            r"which is no blob of backbone caffenet \(did you mean 'fc7'\?\); it has conv1",
        ),
        (
            {"groups": [{"name": "g", "hidden": 3, "attach": "pool9"}]},
            "groups[0].attach",
            "found 'pool9'",
        ),
        ({"solver": {"lr_polcy": "step"}}, "solver.lr_polcy", "did you mean 'lr_policy'"),
    ],
)
def test_errors_name_the_key(keys: dict[str, Any], key: str, message: str) -> None:
    task = SOFTMAX | ({"group": "g"} if "groups" in keys else {})
    with pytest.raises(TaskFileError, match=message) as caught:
        make(task, **keys)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("first", "second", "index"),
    [
        # The blob of the images, a layer of the backbone, another task's layer.
        (SOFTMAX, SIGMOID | {"name": "data"}, 1),
        (SOFTMAX | {"name": "conv1"}, SIGMOID, 0),
        (SOFTMAX | {"name": "x", "attach": ["fc6", "fc7"]}, SIGMOID | {"name": "x_aux1"}, 1),
        (SOFTMAX, EUCLIDEAN | {"name": "fc_a"}, 1),
    ],
)
def test_a_name_that_is_taken_names_the_task(
    first: dict[str, Any], second: dict[str, Any], index: int
) -> None:
    with pytest.raises(TaskFileError, match="there already; choose another name") as caught:
        make(first, second)
    assert caught.value.key == f"tasks[{index}].name"


def test_statistics_of_another_db() -> None:
    column = ColumnStatistics(count=1, missing=0, mean=0, variance=0)
    statistics = LabelStatistics(count=1, columns=(column,))
    with pytest.raises(TaskFileError, match="records have 1 label") as caught:
        make(SOFTMAX, SIGMOID, label_statistics=statistics, loss_weights="scale")
    assert caught.value.key == "tasks[1]"


def test_attach_names_a_blob() -> None:
    with pytest.raises(TaskFileError, match=r"found 'fc77'.*did you mean 'fc7'") as caught:
        make(SOFTMAX, SIGMOID | {"attach": ["fc6", "fc77"]})
    assert caught.value.key == "tasks[1].attach"


@pytest.mark.parametrize(
    ("transform", "channels"),
    [({"mean_value": 3}, 1), ({"mean_value": [1, 2, 3]}, 3), ({"force_color": True}, 3)],
)
def test_channels_where_no_database_tells(transform: dict[str, Any], channels: int) -> None:
    made = make(SOFTMAX, backbone="lenet", data={"transform": {"crop_size": 28} | transform})
    assert made.deploy.layer[0].input_param.shape[0].dim[1] == channels
