"""Multi-task data and networks for an unmodified BVLC Caffe.

Names are loaded when they are first used, so that a command that only prints its help pays for
nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names
from caffe_multilabel._base.moved import install

if TYPE_CHECKING:
    from caffe_multilabel.data.convert import ConvertProgress, ConvertReport, convert
    from caffe_multilabel.data.export import ExportReport, export_files, export_webdataset
    from caffe_multilabel.data.mean import MeanReport, compute_mean, write_mean
    from caffe_multilabel.data.records import load_records
    from caffe_multilabel.data.relabel import RelabelReport, relabel
    from caffe_multilabel.data.sample import draw_sample
    from caffe_multilabel.data.split import SplitReport, split
    from caffe_multilabel.data.verify import VerifyProblem, VerifyReport, verify
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
    from caffe_multilabel.nets.generate import GeneratedNet, generate, tasks_from_options
    from caffe_multilabel.nets.lint import Finding, lint_net, lint_solver
    from caffe_multilabel.reader import MultilabelDataset
    from caffe_multilabel.tasks import load_tasks
    from caffe_multilabel.views.log import read_log, write_log
    from caffe_multilabel.views.report import Report, make_report
    from caffe_multilabel.views.show import show_record
    from caffe_multilabel.views.stats import LabelStats, label_stats

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

install()

_load, _ = lazy_names(
    __name__,
    {
        "data.convert": ("ConvertProgress", "ConvertReport", "convert"),
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
        "data.export": ("ExportReport", "export_files", "export_webdataset"),
        "nets.lint": ("Finding", "lint_net", "lint_solver"),
        "data.mean": ("MeanReport", "compute_mean", "write_mean"),
        "nets.generate": ("GeneratedNet", "generate", "tasks_from_options"),
        "reader": ("MultilabelDataset",),
        "data.records": ("load_records",),
        "data.relabel": ("RelabelReport", "relabel"),
        "views.report": ("Report", "make_report"),
        "data.sample": ("draw_sample",),
        "views.show": ("show_record",),
        "data.split": ("SplitReport", "split"),
        "views.stats": ("LabelStats", "label_stats"),
        "tasks": ("load_tasks",),
        "views.log": ("read_log", "write_log"),
        "data.verify": ("VerifyProblem", "VerifyReport", "verify"),
    },
)


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415  (slow, and seldom asked for)

        return version("caffe-multilabel")
    return _load(name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
