"""The engine as its user sees it: parts of a net, files that come back, one error a mistake."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import OptionError, PrototxtError, read_net
from caffe_multilabel.caffe.proto import parse_text
from command_tools import environment

if TYPE_CHECKING:
    from caffe_multilabel.engine import Net

TEXT = """
name: "small"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 6 dim: 6 } } }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc"
  inner_product_param { num_output: 5 weight_filler { type: "gaussian" std: 0.1 } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "y" top: "loss" }
layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "y" top: "accuracy" }
"""


def make(text: str = TEXT, **options: Any) -> Net:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    return Net(parse_text(text, "NetParameter"), **{"phase": "TRAIN", "seed": 3} | options)


@pytest.fixture
def fed() -> Net:
    net = make()
    images = np.random.default_rng(1).normal(size=(2, 3, 6, 6)).astype(np.float32)
    net.forward(x=images, y=[1, 4])
    return net


@pytest.mark.torch
def test_the_net_is_the_one_that_caffe_makes(fed: Net) -> None:
    assert fed.inputs == ("x", "y")
    assert fed.outputs == ("accuracy", "loss")
    assert list(fed.params) == ["conv", "bn", "fc"]
    assert [blob.shape for blob in fed.params["bn"]] == [(4,), (4,), (1,)]
    splits = ["fc_fc_0_split_0", "fc_fc_0_split_1", "y_y_0_split_0", "y_y_0_split_1"]
    assert set(splits) <= set(fed.blobs)
    assert fed.loss == pytest.approx(float(fed.blobs["loss"].data))


@pytest.mark.torch
def test_a_part_of_the_net_runs_from_what_the_blobs_hold(fed: Net) -> None:
    whole = fed.blobs["fc"].data.clone()
    fed.blobs["conv"].data.mul_(2)
    part = fed.forward(start="fc", end="fc")
    bias = fed.params["fc"][1].data
    assert list(part) == ["fc"]
    np.testing.assert_allclose(part["fc"] - bias, 2 * (whole - bias), rtol=1e-5, atol=1e-6)


@pytest.mark.torch
def test_diffs_of_weights_add_up_and_a_part_runs_backward(fed: Net) -> None:
    fed.backward()
    once = {name: [blob.diff.clone() for blob in blobs] for name, blobs in fed.params.items()}
    assert once["conv"][0].any()
    fed.backward(end="fc")
    np.testing.assert_allclose(fed.params["fc"][0].diff, 2 * once["fc"][0], rtol=1e-6)
    np.testing.assert_array_equal(fed.params["conv"][0].diff, once["conv"][0])
    fed.clear_diffs()
    assert not any(blob.diff.any() for blobs in fed.params.values() for blob in blobs)


@pytest.mark.torch
def test_gradients_are_those_of_the_loss() -> None:
    import torch  # noqa: PLC0415

    net = make(dtype=torch.float64)
    random = np.random.default_rng(2)
    net.forward(x=random.normal(size=(2, 3, 6, 6)), y=[0, 3])
    net.backward()
    blob = net.params["conv"][0]
    for place in ((0, 0, 0, 0), (3, 2, 1, 2), (1, 1, 2, 0)):
        losses = []
        for step in (1e-6, -1e-6):
            blob.data[place] += step
            net.forward()
            losses.append(net.loss)
            blob.data[place] -= step
        slope = (losses[0] - losses[1]) / 2e-6
        assert slope == pytest.approx(blob.diff[place].item(), rel=1e-5, abs=1e-9)


@pytest.mark.torch
def test_a_saved_net_comes_back(fed: Net, tmp_path: Path) -> None:
    fed.save(tmp_path / "net.caffemodel")
    other = make(seed=4)
    other.copy_from(tmp_path / "net.caffemodel")
    for name, blobs in fed.params.items():
        for blob, copied in zip(blobs, other.params[name], strict=True):
            np.testing.assert_array_equal(blob.data, copied.data)
    saved = read_net(tmp_path / "net.caffemodel")
    layers = {layer.name: layer for layer in saved.layer}
    assert {layer.phase for layer in saved.layer} == {0}
    assert "fc_fc_0_split" in layers
    assert list(layers["loss"].loss_weight) == [1]
    assert [param.lr_mult for param in layers["bn"].param] == [0, 0, 0]


@pytest.mark.torch
def test_values_that_are_given_are_the_callers_own() -> None:
    net = make(
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 } } }'
        'layer { name: "r" type: "ReLU" bottom: "x" top: "x" }'
    )
    given = np.array([-1, 0, 2], np.float32)
    net.forward(x=given)
    assert given.tolist() == [-1, 0, 2]
    assert net.blobs["x"].data.tolist() == [0, 0, 2]


@pytest.mark.torch
def test_blobs_that_share_memory_see_what_one_of_them_writes() -> None:
    net = make(
        "force_backward: true "
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'
        'layer { name: "f" type: "Flatten" bottom: "x" top: "f" flatten_param { axis: 0 } }'
        'layer { name: "r" type: "ReLU" bottom: "f" top: "f" }'
    )
    net.forward(x=[[-1, 2, -3], [4, -5, 6]])
    assert net.blobs["x"].data.tolist() == [[0, 2, 0], [4, 0, 6]]
    net.blobs["f"].diff.fill_(1)
    net.backward()
    assert net.blobs["x"].diff.tolist() == [[0, 1, 0], [1, 0, 1]]


@pytest.mark.torch
def test_nan_does_not_pass_a_maximum() -> None:
    net = make(
        'layer { name: "x" type: "Input" top: "x"'
        " input_param { shape { dim: 1 dim: 1 dim: 2 dim: 4 } } }"
        'layer { name: "p" type: "Pooling" bottom: "x" top: "p"'
        " pooling_param { kernel_size: 2 stride: 2 } }"
    )
    nan = float("nan")
    top = net.forward(x=[[[[nan, 1, nan, nan], [-5, nan, nan, nan]]]])["p"]
    assert top.flatten().tolist() == [1, np.finfo(np.float32).min]


@pytest.mark.torch
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda net: net.forward(z=1), OptionError, "'z' is no input of the net, which has x, y"),
        (
            lambda net: net.forward(x=np.zeros((3, 3, 6, 6))),
            OptionError,
            "values of shape 3x3x6x6 for a blob of 2x3x6x6; reshape it first",
        ),
        (lambda net: net.forward(start="cnv"), OptionError, "the net has no layer 'cnv'"),
        (
            lambda net: net.copy_from("no.caffemodel"),
            PrototxtError,
            "no.caffemodel: cannot be read: No such file or directory",
        ),
        (
            lambda net: net.reshape(x=(3, 3, 6, 6)),
            PrototxtError,
            "layer 'loss' (SoftmaxWithLoss): bottom[0] is 3x5 and bottom[1] 2",
        ),
        (
            lambda net: net.forward(y=[1, 5]),
            PrototxtError,
            "layer 'loss' (SoftmaxWithLoss): label 5 in 'y_y_0_split_0'; 0 to 4 are allowed",
        ),
        (lambda _: make(device="cuda:99"), OptionError, "device 'cuda:99' cannot be used: "),
        (lambda _: make(dtype=int), OptionError, "dtype is <class 'int'>; torch.float32 or"),
        (
            lambda _: make('layer { name: "d" type: "HDF5Output" bottom: "x" bottom: "x" }'),
            PrototxtError,
            "layer 'd' (HDF5Output): unknown bottom blob 'x'",
        ),
    ],
)
def test_a_mistake_is_one_clear_error(
    fed: Net, call: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        call(fed)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.torch
def test_a_file_cut_off_is_one_clear_error(fed: Net, tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    fed.save(path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(PrototxtError, match=rf"^{path}: not a binary NetParameter, or damaged"):
        fed.copy_from(path)


@pytest.mark.parametrize(
    "code",
    [
        "from caffe_multilabel.engine import Net",
        "import caffe_multilabel.engine",
        "import caffe_multilabel.engine.net",
    ],
)
def test_without_torch_the_extra_is_named(code: str, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')")

    def run(code: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code],
            env=environment(PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path])),
            capture_output=True,
            text=True,
            check=False,
        )

    last = run(code).stderr.splitlines()[-1]
    assert last == (
        "caffe_multilabel.errors.ExtraError: torch is not installed; it comes with the extra "
        "'torch': pip install 'caffe-multilabel[torch]'"
    )
    guarded = f"try:\n    {code}\nexcept ImportError as error:\n    print(error.key)"
    assert run(guarded).stdout == "torch\n"


@pytest.mark.torch
def test_debug_info_is_what_caffe_train_logs(caplog: pytest.LogCaptureFixture) -> None:
    golden = Path(__file__).parent / "golden" / "engine" / "debug_info"
    net = make((golden / "net.prototxt").read_text())
    net.forward()
    net.backward()
    assert [record.getMessage() for record in caplog.records] == (
        (golden / "log.txt").read_text().splitlines()
    )


@pytest.mark.torch
def test_debug_info_of_a_part_tells_of_that_part(
    fed: Net, caplog: pytest.LogCaptureFixture
) -> None:
    fed.backward()
    assert not caplog.records
    fed.debug_info = True
    fed.forward(start="relu", end="relu")
    fed.backward(start="relu", end="relu")
    told = [record.getMessage().split(" data")[0].split(" diff")[0] for record in caplog.records]
    assert told == [
        "    [Forward] Layer relu, top blob conv",
        "    [Backward] Layer relu, bottom blob conv",
    ]


@pytest.mark.torch
def test_a_tensor_of_a_blob_stays_its_memory(fed: Net) -> None:
    scores, slope = fed.blobs["fc"].data, fed.blobs["fc"].diff
    fed.backward()
    before = scores.clone(), slope.clone()
    fed.forward(x=np.ones((2, 3, 6, 6)))
    fed.backward()
    assert not (scores == before[0]).all()
    assert not (slope == before[1]).all()
    assert scores.data_ptr() == fed.blobs["fc"].data.data_ptr()


TWICE = """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 } } }
    layer { name: "cont" type: "Input" top: "cont" input_param { shape { dim: 2 dim: 3 } } }
    layer { name: "lstm" type: "LSTM" bottom: "x" bottom: "cont" top: "h" recurrent_param {
            num_output: 5 weight_filler { type: "xavier" } } }
    layer { name: "flat" type: "Flatten" bottom: "h" top: "flat" flatten_param { axis: 0 } }
    layer { name: "drop" type: "Dropout" bottom: "flat" top: "drop" }
    layer { name: "sum" type: "Reduction" bottom: "drop" top: "sum" loss_weight: 1 }
"""


@pytest.mark.torch
@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_net_can_be_copied_and_pickled(again: Any) -> None:
    net = make(TWICE, phase="TRAIN")
    values = {"x": np.ones((2, 3, 4)), "cont": np.ones((2, 3))}
    net.forward(inputs=values)
    net.backward()
    other = again(net)
    for one in (net, other):  # with the states, and the random numbers, that come next
        one.forward(inputs=values)
        one.backward()
    assert net.loss == other.loss != 0
    for left, right in zip(net.params["lstm"], other.params["lstm"], strict=True):
        assert (left.diff == right.diff).all()
    other.params["lstm"][0].data.zero_()
    assert net.params["lstm"][0].data.any()
    assert other.blobs["h"].data.data_ptr() == other.blobs["flat"].data.data_ptr()
    assert other.blobs["h"].data.data_ptr() != net.blobs["h"].data.data_ptr()
