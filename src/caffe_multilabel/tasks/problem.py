"""What is wrong at one key of a task file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from caffe_multilabel._base.text import key_path

__all__ = ["Problem", "Problems"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one key.

    Attributes:
        loc: the way to the key, names and list indices (from 0).
        message: what was found and what is allowed.
    """

    loc: tuple[str | int, ...]
    message: str

    @property
    def key(self) -> str:
        """The key as text, `tasks[2].loss_weight`."""
        return key_path(self.loc)

    def __str__(self) -> str:
        return f"{self.key}: {self.message}"


Problems: TypeAlias = Iterator[Problem]
