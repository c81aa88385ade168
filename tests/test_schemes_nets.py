"""Generated nets of schemes, against the formula of each: what hangs on what, and what it reads."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import TaskFileError, convert, draw_sample, generate, load_tasks
from caffe_multilabel.caffe.proto import to_text
from scheme_tools import run_generated as run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.engine import Net
    from caffe_multilabel.nets.generate.generated import GeneratedNet

pytestmark = pytest.mark.torch

SIDE = 28
BATCH = 4
CLOSE = 2e-5

Array = "NDArray[np.float32]"


def made(tasks: list[dict[str, Any]], *, channels: int = 1, **data: Any) -> GeneratedNet:
    pair = {"images": "images", "labels": "labels", "batch_size": BATCH}
    beside = ("groups", "loss_weights", "backbone", "solver")
    rest = {key: data.pop(key) for key in beside if key in data}
    shape = [channels, SIDE, SIDE]
    keys = {"backbone": "lenet", "data": {"shape": shape, "train": pair, "test": pair, **data}}
    return generate(load_tasks({**keys, **rest, "tasks": tasks}))


def blob(net: Net, name: str) -> NDArray[np.float64]:
    return np.asarray(net.blobs[name].data, dtype=np.float64)


def drawn(channels: int = 1, batch: int = BATCH) -> NDArray[np.float32]:
    random = np.random.default_rng(2)
    return random.normal(size=(batch, channels, SIDE, SIDE)).astype(np.float32)


def huber(x: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    square, size = sigma * sigma, np.abs(x)
    return np.where(size < 1 / square, square * x * x / 2, size - 0.5 / square)


POINTS = np.array([[1, -1, 3, 4], [5, 6, -1, -1], [-1, -1, -1, -1], [2, 2, 8, 1]], np.float32) / 4
UNKNOWN = -0.25


@pytest.mark.parametrize("valid", [False, True])
@pytest.mark.parametrize("loss", ["euclidean", "smooth_l1"])
def test_unknown_numbers_are_left_out(loss: str, valid: bool) -> None:
    """TCDCN: a label that is ignore_label counts nowhere, in the loss and in the scores."""
    labels = POINTS * 4
    task: dict[str, Any] = {"name": "points", "loss": loss, "dim": 4, "ignore_label": -1}
    task |= {"scores": ["mae", "nme"], "nme_between": {"first": [0], "second": [1]}}
    if valid:
        task["normalization"] = "VALID"
    net = run(made([task]), drawn(), labels)
    known = labels != -1
    apart = blob(net, "points") - labels
    values = (huber(apart, 1) if loss == "smooth_l1" else apart**2 / 2) * known
    divisor = known.sum() if valid else BATCH
    assert blob(net, "loss_points") == pytest.approx(values.sum() / divisor, rel=CLOSE)
    assert blob(net, "error_points") == pytest.approx(np.abs(apart)[known].mean(), rel=CLOSE)
    both = known.reshape(BATCH, 2, 2).all(axis=2)
    places = labels.reshape(BATCH, 2, 2)
    span = np.linalg.norm(places[:, 0] - places[:, 1], axis=1)
    distance = np.linalg.norm(apart.reshape(BATCH, 2, 2), axis=2)
    whole = both.all(axis=1)
    wanted = (distance[whole] / span[whole, None]).mean()
    assert blob(net, "nme_points") == pytest.approx(wanted, rel=CLOSE)


def test_nothing_known_costs_nothing_and_teaches_nothing() -> None:
    task = {"name": "points", "loss": "smooth_l1", "dim": 4, "ignore_label": -1}
    task |= {"normalization": "VALID"}
    net = run(made([task]), drawn(), np.full((BATCH, 4), -1, np.float32), phase="TRAIN")
    assert net.loss == 0
    assert not any(np.asarray(param.diff).any() for param in net.params["points"])


def test_weight_columns_weigh_values_and_records() -> None:
    random = np.random.default_rng(3)
    labels = random.uniform(0, 1, (BATCH, 6)).astype(np.float32)
    labels[:, 0:2] = labels[:, 0:2] > 0.5
    tasks: list[dict[str, Any]] = [
        {"name": "flags", "loss": "sigmoid", "dim": 2, "weight_columns": "4-5"},
        {"name": "size", "loss": "smooth_l1", "dim": 2, "sigma": 3, "weight_columns": 4},
    ]
    net = run(made(tasks), drawn(), labels)
    scores = blob(net, "fc_flags")
    entropy = np.logaddexp(0, scores) - scores * labels[:, :2]
    wanted = (entropy * labels[:, 4:]).sum() / BATCH
    assert blob(net, "loss_flags") == pytest.approx(wanted, rel=CLOSE)
    values = huber(blob(net, "size") - labels[:, 2:4], 3) * labels[:, 4:5]
    assert blob(net, "loss_size") == pytest.approx(values.sum() / BATCH, rel=CLOSE)


@pytest.mark.parametrize(("told", "numbers"), [("record", 2), ("value", "2-3")])
def test_weights_by_record_or_value_are_those_by_number(told: str, numbers: Any) -> None:
    task: dict[str, Any] = {"name": "size", "loss": "smooth_l1", "dim": 2, "scores": "mae"}
    told_net, numbered = (made([task | {"weight_columns": each}]) for each in (told, numbers))
    assert told_net == numbered


def test_what_weighs_nothing_counts_in_no_score() -> None:
    """By value or by record, and unknown labels as well; other weights are for the loss alone."""
    labels = np.array(
        [[1, 0, 2, 3, 1, 0], [0, 1, 1, -1, 0.5, 1], [1, 1, 4, 4, 0, 2], [0, 0, 5, 6, 0, 0]],
        np.float32,
    )
    scored: list[dict[str, Any]] = [
        {"name": "flags", "loss": "sigmoid", "dim": 2, "weight_columns": "4-5"},
        {"name": "size", "loss": "smooth_l1", "dim": 2, "weight_columns": 4, "ignore_label": -1},
    ]
    net = run(
        made([scored[0] | {"scores": "accuracy"}, scored[1] | {"scores": "mae"}]), drawn(), labels
    )
    weights = labels[:, 4:]
    right = (blob(net, "fc_flags") > 0) == (labels[:, :2] > 0)
    assert blob(net, "accuracy_flags") == pytest.approx(right[weights > 0].mean())
    assert blob(net, "hit_share_flags").ravel() == pytest.approx(
        (right & (weights > 0)).mean(axis=0)
    )
    assert blob(net, "known_share_flags").ravel() == pytest.approx((weights > 0).mean(axis=0))
    counted = (weights[:, :1] > 0) & (labels[:, 2:4] != -1)
    off = np.abs(blob(net, "size") - labels[:, 2:4])
    assert blob(net, "error_size") == pytest.approx(off[counted].mean(), rel=CLOSE)


@pytest.mark.parametrize("weights", [[0.001, 0.004, 0, 0.002], [0, 0, 0, 0]])
def test_a_weighted_mean_is_by_the_sum_of_weights(weights: list[float]) -> None:
    """However small it is; and 0, not NaN, where nothing has a weight."""
    labels = np.array([[2, 3], [1, 4], [4, 4], [5, 6]], np.float32)
    task = {"name": "size", "loss": "smooth_l1", "dim": 2, "weight_columns": 2}
    task |= {"normalization": "VALID"}
    net = run(made([task]), drawn(), np.column_stack([labels, weights]).astype(np.float32))
    values = huber(blob(net, "size") - labels, 1)
    wanted = (values * np.array(weights)[:, None]).sum() / (2 * sum(weights) or 1)
    assert blob(net, "loss_size") == pytest.approx(wanted, rel=1e-3)


def test_rare_yesses_weigh_more_and_unknown_ones_nothing() -> None:
    labels = np.array([[1, 0, 1], [0, -1, 1], [1, 1, -1], [-1, 0, 0]], np.float32)
    tasks: list[dict[str, Any]] = [
        {"name": "flags", "loss": "sigmoid", "columns": "0-2", "ignore_label": -1},
        {"name": "hard", "loss": "sigmoid", "columns": "0-2", "ignore_label": -1},
    ]
    tasks[0] |= {"positive_weight": [2, 3.5, 1], "scores": "accuracy"}
    tasks[1]["focal"] = {"gamma": 1.5, "alpha": 0.75}
    net = run(made(tasks), drawn(), labels)
    known, yes = labels != -1, labels == 1
    scores = blob(net, "fc_flags")
    entropy = np.logaddexp(0, np.where(yes, -scores, scores))
    weights = np.where(yes, [2, 3.5, 1], 1)
    assert blob(net, "loss_flags") == pytest.approx((entropy * weights * known).sum() / BATCH)
    right = (scores > 0) == yes
    assert blob(net, "accuracy_flags") == pytest.approx(right[known].mean())
    assert blob(net, "hit_share_flags").ravel() == pytest.approx((right & known).mean(axis=0))
    assert blob(net, "known_share_flags").ravel() == pytest.approx(known.mean(axis=0))
    hard = blob(net, "fc_hard")
    entropy = np.logaddexp(0, np.where(yes, -hard, hard))
    focal = (1 - np.exp(-entropy)) ** 1.5 * entropy * np.where(yes, 0.75, 0.25)
    assert blob(net, "loss_hard") == pytest.approx((focal * known).sum() / BATCH, rel=CLOSE)


@pytest.mark.parametrize("normalization", [None, "VALID", "BATCH_SIZE"])
@pytest.mark.parametrize("ignore_label", [None, -1, 255])
def test_classes_that_are_hard_count_more(
    ignore_label: int | None, normalization: str | None
) -> None:
    """Divided as SoftmaxWithLoss divides."""
    labels = np.array([[4], [0], [1 if ignore_label is None else ignore_label], [2]], np.float32)
    task = {"name": "kind", "loss": "softmax", "classes": 5, "focal": {"gamma": 1.5}}
    task |= {"ignore_label": ignore_label, "normalization": normalization}
    generated = made([{key: value for key, value in task.items() if value is not None}])
    net = run(generated, drawn(), labels, phase="TRAIN")
    known = labels[:, 0] != ignore_label
    scores = blob(net, "fc_kind")
    log = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    log_true = log[np.arange(BATCH), np.where(known, labels[:, 0], 0).astype(int)]
    values = (-((1 - np.exp(log_true)) ** 1.5) * log_true)[known]
    divisor = BATCH if normalization == "BATCH_SIZE" else known.sum()
    assert net.loss == pytest.approx(values.sum() / divisor, rel=CLOSE)
    diff = np.asarray(net.blobs["fc_kind"].diff)
    assert (np.abs(diff).sum(axis=1) > 0).tolist() == known.tolist()


def test_a_loss_of_caffes_own_needs_no_mask() -> None:
    """Nothing would read it, and Caffe would print it, value by value."""
    task = {"name": "flags", "loss": "sigmoid", "dim": 3, "ignore_label": -1, "scores": "accuracy"}
    net = made([task]).train_val
    read = {bottom for layer in net.layer for bottom in layer.bottom}
    printed = {top for layer in net.layer for top in layer.top} - read
    shares = {"hit_share_flags", "known_share_flags", "accuracy_no_yes_flags"}
    assert printed == {"loss_flags", "accuracy_flags", *shares}


def test_pairs_share_one_backbone() -> None:
    """DeepID2: identification and verification on one group, 2N images through one backbone."""
    tasks: list[dict[str, Any]] = [
        {"name": "person", "loss": "softmax", "classes": 5, "images": "each", "group": "deepid"},
        {"name": "verify", "loss": "contrastive", "margin": 2, "identity": "person"},
    ]
    tasks[1] |= {"group": "deepid", "loss_weight": 0.05}
    net = made(tasks, channels=6, images_per_record=2, groups=[{"name": "deepid", "hidden": [7]}])
    labels = np.array([[1, 1], [2, 3], [4, 4], [0, 2]], np.float32)
    engine = run(net, drawn(6), labels)
    features = blob(engine, "fc1_deepid").reshape(BATCH, 2, 7)
    distance = np.linalg.norm(features[:, 0] - features[:, 1], axis=1)
    same = labels[:, 0] == labels[:, 1]
    lost = np.where(same, distance, np.maximum(0, 2 - distance)) ** 2
    assert blob(engine, "loss_verify") == pytest.approx(lost.sum() / 2 / BATCH, rel=CLOSE)
    scores = blob(engine, "fc_person")
    logits = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    wanted = -logits[np.arange(2 * BATCH), labels.ravel().astype(int)].mean()
    assert blob(engine, "loss_person") == pytest.approx(wanted, rel=CLOSE)
    assert [layer.name for layer in net.deploy.layer if layer.type == "Input"] == ["data"]
    assert list(net.deploy.layer[0].input_param.shape[0].dim) == [1, 3, SIDE, SIDE]


@pytest.mark.parametrize("how", ["concat", "sum", "mean", "max", "prod"])
def test_several_images_have_one_answer(how: str) -> None:
    task = {"name": "kind", "loss": "softmax", "classes": 3, "images": how, "attach": "ip1"}
    net = made([task], channels=3, images_per_record=3, gray=True)
    records = drawn(3)
    engine = run(net, records, np.zeros((BATCH, 1), np.float32))
    features = blob(engine, "ip1").reshape(BATCH, 3, -1)
    whole = features.reshape(BATCH, -1) if how == "concat" else getattr(np, how)(features, axis=1)
    weights, bias = (np.asarray(param.data, np.float64) for param in engine.params["fc_kind"])
    scores = blob(engine, "fc_kind")
    assert scores == pytest.approx(whole @ weights.T + bias, rel=1e-3, abs=1e-4)
    assert list(net.deploy.layer[0].input_param.shape[0].dim) == [1, 3, SIDE, SIDE]
    assert [layer.top[0] for layer in net.deploy.layer][:2] == ["records", "data"]


def towers_and_reshape(
    tasks: list[dict[str, Any]], **keys: Any
) -> tuple[GeneratedNet, GeneratedNet]:
    """The net with a backbone for each image, and that with one for all of them."""
    first, second = (
        made(tasks, backbone={"name": "lenet", "towers": towers}, **keys)
        for towers in (True, False)
    )
    return first, second


def take_weights(net: Net, other: Net) -> None:
    """Give a net the weights of the layers of another."""
    for name, weights in net.params.items():
        for own, given in zip(weights, other.params.get(name, ()), strict=False):
            own.data = given.data


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_towers_have_the_losses_and_gradients_of_one_backbone(phase: str) -> None:
    import torch  # noqa: PLC0415

    tasks: list[dict[str, Any]] = [
        {"name": "person", "loss": "softmax", "classes": 5, "images": "each", "group": "deepid"},
        {"name": "verify", "loss": "contrastive", "margin": 2, "identity": "person"},
        {"name": "change", "loss": "sigmoid", "dim": 2, "images": "concat", "attach": "pool2"},
        {"name": "size", "loss": "euclidean", "dim": 1, "images": "max", "gradient_scale": 0.5},
    ]
    tasks[1] |= {"group": "deepid"}
    keys: dict[str, Any] = {"channels": 6, "images_per_record": 2}
    keys["groups"] = [{"name": "deepid", "hidden": [7]}]
    towers, reshape = towers_and_reshape(tasks, **keys)
    labels = np.array(
        [[1, 1, 0, 1, 2], [2, 3, 1, 1, 3], [4, 4, 0, 0, 1], [0, 2, 1, 0, 5]], np.float32
    )
    options: dict[str, Any] = {"phase": phase, "dtype": torch.float64}
    one = run(reshape, drawn(6), labels, **options)
    two = run(towers, drawn(6), labels, prepare=lambda net: take_weights(net, one), **options)
    assert [*one.outputs] == [*two.outputs]
    for name in one.outputs:
        assert blob(two, name) == pytest.approx(blob(one, name), rel=1e-9), name
    for name, weights in one.params.items() if phase == "TRAIN" else ():
        for mine, other in zip(two.params[name], weights, strict=True):
            wanted = np.asarray(other.diff)
            assert np.asarray(mine.diff) == pytest.approx(wanted, abs=1e-9 * np.abs(wanted).max())
    assert to_text(towers.deploy) == to_text(reshape.deploy)


def test_what_towers_learn_is_what_deploy_uses() -> None:
    """Layers of deploy take their weights by name; those of other towers have the same ones."""
    from caffe_multilabel.engine import Net  # noqa: PLC0415

    task = {"name": "kind", "loss": "softmax", "classes": 3, "images": "each"}
    towers, _ = towers_and_reshape([task], channels=3, images_per_record=3, gray=True)
    images = drawn(3)
    trained = run(towers, images, np.zeros((BATCH, 3), np.float32))
    deploy = Net(towers.deploy, phase="TEST")
    take_weights(deploy, trained)
    deploy.reshape(data=(3 * BATCH, 1, SIDE, SIDE))
    deploy.forward(data=images.reshape(3 * BATCH, 1, SIDE, SIDE))
    scores = blob(trained, "fc_kind")
    wanted = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert blob(deploy, "kind") == pytest.approx(wanted, rel=1e-4)


OWN_BACKBONE = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 1, 28, 28] } } }
layer {
  name: "conv" type: "Convolution" bottom: "data" top: "conv" param { name: "mine_0" lr_mult: 3 }
  convolution_param { num_output: 2 kernel_size: 5 stride: 4 weight_filler { type: "xavier" } }
}
layer { name: "mine" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "slope" type: "PReLU" bottom: "conv" top: "conv" }
"""


