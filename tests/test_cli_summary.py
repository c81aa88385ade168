"""The command `caffe-multilabel summary`: what it knows without DBs, and what it takes of them."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lmdb
import pytest

from caffe_multilabel.caffe.proto import read_net, schema
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.analysis.data_shapes import UnknownShapeError, find_data_shapes
from caffe_multilabel.nets.summary import summarise
from image_tools import draw, encode

if TYPE_CHECKING:
    from command_tools import RunCommand

GOLDEN = Path(__file__).parent / "prototxt_golden"
# Label columns of each golden net, and its images where the net does not tell what they are.
LABELS = {
    "article": 5,
    "canary": 1,
    "captcha5": 5,
    "celeba": 40,
    "celeba_mcnn": 40,
    "centers": 1,
    "class_weights": 2,
    "depths": 2,
    "focal": 1,
    "gradient": 2,
    "hard_triplets": 1,
    "landmarks_attributes": 14,
    "learned_weights": 5,
    "log_weights": 5,
    "moved_landmarks": 4,
    "own_trunk": 5,
    "pairs": 2,
    "record_weights": 2,
    "scores": 6,
    "triplets": 4,
    "unknown": 5,
    "vehicles": 15,
    "views": 1,
    "weighted": 1,
}
OBJECTS = {"data": (3, 64, 80)}
IMAGES = {
    "canary": OBJECTS,
    "captcha5": {"data": (1, 60, 160)},
    "centers": OBJECTS,
    "class_weights": OBJECTS,
    "focal": OBJECTS,
    "gradient": OBJECTS,
    "hard_triplets": OBJECTS,
    "landmarks_attributes": {"data": (1, 60, 60)},
    "learned_weights": OBJECTS,
    "log_weights": OBJECTS,
    "moved_landmarks": {"records": (5, 64, 80)},
    "pairs": {"records": (6, 64, 80)},
    "record_weights": OBJECTS,
    "scores": OBJECTS,
    "triplets": {"records": (9, 64, 80)},
    "unknown": OBJECTS,
    "views": {"records": (6, 64, 80)},
    "weighted": OBJECTS,
}
NET = """
name: "own"
layer { name: "data" type: "Data" top: "data"
  data_param { source: "images" batch_size: 4 backend: LMDB } }
layer { name: "label" type: "Data" top: "label"
  data_param { source: "labels" batch_size: 4 backend: LMDB } }
layer { name: "slice" type: "Slice" bottom: "label" top: "a" top: "b"
  slice_param { slice_point: 3 } }
layer { name: "ip_a" type: "InnerProduct" bottom: "data" top: "ip_a"
  inner_product_param { num_output: 3 } }
layer { name: "loss_a" type: "EuclideanLoss" bottom: "ip_a" bottom: "a" top: "loss_a" }
"""
LOSS_B = """
layer { name: "ip_b" type: "InnerProduct" bottom: "data" top: "ip_b"
  inner_product_param { num_output: 2 } }
