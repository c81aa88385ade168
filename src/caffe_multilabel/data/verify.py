"""Proof that two LMDBs pair, and match their list."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import (
    StrPath,
    callback,
    database_path,
    root_text,
    whole_number,
)
from caffe_multilabel._base.cpus import thread_count
from caffe_multilabel._base.short_repr import short_repr
from caffe_multilabel.data.keys import key_text
from caffe_multilabel.data.label_schema import load_records_of, tasks_of
from caffe_multilabel.data.manifest import Manifest, stored_record_shape
from caffe_multilabel.data.records import (
    HeaderLine,
    ListFormat,
    ListKind,
    RecordSource,
    core_rules,
    label_schema_of,
)
from caffe_multilabel.errors import OptionError
from caffe_multilabel.labels.differences import differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.tasks import TaskFile

__all__ = ["VerifyProblem", "VerifyReport", "verify"]

_MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class VerifyProblem:
    """One thing that is wrong with a pair, or that a warning is about.

    Attributes:
        kind: "count", "pair", "image", "label", "list", "picture", "digest" or "task".
        key: of the record; empty where the problem is of the pair as a whole.
        message: what was found, and what was expected.

    Example:
        >>> from caffe_multilabel import verify
        >>> problem = verify("train_images", "val_labels").problems[1]
        >>> problem.kind, problem.key
        ('pair', '00000000_images/000000.jpg')
        >>> problem.message
        'stands beside 00000000label_images/000009.jpg in the label DB (record 0)'
    """

    kind: str
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What is known of a pair.

    Attributes:
        images: records in the image DB.
        labels: records in the label DB.
        encoded: image records that hold compressed images.
        compared: images that were read again from their files.
        label_shape: (C, H, W) of the labels.
        paths_in_keys: every key holds a path, so that pairing was proven by number and path.
        paired_by: what ties the records of the two DBs, the weakest where that differs: "path" is
            number and path in both keys, "number" the number that both begin with, or have behind
            the same stem, however wide, "name" equal keys that begin with no number, and "order"
            nothing but their places.
        unproven: pairs of records whose keys cannot be compared, tied by their order alone.
        digests_checked: the DBs have manifests of this tool, and its digests were compared.
        problem_count: number of problems.
        problems: the first 100 of them.
        warnings: what was not proven, or is hardly meant so though Caffe can read it; no problems.
        seconds: time taken.

    Example:
        >>> from caffe_multilabel import verify
        >>> report = verify("train_images", "val_labels")  # no pair
        >>> report.ok, report.images, report.labels, report.problem_count
        (False, 90, 10, 12)
    """

    images: int
    labels: int
    encoded: int
    compared: int
    label_shape: tuple[int, int, int]
    paths_in_keys: bool
    paired_by: Literal["path", "number", "name", "order"]
    unproven: int
    digests_checked: bool
    problem_count: int
    problems: tuple[VerifyProblem, ...]
    warnings: tuple[VerifyProblem, ...]
    seconds: float

    __repr__ = short_repr

    @property
    def ok(self) -> bool:
        """Whether no problem was found."""
        return self.problem_count == 0

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {"ok": self.ok} | asdict(self)


