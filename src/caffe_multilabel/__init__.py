"""Multi-task data and networks for an unmodified BVLC Caffe.

Names are loaded when they are first used, so that a command that only prints its help pays for
nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.conversion import ConvertProgress, ConvertReport, convert
    from caffe_multilabel.errors import (
        Cancelled,
        DatabaseError,
        Error,
        ListError,
        OptionError,
        OutputError,
        PictureError,
        PrototxtError,
        TaskFileError,
    )
    from caffe_multilabel.exporting import ExportReport, export_files, export_webdataset
    from caffe_multilabel.lint import Finding, lint_net, lint_solver
    from caffe_multilabel.means import MeanReport, compute_mean, write_mean
    from caffe_multilabel.prototxt import GeneratedNet, generate, tasks_from_options
    from caffe_multilabel.reader import MultilabelDataset
    from caffe_multilabel.records import load_records
    from caffe_multilabel.relabelling import RelabelReport, relabel
    from caffe_multilabel.report import Report, make_report
    from caffe_multilabel.sample import draw_sample
    from caffe_multilabel.show import show_record
    from caffe_multilabel.splitting import SplitReport, split
    from caffe_multilabel.stats import LabelStats, label_stats
    from caffe_multilabel.tasks import load_tasks
    from caffe_multilabel.training_log import read_log, write_log
    from caffe_multilabel.verification import VerifyProblem, VerifyReport, verify

    __version__: str

__all__ = [
    "Cancelled",
    "ConvertProgress",
    "ConvertReport",
    "DatabaseError",
    "Error",
    "ExportReport",
    "Finding",
    "GeneratedNet",
    "LabelStats",
    "ListError",
    "MeanReport",
    "MultilabelDataset",
    "OptionError",
    "OutputError",
    "PictureError",
    "PrototxtError",
    "RelabelReport",
    "Report",
    "SplitReport",
    "TaskFileError",
    "VerifyProblem",
    "VerifyReport",
    "__version__",
    "compute_mean",
    "convert",
    "draw_sample",
    "export_files",
    "export_webdataset",
    "generate",
    "label_stats",
    "lint_net",
    "lint_solver",
    "load_records",
    "load_tasks",
    "make_report",
    "read_log",
    "relabel",
    "show_record",
    "split",
    "tasks_from_options",
    "verify",
    "write_log",
    "write_mean",
]

_HOMES = {
    "conversion": ("ConvertProgress", "ConvertReport", "convert"),
    "errors": (
        "Cancelled",
        "DatabaseError",
        "Error",
        "ListError",
        "OptionError",
        "OutputError",
        "PictureError",
        "PrototxtError",
        "TaskFileError",
    ),
    "exporting": ("ExportReport", "export_files", "export_webdataset"),
    "lint": ("Finding", "lint_net", "lint_solver"),
    "means": ("MeanReport", "compute_mean", "write_mean"),
    "prototxt": ("GeneratedNet", "generate", "tasks_from_options"),
    "reader": ("MultilabelDataset",),
    "records": ("load_records",),
    "relabelling": ("RelabelReport", "relabel"),
    "report": ("Report", "make_report"),
    "sample": ("draw_sample",),
    "show": ("show_record",),
    "splitting": ("SplitReport", "split"),
    "stats": ("LabelStats", "label_stats"),
    "tasks": ("load_tasks",),
    "training_log": ("read_log", "write_log"),
    "verification": ("VerifyProblem", "VerifyReport", "verify"),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415  (slow, and seldom asked for)

        return version("caffe-multilabel")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
