"""The table of readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.lists.readers.coco import COCO
from caffe_multilabel.lists.readers.folder import FOLDER
from caffe_multilabel.lists.readers.jsonl import JSONL
from caffe_multilabel.lists.readers.plain import CELEBA, PLAIN
from caffe_multilabel.lists.readers.separated import SEPARATED
from caffe_multilabel.lists.readers.voc import VOC

if TYPE_CHECKING:
    from caffe_multilabel.lists.readers.source import Reader

__all__ = ["READERS"]

READERS: dict[str, Reader] = {
    reader.kind: reader for reader in (VOC, FOLDER, COCO, JSONL, CELEBA, SEPARATED, PLAIN)
}
"""Each kind of list by its name; the first that recognises a source reads it."""
