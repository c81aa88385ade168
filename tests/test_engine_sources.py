"""MemoryData and HDF5Output in the engine, and which types it does not run."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import Error, OptionError, OutputError, PrototxtError
from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.proto import parse_text

if TYPE_CHECKING:
    from caffe_multilabel.engine import Net

pytestmark = pytest.mark.torch

MEMORY = (
    'layer { name: "d" type: "MemoryData" top: "x" top: "y"'
    " memory_data_param { batch_size: 2 channels: 1 height: 1 width: 3 } }"
)
RELU = 'layer { name: "r" type: "ReLU" bottom: "x" top: "x" }'
DATA = np.arange(18, dtype=np.float32).reshape(6, 1, 1, 3) - 7
LABELS = np.arange(6, dtype=np.float32)
DOCS = Path(__file__).parents[1] / "docs"


def make(text: str, **options: Any) -> Net:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    return Net(parse_text(text, "NetParameter"), **options)


def output(file: Path | str) -> str:
    return (
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'
        'layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 } } }'
        'layer { name: "o" type: "HDF5Output" bottom: "x" bottom: "y"'
        f' hdf5_output_param {{ file_name: "{file}" }} }}'
    )


def test_batches_follow_each_other_and_begin_anew() -> None:
    net = make(MEMORY)
    assert [net.blobs[name].shape for name in "xy"] == [(2, 1, 1, 3), (2,)]
    net.set_input_arrays(DATA, LABELS)
    for first in (0, 2, 4, 0, 2):
        tops = net.forward()
        np.testing.assert_array_equal(tops["x"], DATA[first : first + 2])
        # Caffe's label blob gets four axes with the first pass.
        assert tuple(tops["y"].shape) == (2, 1, 1, 1)
        assert tops["y"].flatten().tolist() == [first, first + 1]
    net.set_input_arrays(DATA[2:4].astype(np.float64), LABELS[2:4].reshape(2, 1, 1, 1))
    assert net.forward()["y"].flatten().tolist() == [2, 3]


def test_the_callers_arrays_are_read_when_a_batch_is_and_stay_as_they_are() -> None:
    data, labels = DATA.copy(), LABELS.copy()
    net = make(MEMORY + RELU)
    net.set_input_arrays(data, labels)
    data[1] = 5
    assert net.forward()["x"].flatten().tolist() == [0, 0, 0, 5, 5, 5]
    assert data[0].ravel().tolist() == [-7, -6, -5]


def test_labels_train_a_loss() -> None:
    net = make(
        MEMORY + 'layer { name: "f" type: "Flatten" bottom: "x" top: "f" }'
        'layer { name: "l" type: "SoftmaxWithLoss" bottom: "f" bottom: "y" top: "l" }'
    )
    net.set_input_arrays(np.zeros((2, 1, 1, 3)), [0, 2])
    net.forward()
    assert net.loss == pytest.approx(np.log(3))


def test_a_place_behind_what_a_float_counts_to_is_kept() -> None:
    import torch  # noqa: PLC0415  (an extra)

    at = 2**24 + 1
    net = make(MEMORY.replace("width: 3", "width: 1").replace("batch_size: 2", "batch_size: 1"))
    (step,) = net.steps
    net.set_input_arrays(np.zeros((at + 1, 1, 1, 1), np.float32), np.zeros(at + 1, np.float32))
    step.layer.carry((torch.tensor([at], dtype=torch.float64),))
    assert int(step.layer.carried[0]) == at


def test_a_layer_is_chosen_by_its_name() -> None:
    other = MEMORY.replace('"d"', '"e"').replace('"x"', '"v"').replace('"y"', '"w"')
    net = make(MEMORY + other)
    net.set_input_arrays(DATA, LABELS, layer="e")
    net.set_input_arrays(-DATA, -LABELS)
    net.forward()
    assert net.blobs["w"].data.flatten().tolist() == [0, 1]
    assert net.blobs["y"].data.flatten().tolist() == [0, -1]


def test_a_transform_is_not_applied_and_that_is_told(caplog: pytest.LogCaptureFixture) -> None:
    net = make(MEMORY.replace("memory_data", "transform_param { scale: 0.5 } memory_data"))
    net.set_input_arrays(DATA, LABELS)
    np.testing.assert_array_equal(net.forward()["x"], DATA[:2])
    assert caplog.messages == [
        "layer 'd' (MemoryData): transform_param does nothing to arrays, in Caffe as well"
    ]


@pytest.mark.parametrize(
    ("data", "labels", "message"),
    [
        (DATA[:5], LABELS[:5], "data is 5x1x1x3; its first axis must be a multiple of batch_size"),
        (DATA[:0], LABELS[:0], "data is 0x1x1x3; its first axis must be a multiple of batch_size"),
        (DATA, LABELS[:4], "labels are 4, must be 6 for data of 6x1x1x3"),
        (DATA, LABELS.reshape(6, 1), "labels are 6x1, must be 6 for data of 6x1x1x3"),
        (DATA.reshape(6, 3, 1, 1), LABELS, "data is 6x3x1x1, must be Nx1x1x3"),
        (DATA[:, 0], LABELS, "data is 6x1x3, must be Nx1x1x3"),
        (3, LABELS, "data is scalar, must be Nx1x1x3"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(data: Any, labels: Any, message: str) -> None:
    net = make(MEMORY)
    with pytest.raises(OptionError) as caught:
        net.set_input_arrays(data, labels)
    assert str(caught.value).startswith(f"layer 'd' (MemoryData): {message}")
    with pytest.raises(OptionError, match=r"'d' \(MemoryData\) has no arrays: call set_input_"):
        net.forward()


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(OptionError, match=r"^the net has no MemoryData layer 'D'.*'d'"):
        make(MEMORY).set_input_arrays(DATA, LABELS, layer="D")
    with pytest.raises(OptionError, match=r"^the net has no MemoryData layer$"):
        make(output("out.h5")).set_input_arrays(DATA, LABELS)


def test_values_of_any_memory_are_taken() -> None:
    net = make(MEMORY.replace("batch_size: 2", "batch_size: 6"))
    read_only = DATA.copy()
    read_only.flags.writeable = False
    for data in (read_only, DATA[::-1], DATA.astype(">f8"), DATA.astype(np.int8), DATA.tolist()):
        net.set_input_arrays(data, LABELS)
        np.testing.assert_array_equal(net.forward()["x"], np.asarray(data, np.float32))


@pytest.mark.parametrize("values", ["abc", "3", None, [[1], [2, 3]], 1j, {}])
def test_what_is_no_array_of_numbers_is_refused(values: Any) -> None:
    net = make(MEMORY)
    with pytest.raises(OptionError, match=f"^{re.escape(repr(values))} is no array of numbers"):
        net.set_input_arrays(values, LABELS)
    with pytest.raises(OptionError, match="is no array of numbers"):
        net.blobs["x"].data = values


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_file_of_hdf5_output_is_caffes(dtype: str, tmp_path: Path) -> None:
    import h5py  # noqa: PLC0415
    import torch  # noqa: PLC0415

    path = tmp_path / "out.h5"
    net = make(output(path), dtype=getattr(torch, dtype))
    assert not path.exists()
    net.forward(x=[[0, 1, 2], [3, 4, 5]], y=[8, 9])
    with h5py.File(path) as file:
        found = {name: (values.dtype.name, values[()].tolist()) for name, values in file.items()}
    # As a real Caffe wrote them.
    assert found == {
        "data": (dtype, [[[[0]], [[1]], [[2]]], [[[3]], [[4]], [[5]]]]),
        "label": (dtype, [[[[8]]], [[[9]]]]),
    }
    with pytest.raises(PrototxtError, match=rf"^layer 'o' \(HDF5Output\): {path} has a batch"):
        net.forward()


def test_hdf5_output_sends_nothing_back(tmp_path: Path) -> None:
    net = make("force_backward: true " + output(tmp_path / "out.h5"))
    net.forward(x=np.ones((2, 3)), y=[1, 1])
    net.blobs["x"].diff.fill_(5)
    net.backward()
    assert (net.blobs["x"].diff == 5).all()


def test_what_hdf5_output_cannot_write_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "none" / "out.h5"
    with pytest.raises(OutputError, match=rf"^{path}: cannot be written: No such file"):
        make(output(path)).forward()
    with pytest.raises(PrototxtError, match=r"'o' \(HDF5Output\): hdf5_output_param has no file_"):
        make(output(""))
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(Error, match=r"^h5py is not installed; it comes with the extra 'torch'"):
        make(output(path))


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        ("en", "Of BVLC Caffe's layer types: ", r"\."),
        ("zh", "BVLC Caffe 的层类型中.", "。"),
    ],
)
def test_the_page_names_the_types_that_the_engine_does_not_run(
    page: str, before: str, after: str
) -> None:
    from caffe_multilabel.engine.layers import EMITTERS  # noqa: PLC0415  (torch)

    text = (DOCS / page / "run-a-net.md").read_text(encoding="utf-8")
    found = re.search(rf"{before}(.*?){after}", text)
    assert found
    assert re.findall("`(.*?)`", found[1]) == sorted(LAYER_TYPES.keys() - EMITTERS)
    assert len(LAYER_TYPES) == 61