layer { name: "loss_b" type: "SigmoidCrossEntropyLoss" bottom: "ip_b" bottom: "b" top: "loss_b" }
"""
SILENCE_B = """
layer { name: "silence" type: "Silence" bottom: "b" }
"""


def write_db(path: Path, **fields: Any) -> None:
    with lmdb.open(str(path)) as environment, environment.begin(write=True) as transaction:
        transaction.put(b"00000000", schema().message("Datum")(**fields).SerializeToString())


def outputs(text: str) -> dict[str, list[list[int]]]:
    """The shapes of each layer in phase TRAIN."""
    rows = json.loads(text)[0]["rows"]
    return {row["name"]: row["top_shapes"] for row in rows}


def test_every_golden_net_is_known_here() -> None:
    assert sorted(LABELS) == sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", LABELS)
def test_a_generated_net_tells_its_labels_without_dbs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # no DB of an example is there
    net = read_net(GOLDEN / name / "train_val.prototxt")
    given = IMAGES.get(name, {})
    found = find_data_shapes(net, "TRAIN", given)
    assert found.shapes == {"label": (LABELS[name], 1, 1), **given}
    (assumption,) = found.assumptions
    assert assumption.startswith("layer 'label' (Data): the records have")
    assert summarise(net, "TRAIN", data_shapes=found.shapes).totals.parameters > 0


@pytest.mark.parametrize("name", ["captcha5", "landmarks_attributes"])
def test_images_of_no_known_size_name_the_layer_and_the_flag(
    name: str, run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = GOLDEN / name / "train_val.prototxt"
    with pytest.raises(PrototxtError, match=r"layer 'data' .* give crop_size$") as caught:
        find_data_shapes(read_net(path), "TRAIN", {})
    assert caught.value.key == "data"
    assert isinstance(caught.value, UnknownShapeError)
    assert (caught.value.top, caught.value.whole) == ("data", False)
    again = pickle.loads(pickle.dumps(caught.value))
    assert vars(again) == vars(caught.value)
    done = run_command("caffe-multilabel", "summary", path)
    assert done.returncode == 1
    assert "crop_size, or --shape data=C,H,W" in done.stderr


def test_the_command_says_what_it_took_for_granted(run_command: RunCommand) -> None:
    done = run_command("caffe-multilabel", "summary", GOLDEN / "article" / "train_val.prototxt")
    assert done.returncode == 0, done.stderr
    line = "assumed: layer 'label' (Data): the records have 5 labels, as many as the net reads"
    assert done.stdout.splitlines().count(line) == 2  # once a phase
    assert "64x5x1x1" in done.stdout


def test_dbs_that_are_there_tell_all(run_command: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET + SILENCE_B)
    image = encode(draw(1, 20, 30), ".png")
    write_db(tmp_path / "images", data=image, encoded=True)
    write_db(tmp_path / "labels", channels=9, height=1, width=1, float_data=[0] * 9)
    done = run_command("caffe-multilabel", "summary", "net.prototxt", "--json")
    assert done.returncode == 0, done.stderr
    shapes = outputs(done.stdout)
    assert shapes["data"] == [[4, 3, 20, 30]]
    assert shapes["slice"] == [[4, 3, 1, 1], [4, 6, 1, 1]]
    assert json.loads(done.stdout)[0]["assumptions"] == []


def test_color_is_forced_on_encoded_images_only(run_command: RunCommand, tmp_path: Path) -> None:
    gray = NET.replace(
        "backend: LMDB } }", "backend: LMDB } transform_param { force_gray: 1 } }", 1
    )
    (tmp_path / "net.prototxt").write_text(gray + SILENCE_B)
    write_db(tmp_path / "images", data=encode(draw(1, 20, 30), ".png"), encoded=True)
    done = run_command("caffe-multilabel", "summary", "net.prototxt", "--json")
    assert outputs(done.stdout)["data"] == [[4, 1, 20, 30]]
    write_db(tmp_path / "images", channels=3, height=20, width=30, data=bytes(1800))
    done = run_command("caffe-multilabel", "summary", "net.prototxt", "--json")
    assert outputs(done.stdout)["data"] == [[4, 3, 20, 30]]


@pytest.mark.parametrize(
    ("rest", "columns", "said"),
    [(LOSS_B, 5, "as the net reads"), (SILENCE_B, 4, "there may be more")],
)
def test_labels_are_those_of_slices_and_losses(
    run_command: RunCommand, tmp_path: Path, rest: str, columns: int, said: str
) -> None:
    (tmp_path / "net.prototxt").write_text(NET + rest)
    done = run_command(
        "caffe-multilabel", "summary", "net.prototxt", "--json", "--shape", "data=3,8,8"
    )
    assert done.returncode == 0, done.stderr
    assert outputs(done.stdout)["label"] == [[4, columns, 1, 1]]
    assert said in json.loads(done.stdout)[0]["assumptions"][0]


def test_shapes_that_are_given_go_before_the_net_and_the_dbs(
    run_command: RunCommand, tmp_path: Path
) -> None:
    (tmp_path / "net.prototxt").write_text(NET + SILENCE_B)
    write_db(tmp_path / "images", channels=3, height=20, width=30, data=bytes(1800))
    given = ("--shape", "data=1,8,8", "--shape", "label=7,1,1")
    done = run_command("caffe-multilabel", "summary", "net.prototxt", "--json", *given)
    assert done.returncode == 0, done.stderr
    shapes = outputs(done.stdout)
    assert (shapes["data"], shapes["label"]) == ([[4, 1, 8, 8]], [[4, 7, 1, 1]])


UNKNOWN = {
    "a label layer that no loss reads": (
        NET.replace('loss_a" type: "EuclideanLoss"', 'loss_a" type: "Eltwise"') + SILENCE_B,
        ("--shape", "data=3,8,8"),
        "or --shape label=C,H,W",
    ),
    "ImageData": (
        'layer { name: "in" type: "ImageData" top: "x" top: "y" image_data_param { source: "l" } }',
        (),
        "new_width, or --shape x=C,H,W",
    ),
    "HDF5Data": (
        'layer { name: "in" type: "HDF5Data" top: "x" top: "y" hdf5_data_param { source: "l" } }',
        (),
        "--shape x=N,C,H,W",
    ),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_nothing_tells_names_the_flag(
    run_command: RunCommand, tmp_path: Path, case: str
) -> None:
    text, arguments, said = UNKNOWN[case]
    (tmp_path / "net.prototxt").write_text(text)
    done = run_command("caffe-multilabel", "summary", "net.prototxt", *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "data_shapes" not in done.stderr


def test_a_list_tells_the_shape_of_its_first_image(run_command: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encode(draw(1, 5, 7), ".png"))
    (tmp_path / "l").write_text("a.png 1\n")
    (tmp_path / "net.prototxt").write_text(UNKNOWN["ImageData"][0])
    done = run_command("caffe-multilabel", "summary", "net.prototxt")
    assert "1x3x5x7, 1" in done.stdout
    (tmp_path / "l").write_text("b.png 1\n")
    done = run_command("caffe-multilabel", "summary", "net.prototxt")
    assert done.returncode == 1
    assert "l: line 1: 'b.png': cannot be opened: No such file" in done.stderr


def test_a_db_that_cannot_be_read_is_told(run_command: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET + SILENCE_B)
    (tmp_path / "images").mkdir()
    done = run_command("caffe-multilabel", "summary", "net.prototxt")
    assert done.returncode == 1
    assert "images: is no LMDB" in done.stderr


def test_a_db_that_caffe_stops_at_is_told(run_command: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET + SILENCE_B)
    write_db(tmp_path / "images", data=b"no image", encoded=True)
    done = run_command("caffe-multilabel", "summary", "net.prototxt")
    assert done.returncode == 1
    assert "images: the image of the first record does not decode" in done.stderr
    write_db(tmp_path / "images", channels=3)
    done = run_command("caffe-multilabel", "summary", "net.prototxt")
    assert done.returncode == 1
    assert "images: the first record is 3 x 0 x 0" in done.stderr


ONE_PHASE = NET.replace('name: "data" type', 'include { phase: TRAIN } name: "data" type').replace(
    'name: "label" type', 'include { phase: TRAIN } name: "label" type'
)
SHAPES = ("--shape", "data=3,8,8", "--shape", "label=5,1,1")


def test_a_phase_without_data_is_left_out(tmp_path: Path, run_command: RunCommand) -> None:
    (tmp_path / "net.prototxt").write_text(ONE_PHASE + SILENCE_B)
    done = run_command("caffe-multilabel", "summary", "net.prototxt", *SHAPES)
    assert done.returncode == 0
    assert done.stdout.startswith("own, phase TRAIN\n")
    assert "phase TEST" not in done.stdout
    assert done.stderr.count("\n") == 1
    assert "phase TEST is left out: no layer brings in data in phase TEST" in done.stderr
    arguments = ("net.prototxt", *SHAPES, "--phase", "TEST")
    done = run_command("caffe-multilabel", "summary", *arguments)
    assert (done.returncode, done.stdout) == (1, "")


def test_a_phase_that_does_not_fit_does_not_hide_the_other(
    tmp_path: Path, run_command: RunCommand
) -> None:
    broken = 'layer { name: "x" type: "ReLU" bottom: "no" top: "x" include { phase: TRAIN } }'
    (tmp_path / "net.prototxt").write_text(NET + SILENCE_B + broken)
    arguments = ("net.prototxt", *SHAPES, "--json")
    done = run_command("caffe-multilabel", "summary", *arguments)
    assert done.returncode == 1
    assert [summary["phase"] for summary in json.loads(done.stdout)] == ["TEST"]
    assert "phase TRAIN is left out: layer 'x'" in done.stderr


def test_stages_and_level_choose_layers(tmp_path: Path, run_command: RunCommand) -> None:
    staged = 'include { stage: "big" min_level: 2 } name: "ip_b" type'
    text = NET + LOSS_B.replace('name: "ip_b" type', staged).replace(
        'name: "loss_b" type', 'include { stage: "big" min_level: 2 } name: "loss_b" type'
    )
    (tmp_path / "net.prototxt").write_text(text)
    for flags, there in (((), False), (("--stage", "x,big"), False), (("--level=3",), False)):
        arguments = ("net.prototxt", *SHAPES, *flags)
        done = run_command("caffe-multilabel", "summary", *arguments)
        assert done.returncode == 0
        assert ("ip_b" in done.stdout) == there
    arguments = ("net.prototxt", *SHAPES, "--stage", "x,big", "--level", "2")
    done = run_command("caffe-multilabel", "summary", *arguments)
    assert "ip_b" in done.stdout
    assert done.stdout.splitlines()[0].endswith(", phase TRAIN, stage x and big, level 2")


def test_a_net_whose_data_is_in_stages_says_which(tmp_path: Path, run_command: RunCommand) -> None:
    text = NET.replace('name: "data" type', 'include { stage: "fit" } name: "data" type').replace(
        'name: "label" type', 'include { stage: "fit" } name: "label" type'
    )
    (tmp_path / "net.prototxt").write_text(text)
    done = run_command("caffe-multilabel", "summary", "net.prototxt")
    assert (done.returncode, done.stdout) == (1, "")
    assert "its layers ask for stages (fit)" in done.stderr
    assert 'give --stage fit, stages=["fit"] in Python' in done.stderr
    for flags in (["-stage", "fit"], ["--stage=fit", "-level=1"]):  # as `caffe test` takes them
        done = run_command("caffe-multilabel", "summary", "net.prototxt", *flags, *SHAPES)
        assert (done.returncode, done.stderr) == (0, "")