def test_all_that_towers_learn_has_a_name(tmp_path: Path) -> None:
    """Statistics as well, which nothing may learn; a name that is taken is left alone."""
    path = tmp_path / "own.prototxt"
    path.write_text(OWN_BACKBONE, encoding="utf-8")
    backbone = {"file": str(path), "features": "conv", "towers": True, "lr_mult": 2}
    task = {"name": "same", "loss": "contrastive", "dim": 3}
    net = made([task], channels=2, images_per_record=2, gray=True, backbone=backbone)
    named = {
        layer.name: [(spec.name, spec.lr_mult) for spec in layer.param]
        for layer in net.train_val.layer
        if layer.param and layer.name != "same"
    }
    assert {name: specs for name, specs in named.items() if "_image2" not in name} == {
        "conv": [("mine_0", 6), ("conv_1", 2)],
        "mine": [("mine_0_", 0), ("mine_1", 0), ("mine_2", 0)],
        "scale": [("scale_0", 2), ("scale_1", 2)],
        "slope": [("slope_0", 2)],
    }
    for name, specs in named.items():
        assert named[name.removesuffix("_image2")] == specs
    trained = run(net, drawn(2), np.ones((BATCH, 1), np.float32), phase="TRAIN")
    *_, factor = trained.params["mine_image2"]
    assert float(factor.data) == pytest.approx(1 + 0.999)  # both moved the one average