def verify(
    images: StrPath,
    labels: StrPath,
    *,
    records: RecordSource | None = None,
    root: StrPath | None = None,
    sample: int | None = None,
    seed: int = 0,
    label_count: int | None = None,
    tasks: TaskFile | StrPath | None = None,
    list_format: ListFormat = "auto",
    header: HeaderLine = "auto",
    kind: ListKind = "auto",
    path_column: str | int | None = None,
    path_prefix: str = "",
    path_suffix: str = "",
    images_per_record: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> VerifyReport:
    """Check that two LMDBs hold the same records in the same order, and that Caffe can read them.

    Takes pairs of any tool. Always checked: two DBs, not one twice, and the image DB first; same
    count; same number, path or name in both keys, record by record, where keys can be compared
    (`VerifyReport.paired_by` tells, and a warning where they cannot); one label shape; finite
    labels; every image Datum well formed, its encoded bytes decodable; as many channels in each
    image as in the first; the digests of the manifests, where there are any.

    Args:
        images: folder of the image DB.
        labels: folder of the label DB.
        records: labels must equal those of this list or these records. A record's line is the one
            with the path in its key, or with its key; else line n + 1 for number n.
        root: images below this folder are read again and compared with the image DB; where a key
            holds no path, `records` must tell it.
        sample: how many images to compare, chosen by `seed`; None compares all.
        seed: 0 or more.
        label_count: labels of each record in `records`; None lets the first one decide.
        tasks: labels must be what these tasks allow, and the list is read by them. They must say
            the same of the labels as the tasks that the label DB's manifest keeps, which hold if
            they are left out.
        list_format: how the lines of a list file are cut.
        header: whether the first line of a list file is a header, as `load_records` takes it.
        kind: what a list file or folder is, as `load_records` takes it.
        path_column: the column of the paths, as `load_records` takes it.
        path_prefix: put before each path, as `load_records` takes it.
        path_suffix: put behind each path, as `load_records` takes it.
        images_per_record: images of a record; None takes what the pair's manifest says. A key
            holds the path of the first alone, so the number in it tells the line, and `root` wants
            `records`, which tell the other paths.
        threads: None takes the CPUs this process may use.
        progress: called about ten times a second with (pairs looked at, pairs).

    Raises:
        DatabaseError: a DB cannot be opened, or is damaged too badly to be walked.
        ListError: `records` do not fit.
        TaskFileError: the task file is wrong.
        OptionError: an option is out of its range, or `root` is no folder.

    Example:
        >>> from caffe_multilabel import verify
        >>> report = verify("train_images", "train_labels", records="train.txt", root=".")
        >>> report.ok, report.images, report.compared
        (True, 90, 90)
    """
    if sample is not None and root is None:
        raise OptionError("sample chooses images to read again, so it wants root")
    image_db = os.fsencode(database_path("the image DB", images))
    label_db = database_path("the label DB", labels)
    manifest = Manifest.read(label_db)
    loaded = None
    if records is not None:
        if manifest is None and images_per_record is None:
            record = stored_record_shape(os.fsdecode(image_db))
            images_per_record = None if record is None else record.images
        loaded = load_records_of(
            manifest,
            records,
            tasks=tasks,
            label_count=label_count,
            list_format=list_format,
            header=header,
            kind=kind,
            path_column=path_column,
            path_prefix=path_prefix,
            path_suffix=path_suffix,
            images_per_record=images_per_record,
            root="" if root is None else root,
        )
    schema = label_schema_of(tasks_of(manifest, tasks))
    otherwise = _said_otherwise(schema, manifest)
    result = _core.verify(
        image_db=image_db,
        label_db=os.fsencode(label_db),
        records=None if loaded is None else loaded.core,
        root=None if root is None else os.fsencode(root_text(root)),
        sample=0 if sample is None else whole_number("sample", sample, 1),
        seed=whole_number("seed", seed, 0),
        rules=core_rules(schema),
        threads=thread_count(threads),
        progress=callback("progress", progress),
    )
    return VerifyReport(
        images=result["images"],
        labels=result["labels"],
        encoded=result["encoded"],
        compared=result["compared"],
        label_shape=result["label_shape"],
        paths_in_keys=result["paths_in_keys"],
        paired_by=result["paired_by"],
        unproven=result["unproven"],
        digests_checked=result["digests_checked"],
        problem_count=len(otherwise) + result["problem_count"],
        problems=(*otherwise, *_problems(result["problems"]))[:_MOST_PROBLEMS],
        warnings=_problems(result["warnings"]),
        seconds=result["seconds"],
    )


def _said_otherwise(
    schema: LabelSchema | None, manifest: Manifest | None
) -> tuple[VerifyProblem, ...]:
    """Return what the tasks say otherwise of the labels than those of the conversion."""
    stored = None if manifest is None else manifest.label_schema
    if schema is None or manifest is None or stored is None:
        return ()
    found = differences(schema, stored)
    return tuple(
        VerifyProblem("task", "", "; ".join(each.against(manifest.directory))) for each in found
    )


def _problems(found: Iterable[tuple[str, bytes, bytes]]) -> tuple[VerifyProblem, ...]:
    return tuple(
        VerifyProblem(kind, key_text(key), message.decode("utf-8", "backslashreplace"))
        for kind, key, message in found
    )
