"""Steps of a project: commands, and what they read and write."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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
        fine: exit codes after which the next step can go on, and what those but 0 mean.
        quiet: what to add to the command so that its standard error holds only what goes wrong.
        resume: what to add to the command to go on where it was stopped; empty where it begins
            anew.
        snapshots: the prefix of the snapshots that it writes, one of which `resume` takes; empty
            where it goes on from none. It ends well, too, where a signal has stopped it.
        yours: whether what it writes belongs to the user from then on: a file that is there and is
            not as the step left it stays, come what may.
        edited: what becomes of a file that the step wrote and the user has edited: it is made
            `anew`; or it stays as long as it is there, and with it `all` that the step writes, or
            `it` alone, by `--keep` of the command.
    """

    name: str
    command: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    tasks: TaskPart | None = None
    images: bool = False
    fine: Mapping[int, str] = field(default_factory=lambda: {0: ""})
    quiet: str = "--quiet"
    resume: str = ""
    snapshots: str = ""
    yours: bool = False
    edited: Literal["anew", "all", "it"] = "anew"

    def keeping(self, files: Collection[str]) -> Step:
        """Return the step as it goes where the user has edited some of what it writes."""
        if not files:
            return self
        if self.edited == "all":
            return replace(self, yours=True)
        kept = [f"--keep={PurePath(each).name}" for each in files]
        return replace(self, command=(*self.command, *kept))

    @property
    def line(self) -> str:
        """The command as a shell takes it."""
        return shlex.join(self.command)

    @property
    def script(self) -> str:
        """Its lines in a script that `set -e` ends at the first failure."""
        line = self.line
        others = sorted(self.fine.keys() - {0})
        if others:
            line += " || " + " || ".join(f"[ $? -eq {code} ]" for code in others)
        if self.yours:
            line = f"[ -e {shlex.join(self.writes[:1])} ] || {line}"
        return line