def test_triplets_have_a_margin_each() -> None:
    tasks: list[dict[str, Any]] = [
        {"name": "near", "loss": "triplet", "margin": "column", "dim": 8, "l2_normalize": True},
        {"name": "far", "loss": "triplet", "margin": 0.5, "attach": "ip1"},
    ]
    net = made(tasks, channels=3, images_per_record=3, gray=True)
    margins = np.array([0.1, 0.2, 0.3, 2], np.float32)
    engine = run(net, drawn(3), margins[:, None])
    unit = blob(engine, "unit_near").reshape(BATCH, 3, 8)
    assert np.linalg.norm(unit, axis=2) == pytest.approx(1, abs=1e-3)

    def wanted(features: NDArray[np.float64], margin: Any) -> float:
        positive = ((features[:, 0] - features[:, 1]) ** 2).sum(axis=1)
        negative = ((features[:, 0] - features[:, 2]) ** 2).sum(axis=1)
        return float(np.maximum(0, positive - negative + margin).mean())

    assert blob(engine, "loss_near") == pytest.approx(wanted(unit, margins), rel=1e-4)
    plain = blob(engine, "ip1").reshape(BATCH, 3, -1)
    assert blob(engine, "loss_far") == pytest.approx(wanted(plain, 0.5), rel=1e-4)
    outputs = {
        layer.name: layer.type for layer in net.deploy.layer if layer.name in ("near", "far")
    }
    assert outputs == {"near": "Scale", "far": "Power"}


