"""The two Data layers of a pair: what they read, and that they stay in step."""

from __future__ import annotations

from itertools import chain, product
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.caffe.net_state import has_stages
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_graph import Node, Wire
    from caffe_multilabel.nets.lint.view import NetView, PhaseView

__all__ = ["NET_RULES", "PHASE_RULES"]


def _batch_size(view: PhaseView) -> Iterator[Problem]:
    for pair in view.sources.pairs:
        images = pair.images.layer.data_param.batch_size
        labels = pair.labels.layer.data_param.batch_size
        if images != labels:
            yield Problem(
                pair.labels,
                f"batch_size is {labels}, and {images} in its image layer "
                f"'{pair.images.name}': Caffe stops at the first loss or accuracy that gets "
                f"{plural(images, 'image')} and the labels of {labels}",
                f"write batch_size: {images} here too",
            )


def _backend(view: PhaseView) -> Iterator[Problem]:
    for pair in view.sources.pairs:
        backends = [
            enum_name(node.layer.data_param, "backend") for node in (pair.images, pair.labels)
        ]
        if backends[0] != backends[1]:
            yield Problem(
                pair.labels,
                f"backend is {backends[1]}, and {backends[0]} in its image layer "
                f"'{pair.images.name}'",
                "write the backend of each DB; left out it is LEVELDB",
            )
    named = {node: str(node.layer.data_param.source) for node in view.sources.data}
    lmdbs = {node: path for node, path in named.items() if path in view.databases.lmdbs}
    for facts, nodes in (
        (view.databases.images, view.sources.images),
        (view.databases.labels, view.sources.labels),
    ):
        if facts is not None and len(nodes) == 1:
            lmdbs[nodes[0]] = facts.path
    for node, path in lmdbs.items():
        backend = enum_name(node.layer.data_param, "backend")
        if backend != "LMDB":
            yield Problem(
                node,
                f"backend is {backend}, and {path} is an LMDB",
                "write backend: LMDB; left out it is LEVELDB",
                severity="error",
            )


def _no_source(view: PhaseView) -> Iterator[Problem]:
    for node in view.graph.nodes:
        if node.type == "Data" and not node.layer.data_param.source:
            yield Problem(
                node, "it has no source", 'name its DB: data_param { source: "..." backend: LMDB }'
            )


def _same_source(view: PhaseView) -> Iterator[Problem]:
    for pair in view.sources.pairs:
        source = pair.labels.layer.data_param.source
        if source and source == pair.images.layer.data_param.source:
            yield Problem(
                pair.labels,
                f"source is {source}, which image layer '{pair.images.name}' reads too",
                "name the label DB here",
            )


def _rand_skip(view: PhaseView) -> Iterator[Problem]:
    paired = dict.fromkeys(n for pair in view.sources.pairs for n in (pair.images, pair.labels))
    for node in paired:
        skip = node.layer.data_param.rand_skip
        if skip:
            yield Problem(
                node,
                f"rand_skip is {skip}: Caffe 1.0 ignores it, but older ones and forks skip a "
                "number of their own in each layer, and images no longer meet their labels",
                "delete it",
            )


def _second_top(view: PhaseView) -> Iterator[Problem]:
    for node in view.sources.labels:
        if len(node.layer.top) > 1 and not _feeds_canary(view, node.tops[1]):
            used = bool(view.graph.readers(node.tops[1]))
            yield Problem(
                node,
                f"its second top '{node.layer.top[1]}' holds Datum.label, which the records of a "
                "label DB leave 0",
                "take the labels from the first top, and delete the second",
                severity=None if used else "warning",
            )


def _feeds_canary(view: PhaseView, number: Wire) -> bool:
    readers = view.graph.readers(number)
    return bool(readers) and all(view.is_canary(use.node) for use in readers)


def _phase_source(view: NetView) -> Iterator[Problem]:
    """Find tests on what is learnt; beside a test on other records such a one is meant."""
    found = [list(_learnt(view, test)) for test in view.tests]
    for node in chain(*found) if all(found) else ():
        source = node.layer.data_param.source
        yield Problem(
            node,
            f"TEST reads {source}, as TRAIN does, so the accuracy is that of records the net was "
            "trained on",
            "name the validation DB in the layer of phase TEST",
        )


def _learnt(view: NetView, test: PhaseView) -> Iterator[Node]:
    """Give the Data layers of a test whose DB a layer of their kind reads in TRAIN."""
    if view.train is None:
        return
    train = view.train.sources
    images = product(test.sources.images, train.images)
    labels = product(test.sources.labels, train.labels)
    for node, other in chain(images, labels):
        source = node.layer.data_param.source
        same = source == other.layer.data_param.source
        if source and same and other.layer_index != node.layer_index:
            yield node


def _no_test(view: NetView) -> Iterator[Problem]:
    by_stage = has_stages(view.loaded.net.layer)
    if "TEST" in view.empty and "TRAIN" not in view.empty and not by_stage:
        yield Problem(
            None,
            "no layer brings data in phase TEST, so it can only be trained without test_iter",
            "add Data layers with include { phase: TEST } to test it while it trains",
        )


PHASE_RULES = (
    Rule("batch-size", "error", "the Data layers of a pair read unlike batches", _batch_size),
    Rule("backend", "warning", "the backends of a pair differ, or are not the DB's", _backend),
    Rule("no-source", "error", "a Data layer without a DB", _no_source),
    Rule("same-source", "error", "images and labels come from one DB", _same_source),
    Rule("rand-skip", "warning", "a Data layer skips a random number of records", _rand_skip),
    Rule("second-top", "error", "labels come from the Datum.label of a label DB", _second_top),
)
NET_RULES = (
    Rule("phase-source", "warning", "TRAIN and TEST read the same DB", _phase_source),
    Rule("no-test", "info", "phase TEST has no data", _no_test),
)
