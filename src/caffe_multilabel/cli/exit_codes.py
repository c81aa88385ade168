"""What the exit codes of each command mean: for its help, its manual page, and docs."""

from __future__ import annotations

import textwrap
from types import MappingProxyType
from typing import TYPE_CHECKING

from caffe_multilabel.cli.command import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COMMON", "meanings_of", "text_of"]

COMMON: Mapping[Exit, str] = MappingProxyType(
    {
        Exit.DONE: "done",
        Exit.FAILED: "failed",
        Exit.USAGE: "usage",
        Exit.INTERRUPTED: "interrupted",
        Exit.UNREAD: "nobody reads the output any more",
    }
)
"""Of every command that says nothing else. One that stops because its output is no longer read, as
`... | head`, has failed nowhere, and says nothing."""

_WRITES = {
    Exit.FAILED: "failed, nothing written",
    Exit.UNPRINTED: "done, but the report could not be printed",
}
_OWN: Mapping[str, Mapping[Exit, str]] = MappingProxyType(
    {
        "start": {
            Exit.FAILED: "a step failed, and has said why: the same command goes on there",
            Exit.REJECTS: "done, some images were rejected",
            Exit.UNPRINTED: _WRITES[Exit.UNPRINTED],
        },
        "sample": _WRITES,
        "list": _WRITES,
        "tasks": _WRITES,
        "convert": {
            Exit.DONE: "all converted",
            Exit.FAILED: "failed, nothing published",
            Exit.REJECTS: "published, some images rejected",
            Exit.UNPRINTED: "published, but the summary could not be printed",
        },
        "verify": {
            Exit.DONE: "nothing wrong",
            Exit.FAILED: "problems found, or a DB cannot be opened",
        },
        "relabel": _WRITES | {Exit.FAILED: "failed, nothing changed"},
        "split": _WRITES,
        "export": _WRITES,
        "prototxt": _WRITES,
        "lint": {
            Exit.DONE: "no errors (warnings may be there)",
            Exit.FAILED: "errors, or unreadable",
        },
        "train": {
            Exit.DONE: "done, or ended by a signal after a snapshot",
            Exit.FAILED: "failed, or --check found something",
            Exit.UNPRINTED: _WRITES[Exit.UNPRINTED],
            Exit.INTERRUPTED: "interrupted for the second time",
        },
        "test": {},
        "time": {},
        "summary": {Exit.FAILED: "a layer cannot be set up, or unreadable"},
        "schema": {},
        "show": _WRITES,
        "stats": {},
        "mean": _WRITES,
        "report": _WRITES,
        "log": _WRITES,
        "doctor": {
            Exit.DONE: "all that is needed works",
            Exit.FAILED: "something does not",
        },
        "completion": {},
        "man": _WRITES,
    }
)
"""Of each sub-command what is not as in COMMON; a program of its own ends as its sub-command."""


def meanings_of(command: str) -> dict[Exit, str]:
    """Return all exit codes that a sub-command can end with, in their order, and what they mean."""
    return dict(sorted({**COMMON, **_OWN[command]}.items()))


def text_of(command: str) -> str:
    """Return the same as a paragraph, for the end of a command's help."""
    parts = [f"{code.value} {meaning}" for code, meaning in meanings_of(command).items()]
    return textwrap.fill(f"exit codes: {'; '.join(parts)}", 100)
