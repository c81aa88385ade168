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
    from caffe_multilabel.lint import Finding, lint_net, lint_solver
    from caffe_multilabel.prototxt import GeneratedNet, generate, tasks_from_options
    from caffe_multilabel.records import load_records
    from caffe_multilabel.sample import draw_sample
    from caffe_multilabel.tasks import load_tasks
    from caffe_multilabel.verification import VerifyProblem, VerifyReport, verify

    __version__: str

__all__ = [
    "Cancelled",
    "ConvertProgress",
    "ConvertReport",
    "DatabaseError",
    "Error",
    "Finding",
    "GeneratedNet",
    "ListError",
    "OptionError",
    "OutputError",
    "PictureError",
    "PrototxtError",
    "TaskFileError",
    "VerifyProblem",
    "VerifyReport",
    "__version__",
    "convert",
    "draw_sample",
    "generate",
    "lint_net",
    "lint_solver",
    "load_records",
    "load_tasks",
    "tasks_from_options",
    "verify",
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
    "lint": ("Finding", "lint_net", "lint_solver"),
    "prototxt": ("GeneratedNet", "generate", "tasks_from_options"),
    "records": ("load_records",),
    "sample": ("draw_sample",),
    "tasks": ("load_tasks",),
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
