"""Splitting: the public function, and what it reports."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel._base.arguments import (
    StrPath,
    instance_of,
    items_of,
    path_of,
    path_text,
    switch,
    whole_number,
)
from caffe_multilabel._base.files import check_targets, make_folder, write_together
from caffe_multilabel._base.short_repr import short_repr
from caffe_multilabel._base.text import listed as listed_names
from caffe_multilabel._base.text import plural
from caffe_multilabel.data.split.assign import PartOf, Units, assign, part_sizes
from caffe_multilabel.data.split.listed import Listed, read_listed
from caffe_multilabel.data.split.parts import parts_of_column
from caffe_multilabel.data.split.same_image import images_in_several
from caffe_multilabel.data.split.shares import exact_shares
from caffe_multilabel.data.split.strata import Codes, Stratum, find_strata
from caffe_multilabel.data.split.ties import GroupTie, group_tie, groups_of, image_tie
from caffe_multilabel.errors import OptionError
from caffe_multilabel.labels.schema import image_name
from caffe_multilabel.lists.parts import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from caffe_multilabel.data.records import HeaderLine, ListFormat, ListKind
    from caffe_multilabel.tasks import TaskFile

__all__ = ["LabelShare", "Part", "SplitReport", "split"]


@dataclass(frozen=True, slots=True)
class Part:
    """One list that was written.

    Attributes:
        name: "train", "val" or "test".
        path: the list.
        records: its records.
        groups: its groups; the same as `records` where there are none.
    """

    name: str
    path: str
    records: int
    groups: int


@dataclass(frozen=True, slots=True)
class LabelShare:
    """Where the records with one label went.

    Attributes:
        task: the task, with the value's name or index where it has several.
        label: the class by name or number, the range of a quantile, or "left out" for the
            `ignore_label`.
        records: records with this label.
        parts: records with it in each part, in the order of `SplitReport.parts`.
    """

    task: str
    label: str
    records: int
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What a split made.

    Attributes:
        records: in the list.
        parts: the lists, train first.
        labels: how each label of each task was shared out.
        stratified: labels decided; else chance alone.
        seconds: time taken.
        notes: which task reads which column, where the header names none; what a column that tells
            the parts was taken to say, how many cells of `group` are unknown, and what there is to
            say of records with one path.

    Example:
        >>> from caffe_multilabel import split
        >>> report = split("train.csv", "parts", val=0.2, stratify=True, tasks="tasks.yaml")
        >>> share = report.labels[0]
        >>> share.task, share.label, share.records, share.parts
        ('kind', 'circle', 15, (12, 3))
    """

    records: int
    parts: tuple[Part, ...]
    labels: tuple[LabelShare, ...]
    stratified: bool
    seconds: float
    notes: tuple[str, ...] = ()

    __repr__ = short_repr

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return asdict(self)


