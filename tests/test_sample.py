"""The sample data set: labels fit the images, a seed gives the same pixels, all or nothing."""

from __future__ import annotations

import csv
import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from caffe_multilabel.data.sample import draw_sample
from caffe_multilabel.data.sample.image import Scene, choose_scene, paint
from caffe_multilabel.data.sample.objects import object_lines
from caffe_multilabel.data.sample.outlines import KINDS
from caffe_multilabel.data.sample.palette import COLORS
from caffe_multilabel.data.sample.stream import Stream
from caffe_multilabel.errors import OptionError, OutputError
from caffe_multilabel.nets.generate import generate
from caffe_multilabel.nets.lint import lint_net, lint_solver
from caffe_multilabel.tasks import load_tasks

SIDES = (96, 160)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "shapes"
    draw_sample(folder, 40, seed=3)
    return folder


def folder_content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def read_list(path: Path) -> list[list[str]]:
    return [line.split(" ") for line in path.read_text(encoding="utf-8").splitlines()]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def shape_of(path: Path) -> tuple[int, int, int]:
    image = cv2.imread(str(path))
    assert image is not None
    height, width, channels = image.shape
    return height, width, channels


def scene_of(kind: str, color: str, *, filled: bool) -> Scene:
    return Scene(150, 120, kind, color, filled, size=0.6, x=0.45, y=0.55, turn=0.1)


def test_lists_name_every_image_once_and_a_tenth_is_for_validation(sample: Path) -> None:
    train, val = read_list(sample / "train.txt"), read_list(sample / "val.txt")
    assert (len(train), len(val)) == (36, 4)
    named = [row[0] for row in train + val]
    on_disk = [str(path.relative_to(sample)) for path in (sample / "images").iterdir()]
    assert sorted(named) == sorted(on_disk)
    assert {Path(name).suffix for name in named} == {".jpg", ".png"}


def test_every_image_decodes_to_a_size_in_range(sample: Path) -> None:
    shapes = {shape_of(path) for path in (sample / "images").iterdir()}
    assert len(shapes) > 10
    assert all(96 <= side <= 160 for shape in shapes for side in shape[:2])


def test_csv_says_the_same_as_the_list_with_class_names(sample: Path) -> None:
    for name in ("train", "val"):
        rows = read_csv(sample / f"{name}.csv")
        numbers = [
            [
                row["path"],
                str(list(KINDS).index(row["kind"])),
                str(list(COLORS).index(row["color"])),
                *(row[column] for column in ("filled", "size", "x", "y")),
            ]
            for row in rows
        ]
        assert numbers == read_list(sample / f"{name}.txt")


def test_lists_of_objects_stand_beside_the_others_and_change_none(
    sample: Path, tmp_path: Path
) -> None:
    draw_sample(tmp_path / "more", 40, seed=3, objects=True)
    content = folder_content(tmp_path / "more")
    assert content.pop("objects_train.csv")
    assert content.pop("objects_val.csv")
    assert content == folder_content(sample)


def test_lists_of_objects_say_what_the_other_lists_say(sample: Path, tmp_path: Path) -> None:
    draw_sample(tmp_path / "more", 40, seed=3, objects=True)
    for name in ("train", "val"):
        plain, objects = (
            read_csv(tmp_path / "more" / f"{list_name}.csv")
            for list_name in (name, f"objects_{name}")
        )
        assert [row["path"] for row in objects] == [row["path"] for row in plain]
        for told, row in zip(objects, plain, strict=True):
            height, width, _ = shape_of(sample / row["path"])
            reach = float(row["size"]) / 2 * min(height, width) / width
            wanted = {
                "identity": f"{row['kind']}_{row['color']}_"
                + ("filled" if row["filled"] == "1" else "outline"),
                "kind": row["kind"],
                "color": row["color"],
                "filled": row["filled"],
                "size": row["size"],
            }
            blank = {column for column, cell in told.items() if cell == ""}
            assert {
                column: cell for column, cell in told.items() if column in wanted.keys() - blank
            } == {column: cell for column, cell in wanted.items() if column not in blank}
            for end, way in (("left", -1), ("right", 1)):
                if f"{end}_x" not in blank:
                    column = (float(row["x"]) + way * reach) * 64 - 0.5
                    line = float(row["y"]) * 64 - 0.5
                    assert float(told[f"{end}_x"]) == pytest.approx(column, abs=1e-3)
                    assert float(told[f"{end}_y"]) == pytest.approx(line, abs=1e-3)


