"""Caffe nets run in PyTorch, with Caffe's figures. It needs torch, and nothing of Caffe.

Example:
    >>> from caffe_multilabel.engine import Net
    >>> net = Net("deploy.prototxt", phase="TEST")
    >>> list(net.forward())
    ['centre', 'color', 'filled', 'kind', 'size']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.extras import import_extra
from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.engine.blob import Blob
    from caffe_multilabel.engine.net import Net
    from caffe_multilabel.engine.solvers.observer import Observer, Score, Speed
    from caffe_multilabel.engine.solvers.solver import Solver
    from caffe_multilabel.engine.training.chance import LossAtChance
    from caffe_multilabel.engine.training.check import TrainingCheck, check_training
    from caffe_multilabel.engine.training.passes import LayerGradient, PassFinding
    from caffe_multilabel.engine.training.run import TrainReport, train
    from caffe_multilabel.engine.training.score import ScoreReport, score_net
    from caffe_multilabel.engine.training.timing import LayerTime, TimeReport, time_net
    from caffe_multilabel.engine.weights import CopiedWeights

__all__ = [
    "Blob",
    "CopiedWeights",
    "LayerGradient",
    "LayerTime",
    "LossAtChance",
    "Net",
    "Observer",
    "PassFinding",
    "Score",
    "ScoreReport",
    "Solver",
    "Speed",
    "TimeReport",
    "TrainReport",
    "TrainingCheck",
    "check_training",
    "score_net",
    "time_net",
    "train",
]

# Here, so that no module below fails in words of its own. All of them need it.
import_extra("torch", "torch")

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "blob": ("Blob",),
        "net": ("Net",),
        "solvers.observer": ("Observer", "Score", "Speed"),
        "solvers.solver": ("Solver",),
        "training.chance": ("LossAtChance",),
        "training.passes": ("LayerGradient", "PassFinding"),
        "training.check": ("TrainingCheck", "check_training"),
        "training.run": ("TrainReport", "train"),
        "training.score": ("ScoreReport", "score_net"),
        "training.timing": ("LayerTime", "TimeReport", "time_net"),
        "weights": ("CopiedWeights",),
    },
)