def split(
    list_file: StrPath,
    directory: StrPath = ".",
    *,
    val: float | str | Fraction | None = None,
    test: float | str | Fraction = 0,
    stratify: bool = False,
    seed: int = 0,
    group: str | Sequence[str] | None = None,
    parts: str | None = None,
    label_count: int | None = None,
    tasks: TaskFile | StrPath | None = None,
    list_format: ListFormat = "auto",
    header: HeaderLine = "auto",
    kind: ListKind = "auto",
    path_column: str | int | None = None,
    path_prefix: str = "",
    path_suffix: str = "",
    images_per_record: int | None = None,
    overwrite: bool = False,
) -> SplitReport:
    """Cut a list of images into lists to train, validate and test with.

    Records of one path come into one part: a net would be tested on images that it has learnt. So
    do records of pairs and triplets, told by the columns `path_1`, `path_2` and so on, that have an
    image in common.
    Writes train, val and, if asked for, test, with the ending of the list's own name. They hold
    the lines of the list as they stand and in its order, and its header. All of them are written,
    or none.

    Args:
        list_file: the list.
        directory: where the new lists go; made if it is not there.
        val: share of the records for validation, as in 0.1; None where `parts` tells.
        test: share for testing; 0 makes no such list.
        stratify: give each list its share of every class of every task, of every yes and no, and
            of each tenth of a real-valued column, all at once. Else chance decides.
        seed: 0 or more; the same seed gives the same lists on every machine.
        group: keep records together that share a label, named by its column (from 0) or name, or
            the text in another column of the list, by its name; or that share a part of their path,
            as a regular expression whose first group catches it. Of several columns, parted by
            commas or as a sequence, records are kept together that share a label or text in any of
            them, over any number of records between. In a list of pairs or triplets NAME stands
            for NAME_1, NAME_2 and so on. A cell that is blank or unknown, or the task's
            `ignore_label`, ties a record to no other.
        parts: a column of the list, by name or number from 0, that says the part of each record:
            `train`, `val` or `test`, or 0, 1 or 2. Then nothing above is to be given.
        label_count: labels of each record; None lets the first line decide.
        tasks: task file that tells what the columns are. Left out, a column of few whole numbers
            is taken for classes.
        list_format: how the lines are cut.
        header: whether the first line is a header, as `load_records` takes it.
        kind: what the list is, as `load_records` takes it; only lists of lines can be cut.
        path_column: the column of the paths, as `load_records` takes it.
        path_prefix: put before each path, as `load_records` takes it.
        path_suffix: put behind each path, as `load_records` takes it.
        images_per_record: images of a record, as `load_records` takes it; None goes by the columns
            `path_1`, `path_2` and so on.
        overwrite: replace lists that are there.

    Raises:
        ListError: lines that do not fit, or paths in which `group` is not found.
        TaskFileError: the task file is wrong.
        OptionError: an option is out of its range, or a list would be empty.
        OutputError: a list is there already, cannot be written, or is written by another run.

    Example:
        >>> from caffe_multilabel import split
        >>> report = split("train.csv", "parts", val=0.2, stratify=True, tasks="tasks.yaml")
        >>> [(part.path, part.records) for part in report.parts]
        [('parts/train.csv', 72), ('parts/val.csv', 18)]
    """
    begin = time.perf_counter()
    seed = whole_number("seed", seed, 0)
    stratify = switch("stratify", stratify)
    if group is not None:
        allowed = "a label column, its number as text, several of these, or a pattern"
        group = group if isinstance(group, str) else items_of("group", group, allowed)
        for name in group:
            instance_of("group", name, str, allowed)
    if parts is not None:
        instance_of("parts", parts, str, "a column, by its name or its number as text")
        if val is not None or group is not None or stratify or test not in (0, "0"):
            raise OptionError("parts tells it all; leave out val, test, stratify and group")
    elif val is None:
        raise OptionError("val is wanted, a share as in 0.1; or parts, a column that tells")
    shares = [] if val is None else exact_shares(val, test)
    source, folder = path_text("list_file", list_file), path_of("directory", directory)
    overwrite = switch("overwrite", overwrite)
    if shares:
        check_targets(_targets(Path(source), folder, PARTS[: len(shares)]), overwrite=overwrite)

    listed = read_listed(
        source,
        label_count=label_count,
        tasks=tasks,
        list_format=list_format,
        header=header,
        kind=kind,
        path_column=path_column,
        path_prefix=path_prefix,
        path_suffix=path_suffix,
        images_per_record=images_per_record,
        only_groups=group is not None and not stratify,
    )
    grouping = GroupTie([]) if group is None else group_tie(group, listed)
    ties = [grouping.tie] if grouping.tie else []
    strata, codes = _strata(listed, grouping.columns)
    names: Sequence[str] = PARTS[: len(shares)]
    groups, large = None, ""
    notes = [*filter(None, [listed.by_place, grouping.note])]
    if parts is not None:
        names, part_of_unit, note = parts_of_column(listed.table, parts)
        notes.append(note)
        if listed.repeats:
            notes += filter(None, [images_in_several(part_of_unit, listed.paths)])
    else:
        if listed.repeats:
            image, repeated = image_tie(listed.paths)
            ties += [image] if repeated else []
            notes += [_said_of_repeated(repeated, listed)] if repeated else []
        groups = groups_of(ties)
        units = Units.of(codes if stratify else codes[:, :0], groups)
        part_of_unit = assign(units, shares, seed)
        large = _said_of_large(int(units.sizes.max(initial=0)), listed, shares)
        notes += [f"warning: {large}"] if large else []
        notes += [] if group else filter(None, [_said_of_identities(listed)])
    paths = _targets(Path(source), folder, names)
    check_targets(paths, overwrite=overwrite)
    part_of = part_of_unit if groups is None else part_of_unit[groups]
    made = [
        Part(
            path.stem, str(path), int((part_of == index).sum()), int((part_of_unit == index).sum())
        )
        for index, path in enumerate(paths)
    ]
    if shares:
        _check_sizes(made, shares, large)
    make_folder(folder)
    write_together(
        {
            path: listed.lines.part(np.flatnonzero(part_of == index).tolist())
            for index, path in enumerate(paths)
        },
        overwrite=overwrite,
    )
    return SplitReport(
        records=len(listed),
        parts=tuple(made),
        labels=_label_shares(strata, codes, part_of, len(made)),
        stratified=stratify,
        seconds=time.perf_counter() - begin,
        notes=tuple(notes),
    )


