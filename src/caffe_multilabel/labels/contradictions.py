"""Pairs whose labels contradict each other on whether their images are of one identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import plural
from caffe_multilabel.labels.whole import whole_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.labels.whole import WholeTask

__all__ = ["Contradiction", "contradiction", "contradictions"]


_MOST_WRONG = 0.2
"""Of identities. Several may share a class of another task, which many pairs then contradict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Records whose label of a pair is not what the classes of its images make of it.

    Attributes:
        same: the task that reads whether the images are of one identity.
        identity: the task of classes of each image that has most of them: whatever else the images
            have one of, several identities may share it.
        counted: records in which all of it is known.
        differing: said to be of one identity, with two classes.
        alike: said to be of two identities, with one class.
        first: the first such record, from 0.

    Example:
        >>> found = Contradiction(
        ...     same="same", identity="person", counted=90, differing=2, alike=0, first=7
        ... )
        >>> found.told("record 7").partition(";")[0][:61]
        "2 of 90 records contradict themselves: 'same' is 1 in 2 whose"
    """

    same: str
    identity: str
    counted: int
    differing: int
    alike: int
    first: int

    def told(self, place: str) -> str:
        """Return a sentence.

        Args:
            place: what to call the first record.
        """
        wrong = self.differing + self.alike
        return (
            f"{wrong} of {plural(self.counted, 'record')} contradict themselves: '{self.same}' is "
            f"1 in {self.differing} whose '{self.identity}' differ, and 0 in {self.alike} whose "
            f"'{self.identity}' are one; the first is {place}. One of both is wrong if "
            f"'{self.identity}' tells identities"
        )


def contradictions(
    labels: NDArray[np.float32], tasks: Sequence[LabelTask], images: int
) -> Iterator[Contradiction]:
    """Compare what contrastive tasks read of pairs with the classes of their images.

    Args:
        labels: float32 (N, L).
        tasks: who reads the columns.
        images: of a record.

    Example:
        >>> import numpy as np
        >>> from caffe_multilabel.labels import LabelLayout
        >>> layout = LabelLayout.guess(np.zeros((2, 3), np.float32), ["id_1", "id_2", "same"])
        >>> list(contradictions(np.zeros((2, 3), np.float32), layout.tasks, 2))
        []
    """
    if images != 2:
        return
    whole = whole_tasks(tasks)
    for each in whole:
        if each.task.loss == "contrastive" and len(each.columns) == 1:
            found = contradiction(each.task.name, each.columns[0][0], whole, labels)
            if found is not None:
                yield found


def contradiction(
    same: str, column: int, tasks: Sequence[WholeTask], labels: NDArray[np.float32]
) -> Contradiction | None:
    """Compare one column, of 1 for one identity and 0 for two, with the classes of the images.

    Args:
        same: what the column is called.
        column: which one it is.
        tasks: all tasks.
        labels: float32 (N, L).

    Returns:
        None where nothing contradicts it, or no task is of classes of both images; and where so
        many do that the classes tell no identities, as colours do not.
    """
    of_both = [each for each in tasks if each.task.kind == "class" and len(each.columns) == 2]
    if not of_both:
        return None
    identity = max(of_both, key=lambda each: len(each.task.classes))
    first, second = (labels[:, columns[0]] for columns in identity.columns)
    said = labels[:, column]
    known = identity.task.counts(first) & identity.task.counts(second)
    differing = known & (said == 1) & (first != second)
    alike = known & (said == 0) & (first == second)
    wrong = np.flatnonzero(differing | alike)
    counted = int((known & ((said == 0) | (said == 1))).sum())
    if not 0 < len(wrong) <= _MOST_WRONG * counted:
        return None
    return Contradiction(
        same=same,
        identity=identity.task.name,
        counted=counted,
        differing=int(differing.sum()),
        alike=int(alike.sum()),
        first=int(wrong[0]),
    )
