"""Columns that say which part of the data a record is of: for training, validation or testing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from caffe_multilabel.lists.texts import truth_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["PARTS", "Part", "part_word", "parts_told"]

Part: TypeAlias = Literal["train", "val", "test"]

PARTS: tuple[Part, ...] = get_args(Part)

_WORDS: dict[Part, str] = {
    "train": "train training trn trainset 训练 训练集",
    "val": "val valid validation dev devel publictest validationset valset 验证 验证集",
    "test": "test testing tst privatetest testset 测试 测试集",
}
_PART_OF: dict[str, Part] = {word: part for part in PARTS for word in _WORDS[part].split()}
_NUMBERS: dict[str, Part] = {"0": "train", "1": "val", "2": "test"}
"""As CelebA's list_eval_partition.txt has them."""


def part_word(text: str) -> Part | None:
    """Return the part that a word says.

    Example:
        >>> part_word("Training"), part_word("dev"), part_word("gallery")
        ('train', 'val', None)
    """
    return _PART_OF.get(re.sub(r"[\s_-]", "", text).lower())


def parts_told(name: str, texts: Iterable[str]) -> dict[str, Part] | None:
    """Return the part that each text of a column says.

    Texts are words such as `train`, or 0, 1 and 2; or yes and no in a column such as `is_train`,
    where no is the other part: validation, or training where the column is of another one.

    Args:
        name: of the column.
        texts: its distinct texts.

    Returns:
        None where a text says none, or where there are no records for training, or only these.

    Example:
        >>> parts_told("partition", ["0", "2", "1"])
        {'0': 'train', '2': 'test', '1': 'val'}
        >>> parts_told("is_train", ["True", "False"]), parts_told("fold", ["0", "1"])
        ({'True': 'train', 'False': 'val'}, None)
    """
    texts = list(texts)
    told: dict[str, Part | None] = {text: part_word(text) for text in texts}
    if set(texts) == set(_NUMBERS):
        told = {text: _NUMBERS[text] for text in texts}
    of_name = {part_word(word) for word in re.split(r"[\s_.-]+", name)} - {None}
    if len(of_name) == 1 and {truth_of(text) for text in texts} == {True, False}:
        [own] = of_name
        other: Part = "val" if own == "train" else "train"
        told = {text: own if truth_of(text) else other for text in texts}
    found = {text: part for text, part in told.items() if part is not None}
    if len(found) < len(texts) or "train" not in found.values() or len({*found.values()}) < 2:
        return None
    return found
