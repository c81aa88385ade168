"""Curves of a training as a table, an image and a page."""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from caffe_multilabel.errors import Error, OptionError, OutputError
from caffe_multilabel.views import page
from caffe_multilabel.views.charts.plot import Series, make_plot
from caffe_multilabel.views.charts.scale import Scale, number_text
from caffe_multilabel.views.charts.svg import draw_svg
from caffe_multilabel.views.log import make_panels, parse_log, write_log
from training_log_tools import Output, evaluated, trained

if TYPE_CHECKING:
    from pathlib import Path

    from caffe_multilabel.views.log import TrainingLog
    from command_tools import RunCommand


def losses(kind: float, color: float) -> list[Output]:
    return [("loss_kind", kind, 0.25), ("loss_color", color, 0.75)]


LINES = [
    *evaluated(0, [("accuracy_kind", 0.1, 0), ("accuracy_color", 0.2, 0), *losses(2, 3)]),
    *trained(0, 2.5, losses(2, 3)),
    *trained(20, math.nan, losses(1, math.nan)),
    *evaluated(40, [("accuracy_kind", 0.8, 0), ("accuracy_color", 0.9, 0), *losses(0.5, 0.5)]),
    *trained(40, 0.001, losses(0.5, math.inf)),
    *trained(20, 1.5, losses(1.5, 1.25)),
]


@pytest.fixture
def log() -> TrainingLog:
    return parse_log(LINES)


def test_the_table_has_a_row_for_each_number(log: TrainingLog, tmp_path: Path) -> None:
    write_log(log, tmp_path / "curves.csv")
    with (tmp_path / "curves.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["iteration", "phase", "output", "value", "run"]
    assert len(rows) == len(log.rows)
    for row, expected in zip(rows, log.rows, strict=True):
        assert (int(row["iteration"]), row["phase"], row["output"], int(row["run"])) == (
            expected.iteration,
            expected.phase,
            expected.output,
            expected.run,
        )
        assert float(row["value"]) == pytest.approx(expected.value, nan_ok=True)


def test_panels_stand_by_task_between_total_loss_and_learning_rate(log: TrainingLog) -> None:
    panels = make_panels(log)
    assert [panel.output for panel in panels] == [
        "total_loss",
        "accuracy_kind",
        "loss_kind",
        "accuracy_color",
        "loss_color",
        "lr",
    ]
    color = panels[4]
    assert color.loss_weight == 0.75
    assert color.not_finite == 2
    kept = {curve.phase: curve for curve in color.curves if not curve.superseded}
    assert kept["train"].iterations.tolist() == [0, 20]
    assert kept["train"].values.tolist() == [3, 1.25]
    assert kept["test"].iterations.tolist() == [0]
    again = [curve.iterations.tolist() for curve in color.curves if curve.superseded]
    assert sorted(again) == [[20, 40], [40]]


def test_a_loss_that_falls_far_is_drawn_by_its_powers(log: TrainingLog) -> None:
    powers = {panel.output: panel.logarithmic for panel in make_panels(log)}
    assert powers["total_loss"]
    assert not powers["accuracy_kind"]


def test_the_image_is_one(log: TrainingLog, tmp_path: Path) -> None:
    write_log(log, tmp_path / "curves.png")
    image = cv2.imread(str(tmp_path / "curves.png"))
    assert image is not None
    red = np.all(np.abs(image.astype(int) - (40, 40, 198)) < 25, axis=2)
    assert red.sum() > 20, "nan and inf are marked in red"


def test_the_page_has_every_panel_and_marks_what_is_not_finite(
    log: TrainingLog, tmp_path: Path
) -> None:
    write_log(log, tmp_path / "curves.html")
    page = (tmp_path / "curves.html").read_text()
    for panel in make_panels(log):
        assert f"<strong>{panel.output}</strong>" in page
    assert page.count('class="mark"') == 3
    assert "train: nan at 20" in page
    assert "train: inf at 40" in page
    assert "Training went back to iteration 20." in page


def test_other_endings_are_refused(log: TrainingLog, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"ends in none of \.csv, \.png, \.html"):
        write_log(log, tmp_path / "curves.svg")
    with pytest.raises(OutputError, match="cannot be written"):
        write_log(log, tmp_path / "nowhere" / "curves.csv")
    assert list(tmp_path.iterdir()) == []


class _NotInstalled(MetaPathFinder):
    """Makes a library look as if it were not there."""

    def __init__(self, library: str) -> None:
        self._library = library

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == self._library:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


@pytest.mark.parametrize(("ending", "library"), [("png", "matplotlib"), ("html", "jinja2")])
def test_a_missing_library_names_the_extra(
    log: TrainingLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, library: str
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_NotInstalled(library), *sys.meta_path])
    monkeypatch.setattr(page, "_environment", page._environment.__wrapped__)
    with pytest.raises(Error, match=rf"{library} is not installed; .*caffe-multilabel\[report\]"):
        write_log(log, tmp_path / f"curves.{ending}")


