"""What is made of the columns of a table: decisions, the tasks they propose, other readings."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from caffe_multilabel.labels.normalizing import Normalizing
    from caffe_multilabel.labels.rule import Loss

__all__ = ["Decision", "ProposedTask", "Reading", "Transform"]

Transform = Literal["", "one-hot", "multi-hot"]

_PLAIN = re.compile(r"[^\W\d](?:[\w.+/ -]*[\w.+/-])?")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_NO_WORDS = {"true", "false", "null"}
"""What YAML reads as something else than a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTask:
    """A task as a task file has it; the attributes are its keys.

    Attributes:
        name: the task.
        loss: its loss.
        classes: number or names of the classes of a softmax task, else None.
        dim: number or names of the values of other tasks, else None.
        columns: its label columns where the table has no names to find them by, else empty.
        map: pairs (number in the list, label).
        ignore_label: the label of what is unknown, or None.
        normalize: what the numbers of a euclidean task are best learnt as, or None as they are.

    Example:
        >>> from caffe_multilabel import infer_tasks
        >>> task = infer_tasks("train.csv").tasks[2]
        >>> task.name, task.loss, task.to_dict()
        ('filled', 'sigmoid', {'name': 'filled', 'loss': 'sigmoid', 'dim': 1})
    """

    name: str
    loss: Loss
    classes: int | tuple[str, ...] | None = None
    dim: int | tuple[str, ...] | None = None
    columns: tuple[int, ...] = ()
    map: tuple[tuple[int, int], ...] = ()
    ignore_label: int | None = None
    normalize: Normalizing | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return its keys, those that are needed only, as `load_tasks` takes them."""
        keys: dict[str, Any] = {"name": self.name, "loss": self.loss}
        for key in ("classes", "dim"):
            size = getattr(self, key)
            if size is not None:
                keys[key] = size if isinstance(size, int) else list(size)
        if self.columns:
            keys["columns"] = list(self.columns)
        if self.map:
            keys["map"] = dict(self.map)
        if self.ignore_label is not None:
            keys["ignore_label"] = self.ignore_label
        if self.normalize is not None:
            keys["normalize"] = asdict(self.normalize)
        return keys

    def to_yaml(self) -> str:
        """Return it as one line of YAML, so that one edit changes it.

        Example:
            >>> from caffe_multilabel import ProposedTask
            >>> task = ProposedTask(name="color", loss="softmax", classes=("red", "no", "007"))
            >>> task.to_yaml()
            '{name: color, loss: softmax, classes: [red, no, 007]}'
        """
        parts = []
        for key, value in self.to_dict().items():
            if isinstance(value, list):
                text = f"[{', '.join(_item(item) for item in value)}]"
            elif isinstance(value, dict):
                text = "{" + ", ".join(f"{old}: {_plain(new)}" for old, new in value.items()) + "}"
            else:
                text = _word(value) if isinstance(value, str) else str(value)
            parts.append(f"{key}: {text}")
        return "{" + ", ".join(parts) + "}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Another thing that columns could be meant as.

    Attributes:
        meaning: what it would be, as in `a number to learn`.
        task: what to write in the task file then; None where there is no task then.
    """

    meaning: str
    task: ProposedTask | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as a mapping for JSON."""
        return {"meaning": self.meaning, "task": self.task and _json_task(self.task)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one column, or several together, are taken for.

    Attributes:
        kind: what they are: `classes`, `rank`, `yes/no`, `one-hot`, `number`, `landmarks` and
            `vector` make tasks, `several labels` does where the column has a name; `identity`,
            `origin`, `index`, `file name`, `split`, `constant`, `date`, `free text`, `pixels`,
            `box`, `image size`, `copy` and `unclear` make none.
        columns: their places in the table, from 0.
        names: what the table calls them.
        why: what told it, with figures, a sentence.
        task: the task made of them, or None.
        lacking: how many records hold something that is no label of the task: it cannot be learnt
            as the list is.
        doubts: what else they may well be.
        others: what else they could be, though nothing speaks for it.
        cautions: what to see to before training, each a sentence.
        transform: what has to be done to the columns for the task: `one-hot`, the place of the
            only 1 is the class; `multi-hot`, each label of a cell is a 1 among its values.
    """

    kind: str
    columns: tuple[int, ...]
    names: tuple[str, ...]
    why: str
    task: ProposedTask | None = None
    doubts: tuple[Reading, ...] = ()
    others: tuple[Reading, ...] = ()
    cautions: tuple[str, ...] = ()
    lacking: int = 0
    transform: Transform = ""

    @property
    def ready(self) -> ProposedTask | None:
        """The task, if it can be learnt as the list is."""
        return None if self.lacking else self.task

    @property
    def called(self) -> tuple[str, ...]:
        """What to call the columns: their names, or their places where they have none."""
        named = zip(self.names, self.columns, strict=True)
        return tuple(name or f"column {place}" for name, place in named)

    @property
    def confident(self) -> bool:
        """Whether nothing else may well be meant."""
        return not self.doubts

    def to_dict(self) -> dict[str, Any]:
        """Return it as a mapping for JSON."""
        return {
            "kind": self.kind,
            "columns": list(self.columns),
            "names": list(self.names),
            "confident": self.confident,
            "why": self.why,
            "task": self.task and _json_task(self.task),
            "lacking": self.lacking,
            "transform": self.transform,
            "doubts": [reading.to_dict() for reading in self.doubts],
            "others": [reading.to_dict() for reading in self.others],
            "cautions": list(self.cautions),
        }


def _json_task(task: ProposedTask) -> dict[str, Any]:
    keys = task.to_dict()
    if task.map:  # keys of JSON are text; a task file takes them so
        keys["map"] = {str(old): new for old, new in task.map}
    return keys


def _item(item: object) -> str:
    """Write a class name, a value's name or a column; numbers in lists of names stay as written."""
    text = str(item)
    return text if _NUMBER.fullmatch(text) else _word(text)


def _plain(number: object) -> str:
    return f"{number:.10g}" if isinstance(number, float) else str(number)


def _word(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.isprintable() and text.lower() not in _NO_WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
