"""Task files: what the tasks of a net are, and what their labels may hold.

Names are loaded when they are first used, so that pydantic and YAML are paid only by those who
read a task file.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.tasks.load import json_schema, load_tasks, parse_tasks
    from caffe_multilabel.tasks.model import Group, Task, TaskFile
    from caffe_multilabel.tasks.network import Backbone, Data, Source, Transform

__all__ = [
    "Backbone",
    "Data",
    "Group",
    "Source",
    "Task",
    "TaskFile",
    "Transform",
    "json_schema",
    "load_tasks",
    "parse_tasks",
]

_HOMES = {
    "load": ("json_schema", "load_tasks", "parse_tasks"),
    "model": ("Group", "Task", "TaskFile"),
    "network": ("Backbone", "Data", "Source", "Transform"),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
