"""Conversion of labelled images to a pair of LMDBs."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import (
    MAX_SIDE,
    StrPath,
    callback,
    database_path,
    is_one_of,
    path_bytes,
    said_once,
    switch,
    whole_number,
    whole_numbers,
)
from caffe_multilabel._base.cpus import thread_count
from caffe_multilabel._base.short_repr import short_repr
from caffe_multilabel._base.text import shown
from caffe_multilabel.data.label_schema import nothing_written
from caffe_multilabel.data.records import (
    HeaderLine,
    ListFormat,
    ListKind,
    Records,
    RecordSource,
    load_records,
)
from caffe_multilabel.errors import OptionError
from caffe_multilabel.labels import LabelLayout
from caffe_multilabel.labels.contradictions import contradictions

if TYPE_CHECKING:
    from collections.abc import Callable

    from caffe_multilabel.tasks import TaskFile

__all__ = ["ConvertProgress", "ConvertReport", "RejectedImage", "convert"]


@dataclass(frozen=True, slots=True)
class ConvertProgress:
    """How far a conversion is, in records of the list.

    Attributes:
        done: looked at, those of an earlier, resumed run included.
        total: in the list.
        rejected: images that cannot be used.
        resumed_at: where this run began.

    Example:
        >>> from caffe_multilabel import convert
        >>> seen = []
        >>> report = convert("val.txt", images="image_db", labels="label_db", progress=seen.append)
        >>> seen[-1]
        ConvertProgress(done=10, total=10, rejected=0, resumed_at=0)
    """

    done: int
    total: int
    rejected: int
    resumed_at: int


@dataclass(frozen=True, slots=True)
class RejectedImage:
    """An image that a conversion could not use.

    Attributes:
        line: its line in the list, from 1.
        path: its path as it stands there, control characters as escapes; of a record of several
            images the first one's.
        problem: why it could not be used; the path that was tried where it is another. Of several
            images it begins with the number and the path of the one that could not be used.

    Example:
        >>> from caffe_multilabel import convert
        >>> records = [("images/000000.jpg", [1]), ("images/no.jpg", [0])]
        >>> convert(records, images="image_db", labels="label_db").rejects()
        (RejectedImage(line=2, path='images/no.jpg', problem='No such file or directory'),)
    """

    line: int
    path: str
    problem: str


@dataclass(frozen=True, slots=True)
class ConvertReport:
    """What a conversion did.

    Attributes:
        total: records in the list.
        converted: records in each DB.
        rejected: images that could not be used; `rejects` has them, as has `rejects_path`.
        passed_through: encoded records that are the image file's own bytes, and the end marker of a
            JPEG that lacks it.
        reencoded: encoded records made anew, because Caffe would have read other pixels: PNG of
            files that are lossless, JPEG of quality 95 of the rest.
        resumed_at: list position where this run began; 0 for an unbroken run.
        already_complete: a resumed run found nothing left to convert.
        image_bytes: sum of the image values, in bytes.
        label_bytes: sum of the label values, in bytes.
        parse_seconds: time to read and check the list.
        seconds: time to convert, the final sync to the disk included.
        rejects_path: path of rejects.tsv (line, path, problem), or None.
        label_names: names of the label columns, where the list has a header.
        without_end_marker: JPEGs among the records that have all of their data, and lack the end
            marker behind it. Webcams write such files. An encoded record has the marker added, for
            without it OpenCV, and so Caffe, does not read the image whole.
        from_floats: images among the records whose files hold floats. OpenCV, as Caffe's converter
            calls it, makes bytes of them: of PFM each value as it is, cut to 0 to 255, so that
            values from 0 to 1 become black; of Radiance HDR 255 times the value.
        other_sizes: images that this run converted and that have another size (channels, height,
            width) than the first of the pair. Caffe trains on one size.
        repeated_paths: records whose path an earlier record of the list has too.
        rows_of_bits: records whose one label may be a row of flags, as 10101 is, where all are
            such numbers and no task tells what they are.
        notes: what was decided where a list was read as a table, each for the user.
        doubts: what labels say that contradicts other labels, each for the user.
        images_per_record: images of each record; what is counted above are records where there are
            several, but for `without_end_marker` and `from_floats`.

    Example:
        >>> from caffe_multilabel import convert
        >>> records = [("images/000000.jpg", [1]), ("images/no.jpg", [0])]
        >>> report = convert(records, images="image_db", labels="label_db")
        >>> report.total, report.converted, report.rejected
        (2, 1, 1)
        >>> report.rejects_path
        'image_db/rejects.tsv'
    """

    total: int
    converted: int
    rejected: int
    passed_through: int
    reencoded: int
    resumed_at: int
    already_complete: bool
    image_bytes: int
    label_bytes: int
    parse_seconds: float
    seconds: float
    rejects_path: str | None
    label_names: tuple[str, ...] = ()
    without_end_marker: int = 0
    from_floats: int = 0
    other_sizes: int = 0
    repeated_paths: int = 0
    rows_of_bits: int = 0
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    images_per_record: int = 1

    __repr__ = short_repr

    @property
    def images_per_second(self) -> float:
        """Return the images looked at by this run each second."""
        images = (self.total - self.resumed_at) * self.images_per_record
        return images / self.seconds if self.seconds > 0 else 0.0

    def rejects(self) -> tuple[RejectedImage, ...]:
        """Return the images that could not be used, as the image DB's rejects.tsv lists them.

        Raises:
            OutputError: the file cannot be read.
        """
        if self.rejects_path is None:
            return ()
        rows = _core.read_rejects(os.fsencode(Path(self.rejects_path).parent))
        return tuple(
            RejectedImage(
                line,
                path.decode(errors="backslashreplace"),
                problem.decode(errors="backslashreplace"),
            )
            for line, path, problem in rows
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-ready values; `images_per_record` only where there are several."""
        values = asdict(self) | {"images_per_second": self.images_per_second}
        if self.images_per_record == 1:
            del values["images_per_record"]
        return values


