"""Lists as people have them: tables of images read from many kinds of files, and their tasks.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.lists.image_words import ImageWords
    from caffe_multilabel.lists.infer import InferredTasks, ProposedTask, infer_tasks
    from caffe_multilabel.lists.join import join_parts
    from caffe_multilabel.lists.readers import READERS, Reader, read_table
    from caffe_multilabel.lists.table import Column, ImageTable, TableBuilder
    from caffe_multilabel.lists.tuples import ImageTuples, make_pairs, make_triplets
    from caffe_multilabel.lists.write import write_list

__all__ = [
    "READERS",
    "Column",
    "ImageTable",
    "ImageTuples",
    "ImageWords",
    "InferredTasks",
    "ProposedTask",
    "Reader",
    "TableBuilder",
    "infer_tasks",
    "join_parts",
    "make_pairs",
    "make_triplets",
    "read_table",
    "write_list",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "image_words": ("ImageWords",),
        "infer": ("InferredTasks", "ProposedTask", "infer_tasks"),
        "join": ("join_parts",),
        "readers": ("READERS", "Reader", "read_table"),
        "table": ("Column", "ImageTable", "TableBuilder"),
        "tuples": ("ImageTuples", "make_pairs", "make_triplets"),
        "write": ("write_list",),
    },
)