def _targets(source: Path, directory: Path, names: Sequence[str]) -> list[Path]:
    if str(source) == "-":
        raise OptionError("the list is read twice, so it must be a file, not standard input")
    paths = [directory / f"{name}{source.suffix}" for name in names]
    for path in paths:
        if path.exists() and source.exists() and path.samefile(source):
            raise OptionError(f"{path} is the list itself; name another folder for the new lists")
    return paths


def _said_of_repeated(repeated: int, listed: Listed) -> str:
    said = plural(repeated, "record")
    if len(listed.paths) == 1:
        return f"{said} with the path of an earlier one: all of one path are in one part"
    return f"{said} with an image of an earlier one: all of one image are in one part"


def _said_of_identities(listed: Listed) -> str:
    """Say which columns may tell identities that are in several parts; nothing where none does."""
    images = range(len(listed.paths))
    names = [column.name for column in listed.texts] or list(listed.layout.names)
    ending = image_name("", 0)
    each = [name.removesuffix(ending) for name in names if name.endswith(ending)]
    whole = [name for name in each if all(image_name(name, image) in names for image in images)]
    if len(images) == 1 or not whole:
        return ""
    return (
        "warning: the same identity may be in several parts; where one of "
        f"{listed_names(whole, most=6)} tells it, --group keeps its records together"
    )


def _said_of_large(largest: int, listed: Listed, shares: Sequence[Fraction]) -> str:
    """Say that no part has room for the largest group; nothing where one has."""
    records = len(listed)
    if largest <= max(part_sizes(records, shares)) or largest < 2:
        return ""
    said = (
        f"{largest} of {plural(records, 'record')} ({100 * largest / records:.2f} %) hang together "
        "as one group, which is more than the share of any part"
    )
    if len(listed.paths) == 1:
        return said
    return f"{said}; split the list of single images first, and make the records of each part"


def _strata(listed: Listed, grouping_columns: Sequence[int]) -> tuple[list[Stratum], Codes]:
    # A group is never shared out, so there is nothing to balance in what tells it.
    tasks = [task for task in listed.layout.tasks if not {*task.columns} <= {*grouping_columns}]
    return find_strata(listed.labels, tasks)


def _check_sizes(parts: Sequence[Part], shares: Sequence[Fraction], large: str) -> None:
    records = sum(part.records for part in parts)
    for part, wanted in zip(parts, part_sizes(records, shares), strict=True):
        if part.records == 0:
            less = f", less than any group: {large}" if large else ", less than any group"
            raise OptionError(
                f"{part.name} would be empty: its share of {plural(records, 'record')} is {wanted}"
                + (less if wanted else "; a larger share leaves it some")
            )


def _label_shares(
    strata: Sequence[Stratum], codes: Codes, part_of: PartOf, parts: int
) -> tuple[LabelShare, ...]:
    counts = [
        np.bincount(codes[part_of == part].reshape(-1), minlength=len(strata))
        for part in range(parts)
    ]
    table = np.stack(counts, axis=1).tolist()
    return tuple(
        LabelShare(stratum.task, stratum.label, sum(row), tuple(row))
        for stratum, row in zip(strata, table, strict=True)
    )
