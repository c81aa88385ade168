"""The shapes of data layers: from the net, from the caller, or an error that says what to do."""

from __future__ import annotations

import pytest

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.caffe.shapes import NetShapes, Shape, infer_shapes
from caffe_multilabel.errors import OptionError, PrototxtError


def set_up(layer: str, data_shapes: dict[str, Shape] | None = None) -> NetShapes:
    net = parse_text(f'layer {{ name: "in" {layer} }}', "NetParameter")
    return infer_shapes(net, "TRAIN", data_shapes=data_shapes)


def refusal(layer: str, data_shapes: dict[str, Shape] | None = None) -> str:
    with pytest.raises(PrototxtError) as caught:
        set_up(layer, data_shapes)
    return caught.value.message


DATA = 'type: "Data" top: "data" top: "label" data_param { batch_size: 64 }'
CROPPED = f"{DATA} transform_param {{ crop_size: 227 mean_value: 1 }}"
IMAGES = 'type: "ImageData" top: "data" top: "label" image_data_param { batch_size: 8'


def test_a_cropped_database_is_taken_for_colour_and_says_so() -> None:
    shapes = set_up(CROPPED)
    assert shapes.blobs == {"data": (64, 3, 227, 227), "label": (64,)}
    assert shapes.assumptions == ("layer 'in' (Data): the records have 3 channels",)


def test_gray_is_an_assumption_too() -> None:
    shapes = set_up(f"{DATA} transform_param {{ crop_size: 64 force_gray: true }}")
    assert shapes.blobs["data"] == (64, 1, 64, 64)
    assert shapes.assumptions == ("layer 'in' (Data): the records have 1 channel",)


def test_a_mean_for_each_channel_tells_how_many_there_are() -> None:
    shapes = set_up(f"{DATA} transform_param {{ crop_size: 64 mean_value: [1, 2, 3, 4] }}")
    assert (shapes.blobs["data"], shapes.assumptions) == ((64, 4, 64, 64), ())


def test_the_caller_gives_the_record_of_a_database() -> None:
    assert set_up(DATA, {"data": (1, 28, 30)}).blobs == {"data": (64, 1, 28, 30), "label": (64,)}
    assert set_up(DATA, {"in": (40, 1, 1)}).blobs["data"] == (64, 40, 1, 1)
    cropped = set_up(CROPPED, {"data": (3, 256, 256)})
    assert (cropped.blobs["data"], cropped.assumptions) == ((64, 3, 227, 227), ())


def test_the_caller_gives_the_whole_blob() -> None:
    assert set_up(DATA, {"data": (5, 3, 9, 9)}).blobs == {"data": (5, 3, 9, 9), "label": (5,)}


def test_an_unknown_database_is_an_error_that_says_how_to_give_it() -> None:
    assert refusal(DATA) == (
        "layer 'in' (Data): the net does not say how large its images are; give crop_size, or "
        "pass data_shapes={'data': (channels, height, width)}"
    )


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (DATA, (3, 5), "the shape given is 3x5; records of channels, height and width"),
        (CROPPED, (3, 256, 226), "crop_size is 227, more than the images have (3x256x226)"),
        ('type: "Data" top: "data"', (3, 5, 5), "batch_size is 0; it must be positive"),
        (
            f'{DATA} transform_param {{ mean_file: "m" mean_value: 1 }}',
            (3, 5, 5),
            "mean_file and mean_value are given; only one is allowed",
        ),
        (
            f"{DATA} transform_param {{ mean_value: [1, 2] }}",
            (3, 5, 5),
            "mean_value is given 2 times; once, or once for each channel (3), is allowed",
        ),
        (
            f"{DATA} transform_param {{ force_color: true force_gray: true }}",
            (3, 5, 5),
            "force_color and force_gray are given; only one is allowed",
        ),
    ],
)
def test_records_that_the_transform_refuses(layer: str, shape: Shape, message: str) -> None:
    assert message in refusal(layer, {"data": shape})


def test_images_from_a_list_are_resized_then_cropped() -> None:
    resized = set_up(f"{IMAGES} new_height: 20 new_width: 30 }}")
    assert resized.blobs == {"data": (8, 3, 20, 30), "label": (8,)}
    gray = set_up(f"{IMAGES} is_color: false }} transform_param {{ crop_size: 24 }}")
    assert (gray.blobs["data"], gray.assumptions) == ((8, 1, 24, 24), ())


def test_images_from_a_list_that_do_not_fit() -> None:
    assert "pass data_shapes={'data': " in refusal(f"{IMAGES} }}")
    assert "new_height is 20 and new_width 0; they go together" in refusal(
        f"{IMAGES} new_height: 20 }}"
    )
    assert "crop_size is 24, more than the images have (3x20x20)" in refusal(
        f"{IMAGES} new_height: 20 new_width: 20 }} transform_param {{ crop_size: 24 }}"
    )


