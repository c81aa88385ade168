"""What lint says of generated nets of schemes where neither a DB nor a task file is at hand."""

from __future__ import annotations

from typing import Any

import pytest

from caffe_multilabel import generate, load_tasks
from caffe_multilabel.caffe.proto import to_text
from lint_tools import found, lint


def made(*tasks: dict[str, Any], test: bool = True, **data: Any) -> str:
    """The text of the net of a task file."""
    phases = {
        phase: {"images": f"{phase}_images", "labels": f"{phase}_labels", "batch_size": 8}
        for phase in (("train", "test") if test else ("train",))
    }
    channels = 3 * int(data.get("images_per_record", 1))
    keys = {"backbone": "lenet", "data": {"shape": [channels, 28, 28], **phases, **data}}
    return to_text(generate(load_tasks({**keys, "tasks": list(tasks)})).train_val)


FLAGS = {"name": "flags", "loss": "sigmoid", "dim": 2}
ENDS = {"name": "ends", "loss": "smooth_l1", "dim": 4}


@pytest.mark.parametrize(
    ("task", "images"),
    [
        (FLAGS | {"weight_columns": "2-3", "ignore_label": -1}, 1),
        (ENDS | {"weight_columns": "4-7"}, 1),
        (ENDS | {"images": "each"}, 2),
        (ENDS | {"images": "each", "loss": "euclidean", "ignore_label": -1}, 2),
        (FLAGS | {"images": "each", "focal": {"gamma": 2}}, 3),
        (FLAGS | {"images": "each", "positive_weight": [2, 3]}, 3),
    ],
)
def test_labels_that_only_arithmetic_reads_are_as_many_as_it_takes(
    task: dict[str, Any], images: int
) -> None:
    net = made(task, images_per_record=images)
    assert found(lint(net)) == {("unknown-size", "records" if images > 1 else "data")}


def test_labels_whose_number_nothing_tells_are_of_unknown_size() -> None:
    """Bias takes one number a record, or as many as there are scores, or more of another shape."""
    net = """
    layer { name: "data" type: "Data" top: "data"
      data_param { source: "images" batch_size: 8 backend: LMDB } }
    layer { name: "labels" type: "Data" top: "label"
      data_param { source: "labels" batch_size: 8 backend: LMDB } }
    layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
      inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
    layer { name: "flat" type: "Flatten" bottom: "label" top: "flat" }
    layer { name: "sum" type: "Bias" bottom: "fc" bottom: "flat" top: "sum" bias_param { axis: 0 } }
    layer { name: "loss" type: "Reduction" bottom: "sum" top: "loss" loss_weight: 1 }
    """
    findings = lint(net, phase="TRAIN")
    assert found(findings) == {("unknown-size", "data"), ("unknown-size", "labels")}
