"""The directive `public-names`: autodoc of every public name, by the room it comes from."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

import caffe_multilabel
from caffe_multilabel import engine
from words import is_chinese

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

_ROOMS = {
    "tasks": ("Task files", "任务文件"),
    "labels": ("Labels", "标签"),
    "data": ("Data", "数据"),
    "lists": ("Lists", "列表"),
    "project": ("Projects", "项目"),
    "reader": ("Reading", "读取"),
    "caffe": ("Caffe's files", "Caffe 的文件"),
    "nets": ("Networks", "网络"),
    "engine": ("Running and training Caffe nets", "运行和训练 Caffe 网络"),
    "views": ("Looking", "查看"),
    "errors": ("Errors", "错误"),
}
"""Rooms of the package that public names come from, and their titles in English and Chinese."""


class PublicNames(SphinxDirective):
    """Every name of `caffe_multilabel.__all__` and of its engine's; functions before classes."""

    def run(self) -> list[nodes.Node]:
        """Make a section a room, and hand its names to autodoc."""
        parts = []
        for room, names in _by_room().items():
            parts += [f"## {_ROOMS[room][is_chinese(self.config)]}", "```{eval-rst}"]
            for name, public in names:
                if inspect.isclass(public):
                    parts += [f".. autoclass:: {name}", "   :members:", ""]
                else:
                    parts += [f".. autofunction:: {name}", ""]
            parts += ["```", ""]
        return self.parse_text_to_nodes("\n".join(parts), allow_section_headings=True)


def _by_room() -> dict[str, list[tuple[str, object]]]:
    """Return the public names of each room, as they are imported, and what they name."""
    rooms: dict[str, list[tuple[str, object]]] = {room: [] for room in _ROOMS}
    for package in (caffe_multilabel, engine):
        for name in package.__all__:
            if name == "__version__":
                continue
            public = getattr(package, name)
            room = public.__module__.split(".")[1]
            if room not in rooms:
                raise ExtensionError(f"{name} comes from '{room}', which has no title for its page")
            rooms[room].append((f"{package.__name__}.{name}", public))
    for names in rooms.values():
        names.sort(key=lambda named: inspect.isclass(named[1]))
    return rooms


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("public-names", PublicNames)
    return {"parallel_read_safe": True}
