"""Reads task files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from caffe_multilabel._base.arguments import path_of
from caffe_multilabel._base.renamed import renamed_keywords
from caffe_multilabel._base.text import shown
from caffe_multilabel.errors import OptionError, TaskFileError
from caffe_multilabel.tasks.messages import problems_of
from caffe_multilabel.tasks.task_file import TaskFile
from caffe_multilabel.tasks.yaml_source import YamlDocument

__all__ = ["json_schema", "load_tasks", "parse_tasks"]

MAX_SHOWN = 10


@renamed_keywords(source="tasks")
def load_tasks(tasks: str | os.PathLike[str] | Mapping[str, Any] | TaskFile) -> TaskFile:
    """Read a task file.

    Args:
        tasks: path of a YAML file, the same content as a mapping, or a TaskFile, which comes
            back as it is. A relative `backbone.file` is looked for beside a YAML file.

    Raises:
        TaskFileError: the file cannot be read, or keys or values in it are wrong. The message
            has a line for each of the first ten, with its line in the file, its key, what was
            found and what is allowed.
        OptionError: `tasks` is none of these.

    Example:
        >>> from caffe_multilabel import load_tasks
        >>> load_tasks("tasks.yaml").tasks[0].classes
        ('circle', 'square', 'triangle', 'star', 'cross', 'heart')
        >>> color = {"name": "color", "loss": "softmax", "classes": ["red", "green"]}
        >>> [task.name for task in load_tasks({"tasks": [color]}).tasks]
        ['color']
    """
    if isinstance(tasks, TaskFile):
        return tasks
    if isinstance(tasks, Mapping):
        return _validated(dict(tasks), name="tasks")
    if not isinstance(tasks, str | os.PathLike):
        raise OptionError(f"tasks are {shown(tasks)}, must be a path, a mapping or a TaskFile")
    path = path_of("tasks", tasks)
    try:
        text = path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot read the task file: {error.strerror}"
        raise TaskFileError(message, path=str(path)) from error
    return parse_tasks(text, name=str(path), folder=path.parent)


def parse_tasks(
    text: str | bytes, *, name: str = "tasks", folder: str | os.PathLike[str] = ""
) -> TaskFile:
    """Read the text of a task file.

    Args:
        text: YAML.
        name: what errors call the text.
        folder: where a relative `backbone.file` starts.

    Raises:
        TaskFileError: as for `load_tasks`.
    """
    document = YamlDocument(text, name=name, verbatim=("classes", "dim"))
    if not isinstance(document.data, dict):
        found = "nothing" if document.data is None else f"a {type(document.data).__name__}"
        message = f"{name}: found {found}; a task file has keys, `tasks:` at least"
        raise TaskFileError(message, path=name)
    task_file = _validated(document.data, name=name, document=document)
    backbone = task_file.backbone
    if backbone is None or backbone.file is None:
        return task_file
    beside = backbone.model_copy(update={"file": str(Path(folder) / backbone.file)})
    return task_file.model_copy(update={"backbone": beside})


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a task file, for editors."""
    document = TaskFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **document,
        "title": "caffe-multilabel task file",
        # pydantic takes the whole docstring; an editor shows what stands before the example.
        "description": document["description"].partition("\n\nExample:")[0],
    }


def _validated(
    data: dict[str, Any], *, name: str, document: YamlDocument | None = None
) -> TaskFile:
    try:
        return TaskFile.model_validate(data)
    except ValidationError as error:
        problems = problems_of(error, data)
    path = None if document is None else name
    lines = {problem: document.line(problem.loc) if document else None for problem in problems}
    problems.sort(key=lambda problem: lines[problem] or 0)
    shown = [
        f"{name}:{line}: {problem}" if (line := lines[problem]) else f"{name}: {problem}"
        for problem in problems[:MAX_SHOWN]
    ]
    if len(problems) > MAX_SHOWN:
        shown.append(f"{name}: and {len(problems) - MAX_SHOWN} more")
    first = problems[0]
    raise TaskFileError("\n".join(shown), path=path, line=lines[first], key=first.key)
