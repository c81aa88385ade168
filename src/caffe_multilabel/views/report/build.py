"""Makes the report of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.arguments import callback, items_of, path_of, path_text
from caffe_multilabel._base.cpus import thread_count
from caffe_multilabel._base.extras import import_extra
from caffe_multilabel._base.files import write_bytes
from caffe_multilabel._base.short_repr import short_repr
from caffe_multilabel._base.text import shown
from caffe_multilabel.errors import DatabaseError, OptionError
from caffe_multilabel.labels import LabelLayout
from caffe_multilabel.tasks import load_tasks
from caffe_multilabel.views.page import render
from caffe_multilabel.views.report.gallery import choose_images, make_thumbnails
from caffe_multilabel.views.report.landmarks import find_landmarks
from caffe_multilabel.views.report.notes import Note, make_notes
from caffe_multilabel.views.report.pair import open_pair, scan_images
from caffe_multilabel.views.report.sections.comparisons import make_drift_rows, make_heat_map
from caffe_multilabel.views.report.sections.duplicates import make_duplicate_section
from caffe_multilabel.views.report.sections.images import make_image_section
from caffe_multilabel.views.report.sections.labels import make_cards
from caffe_multilabel.views.report.sections.network import make_net_section
from caffe_multilabel.views.stats.measure import measure_labels, measure_whole_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.nets.lint import Finding
    from caffe_multilabel.tasks import TaskFile
    from caffe_multilabel.views.log.curves import LogView
    from caffe_multilabel.views.report.pair import ReportPair
    from caffe_multilabel.views.report.sections.network import NetSection

__all__ = ["Report", "make_report"]

_THUMBNAILS = 28
_PAIR = "the paths (images, labels) of a pair"


@dataclass(frozen=True, slots=True)
class Report:
    """A report.

    Attributes:
        html: the page; it needs nothing but a browser.
        notes: what stands out, the worst first.

    Example:
        >>> from caffe_multilabel import make_report
        >>> report = make_report("train_images", "train_labels", val=("val_images", "val_labels"))
        >>> report.html[:15], report.notes
        ('<!doctype html>', ())
    """

    html: str
    notes: tuple[Note, ...]

    __repr__ = short_repr

    def write(self, path: StrPath) -> None:
        """Write the page; a file that is there is replaced.

        Raises:
            OutputError: it cannot be written.
            OptionError: `path` is no path.
        """
        write_bytes(path_of("path", path), self.html.encode("utf-8", "backslashreplace"))


def make_report(
    images: StrPath,
    labels: StrPath,
    *,
    tasks: TaskFile | StrPath | None = None,
    val: tuple[StrPath, StrPath] | None = None,
    net: StrPath | None = None,
    caffe_logs: Iterable[StrPath] = (),
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Report:
    """Look at every record of a pair and make a page of what is in it.

    Args:
        images: the image DB for training.
        labels: its label DB.
        tasks: the task file or its path; None takes the schema in the label DB's manifest, and
            where there is none, guesses from the labels what the columns are.
        val: the image DB and the label DB for validation.
        net: a train_val.prototxt, to be drawn and linted.
        caffe_logs: training logs of Caffe, in their order.
        threads: threads that read images; None takes the CPUs this process may use.
        progress: called with (images looked at, images) after each.

    Raises:
        DatabaseError: a DB cannot be read or is empty, or two DBs are no pair.
        TaskFileError: the task file is wrong or wants columns that are not there.
        PrototxtError: the net cannot be read.
        OptionError: an option is out of its range.
        Error: a log cannot be read, or Jinja is not installed.

    Example:
        >>> from caffe_multilabel import make_report
        >>> report = make_report("train_images", "train_labels", net="train_val.prototxt")
        >>> report.write("report.html")
    """
    import_extra("jinja2")  # Better now than after a minute of work.
    count = thread_count(threads)
    progress = callback("progress", progress)
    net_file = None if net is None else path_text("net", net)
    task_file = None if tasks is None else load_tasks(tasks)
    log = _read_log(items_of("caffe_logs", caffe_logs, "a list of paths"))
    sources = [("train", images, labels)]
    if val is not None:
        pair = items_of("val", val, _PAIR)
        if len(pair) != 2:
            raise OptionError(f"val is {shown(val)}, must be {_PAIR}")
        sources.append(("val", pair[0], pair[1]))
    opened = [open_pair(*source, tasks=task_file, threads=count) for source in sources]
    pairs = scan_images(opened, progress)
    known = _common_tasks(pairs)
    stats = [
        measure_labels(
            pair.table.labels,
            known,
            images_per_record=pair.table.images_per_record,
            file=task_file,
        )
        for pair in pairs
    ]
    train = pairs[0]
    landmarks = find_landmarks(known, train.table.labels, train.scan.shapes)
    drawn_tasks = {each.task for each in landmarks}
    written = [task for task in known if task.name not in drawn_tasks]
    chosen = choose_images(known, train.table.labels, train.scan.readable, _THUMBNAILS)
    section = make_image_section(pairs)
    duplicates = make_duplicate_section(pairs, known)
    drift = make_drift_rows(pairs, known)
    findings = None if net_file is None else _lint(net_file, sources, task_file)
    drawn = None if net_file is None else _draw(net_file, train, known, task_file)
    notes = make_notes(
        stats=stats,
        tasks=measure_whole_tasks(known, [pair.table.labels for pair in pairs]),
        images=section,
        duplicates=duplicates,
        drift=drift,
        findings=findings,
        log=log,
    )
    html = render(
        "report.html.j2",
        pairs=pairs,
        stats=stats,
        notes=notes,
        gallery=make_thumbnails(train, chosen, written, landmarks),
        landmarks=[each.task for each in landmarks],
        cards=make_cards(known, stats, [pair.table.labels for pair in pairs]),
        guessed=train.table.layout.guessed,
        heat=make_heat_map(stats[0].correlation),
        drift=drift,
        duplicates=duplicates,
        images=section,
        net=drawn,
        findings=findings,
        log=log,
    )
    return Report(html, notes)


def _read_log(paths: list[StrPath]) -> LogView | None:
    if not paths:
        return None
    from caffe_multilabel.views.log import read_log  # noqa: PLC0415  (seldom wanted)
    from caffe_multilabel.views.log.curves import view_log  # noqa: PLC0415  (likewise)

    return view_log(read_log(paths))


def _common_tasks(pairs: list[ReportPair]) -> tuple[LabelTask, ...]:
    """Return the tasks of all pairs; guesses are from the labels of all of them."""
    tables = [pair.table for pair in pairs]
    for table in tables[1:]:
        if table.labels.shape[1] != tables[0].labels.shape[1]:
            raise DatabaseError(
                f"{tables[0].path} has {tables[0].labels.shape[1]} labels a record, "
                f"{table.path} has {table.labels.shape[1]}",
                path=table.path,
            )
    for table in tables:
        if not table.layout.guessed:
            return table.layout.tasks
    together = np.concatenate([table.labels for table in tables])
    return LabelLayout.guess(together, tables[0].layout.header).tasks


def _lint(
    net: StrPath, sources: list[tuple[str, StrPath, StrPath]], tasks: TaskFile | None
) -> list[Finding]:
    from caffe_multilabel.nets.lint import lint_net  # noqa: PLC0415  (only a net needs it)

    (_, images, labels), *rest = sources
    _, val_images, val_labels = rest[0] if rest else (None, None, None)
    return lint_net(
        net,
        images=images,
        labels=labels,
        val_images=val_images,
        val_labels=val_labels,
        tasks=tasks,
    )


def _draw(
    net: StrPath, pair: ReportPair, tasks: tuple[LabelTask, ...], task_file: TaskFile | None
) -> NetSection:
    return make_net_section(
        net,
        image=_first_shape(pair),
        label=pair.table.shape,
        tasks=tasks,
        task_file=task_file,
    )


def _first_shape(pair: ReportPair) -> tuple[int, int, int] | None:
    indices = np.flatnonzero(pair.scan.readable)
    if not len(indices):
        return None
    channels, height, width = pair.scan.shapes[indices[0]].tolist()
    return channels, height, width
