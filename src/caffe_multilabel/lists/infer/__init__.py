"""Tasks told from the columns of a table of images.

Names are loaded when they are first used, so that a command's `--help` does without numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.lists.infer.decision import Decision, ProposedTask, Reading
    from caffe_multilabel.lists.infer.inference import infer_tasks
    from caffe_multilabel.lists.infer.inferred import InferredTasks

__all__ = ["Decision", "InferredTasks", "ProposedTask", "Reading", "infer_tasks"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "decision": ("Decision", "ProposedTask", "Reading"),
        "inference": ("infer_tasks",),
        "inferred": ("InferredTasks",),
    },
)
