"""Projects: everything from a list of images to a net ready to train, in one folder.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.project.proposal import NetProposal, propose_net
    from caffe_multilabel.project.run import start
    from caffe_multilabel.project.schedule import Schedule
    from caffe_multilabel.project.start_report import StartReport
    from caffe_multilabel.project.work import StepResult

__all__ = ["NetProposal", "Schedule", "StartReport", "StepResult", "propose_net", "start"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "proposal": ("NetProposal", "propose_net"),
        "run": ("start",),
        "schedule": ("Schedule",),
        "start_report": ("StartReport",),
        "work": ("StepResult",),
    },
)
