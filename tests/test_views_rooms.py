"""The rooms of `views` ask only those before them, for types as well as at run time."""

from __future__ import annotations

import ast
from pathlib import Path

from caffe_multilabel import views

ROOMS = ("images", "charts", "stats", "figures", "page", "show", "log", "report", "doctor")


def test_rooms_of_views_ask_only_those_before_them() -> None:
    folder = Path(views.__path__[0])
    prefix = f"{views.__name__}."
    for path in folder.rglob("*.py"):
        room = path.relative_to(folder).parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module and module.startswith(prefix):
                asked = module.removeprefix(prefix).split(".")[0]
                assert ROOMS.index(asked) <= ROOMS.index(room), f"{path.name} imports {module}"