def test_a_batch_finds_its_hardest_triplets() -> None:
    tasks: list[dict[str, Any]] = [
        {"name": "model", "loss": "softmax", "classes": 4},
        {"name": "near", "loss": "triplet", "dim": 8, "l2_normalize": True, "identity": "model"},
    ]
    labels = np.array([1, 1, 3, 3], np.float32)
    engine = run(made(tasks), drawn(), labels[:, None])
    unit = blob(engine, "unit_near")
    distance = ((unit[:, None] - unit[None]) ** 2).sum(axis=2)
    same = labels[:, None] == labels[None]
    hardest = np.where(same, distance, -10).max(axis=1) - np.where(same, 10, distance).min(axis=1)
    wanted = np.maximum(0, hardest + 0.2).mean()
    assert blob(engine, "loss_near") == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("images", [1, 2])
def test_centers_pull_and_are_pulled(images: int) -> None:
    """Half the mean square of the way to them; features learn by both tasks, centers by one."""
    tasks: list[dict[str, Any]] = [
        {"name": "size", "loss": "euclidean", "dim": 1},
        {"name": "person", "loss": "softmax", "classes": 5, "group": "face", "loss_weight": 0.5},
        {"name": "near", "loss": "center", "identity": "person", "group": "face"},
    ]
    if images > 1:
        tasks[0]["images"], tasks[1]["images"] = "concat", "each"
    tasks[2]["loss_weight"] = 0.25
    net = made(
        tasks, channels=images, images_per_record=images, groups=[{"name": "face", "hidden": [7]}]
    )
    identities = np.array([1, 4, 4, 0, 2, 4, 1, 1])[: BATCH * images]
    labels = np.hstack([np.ones((BATCH, 1)), identities.reshape(BATCH, images)])
    engine = run(net, drawn(images), labels.astype(np.float32), phase="TRAIN")
    features, (centers,) = blob(engine, "fc1_face"), engine.params["center_near"]
    points = np.asarray(centers.data, np.float64)
    assert points.shape == (5, 7)
    way, count = features - points[identities], len(identities)
    assert blob(engine, "loss_near") == pytest.approx((way**2).sum() / 2 / count, rel=CLOSE)
    pulled = -np.eye(5)[identities].T @ way * 0.25 / count
    assert np.asarray(centers.diff) == pytest.approx(pulled, rel=1e-4, abs=1e-8)
    scores = blob(engine, "fc_person")
    apart = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True) - np.eye(5)[identities]
    weights = np.asarray(engine.params["fc_person"][0].data, np.float64)
    both = (apart @ weights * 0.5 + way * 0.25) / count * (features > 0)
    assert np.asarray(engine.blobs["fc1_face"].diff) == pytest.approx(both, rel=1e-3, abs=1e-7)
    assert [layer.type for layer in net.deploy.layer if layer.name == "near"] == ["Power"]