def test_four_cells_of_ten_are_blank_to_train_with_and_three_in_a_hundred_are_signs() -> None:
    scenes = [choose_scene(Stream(0, index), SIDES) for index in range(3000)]
    rows = [(f"{index}.jpg", index, scene) for index, scene in enumerate(scenes)]
    texts = "\n".join(object_lines(rows, 0, flaws=True))
    train = list(csv.DictReader(texts.splitlines()))
    for column in ("filled", "size", "left_x", "right_y"):
        assert 0.37 < sum(row[column] == "" for row in train) / 3000 < 0.43, column
    for row in train:
        assert (row["left_x"] == "") == (row["left_y"] == "")
        assert (row["right_x"] == "") == (row["right_y"] == "")
        assert "" not in (row["path"], row["identity"], row["kind"], row["color"], row["sign"])
    assert 0.02 < sum(row["sign"] == "1" for row in train) / 3000 < 0.04
    signs = {row["identity"] for row in train if row["sign"] == "1"}
    assert signs == {"circle_red_filled", "square_red_filled", "triangle_red_filled"}
    assert len({row["identity"] for row in train}) == 96
    filled = [row["identity"].endswith("_filled") for row in train]
    wrong = [(row["surface"] == "1") != truth for row, truth in zip(train, filled, strict=True)]
    light = [row["surface_weight"] == "0.1" for row in train]
    assert 0.67 < sum(light) / 3000 < 0.73
    assert 0.37 < sum(wrong) / sum(light) < 0.43
    assert all(weight or not each for weight, each in zip(light, wrong, strict=True))
    assert all("" not in row.split(",") for row in object_lines(rows, 0))
    assert all(row.endswith((",1,1", ",0,1")) for row in list(object_lines(rows, 0))[1:])
    assert list(object_lines(rows[:50], 0, flaws=True)) == texts.splitlines()[:51]
    assert list(object_lines(rows, 1, flaws=True)) != texts.splitlines()


def test_task_file_loads_and_takes_every_column(sample: Path) -> None:
    tasks = load_tasks(sample / "tasks.yaml")
    assert [task.name for task in tasks.tasks] == ["kind", "color", "filled", "size", "centre"]
    assert len(read_list(sample / "train.txt")[0]) - 1 == 6


