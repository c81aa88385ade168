"""One plot model, two renderers: a page and an image file show the same numbers."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel.views.charts.figure import draw_figure
from caffe_multilabel.views.charts.palette import FAINT, PALETTE
from caffe_multilabel.views.charts.plot import Figure, Series, make_plot
from caffe_multilabel.views.charts.svg import draw_svg
from caffe_multilabel.views.log import make_panels, parse_log, write_log
from caffe_multilabel.views.log.curves import make_figure
from training_log_tools import evaluated, trained

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

    from caffe_multilabel.views.charts.plot import Plot

LINES = [
    *evaluated(0, [("accuracy", 0.1, 0), ("loss", 5, 0.5)]),
    *evaluated(0, [("accuracy", 0.2, 0)], net=1),
    *trained(0, 2.5, [("loss", 5, 0.5), ("price_$_a$", -3, 0)]),
    *trained(20, math.nan, [("loss", 1, 0.5), ("price_$_a$", 4, 0)]),
    *evaluated(40, [("accuracy", 0.8, 0), ("loss", math.inf, 0.5)]),
    *trained(40, 0.001, [("loss", 0.02, 0.5), ("price_$_a$", 9, 0)]),
    *evaluated(40, [("accuracy", 0.7, 0)], net=10),
    *trained(20, 1.5, [("loss", 0.5, 0.5), ("price_$_a$", 5, 0)]),
    *trained(60, 0.9, [("loss", 0.01, 0.5), ("price_$_a$", 7, 0)]),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "curves.html"
    write_log(parse_log(LINES), path)
    return path.read_text()


@pytest.fixture(scope="module")
def axes() -> list[Axes]:
    return drawn(figure())


def figure() -> Figure:
    return make_figure(make_panels(parse_log(LINES)))


def drawn(laid_out: Figure) -> list[Axes]:
    """The axes that matplotlib was told to draw, the empty places of the last row left out."""
    canvas = draw_figure(laid_out)
    canvas.draw_without_rendering()
    return [each for each in canvas.axes if each.axison]


def figures_of(page: str) -> list[str]:
    return re.findall(r"<figure>.*?</figure>", page, flags=re.DOTALL)


def curves_of(axes: Axes) -> list[Line2D]:
    return [line for line in axes.lines if line.get_marker() != "x"]


def points(path: str) -> list[NDArray[np.float64]]:
    """The stretches of an SVG path, each as x and y in per cent from the lower left corner."""
    stretches = []
    for part in path.split("M")[1:]:
        indices = np.array([list(map(float, each.split())) for each in part.split("L")])
        stretches.append(np.stack([indices[:, 0], 100 - indices[:, 1]]))
    return stretches


def places_of(line: Line2D, plot: Plot) -> NDArray[np.float64]:
    """The points of a line of matplotlib, as `points` has them."""
    x = np.asarray(line.get_xdata(), dtype=np.float64)
    y = np.asarray(line.get_ydata(), dtype=np.float64)
    return np.stack([plot.x.scale.at(x), plot.y.scale.at(y)])


def test_both_write_the_same_ticks_at_the_same_values(page: str, axes: list[Axes]) -> None:
    plots = figure().plots
    assert len(figures_of(page)) == len(axes) == len(plots)
    for html, drawing, plot in zip(figures_of(page), axes, plots, strict=True):
        sides = (
            ("x", "left", drawing.xaxis, drawing.get_xlim(), plot.x.scale),
            ("y", "bottom", drawing.yaxis, drawing.get_ylim(), plot.y.scale),
        )
        for letter, side, axis, limits, scale in sides:
            shown = re.findall(rf'<b class="{letter}" style="{side}:([\d.]+)%">([^<]+)</b>', html)
            texts = [label.get_text() for label in axis.get_ticklabels()]
            assert [text for _, text in shown] == texts
            assert len(texts) >= 2
            assert len(axis.get_minorticklocs()) == 0
            assert limits == pytest.approx((scale.low, scale.high))
            indices = scale.at(np.asarray(axis.get_majorticklocs(), dtype=np.float64))
            assert indices == pytest.approx([float(at) for at, _ in shown], abs=0.01)


def test_both_draw_the_same_points_in_the_same_colours(page: str, axes: list[Axes]) -> None:
    plots = figure().plots
    for html, drawing, plot in zip(figures_of(page), axes, plots, strict=True):
        lines = iter(curves_of(drawing))
        paths = re.findall(r'<path class="line (\w+)( faint)?" d="([^"]*)"/>', html)
        assert len(paths) == len(plot.lines)
        for color, faint, path in paths:
            for expected in points(path):
                line = next(lines)
                assert places_of(line, plot) == pytest.approx(expected, abs=0.01)
                assert line.get_color() == PALETTE[color].light
                assert line.get_alpha() == (FAINT if faint else 1)
        assert next(lines, None) is None
    assert f"opacity: {FAINT};" in page
    for name, color in PALETTE.items():
        assert f"--{name}: {color.light};" in page
        assert f"--{name}: {color.dark};" in page


def test_both_mark_what_is_not_finite_at_the_same_places(page: str, axes: list[Axes]) -> None:
    marked = 0
    for html, drawing, plot in zip(figures_of(page), axes, figure().plots, strict=True):
        shown = re.findall(r'<b class="mark" style="left:([\d.]+)%"', html)
        (crosses,) = [line for line in drawing.lines if line.get_marker() == "x"]
        indices = plot.x.scale.at(np.asarray(crosses.get_xdata(), dtype=np.float64))
        assert indices == pytest.approx([float(at) for at in shown], abs=0.01)
        assert set(crosses.get_ydata()) <= {1.0}
        marked += len(shown)
    assert marked == 2


def test_both_have_the_same_legend_and_titles(page: str, axes: list[Axes]) -> None:
    shown = re.findall(r'<span class="key (\w+)">(?:× )?([^<]+)</span>', page)  # noqa: RUF001
    assert [name for _, name in shown] == [
        "train",
        "test",
        "test1",
        "test10",
        "nan or inf, 2 in all",
    ]
    assert len({color for color, _ in shown}) == 5, "each phase has its own colour"
    (legend,) = axes[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [name for _, name in shown]
    colors = [handle.get_color() for handle in legend.legend_handles]
    assert colors == [PALETTE[color].light for color, _ in shown]
    titles = [each.get_title(loc="left") for each in axes]
    headings = re.findall(
        r'<figcaption><strong>(.*?)</strong>(?: <span class="soft">(.*?)</span>)?', page
    )
    assert titles == [f"{title}  {detail}".rstrip() for title, detail in headings]
    assert "price_$_a$" in titles, "a blob's name is no formula"
    assert "loss  weight 0.5" in titles


finite = st.floats(-1e9, 1e9).map(lambda number: round(number, 6))


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(finite | st.sampled_from([math.nan, math.inf, -math.inf]), max_size=30),
    logarithmic=st.booleans(),
)
def test_any_numbers_come_out_of_both_alike(values: list[float], *, logarithmic: bool) -> None:
    y = np.array(values, dtype=np.float64)
    if logarithmic:
        y = np.where(np.isfinite(y), np.abs(y) + 1e-3, y)
    series = Series("train", "train", np.arange(len(y), dtype=np.float64), y)
    plot = make_plot([series], logarithmic=logarithmic)
    svg = draw_svg(plot)
    (drawing,) = drawn(Figure((plot,), ()))
    stretches = points(svg.lines[0].path)
    lines = curves_of(drawing)
    assert len(lines) == len(stretches)
    kept = [np.asarray(line.get_ydata(), dtype=np.float64) for line in lines]
    assert np.concatenate([[], *kept]).tolist() == y[np.isfinite(y)].tolist()
    for line, expected in zip(lines, stretches, strict=True):
        assert places_of(line, plot) == pytest.approx(expected, abs=0.01)
    assert drawing.get_ylim() == pytest.approx((plot.y.scale.low, plot.y.scale.high))
    assert len(svg.marks) == int((~np.isfinite(y)).sum())


def test_a_long_curve_is_thinned_once_for_both() -> None:
    x = np.arange(20_000, dtype=np.float64)
    plot = make_plot([Series("train", "train", x, np.sin(x / 7))])
    (drawing,) = drawn(Figure((plot,), ()))
    (line,) = curves_of(drawing)
    assert len(line.get_xdata()) == draw_svg(plot).lines[0].path.count("L") + 1 < 1000


def test_the_figure_has_a_plot_for_each_panel() -> None:
    panels = make_panels(parse_log(LINES))
    assert [plot.title for plot in figure().plots] == [panel.output for panel in panels]
