"""Images and labels of a pair of LMDBs, whoever wrote them."""

from __future__ import annotations

from caffe_multilabel.reader.batches import Batches
from caffe_multilabel.reader.dataset import MultilabelDataset
from caffe_multilabel.reader.task_labels import Labels
from caffe_multilabel.reader.transform import Phase, TransformKeywords

__all__ = ["Batches", "Labels", "MultilabelDataset", "Phase", "TransformKeywords"]
