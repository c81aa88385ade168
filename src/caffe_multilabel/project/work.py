"""Runs the steps of a project that are not done."""

from __future__ import annotations

import errno
import os
import shlex
from dataclasses import dataclass
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from caffe_multilabel._base.files import make_folder
from caffe_multilabel._base.text import listed
from caffe_multilabel.caffe.solver_facts import snapshot_states
from caffe_multilabel.errors import Error
from caffe_multilabel.project.child import run_child
from caffe_multilabel.project.digests import digest_of, digest_of_content, mark_of
from caffe_multilabel.project.task_parts import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from caffe_multilabel.project.ledger import Ledger
    from caffe_multilabel.project.steps import Step

__all__ = ["StepResult", "Work", "edited_line"]

Status = Literal["done", "unchanged", "kept"]

_KILLED = -2, 130  # a child that Ctrl-C has ended
_UNREAD = 141  # one that nobody reads any more
_UNPRINTED = 4
"""One that has written all, and could not print what it had to say of it."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of one step.

    Attributes:
        name: the step.
        command: its command line, to be run in the project's folder.
        status: "done"; "unchanged", for what it would read and write is as it was; "kept", for
            what it writes is the user's.
        exit_code: of the command; where it did not run, of its last run on the same.
        edited: files that it left as the user has edited them.
        note: what an exit code but 0 means.

    Example:
        >>> from caffe_multilabel import start
        >>> report = start("val.csv", "shapes", val="0.2", quiet=True)
        >>> report.steps[0].name, report.steps[0].status, report.steps[0].exit_code
        ('list', 'done', 0)
    """

    name: str
    command: str
    status: Status
    exit_code: int = 0
    edited: tuple[str, ...] = ()
    note: str = ""


def edited_line(what: str, files: Iterable[str]) -> str:
    """Say which files stay, and the way out."""
    return (
        f"-- {what}: edited by hand, so kept: {', '.join(files)}; for a new one delete it, or "
        "start with --overwrite"
    )