def test_centers_are_as_long_as_what_they_are_for() -> None:
    """A blob of any axes; and each place that a task hangs on has its own."""
    tasks: list[dict[str, Any]] = [
        {"name": "person", "loss": "softmax", "classes": 3},
        {"name": "near", "loss": "center", "identity": "person", "attach": ["pool2", "ip1"]},
    ]
    tasks[1] |= {"l2_normalize": True, "lr_mult": 4000}
    net = made(tasks)
    labels = np.array([1, 0, 2, 2])
    engine = run(net, drawn(), labels[:, None].astype(np.float32))
    for suffix, at in (("near", "pool2"), ("near_aux1", "ip1")):
        whole = blob(engine, at)
        unit = whole / np.sqrt((whole.reshape(BATCH, -1) ** 2).sum(axis=1) + 1e-4).reshape(
            -1, *[1] * (whole.ndim - 1)
        )
        points = np.asarray(engine.params[f"center_{suffix}"][0].data, np.float64)
        way = unit.reshape(BATCH, -1) - points[labels]
        wanted = (way**2).sum() / 2 / BATCH
        assert blob(engine, f"loss_{suffix}") == pytest.approx(wanted, rel=1e-4)
        (layer,) = (layer for layer in net.train_val.layer if layer.name == f"center_{suffix}")
        assert (layer.param[0].lr_mult, layer.param[0].decay_mult) == (4000, 0)


