"""Steps of a project: commands, and what they read and write."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.project.task_parts import TaskPart

__all__ = ["Step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a project, run in its folder.

    Attributes:
        name: what it is called.
        command: the command line.
        reads: files and folders whose content decides what it does.
        writes: files and folders that it makes.
        tasks: the part of the task file that it goes by, or None.
        images: whether it reads the images of the list, too.
        fine: exit codes after which the next step can go on.
        resume: what to add to the command to go on where it was stopped; empty where it begins
            anew.
        resume_from: a pattern of files, one of which must be there to go on from; empty where
            nothing is needed.
        yours: whether what it writes belongs to the user from then on: a file that is there and is
            not as the step left it stays.
    """

    name: str
    command: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    tasks: TaskPart | None = None
    images: bool = False
    fine: frozenset[int] = frozenset({0})
    resume: str = ""
    resume_from: str = ""
    yours: bool = False

    @property
    def line(self) -> str:
        """The command as a shell takes it."""
        return shlex.join(self.command)

    @property
    def script(self) -> str:
        """Its lines in a script that `set -e` ends at the first failure."""
        line = self.line
        others = sorted(self.fine - {0})
        if others:
            line += " || " + " || ".join(f"[ $? -eq {code} ]" for code in others)
        if self.yours:
            line = f"[ -e {shlex.join(self.writes[:1])} ] || {line}"
        return line
