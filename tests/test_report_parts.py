"""The parts of the report that are worked out: landmarks, choice of images, and the drawing."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel.labels import LabelTask
from caffe_multilabel.nets.generate import generate
from caffe_multilabel.tasks import ResolvedTasks, load_tasks
from caffe_multilabel.views.charts.histogram import histogram
from caffe_multilabel.views.report.gallery import choose_images
from caffe_multilabel.views.report.landmarks import Landmarks, find_landmarks
from caffe_multilabel.views.report.network.layout import lay_out
from caffe_multilabel.views.report.sections.comparisons import make_heat_map
from caffe_multilabel.views.report.sections.network import make_net_section
from caffe_multilabel.views.stats.correlation import Correlation

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from caffe_multilabel.views.report.sections.network import NetSection


def points(*, names: tuple[str, ...] = (), columns: tuple[int, ...] = (0, 1, 2, 3)) -> LabelTask:
    return LabelTask(
        name="points", loss="euclidean", kind="real", columns=columns, value_names=names
    )


def shapes(count: int) -> NDArray[np.int32]:
    return np.tile(np.array([3, 50, 200], dtype=np.int32), (count, 1))


def test_fractions_and_pixels_are_landmarks() -> None:
    fractions = np.array([[0.1, 0.2, 0.5, 1.0], [0.3, 0.9, 1.05, 0.4]], dtype=np.float32)
    pixels = fractions * np.array([200, 50, 200, 50], dtype=np.float32)
    (found,) = find_landmarks([points()], fractions, shapes(2))
    assert found == Landmarks("points", ((0, 1), (2, 3)), fractions=True)
    assert found.positions(fractions[0], 50, 200) == [(10, 20), (50, 100)]
    (found,) = find_landmarks([points()], pixels, shapes(2))
    assert not found.fractions
    assert found.positions(pixels[0], 50, 200) == [(10, 20), (50, 100)]


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (("left_x", "right_x", "left_y", "right_y"), ((4, 6), (5, 7))),
        (("x1", "y1", "x2", "y2"), ((4, 5), (6, 7))),
        (("y", "x", "nose y", "nose x"), ((5, 4), (7, 6))),
    ],
)
def test_names_tell_which_value_is_x(
    names: tuple[str, ...], columns: tuple[tuple[int, int], ...]
) -> None:
    task = points(names=names, columns=(4, 5, 6, 7))
    labels = np.linspace(0, 1, 16, dtype=np.float32).reshape(2, 8)
    (found,) = find_landmarks([task], labels, shapes(2))
    assert found.columns == columns


@pytest.mark.parametrize(
    ("task", "labels"),
    [
        (points(names=("width", "height", "top", "left")), [[0.1, 0.2, 0.3, 0.4]] * 2),
        (points(), [[0.0] * 4] * 2),
        (points(), [[3000.0, 20.0, 1.0, 1.0], [1.0, 9.0, 2.0, 800.0]]),
        (points(columns=(0, 1, 2)), [[0.1, 0.2, 0.3, 0.4]] * 2),
        (
            LabelTask(name="p", loss="sigmoid", kind="binary", columns=(0, 1)),
            [[0.0, 1.0, 0, 0]] * 2,
        ),
    ],
)
def test_other_numbers_are_no_landmarks(task: LabelTask, labels: list[list[float]]) -> None:
    assert find_landmarks([task], np.array(labels, dtype=np.float32), shapes(2)) == ()


def test_points_far_out_of_the_image_are_not_drawn() -> None:
    found = Landmarks("points", ((0, 1), (2, 3)), fractions=True)
    labels = np.array([-0.05, 0.5, -3, 0.5], dtype=np.float32)
    assert found.positions(labels, 50, 200) == [(-5, 50)]
    assert found.positions(np.full(4, np.nan, dtype=np.float32), 50, 200) == []


def test_rare_classes_are_among_the_chosen_images() -> None:
    labels = np.zeros((5000, 2), dtype=np.float32)
    labels[:, 0] = np.arange(5000) % 8
    labels[4321, 0] = 8
    labels[17, 1] = 1
    tasks = [
        LabelTask(name="k", loss="softmax", kind="class", columns=(0,), classes=tuple(range(9))),
        LabelTask(name="f", loss="sigmoid", kind="binary", columns=(1,)),
    ]
    chosen = choose_images(tasks, labels, np.ones(5000, dtype=bool), 20)
    assert len(chosen) == len(set(chosen)) == 20
    assert {4321, 17} < set(chosen)
    assert set(labels[chosen, 0]) == set(range(9))
    assert chosen == choose_images(tasks, labels, np.ones(5000, dtype=bool), 20)


def test_only_readable_images_are_chosen() -> None:
    readable = np.zeros(100, dtype=bool)
    readable[[3, 50]] = True
    assert choose_images([], np.zeros((100, 1), dtype=np.float32), readable, 20) == [3, 50]
    assert choose_images([], np.zeros((100, 1), np.float32), np.zeros(100, bool), 20) == []


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[float], list[list[int]]]:
    count = draw(st.integers(1, 14))
    widths = [draw(st.floats(20, 300)) for _ in range(count)]
    above = [
        sorted(draw(st.sets(st.integers(0, index - 1), max_size=3))) if index else []
        for index in range(count)
    ]
    return widths, above


@given(graphs())
def test_no_box_covers_another_or_stands_above_what_it_reads(
    graph: tuple[list[float], list[list[int]]],
) -> None:
    widths, above = graph
    layout = lay_out(widths, above)
    for one, other in combinations(range(len(widths)), 2):
        (x, row), (other_x, other_row) = layout.centers[one], layout.centers[other]
        if row == other_row:
            assert abs(x - other_x) >= (widths[one] + widths[other]) / 2
    ways = iter(layout.lines)
    for lower, uppers in enumerate(above):
        for upper in uppers:
            first_row, way = next(ways)
            assert first_row == layout.centers[upper][1]
            assert first_row + len(way) - 1 == layout.centers[lower][1]
            assert (way[0], way[-1]) == (layout.centers[upper][0], layout.centers[lower][0])
    edges = [
        (x - width / 2, x + width / 2) for (x, _), width in zip(layout.centers, widths, strict=True)
    ]
    assert min(left for left, _ in edges) >= -1e-6
    assert max(right for _, right in edges) <= layout.width + 1e-6


def test_a_chain_is_straight() -> None:
    layout = lay_out([100, 30, 200], [[], [0], [1]])
    assert len({round(x, 6) for x, _ in layout.centers}) == 1
    assert [row for _, row in layout.centers] == [0, 1, 2]


TASKS = {
    "name": "vehicles",
    "backbone": "caffenet",
    "data": {
        "shape": [3, 256, 256],
        "transform": {"crop_size": 227},
        "train": {"images": "ti", "labels": "tl", "batch_size": 4},
        "test": {"images": "vi", "labels": "vl", "batch_size": 4},
    },
    "tasks": [
        {"name": "color", "loss": "softmax", "classes": 8, "loss_weight": 0.25},
        {"name": "brand", "loss": "softmax", "classes": 160, "hidden": [512], "attach": "fc6"},
        {"name": "corners", "loss": "euclidean", "dim": 8, "attach": "pool5", "loss_weight": 0.5},
    ],
}


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> NetSection:
    folder = tmp_path_factory.mktemp("net")
    tasks = load_tasks(TASKS)
    generate(tasks).write(folder)
    return make_net_section(
        folder / "train_val.prototxt",
        image=(3, 256, 256),
        label=(10, 1, 1),
        tasks=ResolvedTasks.of(tasks, 10).layout.tasks,
        task_file=tasks,
    )


def test_each_head_starts_where_its_task_leaves_the_others(net: NetSection) -> None:
    rows = {head.task: head for head in net.heads}
    assert {task: head.attach for task, head in rows.items()} == {
        "color": ("fc6",),  # fc7 works for it alone
        "brand": ("fc6",),
        "corners": ("pool5",),
    }
    assert {task: head.weight for task, head in rows.items()} == {
        "color": 0.25,
        "brand": 0.25,
        "corners": 0.5,
    }
    assert rows["corners"].columns == "2 to 9"
    assert rows["corners"].loss == "EuclideanLoss"
    assert len(rows["brand"].layers) == 2


def test_boxes_hold_names_shapes_weights_and_colours(net: NetSection) -> None:
    boxes = {box.name: box for box in net.boxes}
    assert boxes["conv1"].corner == "96x55x55"
    assert boxes["conv1"].types == "Convolution 11x11, ReLU"
    assert "relu1" not in boxes
    assert "label" not in boxes, "layers of labels are left out"
    assert boxes["loss_corners"].corner == "weight 0.5"
    looks = {head.task: head.style for head in net.heads}
    assert len(set(looks.values())) == 3
    assert boxes["loss_brand"].style == f"loss {looks['brand']}"
    assert "task" not in boxes["fc6"].style, "fc6 works for two tasks"
    rows = sorted({box.y for box in net.boxes})
    assert all(lower - upper > 42 for upper, lower in pairwise(rows))


def test_a_net_that_does_not_fit_is_drawn_as_far_as_it_does(tmp_path: Path) -> None:
    text = """
        layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 8 } } }
        layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
                inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
        layer { name: "sum" type: "Eltwise" bottom: "fc" bottom: "data" top: "sum" }
    """
    (tmp_path / "net.prototxt").write_text(text)
    section = make_net_section(tmp_path / "net.prototxt", image=None, label=(1, 1, 1), tasks=())
    assert [(box.name, box.corner) for box in section.boxes] == [
        ("data", "8"),
        ("fc", "3"),
        ("sum", ""),
    ]
    assert section.parameters is None
    (tmp_path / "net.prototxt").write_text('name: "nothing"')
    section = make_net_section(tmp_path / "net.prototxt", image=None, label=(1, 1, 1), tasks=())
    assert section.problem


def test_histograms_hold_all_numbers() -> None:
    values = np.array([0.0, 0.0, 1.0, 4.0])
    chart = histogram(values, np.array([4.0, 4.0]))
    heights = [100 - float(part.split("V")[1].split("H")[0]) for part in chart.bars.split("M")[1:]]
    assert heights == pytest.approx([100 / 1.08 / 2, 100 / 1.08 / 4, 100 / 1.08 / 4], abs=0.01)
    assert chart.outline.count("V") == 5 + 1
    assert histogram(np.array([2.5])).bars.count("M") == 1
    ages = histogram(np.arange(18.0, 90.0))
    tops = {part.split("V")[1].split("H")[0] for part in ages.bars.split("M")[1:]}
    assert len(tops) == 1, "each bin holds as many whole numbers"


def test_many_columns_are_compared_by_task() -> None:
    count = 60
    values = np.eye(count)
    values[0, 59] = values[59, 0] = -0.5
    tasks = tuple(f"task{index // 20}" for index in range(count))
    names = tuple(map(str, range(count)))
    kinds = ("real",) * count
    heat = make_heat_map(Correlation(names, tasks, tuple(range(count)), kinds, values))
    assert heat is not None
    assert (heat.by_task, heat.names) == (True, ("task0", "task1", "task2"))
    assert (heat.rows[0][2].strength, heat.rows[0][2].negative) == (0.5, True)
    assert heat.rows[0][1].text == "0.00"
    assert make_heat_map(None) is None
