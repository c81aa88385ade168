"""Numbers that are learnt of no data, and the solver's `iter_size` and `weight_decay`."""

from __future__ import annotations

import pytest

from caffe_multilabel.caffe.proto import parse_text
from lint_tools import lint

NET = """
layer { name: "data" type: "Data" top: "data" top: "label" transform_param { crop_size: 8 }
  data_param { source: "images" batch_size: 4 backend: LMDB } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "zero" type: "DummyData" top: "zero" dummy_data_param { shape { dim: 1 } } }
NUMBER
layer { name: "loss" type: "EuclideanLoss" bottom: "fc" bottom: "label" top: "loss"
  loss_weight: 0 }
layer { name: "weighted" type: "Reduction" bottom: "s" top: "weighted" loss_weight: 1 }
layer { name: "plain" type: "Power" bottom: "loss" top: "plain" loss_weight: 1 }
"""
PARAMETER = """
layer { name: "s" type: "Parameter" top: "s" PARAM parameter_param { shape { dim: 1 } } }
"""
BIAS = """
layer { name: "s" type: "Bias" bottom: "zero" top: "s" PARAM bias_param { axis: 0 } }
"""
OF_DATA = """
layer { name: "s" type: "Scale" bottom: "fc" top: "s" PARAM }
"""
NO_DECAY = "param { decay_mult: 0 }"


def found(number: str, solver: str | None, *, param: str = "") -> dict[str, str]:
    text = NET.replace("NUMBER", number.replace("PARAM", param))
    given = {} if solver is None else {"solver": parse_text(solver, "SolverParameter")}
    wanted = ("parameter-gradient", "decayed-number")
    findings = lint(text, phase="TRAIN", **given)
    assert all(each.layer == "s" for each in findings if each.rule in wanted)
    return {each.rule: each.severity for each in findings if each.rule in wanted}


@pytest.mark.parametrize(
    ("number", "param", "solver", "forgets"),
    [
        (PARAMETER, NO_DECAY, "iter_size: 2", True),
        (PARAMETER, NO_DECAY, "iter_size: 1", False),
        (PARAMETER, NO_DECAY, None, False),
        (PARAMETER, "param { lr_mult: 0 }", "iter_size: 2", False),
        (PARAMETER.replace("dim: 1", "dim: 4 dim: 3"), "", "iter_size: 3", True),
        (BIAS, NO_DECAY, "iter_size: 2", False),
    ],
)
def test_batches_that_a_parameter_forgets(
    number: str, param: str, solver: str | None, forgets: bool
) -> None:
    rules = found(number, solver, param=param)
    assert rules == ({"parameter-gradient": "warning"} if forgets else {})


@pytest.mark.parametrize(
    ("number", "param", "solver", "severity"),
    [
        (PARAMETER, "", "weight_decay: 0.001", "warning"),
        (BIAS, "", "weight_decay: 0.001", "warning"),
        (BIAS, "param { lr_mult: 0.1 }", "weight_decay: 0.001", "warning"),
        (BIAS, "", None, "info"),
        (BIAS, "", "base_lr: 0.1", None),
        (BIAS, NO_DECAY, "weight_decay: 0.001", None),
        (BIAS, "param { lr_mult: 0 }", "weight_decay: 0.001", None),
        (PARAMETER.replace("dim: 1", "dim: 2"), "", "weight_decay: 0.001", None),
        (OF_DATA, "", "weight_decay: 0.001", None),
    ],
)
def test_weight_decay_on_a_number(
    number: str, param: str, solver: str | None, severity: str | None
) -> None:
    rules = found(number, solver, param=param)
    assert rules == ({} if severity is None else {"decayed-number": severity})