def test_task_file_makes_a_net_without_findings(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    net = generate(load_tasks(sample / "tasks.yaml"))
    assert lint_net(net.train_val) == []
    assert lint_solver(net.solver, net=net.train_val) == []
    # Each of the two tasks that measure has its own layers from the maps on.
    bottoms = {layer.name: list(layer.bottom) for layer in net.deploy.layer}
    read = {bottom for name, of_layer in bottoms.items() if "size" in name for bottom in of_layer}
    assert "pool2" in read


@pytest.mark.parametrize("kind", KINDS)
def test_filled_shapes_have_their_color_in_the_middle_and_others_do_not(kind: str) -> None:
    for color, (red, green, blue) in COLORS.items():
        for filled in (True, False):
            image = paint(scene_of(kind, color, filled=filled), Stream(0, 1)).astype(int)
            middle = image[80:85, 52:57].mean(axis=(0, 1))
            far = np.abs(middle - (blue, green, red)).max()
            assert (far < 30) == filled, (color, filled, middle)


def test_size_and_centre_are_those_of_the_drawn_circle() -> None:
    scene = scene_of("circle", "red", filled=True)
    image = paint(scene, Stream(0, 1)).astype(int)
    rows, columns = np.nonzero(image[:, :, 2] - image[:, :, 0] > 90)
    shorter = min(scene.height, scene.width)
    assert np.ptp(rows) + 1 == pytest.approx(scene.size * shorter, abs=1.5)
    assert (columns.mean() + 0.5) / scene.width == pytest.approx(scene.x, abs=0.01)
    assert (rows.mean() + 0.5) / scene.height == pytest.approx(scene.y, abs=0.01)


def test_shapes_lie_inside_the_image_and_every_class_turns_up() -> None:
    scenes = [choose_scene(Stream(5, index), SIDES) for index in range(400)]
    assert {scene.kind for scene in scenes} == set(KINDS)
    assert {scene.color for scene in scenes} == set(COLORS)
    assert {scene.filled for scene in scenes} == {True, False}
    for scene in scenes:
        radius = scene.size / 2 * min(scene.height, scene.width)
        assert radius <= scene.x * scene.width <= scene.width - radius
        assert radius <= scene.y * scene.height <= scene.height - radius


def test_pixels_of_a_seed_never_change() -> None:
    digest = hashlib.sha256()
    for index in range(60):
        stream = Stream(0, index)
        digest.update(paint(choose_scene(stream, SIDES), stream).tobytes())
    assert digest.hexdigest() == "54c58438162bb74248c636940362d52a1add8c13c22c69edfe4e962e6c18554d"


def test_same_seed_same_files_whatever_the_count(sample: Path, tmp_path: Path) -> None:
    draw_sample(tmp_path / "again", 10, seed=3)
    draw_sample(tmp_path / "other", 10, seed=4)
    for index in range(10):
        name = f"images/{index:06d}{'.png' if index == 7 else '.jpg'}"
        expected = (sample / name).read_bytes()
        assert (tmp_path / "again" / name).read_bytes() == expected
        assert (tmp_path / "other" / name).read_bytes() != expected


def test_summary_and_progress_count_the_images(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    summary = draw_sample(
        tmp_path / "a" / "b", 12, progress=lambda done, total: calls.append((done, total))
    )
    assert (summary.directory, summary.train, summary.val) == (tmp_path / "a" / "b", 11, 1)
    assert calls == [(done, 12) for done in range(1, 13)]


def test_size_bounds_the_sides(tmp_path: Path) -> None:
    draw_sample(tmp_path / "small", 10, size=(40, 40))
    for path in (tmp_path / "small" / "images").iterdir():
        assert shape_of(path) == (40, 40, 3)


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(OutputError, match="not empty"):
        draw_sample(tmp_path, 10)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_the_way_is_an_output_error(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("keep")
    with pytest.raises(OutputError, match="file"):
        draw_sample(target, 10)
    assert target.read_text() == "keep"


@pytest.mark.parametrize("existed", [True, False])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, existed: bool) -> None:
    target = tmp_path / "target"
    if existed:
        target.mkdir()

    def interrupt(done: int, _: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_sample(target, 10, progress=interrupt)
    assert target.exists() == existed
    assert list(tmp_path.rglob("*")) == ([target] if existed else [])


@pytest.mark.parametrize("existed", [True, False])
def test_after_a_killed_run_the_next_begins_anew(
    sample: Path, tmp_path: Path, existed: bool
) -> None:
    target = tmp_path / "target"
    if existed:
        target.mkdir()
    killed = (
        "import os, signal, sys\n"
        "from caffe_multilabel import draw_sample\n"
        "draw_sample(sys.argv[1], 40, progress=lambda done, _: "
        "os.kill(os.getpid(), signal.SIGKILL) if done == 7 else None)\n"
    )
    done = subprocess.run([sys.executable, "-c", killed, target], check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert not {"images", "train.txt", "tasks.yaml"} & {path.name for path in target.iterdir()}
    draw_sample(target, 40, seed=3)
    assert folder_content(target) == folder_content(sample)


def test_two_runs_do_not_draw_into_one_folder(tmp_path: Path) -> None:
    def begin_another(done: int, _: int) -> None:
        if done == 5:
            with pytest.raises(OutputError, match="another run draws into it"):
                draw_sample(tmp_path / "target", 10)

    draw_sample(tmp_path / "target", 10, seed=3, progress=begin_another)
    assert len(list((tmp_path / "target" / "images").iterdir())) == 10


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"count": 9}, "count is 9; it must be 10 or more"),
        ({"seed": -1}, "seed is -1; it must be 0 or more"),
        ({"size": (160, 96)}, "size is"),
        ({"size": (8, 96)}, "from 32 to"),
        ({"objects": "yes"}, "objects is 'yes'"),
    ],
)
def test_options_out_of_range(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        draw_sample(tmp_path / "target", **options)  # type: ignore[arg-type]  # mixed types
    assert not (tmp_path / "target").exists()
