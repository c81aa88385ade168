"""Old prototxts against what BVLC Caffe's own upgrade tools write: tests/golden/engine/upgrade."""

from __future__ import annotations

from pathlib import Path

import pytest

from caffe_multilabel import read_net, read_solver
from caffe_multilabel.caffe.proto import parse_text

UPGRADE = Path(__file__).parent / "golden" / "engine" / "upgrade"
PAIRS = sorted(path.name.removesuffix(".old.prototxt") for path in UPGRADE.glob("*.old.prototxt"))


def test_none_is_missing() -> None:
    assert len(PAIRS) == 6


@pytest.mark.parametrize("name", PAIRS)
def test_upgrade(name: str) -> None:
    read, kind = (
        (read_solver, "SolverParameter")
        if name.startswith("solver")
        else (read_net, "NetParameter")
    )
    wanted = parse_text((UPGRADE / f"{name}.new.prototxt").read_text(), kind)
    assert read(UPGRADE / f"{name}.old.prototxt") == wanted
