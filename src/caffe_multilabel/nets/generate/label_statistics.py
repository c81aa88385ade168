"""What the labels of a label DB are like to the tasks that read them, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import database_path
from caffe_multilabel._base.renamed import renamed_keywords
from caffe_multilabel._base.short_repr import short_repr
from caffe_multilabel.data.label_table import read_stored_labels
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.labels.statistics import measure_columns
from caffe_multilabel.tasks import ResolvedTasks, load_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.labels import ColumnSummary
    from caffe_multilabel.tasks import TaskFile

__all__ = ["ColumnStatistics", "LabelStatistics", "read_label_statistics"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStatistics:
    """What one label column holds.

    Attributes:
        count: labels that count, those equal to the task's `ignore_label` left out.
        missing: labels equal to the task's `ignore_label`.
        mean: mean of the labels that count; 0 if there is none.
        variance: their variance, divided by `count`; 0 if there is none.
        class_counts: how often each class occurs; empty for a column that holds no classes.
    """

    count: int
    missing: int
    mean: float
    variance: float
    class_counts: tuple[int, ...] = ()

    @classmethod
    def of(cls, column: ColumnSummary) -> ColumnStatistics:
        """Take what the generator asks for of a column."""
        return cls(
            count=column.count,
            missing=column.missing,
            mean=column.mean,
            variance=column.variance,
            class_counts=tuple(column.class_counts.tolist()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelStatistics:
    """What a label DB holds.

    Attributes:
        count: number of records.
        columns: one for each label column.

    Example:
        >>> from caffe_multilabel import read_label_statistics
        >>> statistics = read_label_statistics("train_labels", "tasks.yaml")
        >>> statistics.count, len(statistics.columns), statistics.columns[0].class_counts
        (90, 6, (15, 10, 17, 12, 25, 11))
    """

    count: int
    columns: tuple[ColumnStatistics, ...]

    __repr__ = short_repr


@renamed_keywords(label_db="labels")
def read_label_statistics(
    labels: StrPath, tasks: TaskFile | StrPath | Mapping[str, Any]
) -> LabelStatistics:
    """Go through a label DB once.

    Args:
        labels: folder of an LMDB of label vectors.
        tasks: the tasks, which say what each column holds: a task file, its path, or the same
            content as a mapping.

    Raises:
        DatabaseError: the database cannot be read or is empty, its records differ in length,
            or a label is no number or no class of its task; `key` names the record.
        TaskFileError: the task file is wrong, or a task reads a column that is not there.
        OptionError: an argument is of another type.

    Example:
        >>> from caffe_multilabel import generate, load_tasks, read_label_statistics
        >>> tasks = load_tasks("tasks.yaml").model_copy(update={"loss_weights": "scale"})
        >>> statistics = read_label_statistics("train_labels", tasks)
        >>> net = generate(tasks, label_statistics=statistics)  # reads no labels again
        >>> statistics.columns[0].count, statistics.columns[0].class_counts
        (90, (15, 10, 17, 12, 25, 11))
    """
    tasks = load_tasks(tasks)
    label_db = database_path("labels", labels)
    stored = read_stored_labels(label_db)
    rules = ResolvedTasks.of(tasks, stored.width).layout.rules
    if stored.odd_record is not None:
        key, length = stored.odd_record
        raise DatabaseError(
            f"{label_db}: record {key} has {length} labels, others have {stored.width}",
            path=label_db,
            key=key,
        )
    columns = measure_columns(stored.labels, rules)
    wrong = [
        (each.first_wrong, column)
        for column, each in enumerate(columns)
        if each.first_wrong is not None
    ]
    if wrong:
        record, column = min(wrong)
        key = stored.key(record)
        raise DatabaseError(
            f"{label_db}: record {key}: label column {column} is "
            f"{stored.labels[record, column]:g}; {rules[column].allowed_text}",
            path=label_db,
            key=key,
        )
    return LabelStatistics(count=stored.records, columns=tuple(map(ColumnStatistics.of, columns)))
