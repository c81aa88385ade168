"""The house's arrows: what may import what, in Python and in C++."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from import_tools import ImportGraph, circles

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "caffe_multilabel"
CPP = ROOT / "cpp"

# Each room may import the rooms of the rows above it; in Python those of its own row too, as long
# as they make no circle.
PYTHON_ROWS = (
    ("_core", "errors"),
    ("_base",),
    ("__init__",),
    ("labels", "caffe"),
    ("tasks",),
    ("lists",),
    ("data", "reader"),
    ("nets",),
    ("engine",),
    ("views",),
    ("project",),
    ("cli",),
    ("__main__",),
)
CPP_ROWS = (
    ("base",),
    ("record", "random"),
    ("store", "list", "image"),
    ("pair", "read"),
    ("jobs",),
    ("bindings", "tests"),
)


def rows(table: tuple[tuple[str, ...], ...]) -> dict[str, int]:
    return {room: row for row, rooms in enumerate(table) for room in rooms}


def check(broken: dict[str, list[str]]) -> None:
    """Says each broken arrow with the places that break it."""
    messages = [
        f"{arrow}\n  " + "\n  ".join(dict.fromkeys(places))
        for arrow, places in sorted(broken.items())
    ]
    assert not messages, "imports against the arrows:\n" + "\n".join(messages)


def part(module: str, depth: int) -> str:
    return ".".join(module.split(".")[:depth])


def against_the_arrows(graph: ImportGraph) -> dict[str, list[str]]:
    """Imports of a room further down the table, and those that close a circle.

    The parts of a circle are what lies side by side in one package, be it packages or files: two
    files in a circle tie their parts in the smallest package that holds both.
    """
    order = rows(PYTHON_ROWS)
    broken = defaultdict(list)
    ties: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for found in graph.imports:
        source, target = found.source.split("."), found.target.split(".")
        for room in (source[0], target[0]):
            assert room in order, f"{found.location}: {room} has no row in this test"
        if order[target[0]] > order[source[0]]:
            broken[f"{part(found.source, 2)} -> {part(found.target, 2)}"].append(found.location)
            continue
        depth = 0
        while source[: depth + 1] == target[: depth + 1]:
            depth += 1
        edge = part(found.source, depth + 1), part(found.target, depth + 1)
        ties[part(found.source, depth)][edge].append(found.location)
    for edges in ties.values():
        for source_part, target_part in sorted(circles(edges)):
            broken[f"{source_part} <-> {target_part}"] = edges[source_part, target_part]
    return dict(broken)


def test_python_imports_go_one_way() -> None:
    check(against_the_arrows(ImportGraph(PACKAGE)))


def test_cpp_includes_go_one_way() -> None:
    order = rows(CPP_ROWS)
    broken = defaultdict(list)
    for path in sorted([*CPP.rglob("*.h"), *CPP.rglob("*.cc")]):
        room = path.relative_to(CPP).parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            included = re.match(r'#include "([^"]+)"', line)
            if included is None:
                continue
            place = f"{path.relative_to(ROOT)}:{number}"
            assert (CPP / included[1]).is_file(), f'{place}: includes read "room/file.h"'
            target = included[1].split("/")[0]
            if target != room and order[target] >= order[room]:
                broken[f"{room} -> {target}"].append(place)
    check(dict(broken))


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("from caffe_multilabel.cli import table", {"data.a -> cli.table"}),
        ("import caffe_multilabel.cli.table", {"data.a -> cli.table"}),
        ("def f():\n    from caffe_multilabel.cli.table import x", {"data.a -> cli.table"}),
        (
            "if TYPE_CHECKING:\n    from caffe_multilabel.cli.table import x",
            {"data.a -> cli.table"},
        ),
        (
            "from caffe_multilabel.cli import shown",
            {"data.a -> cli.table", "data.a -> cli.__init__"},
        ),
        ("from caffe_multilabel.data import made", {"data.a <-> data.b", "data.b <-> data.a"}),
        ("from caffe_multilabel.data.b import made", {"data.a <-> data.b", "data.b <-> data.a"}),
        ("from caffe_multilabel import _core, errors", set()),
        ("import numpy, caffe_multilabel.errors", set()),
    ],
)
def test_a_wrong_import_is_found_with_its_place(
    tmp_path: Path, line: str, broken: set[str]
) -> None:
    root = tmp_path / "caffe_multilabel"
    for name, text in {
        "__init__.py": "",
        "errors.py": "",
        "cli/__init__.py": "if TYPE_CHECKING:\n    from caffe_multilabel.cli.table import shown\n",
        "cli/table.py": "",
        "data/__init__.py": "if TYPE_CHECKING:\n    from caffe_multilabel.data.b import made\n",
        "data/a.py": "\n" + line,
        "data/b.py": "from caffe_multilabel.data.a import f\n",
    }.items():
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_text(text)
    found = against_the_arrows(ImportGraph(root))
    assert set(found) == broken
    number = 2 + line.count("\n")
    for arrow, places in found.items():
        wanted = "b.py:1" if arrow.startswith("data.b") else f"a.py:{number}"
        assert list(dict.fromkeys(places)) == [f"caffe_multilabel/data/{wanted}"]