@pytest.mark.parametrize(
    ("solver", "lr_mult", "said"),
    [
        ({"base_lr": 0.01, "max_iter": 1000}, 1, "write lr_mult: 500 in the task"),
        ({"base_lr": 0.01, "max_iter": 1000}, 500, None),
        ({"type": "Nesterov", "momentum": 0.5, "max_iter": 1000}, 1, "of Nesterov"),
        ({"type": "Adam", "max_iter": 1000}, 1, None),
    ],
)
def test_centers_that_stay_where_they_start_are_told(
    solver: dict[str, Any], lr_mult: float, said: str | None
) -> None:
    """SGD times the rate, the weight and the share of the batch: loss_weight slows centers."""
    tasks: list[dict[str, Any]] = [
        {"name": "person", "loss": "softmax", "classes": 5},
        {"name": "near", "loss": "center", "identity": "person", "lr_mult": lr_mult},
    ]
    tasks[1]["loss_weight"] = 0.008
    found = [text for text in made(tasks, solver=solver).warnings if "centers of" in text]
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_the_net_learns_how_much_each_loss_counts() -> None:
    tasks: list[dict[str, Any]] = [
        {"name": "kind", "loss": "softmax", "classes": 3},
        {"name": "size", "loss": "euclidean", "dim": 2},
    ]
    labels = np.array([[0, 1, 2], [1, 5, 6], [2, 3, 1], [1, 2, 2]], np.float32)
    net = made(tasks, loss_weights="learned")
    engine = run(net, drawn(), labels, phase="TRAIN")
    losses = [float(blob(engine, f"loss_{name}")) for name in ("kind", "size")]
    assert [float(blob(engine, f"plain_loss_{name}")) for name in ("kind", "size")] == losses
    assert engine.loss == pytest.approx(sum(losses), rel=CLOSE)  # exp(-0) L + 0 / 2
    for name, loss in zip(("kind", "size"), losses, strict=True):
        diff = float(np.asarray(engine.params[f"log_variance_{name}"][0].diff).sum())
        assert diff == pytest.approx(0.5 - loss, rel=1e-4)
    engine = run(made(tasks, loss_weights="log"), drawn(), labels, phase="TRAIN")
    assert engine.loss == pytest.approx(np.log(np.array(losses) + 1e-3).sum() / 2, rel=1e-4)


