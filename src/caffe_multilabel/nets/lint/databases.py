"""What lint wants to know of a pair of DBs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import shape_problem
from caffe_multilabel.data.databases import database_facts, decoding_of, is_lmdb, read_images
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.nets.analysis.sources import named_lmdb
from caffe_multilabel.nets.lint.label_facts import LabelFacts, read_label_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.data.databases import DatabaseFacts, Decoding, ImageRecord
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
    """What an image DB holds, as one layer reads it.

    Attributes:
        path: the DB.
        decoding: what the layer makes of encoded images.
        records: number of records.
        first: the first record as it is stored; None where it does not decode.
        floats: whether the first record holds numbers instead of pixels.
        looked_at: how many records were looked at, from the first one on.
        images: those of them that Caffe can use, by their keys, with the channels that the layer
            makes of them.
        unusable: the others.
    """

    path: str
    decoding: Decoding
    records: int
    first: StoredImage | None
    floats: bool
    looked_at: int
    images: dict[str, StoredImage]
    unusable: tuple[ImageRecord, ...]

    @property
    def shapes(self) -> dict[str, tuple[int, int, int]]:
        """Channels, height and width of the images by their keys, as the layer reads them."""
        return {key: image.shape for key, image in self.images.items()}

    def example(self) -> StoredImage | None:
        """Return the first image that Caffe can make a blob of."""
        return next(iter(self.images.values()), None)


@dataclass(frozen=True, slots=True)
class PhaseDatabases:
    """What is known of the DBs of one phase.

    Attributes:
        images: the image DB: the one that the caller named, or else the one that the only image
            layer names; None where neither is there.
        labels: the label DB, likewise.
        several_images: the DBs of a net of several image layers, and of Data layers that are
            neither for images nor for labels, by the name in the net and what is forced.
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
    several_images: Mapping[tuple[str, Decoding], ImageFacts] = field(default_factory=dict)
    records: Mapping[str, StoredImage] = field(default_factory=dict)
    several_labels: Mapping[str, LabelFacts] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    lmdbs: frozenset[str] = frozenset()
    other_stores: frozenset[str] = frozenset()

    @property
    def label_dbs(self) -> tuple[LabelFacts, ...]:
        """All label DBs that are known."""
        return (*([] if self.labels is None else [self.labels]), *self.several_labels.values())

    def images_of(self, node: Node, sources: Sources) -> ImageFacts | None:
        """Return the DB of a Data layer that is not for labels; None where it is not known."""
        if sources.images == (node,):
            return self.images
        return self.several_images.get((node.layer.data_param.source, _decoding(node)))

    def labels_of(self, node: Node, sources: Sources) -> LabelFacts | None:
        """Return the DB of a label layer; None where it is not known."""
        if sources.labels == (node,):
            return self.labels
        return self.several_labels.get(node.layer.data_param.source)


class Databases:
    """Looks into each DB once, however many phases read it."""

    def __init__(self) -> None:
        self._images: dict[tuple[str, Decoding], ImageFacts] = {}
        self._labels: dict[str, LabelFacts] = {}

    def pair(self, images: str | None, labels: str | None) -> PhaseDatabases:
        """Return the facts of a pair that the caller named.

        Raises:
            DatabaseError: a DB is not there, cannot be read or is empty.
        """
        return PhaseDatabases(
            None if images is None else self._images_of(images, "stored"),
            None if labels is None else self._labels_of(labels),
        )

    def of_phase(self, given: PhaseDatabases, sources: Sources, *, named: bool) -> PhaseDatabases:
        """Return the DBs of a phase as its layers read them.

        One that is not there is left out, for a rule of its own says so.

        Args:
            given: what the caller named, which goes before what the net names.
            sources: the Data layers.
            named: add the DBs that they name, seen from the working folder.
        """
        images = given.images
        if images is not None and len(sources.images) == 1:
            images = self._images_of(images.path, _decoding(sources.images[0]))
        given = replace(given, images=images)
        return self._with_named(given, sources) if named else given

    def _with_named(self, given: PhaseDatabases, sources: Sources) -> PhaseDatabases:
        several_images: dict[tuple[str, Decoding], ImageFacts] = {}
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
                first = _usable(facts)
                if first is not None:
                    records[path] = first
                if sources.images == (node,):
                    images = self._images_of(path, _decoding(node))
                elif sources.labels == (node,):
                    labels = self._labels_of(path)
                elif node in sources.labels:
                    several_labels[path] = self._labels_of(path)
                else:
                    decoding = _decoding(node)
                    several_images[path, decoding] = self._images_of(path, decoding)
            except DatabaseError as error:
                unreadable[path] = error.message
        return PhaseDatabases(
            images=images,
            labels=labels,
            several_images=several_images,
            records=records,
            several_labels=several_labels,
            unreadable=unreadable,
            lmdbs=frozenset(lmdbs),
            other_stores=frozenset(other_stores),
        )

    def _images_of(self, path: str, decoding: Decoding) -> ImageFacts:
        if (path, decoding) not in self._images:
            self._images[path, decoding] = _read_image_facts(path, decoding)
        return self._images[path, decoding]

    def _labels_of(self, path: str) -> LabelFacts:
        if path not in self._labels:
            self._labels[path] = read_label_facts(path)
        return self._labels[path]


def _decoding(node: Node) -> Decoding:
    transform = node.layer.transform_param
    return decoding_of(color=transform.force_color, gray=transform.force_gray)


def _read_image_facts(path: str, decoding: Decoding) -> ImageFacts:
    facts = database_facts(path)
    if facts is None:
        raise DatabaseError(f"{path}: there is no such image DB", path=path)
    looked_at = list(islice(read_images(path, decoding), _IMAGES_LOOKED_AT))
    return ImageFacts(
        path=path,
        decoding=decoding,
        records=facts.records,
        first=_usable(facts),
        floats=facts.floats,
        looked_at=len(looked_at),
        images={
            image.key: StoredImage(image.shape, image.encoded)
            for image in looked_at
            if image.shape is not None
        },
        unusable=tuple(image for image in looked_at if image.shape is None),
    )


def _usable(facts: DatabaseFacts) -> StoredImage | None:
    """Return the first record of a DB, if Caffe can make a blob of it."""
    if facts.shape is None or shape_problem(facts.shape) is not None:
        return None
    return StoredImage(facts.shape, facts.encoded)
