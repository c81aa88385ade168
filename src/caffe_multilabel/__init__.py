"""Multi-task data and networks for an unmodified BVLC Caffe.

Names are loaded when they are first used, so that a command that only prints its help pays for
nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names
from caffe_multilabel._base.moved import RENAMED, install, moved_name

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto import ProtoSchema, read_net, read_solver
    from caffe_multilabel.caffe.shapes import NetShapes, infer_shapes
    from caffe_multilabel.data.convert import (
        ConvertProgress,
        ConvertReport,
        RejectedImage,
        convert,
    )
    from caffe_multilabel.data.export import ExportReport, export_files, export_webdataset
    from caffe_multilabel.data.mean import MeanReport, compute_mean, write_mean
    from caffe_multilabel.data.records import Records, load_records
    from caffe_multilabel.data.relabel import RelabelReport, relabel
    from caffe_multilabel.data.sample import SampleSummary, draw_sample
    from caffe_multilabel.data.split import SplitReport, split
    from caffe_multilabel.data.verify import VerifyProblem, VerifyReport, verify
    from caffe_multilabel.errors import (
        Cancelled,
        DatabaseError,
        Error,
        ExtraError,
        ImageError,
        ListError,
        OptionError,
        OutputError,
        PrototxtError,
        TaskFileError,
    )
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.lists import (
        Column,
        ImageTable,
        ImageTuples,
        InferredTasks,
        ProposedTask,
        infer_tasks,
        join_parts,
        make_pairs,
        make_triplets,
        read_table,
        write_list,
    )
    from caffe_multilabel.nets.generate import (
        GeneratedNet,
        LabelStatistics,
        generate,
        read_label_statistics,
        tasks_from_options,
    )
    from caffe_multilabel.nets.lint import Finding, lint_net, lint_solver
    from caffe_multilabel.project import NetProposal, StartReport, StepResult, propose_net, start
    from caffe_multilabel.reader import Batches, MultilabelDataset, TransformKeywords
    from caffe_multilabel.reader.torch import TorchDataset as TorchDataset
    from caffe_multilabel.tasks import TaskFile, load_tasks
    from caffe_multilabel.views.doctor import Checkup, Machine, Piece, doctor
    from caffe_multilabel.views.log import (
        LogRow,
        OutputSummary,
        TrainingLog,
        read_log,
        write_log,
    )
    from caffe_multilabel.views.report import Report, make_report
    from caffe_multilabel.views.show import ShownRecord, show_record
    from caffe_multilabel.views.stats import LabelStats, label_stats

    __version__: str

# `TorchDataset` is here as well, but not in this list: `import *` must not need torch.
__all__ = [
    "Batches",
    "Cancelled",
    "Checkup",
    "Column",
    "ConvertProgress",
    "ConvertReport",
    "DatabaseError",
    "Error",
    "ExportReport",
    "ExtraError",
    "Finding",
    "GeneratedNet",
    "ImageError",
    "ImageTable",
    "ImageTuples",
    "InferredTasks",
    "LabelSchema",
    "LabelStatistics",
    "LabelStats",
    "ListError",
    "LogRow",
    "Machine",
    "MeanReport",
    "MultilabelDataset",
    "NetProposal",
    "NetShapes",
    "OptionError",
    "OutputError",
    "OutputSummary",
    "Piece",
    "ProposedTask",
    "ProtoSchema",
    "PrototxtError",
    "Records",
    "RejectedImage",
    "RelabelReport",
    "Report",
    "SampleSummary",
    "ShownRecord",
    "SplitReport",
    "StartReport",
    "StepResult",
    "TaskFile",
    "TaskFileError",
    "TrainingLog",
    "TransformKeywords",
    "VerifyProblem",
    "VerifyReport",
    "__version__",
    "compute_mean",
    "convert",
    "doctor",
    "draw_sample",
    "export_files",
    "export_webdataset",
    "generate",
    "infer_shapes",
    "infer_tasks",
    "join_parts",
    "label_stats",
    "lint_net",
    "lint_solver",
    "load_records",
    "load_tasks",
    "make_pairs",
    "make_report",
    "make_triplets",
    "propose_net",
    "read_label_statistics",
    "read_log",
    "read_net",
    "read_solver",
    "read_table",
    "relabel",
    "show_record",
    "split",
    "start",
    "tasks_from_options",
    "verify",
    "write_list",
    "write_log",
    "write_mean",
]

install()

_load, _ = lazy_names(
    __name__,
    {
        "caffe.proto": ("ProtoSchema", "read_net", "read_solver"),
        "caffe.shapes": ("NetShapes", "infer_shapes"),
        "data.convert": ("ConvertProgress", "ConvertReport", "RejectedImage", "convert"),
        "data.export": ("ExportReport", "export_files", "export_webdataset"),
        "data.mean": ("MeanReport", "compute_mean", "write_mean"),
        "data.records": ("Records", "load_records"),
        "data.relabel": ("RelabelReport", "relabel"),
        "data.sample": ("SampleSummary", "draw_sample"),
        "data.split": ("SplitReport", "split"),
        "data.verify": ("VerifyProblem", "VerifyReport", "verify"),
        "errors": (
            "Cancelled",
            "DatabaseError",
            "Error",
            "ExtraError",
            "ListError",
            "OptionError",
            "OutputError",
            "ImageError",
            "PrototxtError",
            "TaskFileError",
        ),
        "labels": ("LabelSchema",),
        "lists": (
            "Column",
            "ImageTable",
            "ImageTuples",
            "InferredTasks",
            "ProposedTask",
            "infer_tasks",
            "join_parts",
            "make_pairs",
            "make_triplets",
            "read_table",
            "write_list",
        ),
        "nets.generate": (
            "GeneratedNet",
            "LabelStatistics",
            "generate",
            "read_label_statistics",
            "tasks_from_options",
        ),
        "nets.lint": ("Finding", "lint_net", "lint_solver"),
        "project": ("NetProposal", "StartReport", "StepResult", "propose_net", "start"),
        "reader": ("Batches", "MultilabelDataset", "TransformKeywords"),
        "reader.torch": ("TorchDataset",),
        "tasks": ("TaskFile", "load_tasks"),
        "views.doctor": ("Checkup", "Machine", "Piece", "doctor"),
        "views.log": ("LogRow", "OutputSummary", "TrainingLog", "read_log", "write_log"),
        "views.report": ("Report", "make_report"),
        "views.show": ("ShownRecord", "show_record"),
        "views.stats": ("LabelStats", "label_stats"),
    },
)


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415  (slow, and seldom asked for)

        return version("caffe-multilabel")
    if RENAMED.get(name) in __all__:
        return moved_name(__name__, name, ("",))
    return _load(name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