@pytest.mark.parametrize("factor", [0.0, 0.25, -1.0])
def test_a_task_sends_a_part_of_its_gradient(factor: float) -> None:
    def diffs(scale: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        tasks: list[dict[str, Any]] = [{"name": "size", "loss": "euclidean", "dim": 2}]
        tasks[0]["gradient_scale"] = scale
        tasks.append({"name": "kind", "loss": "euclidean", "dim": 1, "gradient_scale": 0})
        engine = run(made(tasks), drawn(), np.ones((BATCH, 3), np.float32), phase="TRAIN")
        head, backbone = (engine.params[name][0].diff for name in ("size", "conv1"))
        return np.asarray(head, np.float64), np.asarray(backbone, np.float64)

    (head, backbone), (head_now, backbone_now) = diffs(1.0), diffs(factor)
    assert head_now == pytest.approx(head, rel=1e-4, abs=1e-9)
    scale = np.abs(backbone).max()
    assert backbone_now == pytest.approx(factor * backbone, abs=1e-4 * scale)


def test_points_follow_crop_and_mirror() -> None:
    """Ramps cut and flipped by hand, as a Data layer would."""
    side, crop = SIDE, 20
    task: dict[str, Any] = {"name": "eyes", "loss": "euclidean", "dim": 4, "ignore_label": -1}
    task["points"] = {"swap": [[0, 1]]}
    transform = {"crop_size": crop, "mirror": True, "scale": 0.5, "mean_value": 7}
    net = made([task], channels=3, ramps=True, transform=transform)
    data = next(layer for layer in net.train_val.layer if layer.type == "Data")
    assert list(data.transform_param.mean_value) == [7, 0, 0]
    assert data.transform_param.scale == 1
    columns, rows = np.meshgrid(np.arange(side), np.arange(side))
    stored = np.stack([columns * 0 + 9, columns, rows]).astype(np.float32)
    cuts = [(0, 0, False), (3, 5, True), (8, 2, True), (8, 8, False)]
    records = np.stack(
        [stored[:, y : y + crop, x : x + crop][:, :, :: -1 if flip else 1] for x, y, flip in cuts]
    )
    labels = np.array([[4, 5, 12, 7], [4, 5, 12, 7], [-1, -1, 12, 7], [10, 9, 20, 9]], np.float32)
    engine = run(net, records, labels)
    wanted = np.zeros((BATCH, 4))
    known = np.ones((BATCH, 4), bool)
    for record, (x, y, flip) in enumerate(cuts):
        points = (labels[record].reshape(2, 2) - [x, y]) / (crop - 1)
        seen = labels[record].reshape(2, 2) != -1
        if flip:
            points[:, 0] = 1 - points[:, 0]
            points, seen = points[::-1], seen[::-1]
        wanted[record], known[record] = points.ravel(), seen.ravel()
    found = blob(engine, "exchanged_eyes")
    assert found[known] == pytest.approx(wanted[known], abs=1e-5)
    apart = (blob(engine, "eyes") - wanted)[known]
    assert blob(engine, "loss_eyes") == pytest.approx((apart**2).sum() / 2 / BATCH, rel=1e-4)
    assert blob(engine, "data") == pytest.approx(records[:, :1] * 0.5)


def test_weights_go_with_the_points_that_a_mirror_exchanges() -> None:
    task: dict[str, Any] = {"name": "eyes", "loss": "smooth_l1", "dim": 4, "weight_columns": "4-7"}
    task["points"] = {"swap": [[0, 1]]}
    net = made([task], channels=3, ramps=True)
    columns, rows = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    stored = np.stack([columns * 0, columns, rows]).astype(np.float32)
    records = np.stack([stored, stored[:, :, ::-1]] * 2)
    labels = np.tile(np.array([4, 5, 12, 7, 1, 2, 3, 4], np.float32), (BATCH, 1))
    engine = run(net, records, labels)
    places = labels[:, :4] / (SIDE - 1)
    weights = labels[:, 4:].copy()
    mirrored = 1 - places[1::2, [2, 0]], places[1::2, [3, 1]]
    places[1::2] = np.stack([mirrored[0], mirrored[1]], axis=2).reshape(-1, 4)
    weights[1::2] = weights[1::2][:, [2, 3, 0, 1]]
    values = huber(blob(engine, "eyes") - places, 1) * weights
    assert blob(engine, "loss_eyes") == pytest.approx(values.sum() / BATCH, rel=1e-4)


@pytest.mark.parametrize("width", [SIDE, 2 * SIDE])
def test_errors_of_points_are_pixels_of_the_stored_image(width: int) -> None:
    """As labels are, also where a crop is no square."""
    task: dict[str, Any] = {"name": "eyes", "loss": "euclidean", "dim": 4, "points": {}}
    task |= {"scores": ["mae", "nme"], "nme_between": {"first": [0], "second": [1]}}
    pair = {"images": "images", "labels": "labels", "batch_size": BATCH}
    data = {"shape": [3, SIDE, width], "ramps": True, "train": pair, "test": pair}
    net = generate(load_tasks({"backbone": "lenet", "data": data, "tasks": [task]}))
    columns, rows = np.meshgrid(np.arange(width), np.arange(SIDE))
    stored = np.stack([columns * 0, columns, rows]).astype(np.float32)
    labels = np.array([[4, 5, 12, 7], [1, 9, 20, 9], [3, 3, 3, 13], [7, 7, 9, 20]], np.float32)
    engine = run(net, np.stack([stored] * BATCH), labels)
    found = blob(engine, "eyes").reshape(BATCH, 2, 2) * [width - 1, SIDE - 1]
    off = found - labels.reshape(BATCH, 2, 2)
    assert blob(engine, "error_eyes") == pytest.approx(np.abs(off).mean(), rel=1e-4)
    span = np.linalg.norm(labels[:, :2] - labels[:, 2:], axis=1)
    wanted = (np.linalg.norm(off, axis=2) / span[:, None]).mean()
    assert blob(engine, "nme_eyes") == pytest.approx(wanted, rel=1e-4)


def test_a_canary_shows_the_records_of_both() -> None:
    net = made([{"name": "kind", "loss": "softmax", "classes": 2}], canary=True)
    data = [layer for layer in net.train_val.layer if layer.type == "Data"]
    assert [list(layer.top) for layer in data] == 2 * [
        ["data", "data_number"],
        ["label", "label_number"],
    ]
    (canary,) = (layer for layer in net.train_val.layer if layer.name == "canary")
    assert canary.type == "EuclideanLoss"
    assert list(canary.bottom) == ["data_number", "label_number"]
    assert list(canary.loss_weight) == [0]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"images_per_record": 1}, "data.images_per_record: found 1; images was converted with"),
        ({"images_per_record": 2, "canary": True}, "data.canary: found true; images was converted"),
        ({"images_per_record": 2}, ""),
    ],
)
def test_a_pair_was_converted_as_the_task_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: dict[str, Any], said: str
) -> None:
    """Six channels tell nothing of two images; the manifest does."""
    monkeypatch.chdir(tmp_path)
    draw_sample("sample", 10)
    paths = sorted(str(path) for path in Path("sample").rglob("*.jpg"))[:2]
    convert(
        [(paths, [0])] * 4,
        root=".",
        images="images",
        labels="labels",
        images_per_record=2,
        resize=(SIDE, SIDE),
    )
    task: dict[str, Any] = {"name": "kind", "loss": "softmax", "classes": 2}
    if keys["images_per_record"] > 1:
        task["images"] = "concat"
    pair = {"images": "images", "labels": "labels", "batch_size": 2}
    data = {"train": pair, "test": pair, **keys}
    tasks = load_tasks({"backbone": "lenet", "data": data, "tasks": [task]})
    with pytest.raises(TaskFileError, match=said) if said else nullcontext():
        generate(tasks)


def test_weights_of_classes_go_with_label_smoothing() -> None:
    task = {"name": "kind", "loss": "softmax", "classes": 3, "label_smoothing": 0.3}
    net = made([task | {"class_weight": [1, 2, 5]}])
    (matrix,) = net.infogain.values()
    wanted = np.diag([1.0, 2, 5]) * 0.7 + np.array([[1.0], [2], [5]]) * 0.1
    assert np.array(matrix.data).reshape(3, 3) == pytest.approx(wanted)
