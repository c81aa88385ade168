"""Convolution and pooling sizes: Caffe's rounding, its clip, and a count of window positions."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.caffe.shapes import Shape, infer_shapes
from caffe_multilabel.errors import PrototxtError

sizes = st.integers(1, 40)
kernels = st.integers(1, 9)
strides = st.integers(1, 6)


def top_of(type_name: str, bottom: Shape, body: str) -> Shape:
    dims = " ".join(f"dim: {size}" for size in bottom)
    net = parse_text(
        f"""layer {{ name: "in" type: "Input" top: "x" input_param {{ shape {{ {dims} }} }} }}
            layer {{ name: "w" type: "{type_name}" bottom: "x" top: "y" {body} }}""",
        "NetParameter",
    )
    return infer_shapes(net, "TEST").blobs["y"]


def pooled(size: int, **fields: int | str) -> int:
    """Return the pooled size of a square image."""
    body = " ".join(f"{name}: {value}" for name, value in fields.items())
    height, width = top_of("Pooling", (1, 1, size, size), f"pooling_param {{ {body} }}")[2:]
    assert height == width
    return height


@pytest.mark.parametrize(
    ("size", "expected"),
    [(55, 27), (27, 13), (13, 6), (112, 56), (56, 28), (28, 14), (14, 7)],
)
def test_pooling_of_3_by_stride_2_rounds_up(size: int, expected: int) -> None:
    # CaffeNet's and GoogLeNet's published blobs.
    assert pooled(size, kernel_size=3, stride=2) == expected


def test_pooling_rounds_down_when_asked() -> None:
    assert pooled(112, kernel_size=3, stride=2, round_mode="FLOOR") == 55


def test_a_window_past_the_bottom_is_clipped_only_where_there_is_padding() -> None:
    # 7 + 2 - 2 = 7 steps of 3 round up to 3, whose window starts at 9: past 7 + 1.
    assert pooled(7, kernel_size=2, stride=3, pad=1) == 3
    # Without padding the window that starts at 9 of 8 stays, though nothing is in it.
    assert pooled(8, kernel_size=1, stride=3) == 4
    assert pooled(8, kernel_size=2, stride=9) == 2


def test_padding_on_one_axis_clips_the_other_too() -> None:
    body = "pooling_param { kernel_size: 2 stride: 9 pad_h: 1 pad_w: 0 }"
    assert top_of("Pooling", (1, 1, 8, 8), body) == (1, 1, 1, 1)


def test_global_pooling_leaves_one_value_a_channel() -> None:
    assert top_of("Pooling", (2, 5, 7, 9), "pooling_param { global_pooling: true }") == (2, 5, 1, 1)


def test_a_mask_has_the_shape_of_the_pooled_blob() -> None:
    net = parse_text(
        """layer { name: "in" type: "Input" top: "x"
                   input_param { shape { dim: 1 dim: 2 dim: 6 dim: 8 } } }
           layer { name: "p" type: "Pooling" bottom: "x" top: "y" top: "mask"
                   pooling_param { kernel_size: 2 stride: 2 } }""",
        "NetParameter",
    )
    assert infer_shapes(net, "TEST").blobs["mask"] == (1, 2, 3, 4)


def test_a_window_larger_than_the_bottom_by_less_than_a_stride_has_one_position() -> None:
    # Caffe divides integers, which cuts towards zero: (4 - 5) / 2 + 1 is 1.
    body = "convolution_param { num_output: 1 kernel_size: 5 stride: 2 }"
    assert top_of("Convolution", (1, 1, 4, 4), body) == (1, 1, 1, 1)


@pytest.mark.parametrize(("levels", "values"), [(1, (2, 3, 1, 1)), (3, (2, 3 * 21))])
def test_a_pyramid_pools_1_4_16_bins(levels: int, values: Shape) -> None:
    body = f"spp_param {{ pyramid_height: {levels} }}"
    assert top_of("SPP", (2, 3, 12, 16), body) == values


@settings(deadline=None)
@given(
    size=sizes, kernel=kernels, stride=strides, pad=st.integers(0, 5), dilation=st.integers(1, 3)
)
def test_a_convolution_has_as_many_outputs_as_its_window_has_places(
    size: int, kernel: int, stride: int, pad: int, dilation: int
) -> None:
    extent = dilation * (kernel - 1) + 1
    indices = [at for at in range(0, size + 2 * pad, stride) if at + extent <= size + 2 * pad]
    body = f"""convolution_param {{ num_output: 1 kernel_size: {kernel} stride: {stride} pad: {pad}
               dilation: {dilation} }}"""
    if indices:
        assert top_of("Convolution", (1, 1, size), body) == (1, 1, len(indices))
    elif extent - (size + 2 * pad) >= stride:
        with pytest.raises(PrototxtError, match="does not fit"):
            top_of("Convolution", (1, 1, size), body)


@settings(deadline=None)
@given(size=sizes, kernel=kernels, stride=strides, pad=st.integers(0, 8))
def test_pooling_covers_the_bottom_and_starts_no_window_past_it(
    size: int, kernel: int, stride: int, pad: int
) -> None:
    assume(pad < kernel <= size + 2 * pad)
    starts = [-pad]
    while starts[-1] + kernel < size + pad:  # something on the right is not covered yet
        starts.append(starts[-1] + stride)
    if pad:
        starts = [start for start in starts if start < size]
    assert pooled(size, kernel_size=kernel, stride=stride, pad=pad) == len(starts)


@settings(deadline=None)
@given(size=sizes, kernel=kernels, stride=strides, pad=st.integers(0, 3))
def test_a_deconvolution_undoes_the_size_of_a_convolution(
    size: int, kernel: int, stride: int, pad: int
) -> None:
    made = stride * (size - 1) + kernel - 2 * pad
    assume(made >= 1)
    body = f"""convolution_param {{ num_output: 1 kernel_size: {kernel} stride: {stride}
               pad: {pad} }}"""
    assert top_of("Deconvolution", (1, 1, size), body) == (1, 1, made)
    if made + 2 * pad >= kernel:
        assert top_of("Convolution", (1, 1, made), body) == (1, 1, size)


@settings(deadline=None)
@given(widths=st.lists(st.integers(1, 9), min_size=2, max_size=8), batch=st.integers(1, 4))
def test_slices_joined_again_are_the_blob(widths: list[int], batch: int) -> None:
    points = [sum(widths[:end]) for end in range(1, len(widths))]
    tops = [f"part{index}" for index in range(len(widths))]
    net = parse_text(
        f"""layer {{ name: "in" type: "Input" top: "x"
                     input_param {{ shape {{ dim: {batch} dim: {sum(widths)} dim: 2 }} }} }}
            layer {{ name: "s" type: "Slice" bottom: "x" {" ".join(f'top: "{t}"' for t in tops)}
                     slice_param {{ {" ".join(f"slice_point: {p}" for p in points)} }} }}
            layer {{ name: "c" type: "Concat" {" ".join(f'bottom: "{t}"' for t in tops)}
                     top: "y" }}""",
        "NetParameter",
    )
    blobs = infer_shapes(net, "TEST").blobs
    assert [blobs[top] for top in tops] == [(batch, width, 2) for width in widths]
    assert blobs["y"] == blobs["x"]
