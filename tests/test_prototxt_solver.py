"""The solver: defaults, the user's fields, and errors that name the key."""

from __future__ import annotations

from typing import Any

import pytest

from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.nets.generate import generate
from caffe_multilabel.nets.generate.solver_maker import make_solver
from caffe_multilabel.tasks import load_tasks

PAIR = {"images": "images", "labels": "labels", "batch_size": 50}


def solver(
    keys: dict[str, Any], *, test: bool = True, records: int | None = 1000
) -> tuple[Any, list[str]]:
    warnings: list[str] = []
    data = {"train": PAIR} | ({"test": PAIR} if test else {})
    task = {"name": "a", "loss": "softmax", "classes": 3}
    tasks = load_tasks({"name": "net", "data": data, "tasks": [task], "solver": keys})
    return make_solver(tasks, records, warnings), warnings


def test_defaults_are_those_of_fine_tuning() -> None:
    found, warnings = solver({})
    assert found.net == "train_val.prototxt"
    assert found.snapshot_prefix == "net"
    assert (list(found.test_iter), found.test_interval) == ([20], 1000)
    assert (found.lr_policy, found.stepsize, found.max_iter) == ("step", 20000, 100000)
    assert found.base_lr == pytest.approx(0.001)
    assert found.gamma == pytest.approx(0.1)
    assert found.momentum == pytest.approx(0.9)
    assert warnings == []


def test_without_test_databases_nothing_is_tested() -> None:
    found, _ = solver({}, test=False)
    assert not found.test_iter
    assert not found.HasField("test_interval")


def test_an_unknown_test_db_is_told() -> None:
    found, warnings = solver({}, records=None)
    assert list(found.test_iter) == [100]
    assert "images is not there yet" in warnings[0]


def test_the_user_s_fields_win() -> None:
    keys = {
        "test_iter": 7,
        "max_iter": 500,
        "solver_mode": "CPU",
        "net": "my.prototxt",
        "snapshot_prefix": "snap/x",
        "weights": ["a.caffemodel"],
        "train_state": {"level": 2, "stage": ["x", "y"]},
    }
    found, _ = solver(keys)
    assert list(found.test_iter) == [7]
    assert found.stepsize == 100
    assert found.solver_mode == 0
    assert (found.net, found.snapshot_prefix) == ("my.prototxt", "snap/x")
    assert list(found.weights) == ["a.caffemodel"]
    assert list(found.train_state.stage) == ["x", "y"]


@pytest.mark.parametrize(
    "keys",
    [
        {"lr_policy": "fixed", "gamma": -1, "stepsize": 0},
        {"lr_policy": "poly", "gamma": -1},
        {"type": "SGD", "rms_decay": 2},
    ],
)
def test_numbers_that_caffe_does_not_read_are_left_alone(keys: dict[str, Any]) -> None:
    found, _ = solver(keys)
    assert {name: getattr(found, name) for name in keys} == keys


def test_a_net_that_is_not_tested_may_have_any_test_interval() -> None:
    assert solver({"test_interval": 0}, test=False)[0].test_interval == 0


@pytest.mark.parametrize("kind", ["AdaGrad", "RMSProp"])
def test_solvers_that_stop_at_a_momentum_get_none(kind: str) -> None:
    found, _ = solver({"type": kind})
    assert not found.HasField("momentum")


def test_the_old_solver_type_becomes_type() -> None:
    found, _ = solver({"solver_type": "ADAGRAD"})
    assert found.type == "AdaGrad"
    assert not found.HasField("solver_type")
    assert not found.HasField("momentum")


@pytest.mark.parametrize(
    ("keys", "key", "message"),
    [
        ({"base_Ir": 1}, "solver.base_Ir", r"no such field \(did you mean 'base_lr'\?\)"),
        ({"base_lr": "fast"}, "solver.base_lr", "found 'fast'; must be a number"),
        ({"max_iter": 1.5}, "solver.max_iter", "found 1.5; must be a whole number from"),
        ({"max_iter": 2**31}, "solver.max_iter", "to 2147483647"),
        ({"base_lr": 1e39}, "solver.base_lr", "finite"),
        ({"debug_info": 1}, "solver.debug_info", "true or false"),
        ({"net": 1}, "solver.net", "must be text"),
        ({"solver_mode": "TPU"}, "solver.solver_mode", "one of CPU, GPU"),
        ({"train_state": 1}, "solver.train_state", "keys and values"),
        ({"train_state": {"phase": "X"}}, "solver.train_state.phase", "TRAIN, TEST"),
        ({"stepvalue": [1, "x"]}, r"solver.stepvalue[1]", "a number"),
        ({"lr_policy": "Step"}, "solver.lr_policy", "fixed, step, .*did you mean 'step'"),
        ({"type": "ADAM"}, "solver.type", "SGD, Nesterov, .*did you mean 'Adam'"),
        ({"lr_policy": "multistep"}, "solver.stepvalue", "lr_policy multistep needs it"),
        ({"lr_policy": "inv", "gamma": 0.1}, "solver.power", "lr_policy inv needs it"),
        ({"gamma": -0.1}, "solver.gamma", r"found -0\.1; must be 0 or more"),
        ({"stepsize": 0}, "solver.stepsize", "found 0; must be 1 or more"),
        (
            {"lr_policy": "sigmoid", "gamma": 1, "stepsize": -5},
            "solver.stepsize",
            "found -5; must be 1 or more",
        ),
        ({"average_loss": 0}, "solver.average_loss", "found 0; must be 1 or more"),
        ({"test_interval": 0}, "solver.test_interval", "found 0; must be 1 or more"),
        ({"type": "AdaGrad", "momentum": 0.9}, "solver.momentum", "must be 0 for this type"),
        ({"type": "RMSProp", "rms_decay": 1}, "solver.rms_decay", "must be 0 or more, below 1"),
        ({"regularization_type": "l2"}, "solver.regularization_type", "did you mean 'L2'"),
    ],
)
def test_errors_name_the_key(keys: dict[str, Any], key: str, message: str) -> None:
    with pytest.raises(TaskFileError, match=message) as caught:
        solver(keys)
    assert caught.value.key == key
    assert caught.value.message.startswith(key)


def first_test(backbone: Any, *, test: bool = True, **keys: Any) -> bool | None:
    data = {"transform": {"crop_size": 64}, "train": PAIR} | ({"test": PAIR} if test else {})
    task = {"name": "a", "loss": "softmax", "classes": 3}
    tasks = load_tasks({"backbone": backbone, "data": data, "tasks": [task], "solver": keys})
    found = generate(tasks).solver
    return bool(found.test_initialization) if found.HasField("test_initialization") else None


def test_no_test_before_batch_norm_has_statistics() -> None:
    assert first_test("resnet18") is False
    assert first_test("lenet") is None


def test_frozen_batch_norm_has_its_statistics_from_elsewhere() -> None:
    last = "pool5"
    assert first_test({"name": "resnet18", "freeze": last}) is None
    assert first_test({"name": "resnet18", "freeze": "pool1"}) is False


def test_the_user_may_have_the_test_at_the_start() -> None:
    assert first_test("resnet18", test_initialization=True) is True


def test_what_is_never_tested_has_no_first_test() -> None:
    assert first_test("resnet18", test=False) is None
