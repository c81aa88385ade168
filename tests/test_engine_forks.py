"""Layers of forks in the engine: values by models in numpy, gradients by finite differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel.caffe.layers import FORK_TYPES
from fork_tools import net, schema_of_layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.proto import ProtoSchema
    from caffe_multilabel.engine import Net

    Model = Callable[..., NDArray[np.float64]]

pytestmark = pytest.mark.torch

STEP = 1e-6
SETTINGS = {
    "interp_param": """optional int32 height = 1; optional int32 width = 2;
        optional int32 zoom_factor = 3; optional int32 shrink_factor = 4;
        optional int32 pad_beg = 5 [default = 0]; optional int32 pad_end = 6 [default = 0];""",
    "norm_param": """optional bool across_spatial = 1 [default = true];
        optional FillerParameter scale_filler = 2;
        optional bool channel_shared = 3 [default = true];
        optional float eps = 4 [default = 1e-10];""",
    "permute_param": "repeated uint32 order = 1;",
    "shuffle_channel_param": "optional uint32 group = 1 [default = 1];",
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> ProtoSchema:
    path = tmp_path_factory.mktemp("fork") / "caffe.proto"
    return schema_of_layers(path, SETTINGS)


def made(schema: ProtoSchema, kind: str, settings: str, bottoms: str) -> Net:
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine import Net  # noqa: PLC0415

    message = net(schema, kind, settings, bottoms)
    message.force_backward = True
    return Net(message, seed=1, dtype=torch.float64)


def axpy(factors: Any, x: Any, y: Any) -> Any:
    return factors.reshape(*factors.shape[:2], 1, 1) * x + y


def shuffled(x: Any) -> Any:
    channels = [0, 3, 1, 4, 2, 5]  # of two groups: 0, 1, 2 and 3, 4, 5
    return x[:, channels]


def depthwise(x: Any, weight: Any, bias: Any) -> Any:
    """Windows of 3 x 2 with a stride of 2, padded by 1."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    rows, columns = (padded.shape[2] - 3) // 2 + 1, (padded.shape[3] - 2) // 2 + 1
    top = np.zeros((*x.shape[:2], rows, columns))
    for row in range(rows):
        for column in range(columns):
            window = padded[:, :, 2 * row : 2 * row + 3, 2 * column : 2 * column + 2]
            top[:, :, row, column] = (window * weight[:, 0]).sum((2, 3)) + bias
    return top


def interpolated(x: Any) -> Any:
    """3 x 5 pixels, of which one is cut off before and none behind, as 4 x 4."""
    x, pixels = x[:, :, 1:, 1:], np.zeros((*x.shape[:2], 4, 4))
    for row in range(4):
        for column in range(4):
            down, right = row * (x.shape[2] - 1) / 3, column * (x.shape[3] - 1) / 3
            for i in range(x.shape[2]):
                for j in range(x.shape[3]):
                    weight = max(0, 1 - abs(down - i)) * max(0, 1 - abs(right - j))
                    pixels[:, :, row, column] += weight * x[:, :, i, j]
    return pixels


def normalized(axes: tuple[int, ...], eps: float) -> Model:
    def model(x: Any, scale: Any) -> Any:
        return x / np.sqrt((x**2).sum(axes, keepdims=True) + eps) * scale.reshape(1, -1, 1, 1)

    return model


OWN_SCALES = """norm_param { across_spatial: false channel_shared: false eps: 0.5
    scale_filler { type: "constant" value: 2 } }"""
WINDOWS = """convolution_param { num_output: 3 group: GROUP kernel_h: 3 kernel_w: 2 stride: 2 pad: 1
    weight_filler { type: "gaussian" } bias_filler { type: "gaussian" } }"""

CASES = [
    ("Axpy", "", "2x3 2x3x4x5 2x3x4x5", axpy),
    ("Axpy", "", "2x3x1x1 2x3x2x2 2x3x2x2", axpy),
    ("ConvolutionDepthwise", WINDOWS.replace("GROUP", "1"), "2x3x5x6", depthwise),
    ("DepthwiseConvolution", WINDOWS.replace("GROUP", "3"), "2x3x5x6", depthwise),
    ("Interp", "interp_param { height: 4 width: 4 pad_beg: -1 }", "2x2x3x5", interpolated),
    ("Normalize", "", "2x3x2x2", normalized((1, 2, 3), 1e-10)),
    ("Normalize", OWN_SCALES, "2x3x2x2", normalized((1,), 0.5)),
    ("Permute", "permute_param { order: 0 order: 2 }", "2x3x4x5", lambda x: x.swapaxes(1, 2)),
    ("ReLU6", "", "2x3x4x5", lambda x: np.minimum(np.maximum(x, 0), 6)),
    ("ShuffleChannel", "shuffle_channel_param { group: 2 }", "2x6x2x3", shuffled),
    ("ShuffleChannel", "", "2x6x2x3", lambda x: x),
]


