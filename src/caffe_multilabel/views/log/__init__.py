"""Reads the training log that Caffe writes and draws what it says of each output of the net.

Names are loaded when they are first used, so that numpy and matplotlib are paid only by those who
draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.views.log.curves import Curve, Panel, make_panels
    from caffe_multilabel.views.log.model import (
        LEARNING_RATE,
        TOTAL_LOSS,
        LogRow,
        OutputSummary,
        TrainingLog,
    )
    from caffe_multilabel.views.log.read import parse_log, read_log
    from caffe_multilabel.views.log.write import write_log

__all__ = [
    "LEARNING_RATE",
    "TOTAL_LOSS",
    "Curve",
    "LogRow",
    "OutputSummary",
    "Panel",
    "TrainingLog",
    "make_panels",
    "parse_log",
    "read_log",
    "write_log",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "curves": ("Curve", "Panel", "make_panels"),
        "write": ("write_log",),
        "model": ("LEARNING_RATE", "TOTAL_LOSS", "LogRow", "OutputSummary", "TrainingLog"),
        "read": ("parse_log", "read_log"),
    },
)
