"""The two DBs of a pair against each other and against the label columns of the net."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.shapes import shape_text
from caffe_multilabel.data.keys import mispaired_keys
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.nets.lint.databases import StoredImage
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]


def _unchecked(view: PhaseView) -> Iterator[Problem]:
    for facts, nodes, kind in (
        (view.databases.images, view.sources.images, "image"),
        (view.databases.labels, view.sources.labels, "label"),
    ):
        if facts is not None and len(nodes) != 1:
            names = ", ".join(f"'{node.name}'" for node in nodes) or "none"
            yield Problem(
                None,
                f"{facts.path} is not checked, for it could be read by one {kind} layer, and "
                f"phase {view.phase} has {names}",
                "check by hand what reads it",
            )
    for node in view.sources.data:
        source = str(node.layer.data_param.source)
        if source in view.databases.other_stores:
            yield Problem(
                node,
                f"its DB {source} is no LMDB and is not looked into, so nothing that hangs on its "
                "records is checked",
                "convert it to an LMDB, or check it by hand",
            )


def _swapped(view: PhaseView) -> Iterator[Problem]:
    images, labels = view.databases.images, view.databases.labels
    if images is None or labels is None or not labels.stored.pixels:
        return
    _, *area = labels.stored.shape or (0,)
    if images.floats or (_is_vector(images.first) and math.prod(area) > 1):
        yield Problem(
            None,
            f"{images.path} holds numbers and {labels.path} holds pixels",
            "give the image DB as images and the label DB as labels",
        )


def _is_vector(stored: StoredImage | None) -> bool:
    """Tell whether an image is more likely a vector of labels, which scripts write as bytes too."""
    return stored is not None and not stored.encoded and stored.shape[1:] == (1, 1)


def _record_count(view: PhaseView) -> Iterator[Problem]:
    images = view.databases.images
    for labels in view.databases.label_dbs if images is not None else ():
        if images is not None and images.records != labels.records:
            yield Problem(
                None,
                f"{images.path} has {images.records} records and {labels.path} {labels.records}; "
                "from the second epoch on every image meets the label of another",
                "convert both DBs anew from one list; caffe-multilabel verify shows where they "
                "differ",
            )


def _record_keys(view: PhaseView) -> Iterator[Problem]:
    images = view.databases.images
    for labels in view.databases.label_dbs:
        if images is None or images.records != labels.records:
            continue
        wrong = mispaired_keys(images.path, labels.path)
        if wrong is not None:
            yield Problem(
                None,
                f"record {wrong[0]} of {images.path} stands beside {wrong[1]} of {labels.path}: "
                "Caffe reads both in the order of their keys as text, and gives the image the "
                "label of another",
                "write the same number, in eight digits, into both keys of a record",
            )


def _record_length(view: PhaseView) -> Iterator[Problem]:
    for facts in view.databases.label_dbs:
        stored = facts.stored
        if facts.shape is None:
            continue
        if stored.odd_record is not None:
            key, length = stored.odd_record
            yield Problem(
                None,
                f"{facts.path}: record {key} has {length} labels, the first one {stored.width}",
                "convert the label DB anew from its list",
            )
            continue
        if stored.odd_shape is not None:
            key, shape = stored.odd_shape
            yield Problem(
                None,
                f"{facts.path}: record {key} is {shape_text(shape)}, the first one "
                f"{shape_text(facts.shape)}; Caffe stops at it",
                "write the same channels, height and width into every Datum",
            )
        if facts.columns and math.prod(facts.shape) != stored.width:
            yield Problem(
                None,
                f"{facts.path}: records are {shape_text(facts.shape)} and hold {stored.width} "
                "labels",
                "write channels, height and width of the labels into every Datum",
            )


def _label_columns(view: PhaseView) -> Iterator[Problem]:
    for layer in view.labels:
        if layer.facts is None or layer.fits:
            continue
        held = len(layer.facts.columns)
        needed = f"{layer.needed}" if layer.certain else f"{layer.needed} or more"
        reader = next(
            (
                use.node
                for use in view.graph.readers(layer.node.tops[0])
                if use.node.type == "Slice"
            ),
            layer.node,
        )
        points = ", ".join(map(str, reader.layer.slice_param.slice_point))
        cut = f"slice_point {points} and the losses below take" if points else "the net takes"
        yield Problem(
            reader,
            f"{cut} {needed} label columns, and the records of {layer.facts.path} have {held}",
            "make slice_point, and the tops and losses that go with it, as many as the labels",
        )


PHASE_RULES = (
    Rule("unchecked-db", "info", "a DB that belongs to no layer for sure", _unchecked),
    Rule("swapped", "error", "the image DB and the label DB are given the wrong way", _swapped),
    Rule(
        "record-count", "error", "the DBs of a pair differ in their records' number", _record_count
    ),
    Rule("record-keys", "error", "keys of a pair contradict each other", _record_keys),
    Rule("record-length", "error", "label records of unlike length or wrong shape", _record_length),
    Rule("label-columns", "error", "slice points do not suit the label records", _label_columns),
)
