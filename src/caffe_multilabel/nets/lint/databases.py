"""What lint wants to know of a pair of DBs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import shape_problem
from caffe_multilabel.data.databases import database_facts, datum_shape, is_lmdb, read_records
from caffe_multilabel.data.keys import key_text
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.nets.analysis.sources import named_lmdb
from caffe_multilabel.nets.lint.label_facts import LabelFacts, read_label_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.nets.analysis.sources import Sources

__all__ = ["Databases", "ImageFacts", "PhaseDatabases", "StoredImage"]

_IMAGES_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One image of an image DB.

    Attributes:
        shape: its channels, height and width.
        encoded: whether Caffe decodes it, and so can force its channels.
    """

    shape: tuple[int, int, int]
    encoded: bool


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image DB holds.

    Attributes:
        path: the DB.
        records: number of records.
        encoded: whether the first record holds an encoded image.
        floats: whether the first record holds numbers instead of pixels.
        shapes: channels, height and width of the first hundred images as they are stored, by
            their keys. Images that do not decode are left out.
    """

    path: str
    records: int
    encoded: bool
    floats: bool
    shapes: dict[str, tuple[int, int, int]]

    def example(self) -> StoredImage | None:
        """Return the first image that Caffe can make a blob of."""
        usable = (shape for shape in self.shapes.values() if shape_problem(shape) is None)
        shape = next(usable, None)
        return None if shape is None else StoredImage(shape, self.encoded)


@dataclass(frozen=True, slots=True)
class PhaseDatabases:
    """What is known of the DBs of one phase.

    Attributes:
        images: the image DB: the one that the caller named, or else the one that the only image
            layer names; None where neither is there.
        labels: the label DB, likewise.
        records: the first record of each DB that a Data layer names, by the name in the net;
            those that are not there, or whose image does not decode, are left out.
        several_labels: the label DBs of a net of several label layers, by the name in the net.
        unreadable: DBs that a Data layer names and that are there, by the name in the net: why
            they could not be read.
        lmdbs: those that are LMDBs, whatever backend their layers name.
        other_stores: those that are not, and that a layer takes for another store.
    """

    images: ImageFacts | None
    labels: LabelFacts | None
    records: Mapping[str, StoredImage] = field(default_factory=dict)
    several_labels: Mapping[str, LabelFacts] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    lmdbs: frozenset[str] = frozenset()
    other_stores: frozenset[str] = frozenset()

    @property
    def label_dbs(self) -> tuple[LabelFacts, ...]:
        """All label DBs that are known."""
        return (*([] if self.labels is None else [self.labels]), *self.several_labels.values())

    def labels_of(self, node: Node, sources: Sources) -> LabelFacts | None:
        """Return the DB of a label layer; None where it is not known."""
        if sources.labels == (node,):
            return self.labels
        return self.several_labels.get(node.layer.data_param.source)


class Databases:
    """Looks into each DB once, however many phases read it."""

    def __init__(self) -> None:
        self._images: dict[str, ImageFacts] = {}
        self._labels: dict[str, LabelFacts] = {}

    def pair(self, images: str | None, labels: str | None) -> PhaseDatabases:
        """Return the facts of a pair that the caller named.

        Raises:
            DatabaseError: a DB is not there, cannot be read or is empty.
        """
        return PhaseDatabases(
            None if images is None else self._images_of(images),
            None if labels is None else self._labels_of(labels),
        )

    def with_named(self, given: PhaseDatabases, sources: Sources) -> PhaseDatabases:
        """Add the DBs that the Data layers of a phase name, seen from the working folder.

        One that is not there is left out, for a rule of its own says so.

        Args:
            given: what the caller named, which goes before what the net names.
            sources: the Data layers.
        """
        records: dict[str, StoredImage] = {}
        several_labels: dict[str, LabelFacts] = {}
        unreadable: dict[str, str] = {}
        lmdbs: set[str] = set()
        other_stores: set[str] = set()
        images, labels = given.images, given.labels
        for node in sources.data:
            path = str(node.layer.data_param.source)
            if (given.images and sources.images == (node,)) or (
                given.labels and sources.labels == (node,)
            ):
                continue
            if path and named_lmdb(node.layer) is None and not is_lmdb(path):
                if os.path.lexists(path):
                    other_stores.add(path)
                continue
            try:
                facts = database_facts(path) if path else None
                if facts is None:
                    continue
                lmdbs.add(path)
                if facts.shape is not None and shape_problem(facts.shape) is None:
                    records[path] = StoredImage(facts.shape, facts.encoded)
                if sources.images == (node,):
                    images = self._images_of(path)
                if sources.labels == (node,):
                    labels = self._labels_of(path)
                elif node in sources.labels:
                    several_labels[path] = self._labels_of(path)
            except DatabaseError as error:
                unreadable[path] = error.message
        return PhaseDatabases(
            images=images,
            labels=labels,
            records=records,
            several_labels=several_labels,
            unreadable=unreadable,
            lmdbs=frozenset(lmdbs),
            other_stores=frozenset(other_stores),
        )

    def _images_of(self, path: str) -> ImageFacts:
        if path not in self._images:
            self._images[path] = _read_image_facts(path)
        return self._images[path]

    def _labels_of(self, path: str) -> LabelFacts:
        if path not in self._labels:
            self._labels[path] = read_label_facts(path)
        return self._labels[path]


def _read_image_facts(path: str) -> ImageFacts:
    facts = database_facts(path)
    if facts is None:
        raise DatabaseError(f"{path}: there is no such image DB", path=path)
    records = list(islice(read_records(path), _IMAGES_LOOKED_AT))
    shapes = {
        key_text(key): shape for key, datum in records if (shape := datum_shape(datum)) is not None
    }
    first = records[0][1]
    floats = not first.data and len(first.float_data) > 0
    return ImageFacts(path, facts.records, first.encoded, floats, shapes)
