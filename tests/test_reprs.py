"""What an interpreter prints of a result is a line or two, whatever the result holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel import (
    MeanReport,
    Report,
    compute_mean,
    convert,
    draw_sample,
    export_files,
    generate,
    infer_shapes,
    label_stats,
    load_records,
    show_record,
    split,
    tasks_from_options,
    verify,
)
from caffe_multilabel.views.log import LogRow, TrainingLog

if TYPE_CHECKING:
    from pathlib import Path


def test_results_of_a_whole_run_are_short(tmp_path: Path) -> None:
    draw_sample(tmp_path / "sample", 20)
    folder = tmp_path / "sample"
    records = load_records(folder / "train.txt", tasks=folder / "tasks.yaml")
    images, labels = tmp_path / "images", tmp_path / "labels"
    results = [
        records,
        convert(
            folder / "train.txt",
            root=folder,
            resize=(64, 64),
            images=images,
            labels=labels,
            tasks=folder / "tasks.yaml",
        ),
        verify(images, labels),
        compute_mean(images),
        label_stats(labels),
        label_stats(labels).correlation,
        show_record(images, labels),
        export_files(images, labels, tmp_path / "files"),
        split(folder / "train.txt", tmp_path / "split", val=0.2),
    ]
    for result in results:
        assert type(result).__name__ in repr(result)
        assert len(repr(result)) < 600, repr(result)
        assert "\n" not in repr(result)
    assert repr(records).startswith("<Records: 18 records of 6 labels")
    assert ", tasks " in repr(records)


def test_a_net_says_its_name_layers_and_tasks() -> None:
    net = generate(
        tasks_from_options(
            backbone="lenet",
            tasks=["color:softmax:8", "tags:sigmoid:3"],
            train=("images", "labels"),
            name="two",
            shape=(3, 28, 28),
        )
    )
    layers = len(net.train_val.layer)
    assert repr(net) == f"<GeneratedNet 'two': {layers} layers, tasks color, tags>"
    shapes = repr(infer_shapes(net.deploy, "TEST"))
    assert shapes.startswith("NetShapes(layers=<")
    assert len(shapes) < 300


def test_long_fields_are_counted_and_short_ones_shown() -> None:
    log = TrainingLog(tuple(LogRow(i, "train", "loss", 1.0, 0) for i in range(9)), (0,), {"l": 1.0})
    assert repr(log) == "TrainingLog(rows=<9 items>, run_starts=(0,), loss_weights={'l': 1.0})"
    assert repr(Report("<p>" * 99, ())) == "Report(html=<297 characters>, notes=())"
    long = LogRow(1, "train", "x" * 90, 1.0, 0)
    assert "rows=<1 item>," in repr(TrainingLog((long,), (0,)))
    mean = MeanReport(np.zeros((3, 9, 9)), np.zeros(3), np.zeros(3), 5)
    assert repr(mean).startswith("MeanReport(mean=<float64 (3, 9, 9)>, ")
