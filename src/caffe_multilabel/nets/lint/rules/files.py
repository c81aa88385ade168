"""The files that a net names; Caffe looks for them from where it is started."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel.nets.lint.rule import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.nets.lint.view import NetView

__all__ = ["NET_RULES"]


def _missing(view: NetView) -> Iterator[Problem]:
    if view.loaded.path is None:  # a net in memory belongs to no place
        return
    seen = set()
    for phase in view.phases:
        for node in phase.graph.nodes:
            for field, path in _named_files(node.layer):
                if path and path not in seen and not Path(path).exists():
                    seen.add(path)
                    yield Problem(
                        node,
                        f"{field} {path} is not there, seen from {Path.cwd()}",
                        "correct the path, or start Caffe from the folder it is relative to",
                    )


def _named_files(layer: LayerParameter) -> Iterator[tuple[str, str]]:
    if layer.type == "Data":
        yield "source", layer.data_param.source
    if layer.type == "ImageData":
        yield "source", layer.image_data_param.source
    if layer.type == "HDF5Data":
        yield "source", layer.hdf5_data_param.source
    if layer.type == "InfogainLoss":
        yield "source", layer.infogain_loss_param.source
    yield "mean_file", layer.transform_param.mean_file


NET_RULES = (Rule("missing-file", "warning", "a DB or file that is not there", _missing),)
