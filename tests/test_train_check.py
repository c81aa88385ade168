"""`train --check`: one batch, and all that is wrong with it."""

from __future__ import annotations

import inspect
import json
import math
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import Error
from caffe_multilabel.cli.main import main
from lint_tools import datum, write_db

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

pytestmark = pytest.mark.torch

ITEMS = 6

SOLVER = """
net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" max_iter: 3 random_seed: 1
snapshot_prefix: "state" solver_mode: CPU test_iter: 1
test_interval: 100 display: 1 test_initialization: false
"""

NET = """
layer { name: "data" type: "Data" top: "data"
        data_param { source: "images" batch_size: 6 backend: LMDB } }
layer { name: "label" type: "Data" top: "label"
        data_param { source: "labels" batch_size: 6 backend: LMDB } }
layer { name: "slice" type: "Slice" bottom: "label" top: "kind" top: "flags" top: "size"
        slice_param { slice_point: 1 slice_point: 3 } }
layer { name: "flat" type: "Flatten" bottom: "flags" top: "flat_flags" }
layer { name: "flat2" type: "Flatten" bottom: "size" top: "flat_size" }
layer { name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1"
        inner_product_param { num_output: 8 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "fc_kind" type: "InnerProduct" bottom: "ip1" top: "fc_kind"
        inner_product_param { num_output: 4 weight_filler { type: "gaussian" std: 0.01 } } }
layer { name: "fc_flags" type: "InnerProduct" bottom: "ip1" top: "fc_flags"
        inner_product_param { num_output: 2 weight_filler { type: "gaussian" std: 0.01 } } }
layer { name: "fc_size" type: "InnerProduct" bottom: "ip1" top: "fc_size"
        inner_product_param { num_output: 1 weight_filler { type: "gaussian" std: 0.01 } } }
layer { name: "kind_loss" type: "SoftmaxWithLoss" bottom: "fc_kind" bottom: "kind" top: "loss_kind"
        loss_weight: 0.5 loss_param { ignore_label: -1 } }
layer { name: "flags_loss" type: "SigmoidCrossEntropyLoss" bottom: "fc_flags" bottom: "flat_flags"
        top: "loss_flags" loss_weight: 0.25 }
layer { name: "size_loss" type: "EuclideanLoss" bottom: "fc_size" bottom: "flat_size"
        top: "loss_size" loss_weight: 0.25 }
"""


def write(path: Path, values: NDArray[np.float32]) -> None:
    """Write records of float data."""
    shutil.rmtree(path, ignore_errors=True)
    items = (datum(channels=len(one), height=1, width=1, float_data=one) for one in values)
    write_db(path, ((f"{number:08d}", item) for number, item in enumerate(items)))


Check = Callable[..., tuple[int, str]]


@pytest.fixture
def labels() -> NDArray[np.float32]:
    """A class, two flags and a number for each item."""
    return np.array([[n % 4, n % 2, 1, n / 4] for n in range(ITEMS)], np.float32)


@pytest.fixture
def check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Check:
    """Check a training, and return its code and what was printed."""
    monkeypatch.chdir(tmp_path)
    images = np.random.default_rng(1).normal(size=(ITEMS, 5)).astype(np.float32)

    def run(
        labels: NDArray[np.float32],
        *flags: str,
        net: str = NET,
        images: NDArray[np.float32] = images,
    ) -> tuple[int, str]:
        (tmp_path / "solver.prototxt").write_text(SOLVER)
        (tmp_path / "net.prototxt").write_text(net)
        write(tmp_path / "images", images)
        write(tmp_path / "labels", labels)
        before = {path.name for path in tmp_path.iterdir()}
        code = main(["train", "solver.prototxt", "--check", "--nolint", *flags])
        assert {path.name for path in tmp_path.iterdir()} == before  # nothing is written
        told, said = capsys.readouterr()
        assert said == ""
        return code, told

    return run


