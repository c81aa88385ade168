"""The rows of a summary and its JSON."""

from __future__ import annotations

import json

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.nets.summary import summarise

NET = """
name: "two tasks"
layer { name: "data" type: "Data" top: "data" top: "unused" include { phase: TRAIN }
        data_param { batch_size: 32 } transform_param { crop_size: 8 } }
layer { name: "data" type: "Input" top: "data" include { phase: TEST }
        input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "mean" type: "Reduction" bottom: "conv" top: "mean" include { phase: TEST } }
"""


def test_rows_and_totals() -> None:
    summary = summarise(parse_text(NET, "NetParameter"), "TRAIN")
    assert [(row.name, row.type, row.output, row.parameters) for row in summary.rows] == [
        ("data", "Data", "32x3x8x8, 32", 0),
        ("conv", "Convolution", "32x4x6x6", 112),
    ]
    assert [row.multiply_adds for row in summary.rows] == [0, 32 * 36 * 108]
    totals = summary.totals
    assert (totals.layers, totals.parameters, totals.multiply_adds) == (2, 112, 32 * 36 * 108)
    assert totals.batch_size == 32


def test_the_caller_gives_data_shapes() -> None:
    net = parse_text(NET, "NetParameter")
    row = summarise(net, "TRAIN", data_shapes={"data": (1, 8, 8)}).rows[0]
    assert row.output == "32x1x8x8, 32"


def test_json() -> None:
    summary = summarise(parse_text(NET, "NetParameter"), "TEST")
    work = 2 * 36 * 108
    assert json.loads(json.dumps(summary.to_dict())) == {
        "name": "two tasks",
        "phase": "TEST",
        "rows": [
            {
                "name": "data",
                "type": "Input",
                "output": "2x3x8x8",
                "top_shapes": [[2, 3, 8, 8]],
                "parameters": 0,
                "multiply_adds": 0,
            },
            {
                "name": "conv",
                "type": "Convolution",
                "output": "2x4x6x6",
                "top_shapes": [[2, 4, 6, 6]],
                "parameters": 112,
                "multiply_adds": work,
            },
            {
                "name": "mean",
                "type": "Reduction",
                "output": "scalar",
                "top_shapes": [[]],
                "parameters": 0,
                "multiply_adds": 0,
            },
        ],
        "totals": {"layers": 3, "parameters": 112, "multiply_adds": work, "batch_size": 2},
        "assumptions": [],
    }
