"""Processes that tests start."""

from __future__ import annotations

from pathlib import Path


def children_of(process: int) -> list[int]:
    """Return the processes that the main thread of one has started, and that are there."""
    return [
        int(each)
        for each in Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    ]
