"""Writes a training log as a table, an image or a page."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import instance_of, path_of
from caffe_multilabel._base.files import write_bytes
from caffe_multilabel.errors import OptionError
from caffe_multilabel.views.log.model import TrainingLog

if TYPE_CHECKING:
    from caffe_multilabel._base.arguments import StrPath

__all__ = ["write_log"]


def write_log(log: TrainingLog, path: StrPath) -> None:
    """Write a log; the ending of the name says as what.

    `.csv` is a table of iteration, phase, output, value and run, a row for each number of the log;
    `.png` and `.html` show a panel for each output. A file that is there is replaced.

    Raises:
        OptionError: the name has another ending.
        OutputError: the file cannot be written.
        Error: matplotlib or Jinja, of the extra `report`, is not installed.

    Example:
        >>> from pathlib import Path
        >>> from caffe_multilabel import LogRow, TrainingLog, write_log
        >>> row = LogRow(iteration=20, phase="train", output="total_loss", value=1.25, run=0)
        >>> write_log(TrainingLog(rows=(row,), run_starts=(0,)), "log.csv")
        >>> Path("log.csv").read_text().splitlines()
        ['iteration,phase,output,value,run', '20,train,total_loss,1.25,0']
    """
    makers = {".csv": _table, ".png": _image, ".html": _page}
    instance_of("log", log, TrainingLog, "a TrainingLog, which read_log returns")
    path = path_of("path", path)
    ending = path.suffix.lower()
    if ending not in makers:
        raise OptionError(f"{path}: ends in none of {', '.join(makers)}", path=str(path))
    write_bytes(path, makers[ending](log))


def _table(log: TrainingLog) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("iteration", "phase", "output", "value", "run"))
    writer.writerows(
        (row.iteration, row.phase, row.output, f"{row.value:.10g}", row.run) for row in log.rows
    )
    return text.getvalue().encode()


def _image(log: TrainingLog) -> bytes:
    from caffe_multilabel.views.charts.figure import figure_png  # noqa: PLC0415  (numpy)
    from caffe_multilabel.views.log.curves import make_figure, make_panels  # noqa: PLC0415

    return figure_png(make_figure(make_panels(log)))


def _page(log: TrainingLog) -> bytes:
    from caffe_multilabel.views.log.curves import view_log  # noqa: PLC0415  (numpy)
    from caffe_multilabel.views.page import render  # noqa: PLC0415  (likewise)

    return render("curves.html.j2", log=view_log(log)).encode()