def test_curves_keep_their_extremes_when_thinned() -> None:
    x = np.arange(50_000, dtype=np.float64)
    y = np.sin(x)
    y[31_234] = 50.0
    plot = draw_svg(make_plot([Series("train", "train", x, y)]))
    points = re.findall(r"([\d.]+) ([\d.]+)", plot.lines[0].path)
    assert len(points) < 1000
    assert min(float(top) for _, top in points) < 5, "the one high value is still there"


def test_a_gap_is_left_where_values_are_not_finite() -> None:
    x = np.arange(5, dtype=np.float64)
    y = np.array([1.0, 2.0, np.nan, 3.0, 4.0])
    plot = draw_svg(make_plot([Series("train", "train", x, y)]))
    assert plot.lines[0].path.count("M") == 2
    assert [mark.at for mark in plot.marks] == [50.0]


@pytest.mark.parametrize(
    ("low", "high", "logarithmic", "texts"),
    [
        (0.0, 1.0, False, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (0.0, 5000.0, False, ["0", "1,000", "2,000", "3,000", "4,000", "5,000"]),
        (-0.3, 0.35, False, ["-0.2", "0", "0.2"]),
        (0.001, 20.0, True, ["0.001", "0.01", "0.1", "1", "10"]),
        (2.0, 8.0, True, ["2", "4", "6", "8"]),
    ],
)
def test_ticks_are_round(low: float, high: float, *, logarithmic: bool, texts: list[str]) -> None:
    ticks = Scale(low, high, logarithmic).ticks(5)
    assert [tick.text for tick in ticks] == texts
    assert all(-1e-6 <= tick.at <= 100 + 1e-6 for tick in ticks)


def test_a_constant_has_a_scale() -> None:
    for value in (0.0, 7.0, -3.0):
        scale = Scale.over(np.array([value, value]))
        assert scale.low < value < scale.high
        assert scale.ticks()


def test_numbers_are_short() -> None:
    texts = map(number_text, (0.0, 1800, 12_345, 2_500_000, 0.123456, 1e-7, 3e20, -4.0, math.nan))
    assert list(texts) == ["0", "1,800", "12.35k", "2.5M", "0.1235", "1e-07", "3e+20", "-4", "nan"]


def test_the_command_sums_up_and_draws(run_command: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "caffe.log").write_text("\n".join(LINES) + "\n")
    done = run_command("caffe-multilabel", "log", "caffe.log")
    assert done.returncode == 0
    assert re.search(r"loss_kind +train +0\.25 +2 +1\.5 at 20 +1\.5 at 20 +2 at 0", done.stdout)
    assert "went back to iteration 20" in done.stderr

    done = run_command("caffe-multilabel", "log", "caffe.log", "-o", "c.csv", "-o", "c.html")
    assert (done.returncode, done.stdout) == (0, "")
    assert {"c.csv", "c.html"} < {path.name for path in tmp_path.iterdir()}

    done = run_command("caffe-multilabel", "log", "caffe.log", "--json")
    summary = {(row["output"], row["phase"]): row for row in json.loads(done.stdout)}
    assert summary["accuracy_kind", "test"]["greatest"] == 0.1

    done = run_command("caffe-multilabel", "log", "caffe.log", "-o", "c.jpg")
    assert done.returncode == 2
    assert "c.jpg: ends in none of .csv, .png, .html" in done.stderr
