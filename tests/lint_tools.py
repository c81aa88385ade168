"""A net that lint finds nothing in, ways to break it, and DBs for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lmdb

from caffe_multilabel.caffe.proto import parse_text, schema
from caffe_multilabel.nets.lint import Finding, lint_net

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

SIDE = 28
LABELS = 8
"""Label columns of the net: 0 colour, 1 to 3 flags, 4 to 7 corners."""

_DATA = """
layer {
  name: "data" type: "Data" top: "data" include { phase: PHASE }
  transform_param { crop_size: 28 mean_value: 104 }
  data_param { source: "phase_images" batch_size: 6 backend: LMDB }
}
layer {
  name: "labels" type: "Data" top: "label" include { phase: PHASE }
  data_param { source: "phase_labels" batch_size: 6 backend: LMDB }
}
"""
_HEADS = """
layer {
  name: "slice" type: "Slice" bottom: "label" top: "colour" top: "flags" top: "corners"
  slice_param { slice_point: 1 slice_point: 4 }
}
layer {
  name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 5 kernel_size: 9 stride: 4 weight_filler { type: "xavier" } }
}
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer {
  name: "fc_colour" type: "InnerProduct" bottom: "conv" top: "fc_colour"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } }
}
layer {
  name: "fc_flags" type: "InnerProduct" bottom: "conv" top: "fc_flags"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } }
}
layer {
  name: "fc_corners" type: "InnerProduct" bottom: "conv" top: "fc_corners"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } }
}
layer {
  name: "loss_colour" type: "SoftmaxWithLoss" bottom: "fc_colour" bottom: "colour"
  top: "loss_colour" loss_weight: 0.5
}
layer {
  name: "loss_flags" type: "SigmoidCrossEntropyLoss" bottom: "fc_flags" bottom: "flags"
  top: "loss_flags" loss_weight: 0.25
}
layer {
  name: "loss_corners" type: "EuclideanLoss" bottom: "fc_corners" bottom: "corners"
  top: "loss_corners" loss_weight: 0.25
}
layer {
  name: "accuracy" type: "Accuracy" bottom: "fc_colour" bottom: "colour" top: "accuracy"
  include { phase: TEST }
}
"""


def _phase(name: str) -> str:
    return _DATA.replace("PHASE", name).replace("phase_", f"{name.lower()}_")


NET = _phase("TRAIN") + _phase("TEST") + _HEADS


def edited(*edits: tuple[str, str], text: str = NET) -> str:
    """The text of a net with parts replaced; each part must be there just once."""
    for old, new in edits:
        assert text.count(old) == 1, f"{text.count(old)} times in the net: {old}"
        text = text.replace(old, new)
    return text


def everywhere(old: str, new: str, text: str = NET) -> str:
    """The text of a net with a part replaced wherever it stands."""
    assert old in text
    return text.replace(old, new)


def lint(text: str, **options: Any) -> list[Finding]:
    """Lint the text of a net as a message in memory."""
    return lint_net(parse_text(text, "NetParameter"), **options)


def found(findings: Iterable[Finding]) -> set[tuple[str, str | None]]:
    """The rule and the layer of each finding."""
    return {(finding.rule, finding.layer) for finding in findings}


def write_db(folder: Path, values: Iterable[tuple[str, Any]]) -> Path:
    """Write messages under keys into a new LMDB."""
    folder.mkdir()
    with lmdb.open(str(folder), map_size=1 << 24) as env, env.begin(write=True) as txn:
        for key, message in values:
            txn.put(key.encode(), message.SerializeToString())
    return folder


def datum(**fields: Any) -> Any:
    """A Datum."""
    return schema().message("Datum")(**fields)


def label_db(
    folder: Path,
    rows: Sequence[Sequence[float]],
    *,
    keys: Sequence[str] | None = None,
    **fields: Any,
) -> Path:
    """Write label vectors as the converter does, or under keys of another tool."""
    return write_db(
        folder,
        (
            (
                keys[index] if keys else f"{index:08d}label_{index}.jpg",
                datum(**({"channels": len(row), "height": 1, "width": 1} | fields), float_data=row),
            )
            for index, row in enumerate(rows)
        ),
    )


def image_db(
    folder: Path,
    sizes: Sequence[tuple[int, int, int]],
    *,
    keys: Sequence[str] | None = None,
    lengths: Sequence[int] = (),
) -> Path:
    """Write gray images of some channels, heights and widths, with keys as of label_db().

    `lengths` is how many bytes the first of them hold, where that is not what their sizes want.
    """
    return write_db(
        folder,
        (
            (
                keys[index] if keys else f"{index:08d}_{index}.jpg",
                datum(
                    channels=channels,
                    height=height,
                    width=width,
                    data=bytes(
                        lengths[index] if index < len(lengths) else channels * height * width
                    ),
                    label=0,
                    encoded=False,
                ),
            )
            for index, (channels, height, width) in enumerate(sizes)
        ),
    )


ROWS = [
    [0, 0, 1, 0, 0.1, 0.2, 0.9, 0.8],
    [1, 1, 1, 0, 0.2, 0.2, 0.8, 0.9],
    [2, 0, 0, 1, 0.1, 0.1, 0.7, 0.8],
    [3, 1, 0, 0, 0.3, 0.2, 0.9, 0.7],
]
"""Labels that the net is made for."""


def rows_with(column: int, *values: float) -> list[list[float]]:
    """The labels of the net with other ones in a column, from the first record on."""
    rows = [list(row) for row in ROWS]
    for row, value in zip(rows, values, strict=False):
        row[column] = value
    return rows
