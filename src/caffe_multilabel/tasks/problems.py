"""One thing wrong in a task file, and how the allowed words are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import did_you_mean, key_path

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Problem", "meant"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one key.

    Attributes:
        loc: the way to the key, names and list places (from 0).
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


def meant(word: object, choices: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the choice nearest to `word`, or nothing."""
    if not isinstance(word, str) or not word:
        return ""
    by_lower = {choice.lower(): choice for choice in choices}
    lower = word.lower()
    start = next((choice for choice in by_lower if lower.startswith(choice)), "")
    near = did_you_mean(lower, by_lower, "{}", otherwise=start)
    return f" (did you mean '{by_lower[near]}'?)" if near else ""
