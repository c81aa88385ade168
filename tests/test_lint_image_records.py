"""Records of image DBs that Caffe cannot use, alone or beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from caffe_multilabel import verify
from caffe_multilabel.nets.lint import lint_net
from lint_tools import NET, datum, everywhere, found, image_db, label_db, lint, write_db

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 28


def raw(channels: int, **fields: Any) -> Any:
    data = bytes(channels * SIDE * SIDE)
    return datum(**({"channels": channels, "height": SIDE, "width": SIDE, "data": data} | fields))


def encoded(*channels: int, bits: type[Any] = np.uint8) -> Any:
    done, data = cv2.imencode(".png", np.zeros((SIDE, SIDE, *channels), bits))
    assert done
    return datum(data=data.tobytes(), encoded=True)


IMAGES = {
    "raw gray": raw(1),
    "raw color": raw(3),
    "gray": encoded(),
    "color": encoded(3),
    "alpha": encoded(4),
}
MODES = {"": "", "c": "force_color: true", "g": "force_gray: true"}
TAKEN = {
    ("raw gray", "raw color"): "",
    ("raw gray", "gray"): " g",
    ("raw gray", "color"): "g",
    ("raw gray", "alpha"): "g",
    ("raw color", "gray"): "c",
    ("raw color", "color"): " c",
    ("raw color", "alpha"): "c",
    ("gray", "gray"): " cg",
    ("gray", "color"): "cg",
    ("gray", "alpha"): "cg",
    ("color", "color"): " cg",
    ("color", "alpha"): "cg",
    ("alpha", "alpha"): " cg",
}
"""What data_transformer.cpp of BVLC Caffe, compiled with OpenCV and run, takes in one blob: with
neither field (a blank), force_color or force_gray."""


def db_of(folder: Path, images: list[Any]) -> Path:
    return write_db(folder, ((f"{i:08d}", image) for i, image in enumerate(images)))


def with_transform(fields: str) -> str:
    return everywhere("crop_size: 28 mean_value: 104", f"crop_size: 28 {fields}")


@pytest.mark.parametrize("mix", TAKEN, ids=" + ".join)
@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
def test_channels_of_images_that_meet_in_a_batch(
    tmp_path: Path, mix: tuple[str, str], turned: bool
) -> None:
    images = [IMAGES[name] for name in (reversed(mix) if turned else mix)]
    db = db_of(tmp_path / "images", images)
    for letter, field in MODES.items():
        findings = lint(with_transform(field), images=db, phase="TRAIN")
        stops = ("picture-channels", "data") in found(findings)
        assert stops is ((letter or " ") not in TAKEN[mix]), field
        for finding in findings if stops else ():
            for other, name in (("c", "force_color"), ("g", "force_gray")):
                assert (name in finding.fix.split(" in place")[0]) is (other in TAKEN[mix])
    labels = label_db(tmp_path / "labels", [[0], [1]], keys=["00000000", "00000001"])
    report = verify(db, labels)
    assert report.ok is (TAKEN[mix] != "")
    if report.ok and " " not in TAKEN[mix]:
        warning = report.warnings[-1]
        for letter, name in (("c", "force_color"), ("g", "force_gray")):
            assert (name in warning.message) is (letter in TAKEN[mix])
    else:
        assert not any("force" in warning.message for warning in report.warnings)


def test_what_to_set_in_place_of_the_forcing_that_does_not_suit(tmp_path: Path) -> None:
    db = db_of(tmp_path / "images", [raw(3), encoded()])
    findings = lint(with_transform("force_gray: true"), images=db, phase="TRAIN")
    assert found(findings) == {("picture-channels", "data")}
    assert "first image has 3 channels, that of record 00000001 1 under" in findings[0].message
    assert findings[0].fix.endswith("or set force_color in place of force_gray")


WRONG = {
    "16 bits": (encoded(bits=np.uint16), "more than 8 bits a channel", " "),
    "cut off": (datum(data=encoded(3).data[:40], encoded=True), "cannot be used", " cg"),
    "short": (raw(3, data=bytes(100)), "it holds 100 values, its shape 3 x 28 x 28", " cg"),
    "long": (raw(3, data=bytes(4000)), "it holds 4000 values", " cg"),
    "empty": (raw(3, data=b""), "it holds 0 values", " cg"),
    "no sides": (raw(3, height=0), "its shape is 3 x 0 x 28", " cg"),
}


@pytest.mark.parametrize("name", WRONG)
def test_records_that_caffe_cannot_use(tmp_path: Path, name: str) -> None:
    """As `verify` judges them, which asks for no forcing."""
    wrong, why, refused = WRONG[name]
    good = encoded() if wrong.encoded else raw(3)
    db = db_of(tmp_path / "images", [good, good, wrong, wrong])
    for letter, field in MODES.items():
        findings = lint(with_transform(field), images=db, phase="TRAIN")
        if (letter or " ") not in refused:
            assert ("unusable-record", "data") not in found(findings)
            continue
        (finding,) = (each for each in findings if each.rule == "unusable-record")
        assert finding.severity == "error"
        assert "Caffe cannot use record 00000002 and 1 more record of" in finding.message
        assert why in finding.message
        assert finding.message.endswith("; looked at: 4 records")
        assert ("force_color" in finding.fix) is (name == "16 bits")
    keys = [f"{i:08d}" for i in range(4)]
    problems = verify(db, label_db(tmp_path / "labels", [[0]] * 4, keys=keys)).problems
    assert [(each.kind, each.key) for each in problems] == [("image", k) for k in keys[2:]]
    assert why in problems[0].message


def test_what_was_not_looked_at_is_said(tmp_path: Path) -> None:
    sizes = [(3, SIDE, SIDE)] * 130
    db = image_db(tmp_path / "images", sizes, lengths=[3 * SIDE**2, 7])
    (finding,) = lint(NET, images=db, phase="TRAIN")
    assert "record 00000001_1.jpg of" in finding.message
    assert finding.message.endswith("; looked at: the first 100 of 130 records")


TWO_IMAGES = """
layer {{ name: "left" type: "Data" top: "left"
  data_param {{ source: "{0}/left" batch_size: 2 backend: LMDB }} }}
layer {{ name: "right" type: "Data" top: "right" transform_param {{ force_color: true }}
  data_param {{ source: "{0}/right" batch_size: 2 backend: LMDB }} }}
layer {{ name: "both" type: "Eltwise" bottom: "left" bottom: "right" top: "both" }}
layer {{ name: "fc" type: "InnerProduct" bottom: "both" top: "fc"
  inner_product_param {{ num_output: 4 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "fc" bottom: "fc" top: "loss" }}
"""


def test_every_image_db_that_the_net_names_is_looked_at(tmp_path: Path) -> None:
    db_of(tmp_path / "left", [raw(3), raw(3, data=b"")])
    db_of(tmp_path / "right", [encoded(3), encoded(bits=np.uint16), raw(1)])
    net = tmp_path / "net.prototxt"
    net.write_text(TWO_IMAGES.format(tmp_path))
    expected = {("unusable-record", "left"), ("picture-channels", "right")}
    assert expected <= found(lint_net(net))
    assert ("unusable-record", "right") not in found(lint_net(net))