def convert(
    records: RecordSource,
    *,
    images: StrPath,
    labels: StrPath,
    root: StrPath = "",
    label_count: int | None = None,
    tasks: TaskFile | StrPath | None = None,
    list_format: ListFormat = "auto",
    header: HeaderLine = "auto",
    kind: ListKind = "auto",
    path_column: str | int | None = None,
    path_prefix: str = "",
    path_suffix: str = "",
    images_per_record: int | None = None,
    gray: bool | None = None,
    resize: tuple[int, int] | None = None,
    encoded: bool = False,
    encode_type: str = "",
    trust: bool = False,
    check_size: bool = False,
    label_shape: tuple[int, int, int] | None = None,
    ramps: bool | None = None,
    canary: bool | None = None,
    shuffle: bool = False,
    seed: int = 0,
    threads: int | None = None,
    on_bad_image: Literal["reject", "fail"] = "reject",
    max_bad: int | None = None,
    overwrite: bool = False,
    resume: bool = False,
    ignore_free_space: bool = False,
    progress: Callable[[ConvertProgress], bool | None] | None = None,
) -> ConvertReport:
    """Convert labelled images to an image LMDB and a label LMDB with the same order.

    Both DBs appear together once they are complete and on the disk, or not at all. A run that was
    stopped goes on with `resume=True` and ends with the same bytes as an unbroken one. The bytes do
    not depend on the number of threads.

    Args:
        records: path of a list file ("-" is standard input) or of a folder, an iterable of
            (path, labels), a pair (paths, array of shape (N, ...)), dicts, a dict of columns or a
            data frame, as `load_records` takes them.
        images: folder of the image DB to make.
        labels: folder of the label DB to make.
        root: put before each path, with a "/" between them where there is none.
        label_count: labels of each record; None lets the first record decide.
        tasks: task file to check the labels against; class names become numbers. What its `data`
            says of `resize`, `gray`, `ramps` and `canary` counts where these are None, and must
            not be another where they are given.
        list_format: how the lines of a list file are cut.
        header: whether the first line of a list file is a header, as `load_records` takes it.
        kind: what a list file or folder is, as `load_records` takes it.
        path_column: the column of the paths, as `load_records` takes it.
        path_prefix: put before each path, as `load_records` takes it.
        path_suffix: put behind each path, as `load_records` takes it.
        images_per_record: images of a record, whose channels follow each other in it, as
            `load_records` takes it. They must have one size, which `resize` gives them, and are
            stored raw. The key holds the path of the first.
        gray: store one channel instead of three; None is False.
        resize: (width, height) in pixels, bilinear, aspect not kept, as Caffe does.
        encoded: store compressed bytes; see `ConvertReport.passed_through`.
        encode_type: "jpg" or "png" to store all images so; turns `encoded` on.
        trust: with `encoded`, take a plain header and the end of a file that is not cut off as
            proof that it decodes.
        check_size: all images must have one size.
        label_shape: (C, H, W) of a label Datum; None is (labels, 1, 1), or that of an array of
            records of shape (N, C, H, W).
        ramps: add two channels to each image, in which every pixel holds its column and its row,
            so that landmarks can follow a random crop and mirror. For raw images of up to
            256 x 256; None is False.
        canary: write each record's number, modulo 2^20, as the label of both Datums, so that a net
            can show whether images and labels are of the same record; None is False.
        shuffle: convert in a random order that depends on `seed` alone.
        seed: 0 or more.
        threads: None takes the CPUs this process may use.
        on_bad_image: "reject" goes on without an image that cannot be used; "fail" stops.
        max_bad: stop once this many images were rejected.
        overwrite: replace DBs that exist, once the new pair is complete.
        resume: go on with an unfinished conversion of the same records and options.
        ignore_free_space: convert even if the pair looks too large for the disk.
        progress: called about ten times a second on this thread; returning False cancels.

    Raises:
        ListError: records that do not fit.
        TaskFileError: the task file is wrong.
        OptionError: an option is out of range or does not go with another.
        OutputError: a target exists, is in use, cannot be made, or the disk is full.
        ImageError: an image cannot be used and the options say to stop, or none can be.
        DatabaseError: LMDB failed, or an unfinished conversion is damaged.
        Cancelled: `progress` returned False.

    Example:
        >>> from caffe_multilabel import convert
        >>> report = convert("val.csv", images="a", labels="b", tasks="tasks.yaml", gray=True)
        >>> report.converted, report.rejected
        (10, 0)

        Records may come from a program, here one path with three labels:

        >>> records = [("images/000000.jpg", [1, 0, 0.5])]
        >>> convert(records, images="c", labels="d", resize=(64, 64)).converted
        1
    """
    if not is_one_of(on_bad_image, ("reject", "fail")):
        raise OptionError(f"on_bad_image is {shown(on_bad_image)}, must be 'reject' or 'fail'")
    threads = thread_count(threads)
    max_bad = 0 if max_bad is None else whole_number("max_bad", max_bad, 1)
    seed = whole_number("seed", seed, 0)
    root_bytes = path_bytes("root", root)
    image_db = os.fsencode(database_path("images", images))
    label_db = os.fsencode(database_path("labels", labels))
    size = (
        None
        if resize is None
        else whole_numbers("resize", resize, ("width", "height"), 0, MAX_SIDE)
    )
    gray, ramps, canary = (
        value if value is None else switch(name, value)
        for name, value in (("gray", gray), ("ramps", ramps), ("canary", canary))
    )
    shape = (
        ()
        if label_shape is None
        else whole_numbers("label_shape", label_shape, ("channels", "height", "width"), 1, MAX_SIDE)
    )
    if tasks is not None:
        from caffe_multilabel.tasks import (  # noqa: PLC0415  (pydantic is slow to load)
            ConversionKeys,
            load_tasks,
        )

        tasks = load_tasks(tasks)
        keys = ConversionKeys.of(tasks)
        size = said_once("resize", None if size == (0, 0) else size, keys.resize)
        gray = said_once("gray", gray, keys.gray)
        ramps = said_once("ramps", ramps, keys.ramps)
        canary = said_once("canary", canary, keys.canary)
    width, height = size or (0, 0)
    begin = time.perf_counter()
    with nothing_written():
        loaded = load_records(
            records,
            label_count=label_count,
            tasks=tasks,
            list_format=list_format,
            header=header,
            kind=kind,
            path_column=path_column,
            path_prefix=path_prefix,
            path_suffix=path_suffix,
            root=root,
            images_per_record=images_per_record,
        )
    parse_seconds = time.perf_counter() - begin
    channels, rows, columns = shape or loaded.label_shape or (0, 0, 0)
    result = _core.convert(
        loaded.core,
        _numbers_to(callback("progress", progress)),
        root=root_bytes,
        image_db=image_db,
        label_db=label_db,
        gray=bool(gray),
        resize_width=width,
        resize_height=height,
        encoded=switch("encoded", encoded),
        encode_type=_ending(encode_type),
        trust=switch("trust", trust),
        ramps=bool(ramps),
        canary=bool(canary),
        check_size=switch("check_size", check_size),
        label_shape=(channels, rows, columns),
        shuffle=switch("shuffle", shuffle),
        seed=seed,
        threads=threads,
        max_bad=max_bad,
        fail_on_bad_image=on_bad_image == "fail",
        overwrite=switch("overwrite", overwrite),
        resume=switch("resume", resume),
        ignore_free_space=switch("ignore_free_space", ignore_free_space),
        label_schema=loaded.schema_json,
        label_names=loaded.label_names,
    )
    return ConvertReport(
        total=result["total"],
        converted=result["converted"],
        rejected=result["rejected"],
        passed_through=result["passed_through"],
        reencoded=result["reencoded"],
        resumed_at=result["resumed_at"],
        already_complete=result["already_complete"],
        image_bytes=result["image_bytes"],
        label_bytes=result["label_bytes"],
        parse_seconds=parse_seconds,
        seconds=result["seconds"],
        rejects_path=os.fsdecode(result["rejects_path"]) or None,
        label_names=tuple(loaded.label_names),
        without_end_marker=result["without_end_marker"],
        from_floats=result["from_floats"],
        other_sizes=result["other_sizes"],
        repeated_paths=loaded.repeated_paths,
        rows_of_bits=loaded.rows_of_bits,
        notes=loaded.notes,
        doubts=_doubts(loaded),
        images_per_record=loaded.images_per_record,
    )


def _doubts(records: Records) -> tuple[str, ...]:
    schema, images = records.label_schema, records.images_per_record
    if schema is None or all(task.loss != "contrastive" for task in schema.tasks):
        return ()
    tasks = LabelLayout.of(schema).tasks
    found = list(contradictions(records.core.labels(), tasks, images))
    paths = records.core.paths() if found else []

    def told(first: int) -> str:
        own = paths[images * first : images * (first + 1)]
        return " and ".join(path.decode(errors="backslashreplace") for path in own)

    return tuple(each.told(told(each.first)) for each in found)


def _ending(encode_type: object) -> str:
    if not (isinstance(encode_type, str) and encode_type.isprintable()):
        raise OptionError(f"encode_type is {shown(encode_type)}, must be 'jpg', 'png' or ''")
    return encode_type


def _numbers_to(
    progress: Callable[[ConvertProgress], bool | None] | None,
) -> Callable[[int, int, int, int], bool | None] | None:
    if progress is None:
        return None
    return lambda *numbers: progress(ConvertProgress(*numbers))