class Work:
    """Runs steps in a project's folder.

    Attributes:
        results: what became of each step so far.
        images: a digest of the list's images, for steps that read them.
    """

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        lock: int,
        tell: Callable[[str], object],
        *,
        quiet: bool,
        overwrite: bool,
    ) -> None:
        """Begin with no step.

        Args:
            folder: the project.
            ledger: what it has done before.
            lock: a descriptor that commands inherit, so that the project is locked while they live.
            tell: called with a line before each step.
            quiet: commands print only what goes wrong.
            overwrite: files that the user has edited are made anew, but for the task file.
        """
        self.results: list[StepResult] = []
        self.images = ""
        self._folder = folder
        self._ledger = ledger
        self._lock = lock
        self._tell = tell
        self._quiet = quiet
        self._overwrite = overwrite

    def run(self, steps: Iterable[Step]) -> None:
        """Run what has changed, in order.

        Raises:
            Error: a step failed.
        """
        for step in steps:
            read = {path: digest_of(self._folder / path) for path in step.reads}
            if step.tasks is not None:
                read[f"{TASKS}: {step.tasks.name}"] = step.tasks.digest(self._folder / TASKS)
            if step.images:
                read["images"] = self.images
            kept = self.edited(step)
            if kept:
                self._tell(edited_line(step.name, kept))
            if step.yours and self._ledger.is_the_users(step):
                self._tell(f"-- {step.name}: {step.writes[0]} is yours, and stays")
                self._note(step, "kept")
            elif kept and step.edited == "all":
                self._check_whole(step, kept)
                if not self._ledger.has_read(step, read):
                    self._tell(
                        f"-- {step.name}: warning: {listed(step.reads)} has changed, and "
                        f"{listed(step.writes)} have not followed: what is new there is in none"
                    )
                self._note(step, "kept", edited=kept)
            elif self._ledger.is_done(step, read, kept):
                code = self._ledger.code_of(step)
                rest = f"; {step.fine[code]}" if code else ""
                self._tell(f"-- {step.name}: unchanged{rest}")
                self._note(step, "unchanged", code, edited=kept)
            else:
                self._note(step, "done", self._run(step, read, kept), edited=kept)

    def edited(self, step: Step) -> tuple[str, ...]:
        """Return the files that a step wrote and that stay, for the user has edited them."""
        return () if self._overwrite else self._ledger.edited(step)

    def _check_whole(self, step: Step, kept: Sequence[str]) -> None:
        """Refuse to go on with a part of what a step writes, or to write over the user's part.

        Raises:
            Error: another part is missing.
        """
        missing = [path for path in step.writes if not (self._folder / path).exists()]
        if missing:
            raise Error(
                f"step '{step.name}' would have to make {self._folder / missing[0]} again, and "
                f"{self._folder / kept[0]} with it, which was edited by hand; put the missing file "
                "back, or delete both"
            )

    def _run(self, step: Step, read: dict[str, str], kept: Sequence[str]) -> int:
        goes_on = self._goes_on(step, read)
        command = [*step.keeping(kept).command, *goes_on]
        earlier = self._ledger.earlier(step) if goes_on else self._marks(step)
        self._tell(f"-- {step.name}: {shlex.join(command)}")
        if self._quiet and step.quiet:
            command.append(step.quiet)
        if step.yours:
            return self._run_for_the_user(step, read, command)
        for path in step.writes:
            make_folder((self._folder / path).parent)
        self._ledger.begin(step, read, kept, earlier)
        code = self._call(step, command)
        missing = [
            path for path in step.writes if mark_of(self._folder / path) in ("", earlier.get(path))
        ]
        if missing:
            raise Error(
                f"step '{step.name}' was stopped before it made {self._folder / missing[0]}; the "
                "same command goes on at that step"
            )
        self._end(step, read, kept, code)
        return code

    def _run_for_the_user(self, step: Step, read: dict[str, str], command: Sequence[str]) -> int:
        """Run a step whose file is the user's from the moment on that it is there.

        It is entered before it gets its name: what is there and not entered, the user has made.
        """
        [name] = step.writes
        place, made = self._folder / name, self._folder / f".{name}.made"
        for path in (place, made):  # as it was left, so it may go
            path.unlink(missing_ok=True)
        self._ledger.begin(step, read, (), {})
        code = self._call(step, [made.name if word == name else word for word in command])
        digest = digest_of_content(place.name, made.read_bytes())
        self._end(step, read, (), code, {name: digest})
        made.replace(place)
        return code

    def _end(
        self,
        step: Step,
        read: dict[str, str],
        kept: Sequence[str],
        code: int,
        coming: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Enter a step that has ended well.

        One that could not print has done its work; but where another code than 0 could have told
        of what is left out, it is done again, for then that is known.
        """
        if code != _UNPRINTED:
            self._ledger.end(step, read, kept, code=code, coming=coming)
        elif set(step.fine) == {0}:
            self._ledger.end(step, read, kept, code=0, coming=coming)

    def _call(self, step: Step, command: Sequence[str]) -> int:
        """Run a step's command, and return its exit code where the next step can go on.

        Raises:
            Error: it has failed.
            BrokenPipeError: nobody reads any more what the steps print.
            KeyboardInterrupt: a Ctrl-C has ended it.
        """
        code, answer = self._answer(command)
        if code in _KILLED:
            raise KeyboardInterrupt
        if code == _UNREAD:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        if code not in (*step.fine, _UNPRINTED):
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise Error(
                f"step '{step.name}' {how}, and has named files as they are seen from "
                f"{self._folder}; the same command goes on at that step once that is mended"
                + "".join(f"\n  {line}" for line in answer.splitlines())
            )
        return code

    def _goes_on(self, step: Step, read: Mapping[str, str]) -> list[str]:
        """Return what makes a step go on where it was stopped; nothing where it begins anew.

        Snapshots of an earlier training, of which the nets may have been others, are none of it.
        """
        if not (step.resume and self._ledger.was_begun(step, read)):
            return []
        if not step.snapshots:
            return [step.resume]
        earlier = self._ledger.earlier(step)
        for path in map(os.fspath, snapshot_states(step.snapshots, self._folder)):
            if mark_of(self._folder / path) != earlier.get(path):
                return [f"{step.resume}={path}"]
        return []

    def _marks(self, step: Step) -> dict[str, str]:
        """Return the marks of what an earlier training has left where a step writes its own."""
        if not step.snapshots:
            return {}
        states = map(os.fspath, snapshot_states(step.snapshots, self._folder))
        return {path: mark_of(self._folder / path) for path in (*states, *step.writes)}

    def _answer(self, command: Sequence[str]) -> tuple[int, str]:
        """Run a command in the project's folder; it holds the lock as long as it lives.

        Returns:
            Its exit code, and where it is to be quiet what its standard output was.
        """
        with TemporaryFile() as answer:
            code = run_child(
                command[1:],
                self._folder,
                stdout=answer.fileno() if self._quiet else None,
                pass_fds=(self._lock,),
                ending=lambda: self._tell("-- SIGTERM: the same command goes on at that step"),
            )
            answer.seek(0)
            return code, answer.read().decode(errors="backslashreplace")

    def _note(
        self, step: Step, status: Status, code: int = 0, *, edited: tuple[str, ...] = ()
    ) -> None:
        line = step.keeping(edited).line
        note = step.fine.get(code, "what it had to say could not be printed")
        self.results.append(StepResult(step.name, line, status, code, edited, note))
