"""Commands as a user runs them: their own process, whatever is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import caffe_multilabel

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODULES = {
    "convert_multilabel": "caffe_multilabel.cli.convert",
    "generate_prototxt": "caffe_multilabel.cli.prototxt",
    "caffe-multilabel": "caffe_multilabel.cli.main",
}
_TIMEOUT = 120


class RunCommand(Protocol):
    """Runs a command in the test's own folder."""

    def __call__(
        self, name: str, *arguments: object, **options: Any
    ) -> subprocess.CompletedProcess[str]: ...


def command_line(name: str, *arguments: object) -> list[str]:
    """The command of the tree under test, not one that happens to be on the PATH."""
    code = f"import sys; from {_MODULES[name]} import main; sys.exit(main())"
    return [sys.executable, "-c", code, *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    """Where the child finds the same package, from any working directory."""
    indices = [str(Path(caffe_multilabel.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, indices))} | more


def run(
    name: str,
    *arguments: object,
    cwd: Path,
    variables: Mapping[str, str] = MappingProxyType({}),
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with more variables in its environment."""
    return subprocess.run(
        command_line(name, *arguments),
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        errors="backslashreplace",
        timeout=_TIMEOUT,
        check=False,
        **({"encoding": "utf-8"} | options),
    )


def start(name: str, *arguments: object, cwd: Path, **options: Any) -> subprocess.Popen[str]:
    """Start a command that the test will stop, or look at while it works."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(
        command_line(name, *arguments),
        cwd=cwd,
        env=environment(),
        encoding="utf-8",
        errors="backslashreplace",
        **pipes,
    )


def names_in(folder: Path) -> list[str]:
    """What a folder holds, by name."""
    return sorted(path.name for path in folder.iterdir())
