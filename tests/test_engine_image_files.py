"""ImageData and WindowData against batches that a real Caffe drew; and what they refuse."""

from __future__ import annotations

import copy
import json
import os
import pickle
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text, upgrade_net
from caffe_multilabel.errors import Error, ListError, OutputError, PrototxtError
from golden_arrays import recorded_arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.engine import Net

pytestmark = pytest.mark.torch

GOLDEN = Path(__file__).parent / "golden" / "engine"
FILES = GOLDEN / "image_files"
CASES: dict[str, dict[str, Any]] = {
    case["name"]: case for case in json.loads((FILES / "cases.json").read_text())
}


@pytest.fixture
def in_golden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in the recorded texts are seen from there."""
    monkeypatch.chdir(GOLDEN)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with two images of one size and a larger one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    for name, side in (("a", 6), ("b", 6), ("large", 9)):
        cv2.imwrite(f"images/{name}.png", np.full((side, side, 3), side, np.uint8))
    Path("images/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return tmp_path


def net_of(text: str, **options: Any) -> Net:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    net = parse_text(text, "NetParameter")
    upgrade_net(net)
    return Net(net, **options)


def case_net(name: str, **options: Any) -> Net:
    case = CASES[name]
    return net_of(case["prototxt"], phase=case["phase"], seed=case["seed"], **options)


def batches(net: Net, count: int) -> list[dict[str, NDArray[np.float32]]]:
    found = []
    for _ in range(count):
        net.forward()
        found.append({name: blob.data.numpy().copy() for name, blob in net.blobs.items()})
    return found


def assert_same(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    for one, other in zip(found, wanted, strict=True):
        for name in one.keys() | other.keys():
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_all_cases_are_here() -> None:
    assert len(CASES) == 13


@pytest.mark.usefixtures("in_golden")
@pytest.mark.parametrize("name", CASES)
def test_batches_are_caffes_draw_for_draw(name: str) -> None:
    """Order, skips, crops, mirrors and windows, over several times round the list."""
    case, wanted = CASES[name], recorded_arrays(FILES / "batches.npz")[name]
    for threads in (1, 3):
        for number, found in enumerate(batches(case_net(name, threads=threads), case["batches"])):
            for top in case["tops"]:
                np.testing.assert_array_equal(found[top], wanted[f"{number}/{top}"], err_msg=top)


@pytest.mark.usefixtures("in_golden")
@pytest.mark.parametrize("name", ["shuffle_and_skip", "own_sizes", "window_mirror"])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
@pytest.mark.parametrize("before", [0, 7])
def test_a_copy_goes_on_where_its_data_are(name: str, copied: Any, before: int) -> None:
    net = case_net(name)
    batches(net, before)
    twin = copied(net)
    assert_same(batches(twin, 9), batches(net, 9))


TRAINED = """
    layer { name: "d" type: "ImageData" top: "image" top: "y"
            transform_param { mirror: true crop_size: 9 scale: 0.01 }
            image_data_param { source: "list.txt" root_folder: "images/" batch_size: 4
                               shuffle: true rand_skip: 5 } }
    layer { name: "w" type: "WindowData" top: "window" top: "class"
            transform_param { mirror: true crop_size: 9 }
            window_data_param { source: "windows.txt" root_folder: "images/" batch_size: 4
                                scale: 0.01 context_pad: 1 } }
    layer { name: "ip" type: "InnerProduct" bottom: "image" top: "ip"
            inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
    layer { name: "ip2" type: "InnerProduct" bottom: "window" top: "ip2"
            inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "y" }
    layer { name: "loss2" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "class" }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" random_seed: 3 snapshot_prefix: "s"'


@pytest.fixture
def training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with TRAINED, its solver and what it reads."""
    shutil.copytree(GOLDEN / "data" / "images", tmp_path / "images")
    names = ("a.png", "b c.png", "gray.png")
    lines = [f"{names[number % 3]} {number % 5}\n" for number in range(11)]
    (tmp_path / "list.txt").write_text("".join(lines))
    shutil.copy(FILES / "windows.txt", tmp_path)
    (tmp_path / "net.prototxt").write_text(TRAINED)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("training")
def test_a_training_that_was_cut_ends_with_the_same_bits() -> None:
    from caffe_multilabel.engine import Solver  # noqa: PLC0415  (torch)

    whole = Solver("solver.prototxt")
    whole.step(7)  # more than twice round the list
    state = whole.snapshot()
    whole.step(5)
    resumed = Solver("solver.prototxt")
    resumed.restore(state)
    resumed.step(5)
    for layer, blobs in whole.net.params.items():
        for one, other in zip(blobs, resumed.net.params[layer], strict=True):
            np.testing.assert_array_equal(one.data.numpy(), other.data.numpy())


@pytest.mark.parametrize("changed", ["list.txt", "windows.txt"])
def test_a_list_that_has_changed_since_the_snapshot_is_named(training: Path, changed: str) -> None:
    from caffe_multilabel.engine import Solver  # noqa: PLC0415  (torch)

    solver = Solver("solver.prototxt")
    solver.step(1)
    state = solver.snapshot()
    text = (training / changed).read_text()
    (training / changed).write_text(text.replace("a.png", "./a.png"))
    other = Solver("solver.prototxt")
    with pytest.raises(ListError, match=rf"{changed}: .* the snapshot was made; --restart_data"):
        other.restore(state)
    other.restore(state, restart_data=True)
    other.step(1)


def settings(given: str, **defaults: str) -> str:
    """Return what is given, and the defaults of what is not."""
    return " ".join([given, *(f"{key}: {defaults[key]}" for key in defaults if key not in given)])


def image_net(lines: str, more: str = "", transform: str = "") -> str:
    Path("list.txt").write_bytes(os.fsencode(lines))
    more = settings(more, source='"list.txt"', root_folder='"images/"', batch_size="2")
    return f"""layer {{ name: "d" type: "ImageData" top: "x" top: "y"
        transform_param {{ {transform} }}
        image_data_param {{ {more} }} }}"""


def failure(text: str, passes: int = 2) -> tuple[type[Error], str]:
    """Return what a net dies of, as it is set up or runs."""
    with pytest.raises(Error) as caught:
        batches(net_of(text, phase="TRAIN", seed=1), passes)
    assert "\n" not in str(caught.value)
    return type(caught.value), str(caught.value)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("lines", "more", "problem"),
    [
        ("", "", "list.txt: the list is empty"),
        ("a.png 1\n\nb.png 1\n", "", "list.txt: line 2 is empty"),
        ("a.png 1\nb.png\n", "", "list.txt: line 2 has no label behind a blank: 'b.png'"),
        ("a.png 1\nb.png\t1\n", "", r"line 2 has no label behind a blank: 'b.png\x091'"),
        ("a.png 1\nb.png 0.5\n", "", "list.txt: line 2 has '0.5' for a label"),
        ("a.png 1\nb.png cat\n", "", "list.txt: line 2 has 'cat' for a label"),
        ("a.png 4294967296\n", "", "line 1 has '4294967296' for a label"),
        ("a.png 1\n 3\n", "", "list.txt: line 2 has no path"),
        ("no.png 1\n", "", "list.txt: line 1: 'images/no.png': cannot be opened: No such file"),
        ("a.png 1\nb.png 1\nno.png 1\n", "", "list.txt: line 3: 'images/no.png': cannot be opened"),
        ("a.png 1 0\n", "", "'images/a.png 1': cannot be opened: No such file or directory; all "),
        ("a.png 1\nbroken.png 1\n", "", "line 2: 'images/broken.png': its PNG header is cut off"),
        ("a.png 1\nlarge.png 1\n", "", "line 2: 'images/large.png': its shape is 3 x 9 x 9, that"),
        ("a.png 1\n", 'root_folder: "images"', "root_folder 'images' needs a / at its end"),
        ("a.png 1\n", "rand_skip: 999", "layer 'd' (ImageData): rand_skip: 999 has drawn "),
        ("a.png 1\n", "new_height: 4", "new_height is 4 and new_width 0; they go together"),
        (
            "a.png 1\n",
            "new_height: 2147483648 new_width: 4",
            "layer 'd' (ImageData): new_height is 2147483648, must be at most 2147483647",
        ),
        (
            "a.png 1\n",
            "new_height: 100000 new_width: 100000",
            "line 1: 'images/a.png': new_height and new_width make it 3 x 100000 x 100000, too",
        ),
        ("a.png 1\n", "batch_size: 0", "batch_size"),
        ("a.png 1\n", 'source: ""', "it has no source; give the path of a list of images"),
        ("a.png 1\n", 'source: "no.txt"', "there is no 'no.txt', seen from "),
        (
            "a.png 1\n",
            'source: "images"',
            "'images' is no regular file; its source is a list of images",
        ),
    ],
)
def test_what_an_image_data_layer_cannot_read_is_named(lines: str, more: str, problem: str) -> None:
    assert problem in failure(image_net(lines, more))[1]


@pytest.mark.usefixtures("folder")
def test_transforms_that_do_not_fit_the_images_are_named() -> None:
    lines = "large.png 1\na.png 1\n"
    assert (
        "crop_size is 10, more than the images" in failure(image_net(lines, "", "crop_size: 10"))[1]
    )
    problem = "line 2: 'images/a.png': its shape 3 x 6 x 6 is smaller than crop_size 8"
    assert problem in failure(image_net(lines, "", "crop_size: 8"))[1]
    assert "no.binaryproto" in failure(image_net(lines, "", 'mean_file: "no.binaryproto"'))[1]


@pytest.mark.usefixtures("folder")
def test_byte_order_marks_line_ends_of_windows_and_names_of_any_bytes_are_taken() -> None:
    name = os.fsdecode("图 片.png".encode("gbk"))
    shutil.copy("images/a.png", f"images/{name}")
    net = net_of(image_net(f"\ufeff{name} -7\r\na.png +3\r\nb.png 2"))
    labels = [batch["y"].tolist() for batch in batches(net, 2)]
    assert labels == [[-7, 3], [2, -7]]


@pytest.mark.usefixtures("folder")
def test_a_label_that_is_no_class_is_named_with_its_line() -> None:
    text = image_net("a.png 1\nb.png 0\na.png 7\n", "shuffle: true batch_size: 3")
    text += """layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
                       inner_product_param { num_output: 2 } }
               layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "y" }"""
    kind, message = failure(text)
    assert issubclass(kind, PrototxtError)
    assert message.endswith(
        "label 7 in 'y'; 0 to 1 are allowed; it is of line 3 of list.txt, 'a.png'"
    )


def window_net(text: str, more: str = "", transform: str = "crop_size: 5") -> str:
    Path("windows.txt").write_text(text, encoding="utf-8")
    more = settings(more, source='"windows.txt"', root_folder='"images/"', batch_size="4")
    return f"""layer {{ name: "w" type: "WindowData" top: "x" top: "y"
        transform_param {{ {transform} }} window_data_param {{ {more} }} }}"""


WINDOWS = "# 0\na.png\n3 6 6\n2\n1 0.9 0 0 3 3\n0 0.1 1 1 5 5\n"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("text", "more", "problem"),
    [
        ("", "", "windows.txt: the window file is empty"),
        ("a.png 1\n", "", "windows.txt: line 1: 'a.png' stands where the # of an image is wanted"),
        (
            WINDOWS.replace("# 0", "# 1"),
            "",
            "line 1: image 1 stands where 0 is wanted; Caffe counts",
        ),
        (
            WINDOWS.replace("3 6 6", "1 6 6"),
            "",
            "line 3: '1' stands where the channels of an image",
        ),
        (WINDOWS.replace("0.9", "x"), "", "line 5: 'x' stands where the overlap of a window is"),
        (WINDOWS[:-3], "", "the file ends where x1, y1, x2 or y2 of a window is wanted"),
        (WINDOWS.replace("\n2\n", "\n1\n"), "", "line 6: '0' stands where the # of an image"),
        (WINDOWS.replace("1 0.9", "0 0.9"), "", "line 5: the class is 0, and with an overlap of"),
        (WINDOWS.replace("0.9", "0.2"), "", "no window has an overlap of fg_threshold or more"),
        (WINDOWS.replace("0.1", "0.7"), "", "line 6: the class is 0"),
        (WINDOWS, "bg_threshold: 0.1", "no window has an overlap below bg_threshold"),
        (
            WINDOWS.replace("0 0 3 3", "0 0 3 6"),
            "",
            "line 5, a window of 'images/a.png': it is not ",
        ),
        (
            WINDOWS.replace("0 0 3 3", "3 0 2 3"),
            "",
            "line 5, a window of 'images/a.png': its x2 or y2 is before x1 or y1",
        ),
        (WINDOWS.replace("0 0 3 3", "70 0 80 3"), "context_pad: 1", "line 5, a window of"),
        (WINDOWS.replace("a.png", "no.png"), "", "a window of 'images/no.png': cannot be opened"),
        (
            WINDOWS.replace("a.png", "no.png"),
            "cache_images: true",
            "image 0, 'images/no.png': cannot",
        ),
        (WINDOWS, "fg_fraction: 1.5", "layer 'w' (WindowData): fg_fraction is 1.5, must be from 0"),
        (WINDOWS, "context_pad: 3", "context_pad is 3, must be less than half of crop_size, which"),
        (WINDOWS, 'source: "no.txt"', "there is no 'no.txt', seen from "),
    ],
)
def test_what_a_window_data_layer_cannot_read_is_named(text: str, more: str, problem: str) -> None:
    assert problem in failure(window_net(text, more))[1]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("transform", ["", "crop_size: 60000"])
def test_a_size_of_windows_that_cannot_be_is_named_with_its_layer(transform: str) -> None:
    kind, message = failure(window_net(WINDOWS, transform=transform))
    assert kind is PrototxtError
    assert message.startswith("layer 'w' (WindowData): ")
    assert ("60000" if transform else "crop_size is 0; it must be positive") in message


@pytest.mark.usefixtures("folder")
def test_numbers_with_a_plus_and_tiny_ones_are_taken_in_windows() -> None:
    text = WINDOWS.replace("1 0.9", "+1 +0.9").replace("0 0.1", "0 1e-50")
    assert batches(net_of(window_net(text), phase="TRAIN"), 1)[0]["y"].tolist() == [0, 0, 0, 1]


@pytest.mark.usefixtures("folder")
def test_cached_images_are_read_once_wherever_the_training_goes_on() -> None:
    from caffe_multilabel.engine import Solver  # noqa: PLC0415  (torch)

    text = window_net(WINDOWS, "cache_images: true")
    text += """layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
                       inner_product_param { num_output: 2 } }
               layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "y" }"""
    Path("net.prototxt").write_text(text, encoding="utf-8")
    Path("solver.prototxt").write_text(SOLVER, encoding="utf-8")
    solver = Solver("solver.prototxt")
    solver.step(1)
    state = solver.snapshot()
    shutil.rmtree("images")
    solver.restore(state)
    solver.step(2)


@pytest.mark.usefixtures("folder")
def test_a_stream_that_ended_for_want_of_memory_says_so_again() -> None:
    """More than an address has bits for, which no machine has."""
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine.draws import Draws  # noqa: PLC0415  (torch)
    from caffe_multilabel.engine.feeds import FEEDS  # noqa: PLC0415

    text = window_net(WINDOWS, "batch_size: 20000", "crop_size: 26000")
    feed = FEEDS["WindowData"](parse_text(text, "NetParameter").layer[0], "TRAIN", 1)
    feed.start(Draws(1, torch.device("cpu")))
    for _ in range(2):
        with pytest.raises(OutputError, match="there is not enough memory"):
            feed.next()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("changed", ["list.txt", "windows.txt"])
def test_a_copy_whose_list_has_changed_says_what_to_do(changed: str) -> None:
    """And nothing of `restart_data`, which a net does not have."""
    text = image_net("a.png 1\n") if changed == "list.txt" else window_net(WINDOWS)
    net = net_of(text, phase="TRAIN")
    twin = copy.deepcopy(net)
    Path(changed).write_text(
        Path(changed).read_text(encoding="utf-8").replace("a.png", "b.png"), encoding="utf-8"
    )
    with pytest.raises(ListError) as caught:
        twin.forward()
    assert caught.value.message == (
        f"{changed}: it has other lines than when the net was made; make the net anew"
    )


@pytest.mark.usefixtures("in_golden")
def test_a_scale_that_does_nothing_to_windows_is_told(caplog: pytest.LogCaptureFixture) -> None:
    case_net("window_square")
    assert "layer 'window' (WindowData): scale in transform_param does nothing" in caplog.text
