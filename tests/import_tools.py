"""Who imports whom: the imports of a package's files, read without running them."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["Import", "ImportGraph", "circles"]


@dataclass(frozen=True, slots=True)
class Import:
    """One module of the package imports another.

    Attributes:
        source: dotted name of the importing module, relative to the package; "" is the package's
            own `__init__`, and `x.__init__` that of a package within.
        target: the imported one's, written likewise.
        location: file and line, as editors open them.
    """

    source: str
    target: str
    location: str


class ImportGraph:
    """All imports between the files of a package.

    Those in functions and under `TYPE_CHECKING` are imports as well: what a file needs for its
    types it needs for being understood. A name taken from a package counts as an import of the
    module that holds it, so the lists of public names in `__init__` files tie nothing together.

    Args:
        folder: the package's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._name = folder.name
        self._paths = {_module(path.relative_to(folder)): path for path in folder.rglob("*.py")}
        self._trees = {module: ast.parse(path.read_text()) for module, path in self._paths.items()}
        self._folder = folder

    @cached_property
    def imports(self) -> list[Import]:
        """Every import, by file and line."""
        found = (found for module in sorted(self._paths) for found in self._imports_of(module))
        return list(dict.fromkeys(found))

    def _imports_of(self, module: str) -> Iterator[Import]:
        path = self._paths[module]
        package = module == "__init__" or module.endswith(".__init__")
        only_names = _names_for_types(self._trees[module]) if package else set()
        for node in ast.walk(self._trees[module]):
            if node in only_names:
                continue
            for target in self._targets(node):
                if target != module:
                    location = f"{path.relative_to(self._folder.parent)}:{node.lineno}"
                    yield Import(module, target, location)

    def _targets(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if (inner := self._inner(alias.name)) is not None:
                    yield self._file(inner)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            inner = self._inner(node.module)
            for alias in node.names if inner is not None else ():
                yield from self._homes(inner, alias.name)

    def _inner(self, dotted: str) -> str | None:
        """A full name made relative to the package, or None if it is of another."""
        if dotted == self._name:
            return ""
        return (
            dotted.removeprefix(self._name + ".") if dotted.startswith(self._name + ".") else None
        )

    def _homes(self, module: str, name: str) -> Iterator[str]:
        """The files that `from module import name` reads."""
        inside = f"{module}.{name}" if module else name
        if inside in self._paths or f"{inside}.__init__" in self._paths:
            yield self._file(inside)
            return
        file = self._file(module)
        yield file
        if file.endswith("__init__"):
            for node in ast.walk(self._trees[file]):
                if isinstance(node, ast.ImportFrom) and node.module is not None:
                    inner = self._inner(node.module)
                    given = {alias.asname or alias.name: alias.name for alias in node.names}
                    if inner is not None and name in given:
                        yield from self._homes(inner, given[name])

    def _file(self, module: str) -> str:
        if module in self._paths:
            return module
        init = f"{module}.__init__" if module else "__init__"
        # A module that is compiled has no file to read, and imports nothing of ours.
        return init if init in self._paths else module


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def _names_for_types(tree: ast.Module) -> set[ast.AST]:
    """What stands under `if TYPE_CHECKING:`."""
    return {
        inner
        for node in tree.body
        if isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }


def circles(edges: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The edges of a graph that lie on a circle."""
    following: dict[str, set[str]] = defaultdict(set)
    for source, target in edges:
        following[source].add(target)
    reached: dict[str, set[str]] = {}
    for start in list(following):
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            new = following.get(waiting.pop(), set()) - seen
            seen |= new
            waiting += new
        reached[start] = seen
    return {
        (source, target)
        for source, targets in following.items()
        for target in targets
        if source in reached.get(target, ())
    }