def test_layers_without_weights_of_the_files_are_notes(
    check: Check, labels: NDArray[np.float32], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    shape = "dim: 6 dim: 5 dim: 1 dim: 1"
    first = f'layer {{ name: "x" type: "Input" top: "data" input_param {{ shape {{ {shape} }} }} }}'
    ip1, fc = ("layer { name" + part for part in NET.split("layer { name")[6:9:2])
    for file, text in (("a", ip1), ("b", ip1 + fc), ("c", ip1 + fc.replace("fc_kind", "old"))):
        (tmp_path / f"{file}.prototxt").write_text(first + text)
        Net(str(tmp_path / f"{file}.prototxt"), seed=1).save(tmp_path / f"{file}.caffemodel")
    code, told = check(labels, "--weights=a.caffemodel,b.caffemodel,c.caffemodel")
    files = "a.caffemodel, b.caffemodel, c.caffemodel"
    lines = [
        f"{files}: layers of the net that get no weights there: fc_flags, fc_size",
        f"{files}: layers there that the net lacks, so they are ignored: old",
    ]
    notes = [line for line in told.splitlines() if line.startswith("note: ")]
    assert (code, notes) == (0, [f"note: net (TRAIN): {line}" for line in lines])
    weights = "--weights=a.caffemodel,b.caffemodel,c.caffemodel"
    assert main(["train", "solver.prototxt", "--nolint", "--json", weights]) == 0
    assert capsys.readouterr().err.splitlines() == [f"note: {line}" for line in lines]
    log = (tmp_path / "state.log").read_text()
    # The net that is trained and the one that is tested, each of them.
    assert log.count("net.cpp:746] Ignoring source layer old\n") == 2
    assert main(["train", "solver.prototxt", "--nolint", "--quiet", weights]) == 0
    assert capsys.readouterr().err == ""
    state = "--snapshot=state_iter_3.solverstate"
    assert main(["train", "solver.prototxt", "--nolint", "--json", state]) == 0
    assert "note: " not in capsys.readouterr().err


def test_losses_stand_beside_what_they_are_by_chance(
    check: Check, labels: NDArray[np.float32]
) -> None:
    labels[0, 0] = -1
    code, told = check(labels, "--json")
    found = json.loads(told)
    assert (code, found["fine"], found["findings"]) == (0, True, [])
    by_chance = {loss["output"]: loss["chance"] for loss in found["losses"]}
    assert by_chance == pytest.approx(
        {
            "loss_kind": math.log(4),
            "loss_flags": 2 * math.log(2),
            "loss_size": (labels[:, 3] ** 2).sum() / 2 / ITEMS,
        }
    )
    for loss in found["losses"]:
        assert loss["value"] == pytest.approx(loss["chance"], rel=0.1)
    assert [one["layer"] for one in found["gradients"]] == [
        "ip1", "fc_kind", "fc_flags", "fc_size",
    ]  # fmt: skip
    assert min(one["gradient"] for one in found["gradients"]) > 0
    code, told = check(labels)
    assert told.splitlines()[1].split()[::3] == ["loss_kind", "1.386"]
    assert told.endswith("nothing was found in one batch of each net\n")


def test_a_loss_of_any_kind_that_drowns_the_others_is_a_note(
    check: Check, labels: NDArray[np.float32]
) -> None:
    stock = """
    layer { name: "squares" type: "Reduction" bottom: "fc_size" top: "squares" loss_weight: WEIGHT
      reduction_param { operation: SUMSQ } }
    """
    code, told = check(labels, net=NET + stock.replace("WEIGHT", "1e6"))
    (note,) = [line for line in told.splitlines() if line.startswith("note: ")]
    assert note.startswith("note: squares (TRAIN): the loss times its loss_weight is ")
    assert code == 0
    code, told = check(labels, net=NET + stock.replace("WEIGHT", "1e-6"))
    assert (code, "note: " in told) == (0, False)


def found_in(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith("found: ")]


def test_each_label_that_its_loss_cannot_take_is_named_with_its_record(
    check: Check, labels: NDArray[np.float32]
) -> None:
    labels[3, 0], labels[4, 2] = 7, 1.5
    code, told = check(labels)
    assert code == 1
    train = [line for line in found_in(told) if "(TRAIN)" in line]
    assert len(train) == 2
    assert "flags_loss (TRAIN): label 1.5 in 'flat_flags'; 0 to 1 are allowed" in train[1]
    assert "record '00000004' of labels" in train[1]
    assert "label 7 in 'kind'; 0 to 3 are allowed" in train[0]
    assert "record '00000003' of labels" in train[0]
    assert "loss_kind" not in told.splitlines()[1]  # it has no value
    assert len(found_in(told)) == 4  # and both in the net that is tested


def test_a_number_that_is_none_is_named_where_it_enters(
    check: Check, labels: NDArray[np.float32]
) -> None:
    labels[2, 3] = np.nan
    code, told = check(labels)
    assert code == 1
    assert found_in(told)[0] == (
        "found: label (TRAIN): nan or inf is in blob 'label' of layer 'label' (Data), "
        "record '00000002' of labels"
    )


def test_what_cannot_learn_is_told_with_its_cause(
    check: Check, labels: NDArray[np.float32]
) -> None:
    dead = NET.replace(
        'weight_filler { type: "xavier" }',
        'weight_filler { type: "xavier" } bias_filler { type: "constant" value: -99 }',
    )
    code, told = check(labels, net=dead)
    assert code == 1
    assert found_in(told)[0] == (
        "found: relu (TRAIN): its top is all 0: no value that it reads passes, and none below "
        "learns"
    )
    assert "found: ip1 (TRAIN): no gradient arrives at it: " in told
    # Of a last layer without a filler the scores are 0 at first, and it learns all the same.
    zero = NET.replace('weight_filler { type: "gaussian" std: 0.01 }', "")
    code, told = check(labels, net=zero)
    assert (code, found_in(told)) == (0, [])
    assert "note: ip1 (TRAIN): no gradient arrives at it: the weights of layer 'fc_kind'" in told
    # Records without a label that counts are nobody's mistake.
    labels[:, 0] = -1
    code, told = check(labels)
    assert (code, found_in(told)) == (0, [])
    assert "fc_kind (TRAIN): no gradient arrives at it: kind_loss is 0" in told


FILLED = 'weight_filler { type: "xavier" }'
NO_BIAS = NET.replace("num_output", "bias_term: false num_output")
ZERO_FIRST = NO_BIAS.replace(FILLED, "")
STAY = "0, and get no gradient themselves: they stay so"
STUCK = f"the weights of layer 'fc_kind' (InnerProduct) above it are all {STAY}"
HEADS = (
    "fc_size (TRAIN): no gradient arrives at it, nor at fc_kind, fc_flags: it reads nothing but 0, "
    "for the weights of layer 'ip1' (InnerProduct) are "
)
DEAD = (
    "ip1 (TRAIN): no gradient arrives at it: it ends in layer 'relu' (ReLU), which makes nothing "
    "but 0"
)
EMPTY = "ip1 (TRAIN): its top is all 0, for its weights are"
RELU = 'layer { name: "relu" type: "ReLU" bottom: "ip1" top: "ip1" }'


@pytest.mark.parametrize(
    ("net", "found", "noted"),
    [
        # Two layers of 0 one behind the other keep each other there; a bias alone learns.
        (
            NET.replace(FILLED, "").replace('weight_filler { type: "gaussian" std: 0.01 }', ""),
            [f"ip1 (TRAIN): no gradient arrives at it: {STUCK}"],
            [EMPTY],
        ),
        # One layer of 0 gets a gradient, and those above it the next time.
        (
            ZERO_FIRST.replace(RELU, ""),
            [],
            [EMPTY, f"{HEADS}0 yet"],
        ),
        # ReLU hands down none at 0.
        (
            ZERO_FIRST,
            [DEAD, f"{HEADS}{STAY}"],
            [EMPTY],
        ),
    ],
)
def test_weights_of_0_are_told_by_whether_they_stay_so(
    check: Check, labels: NDArray[np.float32], net: str, found: list[str], noted: list[str]
) -> None:
    code, told = check(labels, "--json", net=net)
    train = [
        (f"{one['layer']} (TRAIN): {one['message']}", one["is_note"])
        for one in json.loads(told)["findings"]
        if one["phase"] == "TRAIN"
    ]
    assert [line for line, is_note in train if not is_note] == found
    assert [line for line, is_note in train if is_note] == noted
    assert code == (1 if found else 0)


SEQUENCE = """
layer { name: "begins" type: "Data" top: "begins"
        data_param { source: "begins" batch_size: 6 backend: LMDB } }
layer { name: "cont" type: "Reshape" bottom: "begins" top: "cont"
        reshape_param { shape { dim: 1 dim: 6 } } }
layer { name: "steps" type: "Reshape" bottom: "ip1" top: "steps"
        reshape_param { shape { dim: 1 dim: 6 dim: 8 } } }
layer { name: "lstm" type: "LSTM" bottom: "steps" bottom: "cont" top: "lstm"
        recurrent_param { num_output: 8 weight_filler { type: "xavier" } } }
layer { name: "items" type: "Reshape" bottom: "lstm" top: "items"
        reshape_param { shape { dim: 6 dim: 8 } } }
"""


def test_what_says_where_sequences_begin_may_be_0(
    check: Check, labels: NDArray[np.float32], tmp_path: Path
) -> None:
    write(tmp_path / "begins", np.zeros((ITEMS, 1), np.float32))
    net = NET.replace(RELU, SEQUENCE).replace('bottom: "ip1" top: "fc', 'bottom: "items" top: "fc')
    code, told = check(labels, "--json", net=net)
    assert (code, json.loads(told)["findings"]) == (0, [])


def test_images_of_nothing_and_losses_far_above_chance_are_found(
    check: Check, labels: NDArray[np.float32]
) -> None:
    code, told = check(labels, images=np.zeros((ITEMS, 5), np.float32))
    assert code == 1
    assert found_in(told)[0].startswith(
        "found: data (TRAIN): its top is all 0: look at the records"
    )
    images = np.full((ITEMS, 5), 255e2, np.float32)
    code, told = check(labels, images=images)
    assert code == 1
    assert "size_loss (TRAIN): the loss is " in told
    assert "by chance: scores are far from 0 before anything is learnt" in told


def test_one_black_image_a_batch_is_a_note(check: Check, labels: NDArray[np.float32]) -> None:
    one = NET.replace("batch_size: 6", "batch_size: 1")
    assert one != NET
    code, told = check(labels, net=one, images=np.zeros((ITEMS, 5), np.float32))
    assert (code, found_in(told)) == (0, [])
    assert "note: data (TRAIN): its top is all 0: look at the records" in told
    assert "note: ip1 (TRAIN): no gradient arrives at it: it reads nothing but 0" in told


def test_what_is_dead_beside_a_black_image_is_found(
    check: Check, labels: NDArray[np.float32]
) -> None:
    mask = (
        'layer { name: "mask" type: "Data" top: "mask" transform_param { scale: 0 }'
        ' data_param { source: "images" batch_size: 1 backend: LMDB } }'
        'layer { name: "unread" type: "Silence" bottom: "mask" }'
    )
    dead = NET.replace("batch_size: 6", "batch_size: 1").replace(
        'weight_filler { type: "xavier" }',
        'weight_filler { type: "xavier" } bias_filler { type: "constant" value: -99 }',
    )
    dead = dead.replace("num_output: 1", "num_output: 1 bias_term: false")
    labels[:, 3] = 5
    code, told = check(labels, net=mask + dead)
    assert code == 1
    assert "note: mask (TRAIN): its top is all 0: look at the records" in told
    assert "found: relu (TRAIN): its top is all 0" in told
    # Its image is not black, so what reads nothing but 0 has no such excuse.
    assert "found: fc_size (TRAIN): no gradient arrives at it: it reads nothing but 0" in told


def test_scores_of_about_1_are_well_beside_numbers_near_0(
    check: Check, labels: NDArray[np.float32]
) -> None:
    labels[:, 3] = np.linspace(-1e-3, 1e-3, ITEMS)
    wide = NET.replace(
        'num_output: 1 weight_filler { type: "gaussian" std: 0.01 }',
        'num_output: 1 weight_filler { type: "gaussian" std: 1 }',
    )
    code, told = check(labels, "--json", net=wide)
    found = json.loads(told)
    size = next(loss for loss in found["losses"] if loss["output"] == "loss_size")
    assert size["value"] > 1000 * size["chance"] > 0
    assert (code, found["findings"]) == (0, [])


def test_labels_are_told_from_scores_by_who_learns(
    check: Check, labels: NDArray[np.float32]
) -> None:
    """A EuclideanLoss takes its labels as either bottom."""
    labels[:, 3] = np.linspace(100, 200, ITEMS)
    first = NET.replace(
        'bottom: "fc_size" bottom: "flat_size"', 'bottom: "flat_size" bottom: "fc_size"'
    )
    code, told = check(labels, "--json", net=first)
    found = json.loads(told)
    chance = {loss["output"]: loss["chance"] for loss in found["losses"]}
    assert chance["loss_size"] == pytest.approx((labels[:, 3] ** 2).sum() / 2 / ITEMS)
    assert code == 0
    # Where both learn, or none does, neither is the one with scores.
    both = NET.replace('bottom: "flat_size"', 'bottom: "fc_size2"').replace(
        'layer { name: "size_loss"',
        'layer { name: "fc_size2" type: "InnerProduct" bottom: "ip1" top: "fc_size2"'
        'inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }'
        'layer { name: "size_loss"',
    )
    none = NET.replace('layer { name: "i', 'layer { param { lr_mult: 0 } name: "i').replace(
        'layer { name: "fc_size"', 'layer { param { lr_mult: 0 } name: "fc_size"'
    )
    for net in (both, none.replace("lr_mult: 0 }", "lr_mult: 0 } param { lr_mult: 0 }")):
        _, told = check(labels, "--json", net=net)
        assert json.loads(told)["losses"][-1]["chance"] is None


def test_probabilities_by_chance_are_alike(check: Check, labels: NDArray[np.float32]) -> None:
    net = NET.replace(
        'layer { name: "kind_loss" type: "SoftmaxWithLoss" bottom: "fc_kind"',
        'layer { name: "soft" type: "Softmax" bottom: "fc_kind" top: "soft" }'
        'layer { name: "kind_loss" type: "MultinomialLogisticLoss" bottom: "soft"',
    )
    code, told = check(labels, "--json", net=net)
    assert code == 0
    chance = {loss["output"]: loss["chance"] for loss in json.loads(told)["losses"]}
    assert chance["loss_kind"] == pytest.approx(math.log(4))
    labels[:, 0] = 1
    far = (
        'layer { name: "far" type: "Power" bottom: "fc_kind" top: "far" power_param { scale: 0 } }'
    )
    zero = net.replace('bottom: "soft" bottom', 'bottom: "far" bottom')
    code, told = check(
        labels, net=zero.replace('layer { name: "soft"', far + 'layer { name: "soft"')
    )
    assert code == 1
    assert "the loss is 46.05, and 1.386 by chance: probabilities are far from alike" in told


def test_labels_that_are_no_numbers_are_not_out_of_range_as_well(
    check: Check, labels: NDArray[np.float32]
) -> None:
    labels[2, 2] = np.nan
    for ignored in ("", "loss_param { ignore_label: -1 }"):
        net = NET.replace("loss_weight: 0.25 }", f"loss_weight: 0.25 {ignored} }}", 1)
        code, told = check(labels, net=net)
        assert code == 1
        assert "nan or inf is in blob 'label'" in found_in(told)[0]
        assert "are allowed" not in told


def test_a_loss_of_0_is_told_by_what_it_can_come_of(
    check: Check, labels: NDArray[np.float32]
) -> None:
    labels[:, 3] = 0
    code, told = check(labels, net=NET.replace('type: "gaussian" std: 0.01', 'type: "constant"'))
    assert (code, found_in(told)) == (0, [])
    assert "size_loss is 0, which it is where scores fit the labels of the batch already" in told


OUTPUT = """
layer { name: "out" type: "HDF5Output" bottom: "fc_kind" bottom: "kind"
        hdf5_output_param { file_name: "out.h5" } PHASE }
"""


@pytest.mark.parametrize("phase", ["include { phase: TEST }", "include { phase: TRAIN }"])
def test_a_file_that_a_net_writes_to_stays(
    check: Check, labels: NDArray[np.float32], tmp_path: Path, phase: str
) -> None:
    net = "force_backward: true" + NET + OUTPUT.replace("PHASE", phase)
    code, _ = check(labels, net=net)
    assert (code, (tmp_path / "out.h5").exists()) == (0, False)
    (tmp_path / "out.h5").write_text("of the user")
    code, _ = check(labels, net=net)
    assert (code, (tmp_path / "out.h5").read_text()) == (0, "of the user")


REFUSED = (
    ("--restart_data", 2, "restart_data is of a snapshot to go on from, and none is given"),
    ("--keep=-3", 2, "keep is -3"),
    ("--best=loss_sise", 2, "best: no test has an output 'loss_sise'"),
    ("--sigint_effect=zz", 2, "sigint_effect is 'zz'; stop, snapshot, none are allowed"),
    ("--sighup_effect=zz", 2, "sighup_effect is 'zz'"),
    ("--log=none/log", 1, "none/log: "),
    ("--log=images", 1, "images: "),
    ("--tensorboard=net.prototxt", 1, "net.prototxt: cannot be written: "),
    ("--tensorboard=net.prototxt/a", 1, "net.prototxt/a: cannot be written: "),
    ("--html=none/a.html", 1, "none/a.html: there is no folder none"),
)


def test_a_flag_that_a_training_refuses_is_refused(
    check: Check, labels: NDArray[np.float32], capsys: pytest.CaptureFixture[str]
) -> None:
    check(labels)
    for flag, code, message in REFUSED:
        for more in ([], ["--check"]):
            arguments = ["train", "solver.prototxt", "--nolint", "--quiet", flag, *more]
            assert main(arguments) == code, arguments
            assert message in capsys.readouterr().err


def test_an_argument_of_another_type_is_an_error_of_ours(
    check: Check, labels: NDArray[np.float32]
) -> None:
    from caffe_multilabel.engine import check_training, train  # noqa: PLC0415  (torch)

    check(labels)
    names = inspect.signature(check_training).parameters
    assert inspect.signature(train).parameters.keys() - names == {"observers"}
    wrongs: tuple[Any, ...] = (object(), np.zeros(2))
    for call in (check_training, train):
        for name in names:
            for wrong in wrongs:
                with pytest.raises(Error):
                    call(**{"solver": "solver.prototxt", "cpu": True} | {name: wrong})


def test_a_snapshot_is_checked_as_it_would_be_gone_on_from(
    check: Check, labels: NDArray[np.float32], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(labels)
    assert main(["train", "solver.prototxt", "--nolint", "--quiet"]) == 0
    beside = tmp_path / "state_iter_3.solverstate.data.json"
    beside.write_text("no JSON")
    arguments = ["train", "solver.prototxt", "--nolint", "--check", "--snapshot=latest"]
    assert main(arguments) == 1
    assert "damaged; --restart_data goes on without it" in capsys.readouterr().err
    assert main([*arguments, "--restart_data"]) == 0
    flags = ["--keep=2", "--best=loss_size", "--tensorboard=runs/a", "--log=other.log"]
    assert main([*arguments[:-1], *flags]) == 0
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "other.log").exists()


def test_gradients_that_are_no_numbers_are_found(check: Check, labels: NDArray[np.float32]) -> None:
    # The root of 0 has no slope, and its value is a number.
    rooted = NET.replace(
        'name: "relu" type: "ReLU" bottom: "ip1" top: "ip1"',
        'name: "zero" type: "Power" bottom: "ip1" top: "zero" power_param { scale: 1e-30 } }'
        'layer { name: "root" type: "Power" bottom: "zero" top: "ip2" power_param { power: 0.5 }',
    ).replace('bottom: "ip1" top: "fc', 'bottom: "ip2" top: "fc')
    code, told = check(labels, net=rooted, images=np.zeros((ITEMS, 5), np.float32) + 1e-30)
    assert code == 1
    (line,) = (line for line in found_in(told) if "gradient" in line)
    assert "nan or inf is in the gradient of blob 'zero', made by layer 'root' (Power)" in line


def test_what_lint_finds_is_told_beside_it(
    check: Check,
    labels: NDArray[np.float32],
    capsys: pytest.CaptureFixture[str],
) -> None:
    labels[4, 2] = 1.5
    check(labels)
    capsys.readouterr()
    assert main(["train", "solver.prototxt", "--check"]) == 1
    told, said = capsys.readouterr()
    assert "[sigmoid-label]" in said
    assert "flags_loss (TRAIN): label 1.5" in told
    # A label that lint alone can see, in a later batch.
    labels[4, 2], labels[5, 2] = 1, 1.5
    check(labels, net=NET.replace("batch_size: 6", "batch_size: 3"))
    assert main(["train", "solver.prototxt", "--check"]) == 1
    told, said = capsys.readouterr()
    assert "first in record 00000005" in said
    assert told.endswith("nothing was found in one batch of each net\n")


def test_a_warning_of_lint_alone_is_no_failure(
    check: Check, labels: NDArray[np.float32], capsys: pytest.CaptureFixture[str]
) -> None:
    check(labels, net=NET.replace("loss_weight: 0.5", "loss_weight: 0.4"))
    capsys.readouterr()
    assert main(["train", "solver.prototxt", "--check"]) == 0
    told, said = capsys.readouterr()
    assert "warning: " in said
    assert "error: " not in said
    assert told.endswith("nothing was found in one batch of each net\n")


@pytest.mark.parametrize("iter_size", [1, 2])
def test_a_training_that_reads_such_a_number_names_the_record(
    check: Check,
    labels: NDArray[np.float32],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    iter_size: int,
) -> None:
    """Where an iteration has several batches, it is in the first one here."""
    labels[2, 3] = np.nan
    check(labels, net=NET.replace("batch_size: 6", "batch_size: 3"))
    (tmp_path / "solver.prototxt").write_text(f"{SOLVER} iter_size: {iter_size}")
    assert main(["train", "solver.prototxt", "--nolint", "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "iteration 0: the loss is nan; that of loss_size; the first of it is in blob " in said
    assert "record '00000002' of labels" in said
    assert "base_lr" not in said  # the rate has no part in it
