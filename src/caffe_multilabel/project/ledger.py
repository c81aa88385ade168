"""What a project has done: for each step the command, and digests of what it read and wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypedDict

from caffe_multilabel._base.files import write_bytes
from caffe_multilabel.project.digests import digest_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from caffe_multilabel.project.steps import Step

__all__ = ["Ledger"]

_FORMAT = 1
_KEPT = "the user's"
"""In the place of a digest: whatever the file holds, the step has not written it."""


class _Entry(TypedDict):
    command: list[str]
    read: dict[str, str]
    wrote: dict[str, str]
    earlier: dict[str, str]
    ended: bool
    code: int


class Ledger:
    """The file `.start.json` in a project's folder.

    A step is entered as begun before it runs, without what it wrote, and again once it has ended:
    a project that was stopped knows where.

    Attributes:
        source: the list that the project is of; empty for a new one.
        scripts: digests of `run.sh` as it was written last, or is about to be; empty where it was
            not.
    """

    def __init__(self, project: Path) -> None:
        """Read it; one that is missing, damaged or of another version is empty."""
        self._project = project
        self._path = project / ".start.json"
        self.source = ""
        self.scripts: list[str] = []
        self._entries: dict[str, _Entry] = {}
        try:
            stored = json.loads(self._path.read_bytes())
            if stored["format"] == _FORMAT:
                self.source = str(stored["source"])
                self.scripts = list(map(str, stored.get("scripts", [])))
                self._entries = {
                    str(name): _Entry(
                        command=list(entry["command"]),
                        read=dict(entry["read"]),
                        wrote=dict(entry["wrote"]),
                        earlier=dict(entry.get("earlier", {})),
                        ended=bool(entry["ended"]),
                        code=int(entry.get("code", 0)),
                    )
                    for name, entry in stored["steps"].items()
                }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._entries = {}

    def is_done(self, step: Step, read: Mapping[str, str], kept: Collection[str]) -> bool:
        """Tell whether a step has run on the same, and what it wrote is there as it left it.

        Args:
            step: the step.
            read: digests of what it reads.
            kept: of what it writes, the files that the user has edited.
        """
        entry = self._entries.get(step.name)
        if entry is None or not (entry["ended"] and self._is_same(entry, step, read)):
            return False
        found = self._digests(step.writes)
        return all(entry["wrote"].get(path) == found[path] for path in found if path not in kept)

    def code_of(self, step: Step) -> int:
        """Return the exit code with which a step ended last; 0 of one that has not."""
        entry = self._entries.get(step.name)
        return 0 if entry is None else entry["code"]

    def has_read(self, step: Step, read: Mapping[str, str]) -> bool:
        """Tell whether a step has read the same when it ran last."""
        entry = self._entries.get(step.name)
        return entry is not None and self._is_same(entry, step, read)

    def was_begun(self, step: Step, read: Mapping[str, str]) -> bool:
        """Tell whether a step was stopped while it ran on the same."""
        entry = self._entries.get(step.name)
        return entry is not None and not entry["ended"] and self._is_same(entry, step, read)

    def is_the_users(self, step: Step) -> bool:
        """Tell whether what a step writes is there, and the user has made or changed it."""
        found = self._digests(step.writes)
        entry = self._entries.get(step.name)
        return all(found.values()) and (entry is None or entry["wrote"] != found)

    def edited(self, step: Step) -> tuple[str, ...]:
        """Return the files that a step wrote and that have been edited since."""
        entry = self._entries.get(step.name)
        if entry is None or step.edited == "anew":
            return ()
        found = self._digests(step.writes)
        return tuple(
            path
            for path, digest in found.items()
            if digest and entry["wrote"].get(path, digest) != digest
        )

    def earlier(self, step: Step) -> Mapping[str, str]:
        """Return the marks of files that were there when a step began for the first time."""
        entry = self._entries.get(step.name)
        return {} if entry is None else entry["earlier"]

    def begin(
        self,
        step: Step,
        read: Mapping[str, str],
        kept: Collection[str],
        earlier: Mapping[str, str],
    ) -> None:
        """Enter a step that is about to run, and leaves some files as the user has edited them.

        Args:
            step: the step.
            read: digests of what it reads.
            kept: of what it writes, the files that the user has edited.
            earlier: marks of files that another run has left where it writes its own.
        """
        self._enter(step, read, dict.fromkeys(kept, _KEPT), earlier, ended=False)

    def end(
        self,
        step: Step,
        read: Mapping[str, str],
        kept: Collection[str],
        *,
        code: int,
        coming: Mapping[str, str],
    ) -> None:
        """Enter a step that has ended well, likewise, and its exit code.

        Args:
            step: the step.
            read: as `begin` takes it.
            kept: likewise.
            code: its exit code.
            coming: digests of files that are put in their places next.
        """
        wrote = self._digests(step.writes) | dict.fromkeys(kept, _KEPT) | dict(coming)
        self._enter(step, read, wrote, {}, ended=True, code=code)

    def write(self) -> None:
        """Write the file.

        Raises:
            OutputError: it cannot be written.
        """
        document = {
            "format": _FORMAT,
            "source": self.source,
            "scripts": self.scripts,
            "steps": self._entries,
        }
        write_bytes(self._path, json.dumps(document, indent=1).encode())

    def _enter(
        self,
        step: Step,
        read: Mapping[str, str],
        wrote: dict[str, str],
        earlier: Mapping[str, str],
        *,
        ended: bool,
        code: int = 0,
    ) -> None:
        self._entries[step.name] = _Entry(
            command=list(step.command),
            read=dict(read),
            wrote=wrote,
            earlier=dict(earlier),
            ended=ended,
            code=code,
        )
        self.write()

    def _digests(self, paths: tuple[str, ...]) -> dict[str, str]:
        return {path: digest_of(self._project / path) for path in paths}

    @staticmethod
    def _is_same(entry: _Entry, step: Step, read: Mapping[str, str]) -> bool:
        return entry["command"] == list(step.command) and entry["read"] == dict(read)
