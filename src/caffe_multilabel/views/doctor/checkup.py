"""The whole of what is there: this toolkit, the libraries in its core, the machine, the pieces."""

from __future__ import annotations

import json
import platform
import re
import sys
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from caffe_multilabel.views.doctor.machine import Machine
from caffe_multilabel.views.doctor.pieces import Piece, look_for_pieces

__all__ = ["Checkup", "doctor"]

# Modules that commands come to, and their distributions.
_NEEDED = {
    "numpy": "numpy",
    "google.protobuf": "protobuf",
    "yaml": "PyYAML",
    "pydantic": "pydantic",
    "rich": "rich",
}


@dataclass(frozen=True, slots=True)
class Checkup:
    """What is there to work with.

    Attributes:
        version: of this toolkit.
        folder: where it is installed.
        python: version of Python.
        executable: the Python that runs.
        core: the libraries that the core was built with, each with its version; empty where the
            core cannot be loaded.
        machine: CPUs, memory, disk.
        pieces: what is not needed, found or not, and what each adds.
        problems: what is needed and broken, a line each.

    Example:
        >>> from caffe_multilabel import doctor
        >>> checkup = doctor()
        >>> checkup.ok, checkup.problems
        (True, ())
    """

    version: str
    folder: str
    python: str
    executable: str
    core: dict[str, str]
    machine: Machine
    pieces: tuple[Piece, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing that is needed is broken."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Return it all as a JSON document."""
        return {"ok": self.ok} | asdict(self)


def doctor() -> Checkup:
    """Look at what is there to work with, and what is missing.

    Nothing is changed. PyTorch is imported where it is installed, which takes seconds.

    Example:
        >>> from caffe_multilabel import doctor
        >>> checkup = doctor()
        >>> checkup.ok, sorted(checkup.core)
        (True, ['libjpeg_turbo', 'lmdb', 'opencv'])
        >>> [piece.name for piece in checkup.pieces][:3]
        ['torch', 'jinja2', 'matplotlib']
    """
    installed = version("caffe-multilabel")
    problems = [problem for needed in _NEEDED.items() if (problem := _import_problem(*needed))]
    core = _core_versions(problems, installed)
    if not problems:
        problems += _schema_problems()
    return Checkup(
        version=installed,
        folder=str(Path(__file__).parents[2]),
        python=platform.python_version(),
        executable=sys.executable,
        core=core,
        machine=Machine.here(),
        pieces=look_for_pieces(),
        problems=tuple(problems),
    )


def _import_problem(module: str, distribution: str) -> str:
    """Return why a module cannot be imported, or nothing."""
    try:
        import_module(module)
    except Exception as error:  # a broken installation raises what it likes
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        return f"{module} cannot be imported: {said}; pip install --force-reinstall {distribution}"
    return ""


def _core_versions(problems: list[str], installed: str) -> dict[str, str]:
    """Return the versions of what is in the core, and add what is wrong with it."""
    try:
        built: dict[str, str] = json.loads(import_module("caffe_multilabel._core").build_info())
    except ImportError as error:
        said = str(error).partition("\n")[0]
        problems.append(f"the core cannot be loaded: {said}; build it: pip install -e .")
        return {}
    own = built.pop("caffe_multilabel")
    if own != installed:
        problems.append(f"the core is of version {own}, not {installed}: pip install -e .")
    # LMDB tells its name and date as well.
    return {name: re.sub(r"[^\d]*(\d[\d.]*).*", r"\1", text) for name, text in built.items()}


def _schema_problems() -> list[str]:
    """Say what is wrong with the compiled schema of Caffe's messages, which a build makes."""
    from caffe_multilabel.caffe.proto import schema  # noqa: PLC0415  (it needs protobuf)

    try:
        schema().message("Datum")
    except Exception as error:  # the same
        return [f"caffe.proto is not compiled: {error}; build it: pip install -e ."]
    return []
