"""Task files: what the tasks of a net are, and what their labels may hold.

Names are loaded when they are first used, so that pydantic and YAML are paid only by those who
read a task file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.tasks.conversion import ConversionKeys
    from caffe_multilabel.tasks.load import json_schema, load_tasks, parse_tasks
    from caffe_multilabel.tasks.model import Between, Focal, Group, Normalize, Points, Task
    from caffe_multilabel.tasks.record_shape import RecordShape
    from caffe_multilabel.tasks.resolve import ResolvedTasks
    from caffe_multilabel.tasks.shared_keys import Backbone, Data, Source, Transform
    from caffe_multilabel.tasks.task_file import TaskFile

__all__ = [
    "Backbone",
    "Between",
    "ConversionKeys",
    "Data",
    "Focal",
    "Group",
    "Normalize",
    "Points",
    "RecordShape",
    "ResolvedTasks",
    "Source",
    "Task",
    "TaskFile",
    "Transform",
    "json_schema",
    "load_tasks",
    "parse_tasks",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "conversion": ("ConversionKeys",),
        "load": ("json_schema", "load_tasks", "parse_tasks"),
        "model": ("Between", "Focal", "Group", "Normalize", "Points", "Task"),
        "record_shape": ("RecordShape",),
        "resolve": ("ResolvedTasks",),
        "shared_keys": ("Backbone", "Data", "Source", "Transform"),
        "task_file": ("TaskFile",),
    },
)
