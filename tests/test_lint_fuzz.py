"""Whatever a net holds, lint answers with findings and no crash."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel import PrototxtError
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.nets.lint import all_rules, lint_net, report_json
from lint_tools import NET, ROWS, image_db, label_db

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = re.split(r"(?m)^(?=layer \{)", NET)[1:]
WORDS = re.compile(r'"[^"]*"|\d+(?:\.\d+)?|TRAIN|TEST|LMDB')
POOL = sorted(
    {
        *WORDS.findall(NET),
        *('"Concat"', '"Reshape"', '"Flatten"', '"Eltwise"', '"BatchNorm"', '"Silence"'),
        *('"HingeLoss"', '"InfogainLoss"', '"ContrastiveLoss"', '"Python"', '"Input"'),
        *("0", "1", "2", "7", "4294967295", "2147483648", "LEVELDB"),
    }
)


@st.composite
def spoiled_nets(draw: st.DrawFn) -> str:
    """The net with layers left out, doubled or moved, and words of it put for others."""
    layers = draw(st.lists(st.sampled_from(LAYERS), min_size=1, max_size=len(LAYERS) + 3))
    if draw(st.booleans()):
        layers = LAYERS
    text = "".join(layers)
    indices = [match.span() for match in WORDS.finditer(text)]
    chosen = draw(st.lists(st.sampled_from(indices), max_size=6, unique=True))
    for start, end in sorted(chosen, reverse=True):
        text = text[:start] + draw(st.sampled_from(POOL)) + text[end:]
    return text


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pair")
    images = image_db(folder / "images", [(3, 28, 28), (3, 30, 31)])
    labels = label_db(folder / "labels", [*ROWS, [-1, 2, 0.5, 9, 1e9, 0, 0, 0]])
    return {"images": images, "labels": labels, "val_images": images, "val_labels": labels}


@settings(max_examples=200, deadline=None)
@given(text=spoiled_nets(), with_pair=st.booleans())
def test_any_net_gets_findings(text: str, with_pair: bool, pair: dict[str, Path]) -> None:
    try:
        net = parse_text(text, "NetParameter")
    except PrototxtError:
        return
    findings = lint_net(net, **(pair if with_pair else {}))
    known = {rule.id for rule in all_rules()}
    assert {finding.rule for finding in findings} <= known
    assert all("\n" not in str(finding) for finding in findings)
    json.dumps(report_json(findings), allow_nan=False)