def test_every_type_of_a_fork_has_a_case() -> None:
    from caffe_multilabel.engine.layers import EMITTERS  # noqa: PLC0415  (torch)

    assert {kind for kind, *_ in CASES} == FORK_TYPES.keys() & EMITTERS


@pytest.mark.parametrize(("kind", "settings", "bottoms", "model"), CASES)
def test_values_and_gradients(
    schema: ProtoSchema, kind: str, settings: str, bottoms: str, model: Model
) -> None:
    run = made(schema, kind, settings, bottoms)
    random = np.random.default_rng(4)
    inputs = [4 * random.normal(size=run.blobs[name].shape) for name in run.inputs]
    weights = [blob.data.numpy().copy() for blob in run.params.get("l", ())]
    found = run.forward(inputs=dict(zip(run.inputs, inputs, strict=True)))["t0"].numpy()
    np.testing.assert_allclose(found, model(*inputs, *weights), rtol=1e-12, atol=1e-12)

    slope = random.normal(size=found.shape)
    run.blobs["t0"].diff = slope
    run.backward()
    blobs = [*(run.blobs[name] for name in run.inputs), *run.params.get("l", ())]
    at = [*inputs, *weights]
    for number, (blob, values) in enumerate(zip(blobs, at, strict=True)):
        way = random.normal(size=values.shape)
        ends = []
        for sign in (1, -1):
            moved = [*at]
            moved[number] = values + sign * STEP * way
            ends.append((model(*moved) * slope).sum())
        expected = (ends[0] - ends[1]) / (2 * STEP)
        assert (blob.diff.numpy() * way).sum() == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_what_their_backward_passes_leave_where_nothing_is_wanted(schema: ProtoSchema) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    message = net(schema, "Axpy", "propagate_down: [true, false, false]", "1x2 1x2x2x2 1x2x2x2")
    message.force_backward = True
    run = Net(message)
    run.blobs["b1"].diff = np.ones((1, 2, 2, 2))
    run.blobs["b2"].diff = np.ones((1, 2, 2, 2))
    run.forward()
    run.blobs["t0"].diff = np.ones((1, 2, 2, 2))
    run.backward()
    assert not run.blobs["b1"].diff.any()  # where the factor's diff was summed of
    assert run.blobs["b2"].diff.all()


def test_the_factor_of_normalize_is_1_where_no_filler_is_given(schema: ProtoSchema) -> None:
    assert made(schema, "Normalize", "", "1x3x2x2").params["l"][0].data == 1


def test_normalize_weighs_what_it_takes_off_by_one_factor_as_in_ssd(schema: ProtoSchema) -> None:
    # Each channel's gradient is made as if all channels had its factor, which is wrong elsewhere.
    run = made(schema, "Normalize", OWN_SCALES, "1x2x1x1")
    run.params["l"][0].data = [2, 3]
    run.forward(b0=[[[[3]], [[4]]]])
    run.blobs["t0"].diff = [[[[1]], [[-1]]]]
    run.backward()
    norm, share = np.sqrt(25.5), (3 - 4) / 25.5
    expected = [2 * (1 - 3 * share) / norm, 3 * (-1 - 4 * share) / norm]
    np.testing.assert_allclose(run.blobs["b0"].diff.flatten(), expected)


def test_a_saved_net_is_read_back(schema: ProtoSchema, tmp_path: Any) -> None:
    runs = [made(schema, *CASES[2][:3]) for _ in range(2)]
    runs[0].params["l"][0].data = np.arange(18).reshape(3, 1, 3, 2)
    runs[0].save(tmp_path / "net.caffemodel")
    runs[1].copy_from(tmp_path / "net.caffemodel")
    assert (runs[1].params["l"][0].data == runs[0].params["l"][0].data).all()