def test_windows_need_a_crop() -> None:
    layer = 'type: "WindowData" top: "data" top: "label" window_data_param { batch_size: 4 }'
    shapes = set_up(f"{layer} transform_param {{ crop_size: 32 }}")
    assert shapes.blobs == {"data": (4, 3, 32, 32), "label": (4,)}
    assert "crop_size is 0; it must be positive" in refusal(layer)


def test_memory() -> None:
    layer = 'type: "MemoryData" top: "data" top: "label" memory_data_param '
    shapes = set_up(f"{layer} {{ batch_size: 2 channels: 3 height: 4 width: 5 }}")
    assert shapes.blobs == {"data": (2, 3, 4, 5), "label": (2,)}
    assert "width is 0; it must be positive" in refusal(
        f"{layer} {{ batch_size: 2 channels: 3 height: 4 }}"
    )


def test_inputs() -> None:
    two = 'type: "Input" top: "a" top: "b" input_param '
    assert set_up(f"{two} {{ shape {{ dim: 2 dim: 3 }} }}").blobs == {"a": (2, 3), "b": (2, 3)}
    each = set_up(f"{two} {{ shape {{ dim: 2 }} shape {{}} }}")
    assert each.blobs == {"a": (2,), "b": ()}
    assert set_up('type: "Input" top: "a"', {"a": (7, 1)}).blobs == {"a": (7, 1)}
    assert "input_param has no shape" in refusal('type: "Input" top: "a"')
    assert "shape is given 2 times; once, or once for each top (3), is allowed" in refusal(
        'type: "Input" top: "a" top: "b" top: "c" input_param { shape {} shape {} }'
    )
    assert "top[0] would have shape 2x-1; every dimension must be positive" in refusal(
        'type: "Input" top: "a" input_param { shape { dim: 2 dim: -1 } }'
    )


def test_the_caller_goes_before_the_net() -> None:
    layer = 'type: "Input" top: "a" top: "b" input_param { shape { dim: 2 } }'
    assert set_up(layer, {"in": (5,)}).blobs == {"a": (5,), "b": (2,)}


def test_dummy_data() -> None:
    layer = 'type: "DummyData" top: "a" top: "b" dummy_data_param '
    shapes = set_up(f"{layer} {{ shape {{ dim: 2 dim: 3 }} shape {{ dim: 2 }} }}")
    assert shapes.blobs == {"a": (2, 3), "b": (2,)}
    old = set_up(f"{layer} {{ num: 2 channels: [3, 1] height: 4 width: 5 }}")
    assert old.blobs == {"a": (2, 3, 4, 5), "b": (2, 1, 4, 5)}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "shape is given 0 times"),
        ("num: 2 channels: 2 height: 2", "width is given 0 times"),
        ("num: 2 shape { dim: 2 }", "only one way is allowed"),
        ('shape { dim: 2 } data_filler { type: "uniforme" }', "did you mean uniform?"),
        (
            "shape { dim: 2 } data_filler {} data_filler {} data_filler {}",
            "data_filler is given 3 times",
        ),
    ],
)
def test_dummy_data_that_does_not_fit(body: str, message: str) -> None:
    layer = f'type: "DummyData" top: "a" top: "b" dummy_data_param {{ {body} }}'
    assert message in refusal(layer)


@pytest.mark.parametrize("type_name", ["HDF5Data", "Python"])
def test_what_only_the_caller_knows(type_name: str) -> None:
    layer = f'type: "{type_name}" top: "a" top: "b"'
    shapes = set_up(layer, {"in": (4, 3), "b": (4,)})
    assert shapes.blobs == {"a": (4, 3), "b": (4,)}
    assert "pass data_shapes={'b': (...)}, its whole shape" in refusal(layer, {"a": (4, 3)})


def test_hdf5_data_is_not_transformed() -> None:
    layer = 'type: "HDF5Data" top: "a" transform_param { scale: 2 }'
    assert "this layer does not transform its data" in refusal(layer, {"a": (4, 3)})


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"dta": (3, 5, 5)}, "data_shapes['dta']: no data layer, nor a top of one, has that name"),
        ({"dta": (3, 5, 5)}, "did you mean 'data'?"),
        ({"data": (3, 0, 5)}, "data_shapes['data']: shape 3x0x5; every dimension must be positive"),
    ],
)
def test_shapes_that_cannot_be_given(shapes: dict[str, Shape], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        set_up(DATA, shapes)
    assert message in caught.value.message


def test_a_shape_may_be_given_for_the_data_of_another_phase() -> None:
    net = parse_text(
        """layer { name: "train" type: "Data" top: "data" include { phase: TRAIN } }
           layer { name: "test" type: "Data" top: "data" include { phase: TEST }
                   data_param { batch_size: 2 } }""",
        "NetParameter",
    )
    shapes = {"train": (3, 9, 9), "test": (1, 5, 5)}
    assert infer_shapes(net, "TEST", data_shapes=shapes).blobs == {"data": (2, 1, 5, 5)}
