"""What holds for every generated net, whatever the task file."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel.caffe.net_state import Phase, select_layers
from caffe_multilabel.caffe.proto import parse_text, to_text
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.nets.generate import (
    BACKBONES,
    ColumnStatistics,
    GeneratedNet,
    LabelStatistics,
    generate,
)
from caffe_multilabel.nets.lint import lint_net, lint_solver
from caffe_multilabel.tasks import ResolvedTasks, TaskFile, load_tasks

PHASES: tuple[Phase, ...] = ("TRAIN", "TEST")
SIDE = {"lenet": 28, "caffenet": 67, "squeezenet1.1": 64, "mcnn": 95}


@st.composite
def task_entries(draw: st.DrawFn, name: str, backbone: str, groups: list[str]) -> dict[str, Any]:
    loss = draw(st.sampled_from(["softmax", "sigmoid", "euclidean", "hinge"]))
    task: dict[str, Any] = {"name": name, "loss": loss}
    if loss in ("softmax", "hinge"):
        task["classes"] = draw(st.integers(2, 6))
        task |= draw(st.sampled_from([{}, {"top_k": 2}]))
    else:
        task["dim"] = draw(st.integers(1, 4))
    if loss in ("softmax", "sigmoid"):
        task |= draw(st.sampled_from([{}, {"ignore_label": -1}, {"normalization": "FULL"}]))
    if loss == "softmax":
        task |= draw(st.sampled_from([{}, {"class_weight": "balanced"}]))
    grouped = draw(st.booleans())
    if groups and grouped:
        task["group"] = draw(st.sampled_from(groups))
    elif draw(st.booleans()):
        blobs = st.sampled_from(BACKBONES[backbone].blobs())
        task["attach"] = draw(st.lists(blobs, min_size=1, max_size=2, unique=True))
    task |= draw(st.sampled_from([{}, {"hidden": 5}, {"hidden": [6, 5], "dropout": 0.5}]))
    return task | draw(st.sampled_from([{}, {"dropout": 0.3}, {"lr_mult": 3, "decay_mult": 0}]))


def width(task: dict[str, Any]) -> int:
    return int(task.get("dim", 1))


@st.composite
def task_files(draw: st.DrawFn) -> tuple[TaskFile, LabelStatistics]:
    backbone = draw(st.sampled_from(sorted(SIDE)))
    groups = draw(st.lists(st.sampled_from(["g1", "g2"]), unique=True))
    tasks = [
        draw(task_entries(f"t{index}", backbone, groups))
        for index in range(draw(st.integers(1, 4)))
    ]
    total = sum(map(width, tasks))
    count = total + draw(st.integers(0, 3))
    if draw(st.booleans()):
        order = iter(draw(st.permutations(range(count))))
        for task in tasks:
            task["columns"] = [next(order) for _ in range(width(task))]
    weights = draw(st.sampled_from(["given", "equal", "scale"]))
    if weights == "given" and len(tasks) > 1:
        tasks[0]["loss_weight"] = draw(st.sampled_from([0.1, 0.25, 0.7]))
    used = [group for group in groups if any(task.get("group") == group for task in tasks)]
    task_file = load_tasks(
        {
            "backbone": {"name": backbone, **draw(st.sampled_from([{}, {"lr_mult": 0.1}]))},
            "data": {
                "transform": {"crop_size": SIDE[backbone]},
                "train": {"images": "no_images", "labels": "no_labels"},
                "test": {"images": "no_val_images", "labels": "no_val_labels"},
            },
            "tasks": tasks,
            "groups": [{"name": group, "hidden": 7} for group in used],
            "loss_weights": weights,
        }
    )
    return task_file, statistics_for(task_file, count)


def statistics_for(task_file: TaskFile, count: int) -> LabelStatistics:
    columns = [ColumnStatistics(count=10, missing=2, mean=0.5, variance=0.25)] * count
    for task, (read, _) in ResolvedTasks.of(task_file).with_columns():
        if task.class_count:
            counts = (4, 6, *[0] * (task.class_count - 2))
            columns[read[0]] = replace(columns[read[0]], class_counts=counts)
    return LabelStatistics(count=12, columns=tuple(columns))


def columns_of_blobs(net: Any, count: int) -> dict[str, list[int]]:
    """Follow the label columns through Slice and Concat."""
    blobs = {"label": list(range(count))}
    for layer in net.layer:
        if layer.type == "Slice":
            edges = [0, *layer.slice_param.slice_point, count]
            for top, first, end in zip(layer.top, edges[:-1], edges[1:], strict=True):
                blobs[top] = blobs[layer.bottom[0]][first:end]
        elif layer.type == "Concat" and all(bottom in blobs for bottom in layer.bottom):
            blobs[layer.top[0]] = [column for bottom in layer.bottom for column in blobs[bottom]]
    return blobs


def check_columns(net: GeneratedNet, tasks: TaskFile, count: int) -> None:
    blobs = columns_of_blobs(net.train_val, count)
    layers = {layer.name: layer for layer in net.train_val.layer}
    known = ResolvedTasks.of(tasks)
    for task, (columns, _) in known.with_columns():
        assert blobs[layers[f"loss_{task.name}"].bottom[1]] == list(columns)
    silenced = [
        column
        for layer in net.train_val.layer
        if layer.type == "Silence"
        for bottom in layer.bottom
        for column in blobs[bottom]
    ]
    read = [column for columns in known.layout.columns for column in columns]
    assert sorted(read + silenced) == list(range(count))


def check_weights(net: GeneratedNet) -> None:
    losses = [layer for layer in net.train_val.layer if layer.type.endswith("Loss")]
    written = re.findall(r"loss_weight: (\S+)", to_text(net.train_val))
    assert len(written) == len(losses)
    assert sum(map(Decimal, written)) == 1
    assert all(Decimal(weight) > 0 for weight in written)


def check_producers(net: Any, phase: Phase) -> None:
    made: set[str] = set()
    for _, layer in select_layers(net, phase):
        assert made.issuperset(layer.bottom), layer.name
        made.update(layer.top)


@settings(max_examples=60, deadline=None)
@given(task_files())
def test_every_net_is_whole(made: tuple[TaskFile, LabelStatistics]) -> None:
    tasks, statistics = made
    net = generate(tasks, label_statistics=statistics)
    check_columns(net, tasks, len(statistics.columns))
    check_weights(net)
    for phase in PHASES:
        check_producers(net.train_val, phase)
    check_producers(net.deploy, "TEST")
    deploy = to_text(net.deploy)
    assert "label" not in deploy.replace('name: "multilabel"', "")
    assert infer_shapes(net.deploy, "TEST").outputs == tuple(task.name for task in tasks.tasks)
    assert parse_text(deploy, "NetParameter") == net.deploy
    assert parse_text(to_text(net.train_val), "NetParameter") == net.train_val
    assert lint_net(net.train_val, tasks=tasks) == []
    assert lint_solver(net.solver) == []
