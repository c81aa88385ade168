"""Lists of pairs and triplets, made of a list of single images.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.lists.tuples.model import ImageTuples
    from caffe_multilabel.lists.tuples.pairs import make_pairs
    from caffe_multilabel.lists.tuples.triplets import make_triplets

__all__ = ["ImageTuples", "make_pairs", "make_triplets"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "model": ("ImageTuples",),
        "pairs": ("make_pairs",),
        "triplets": ("make_triplets",),
    },
)
