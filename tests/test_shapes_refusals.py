"""What makes a layer unusable is an error that says what was found and what is allowed."""

from __future__ import annotations

import pytest

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import PrototxtError

# Type, shapes of the bottoms -> number of tops; after a bar the rest of the layer; the message.
CASES = """
ReLU -> 1
    0 bottoms; it has 1

Eltwise 2 -> 1
    1 bottom; it has at least 2

Bias 2 2 2 -> 1
    3 bottoms; it has 1 to 2

SoftmaxWithLoss 2x3 2 -> 2
    2 tops; it has 1

Convolution 1x1 1x1 -> 1
| convolution_param { num_output: 1 }
    2 bottoms and 1 top; it has one top for each bottom

ReLU 2 -> 1
| propagate_down: true propagate_down: true
    propagate_down is given 2 times; once for each bottom (1), or not at all, is allowed

ReLU 2 -> 1
| loss_weight: 1 loss_weight: 1
    loss_weight is given 2 times; once for each top (1) is needed

InnerProduct 2x3 -> 1
    num_output is 0; it must be positive

InnerProduct 2x3 -> 1
| inner_product_param { num_output: 5 axis: 2 }
    axis is 2, and bottom[0] has 2 axes (2x3)

InnerProduct 2x3 -> 1
| inner_product_param { num_output: 5 weight_filler { type: "xaviar" } }
    filler type is 'xaviar'; it is one of constant, gaussian, uniform, bilinear,
    positive_unitball, xavier, msra; did you mean xavier?

InnerProduct 2x3 -> 1
| inner_product_param { num_output: 5 weight_filler { type: "xavier" sparse: 3 } }
    sparse is 3 in a xavier filler; -1 and, in a gaussian one, 0 and more are allowed

InnerProduct 2x3 -> 1
| inner_product_param { num_output: 5 weight_filler { type: "gaussian" sparse: 6 } }
    sparse is 6 in a gaussian filler of 5x3; at most 5, the size of its first axis, is
    allowed

InnerProduct 2x3 -> 1
| inner_product_param { num_output: 5 weight_filler { type: "gaussian" std: 0 } }
    std is 0 in a gaussian filler; write one above 0

InnerProduct 2x3 -> 1
| inner_product_param { num_output: 5 bias_filler { type: "gaussian" std: -0.5 } }
    std is -0.5 in a gaussian filler; write one above 0

PReLU 2x3 -> 1
| prelu_param { filler { type: "gaussian" std: nan } }
    std is nan in a gaussian filler; write one above 0

Convolution 1x3x8x8 -> 1
| convolution_param { num_output: 2 kernel_size: 3 weight_filler { type: "uniform" min: 2 } }
    min is 2 and max 1 in a uniform filler; write a min that is finite, below
    the largest float, and not above max

Embed 4 -> 1
| embed_param { num_output: 2 input_dim: 9 weight_filler { type: "uniform" max: nan } }
    min is 0 and max nan in a uniform filler; write a min that is finite, below
    the largest float, and not above max

DummyData -> 1
| dummy_data_param { shape { dim: 2 } data_filler { type: "uniform" min: 1 max: -1 } }
    min is 1 and max -1 in a uniform filler; write a min that is finite, below
    the largest float, and not above max

InnerProduct 2x3 -> 1
| inner_product_param { num_output: 5 weight_filler { type: "bilinear" } }
    a bilinear filler cannot fill 5x3; the blob must have 4 axes and the last two be
    equal

InnerProduct 60000x4 -> 1
| inner_product_param { num_output: 60000 }
    top[0] would have shape 60000x60000: 3600000000 values; at most 2147483647 are
    allowed

InnerProduct 2x3 -> 1
| param {} param {} param {} inner_product_param { num_output: 5 }
    3 params for 2 blobs of weights

Embed 2 -> 1
| embed_param { num_output: 2 }
    input_dim is 0; it must be positive

Convolution 1x3x8x8 -> 1
| convolution_param { num_output: 4 }
    kernel_size is not given; it must be, once or for each spatial axis

Convolution 1x3x8x8 -> 1
| convolution_param { num_output: 4 kernel_size: 3 kernel_size: 3 kernel_size: 3 }
    kernel_size is given 3 times; once, or once for each spatial axis (2), is allowed

Convolution 1x3x8x8 -> 1
| convolution_param { num_output: 4 kernel_size: 3 stride: 0 }
    stride is 0; it must be positive

Convolution 1x3x8x8 -> 1
| convolution_param { num_output: 4 kernel_size: 3 kernel_h: 3 kernel_w: 3 }
    kernel_size and kernel_h, kernel_w are given; only one way is allowed

Convolution 1x3x8 -> 1
| convolution_param { num_output: 4 kernel_h: 3 kernel_w: 3 }
    kernel_h and kernel_w are for 2 spatial axes, and bottom[0] has 1

Convolution 1x3x8x8 -> 1
| convolution_param { num_output: 4 kernel_size: 3 group: 2 }
    group is 2, which does not divide the 3 of bottom channels

Convolution 1x4x8x8 -> 1
| convolution_param { num_output: 3 kernel_size: 3 group: 2 }
    group is 2, which does not divide the 3 of num_output

Convolution 1x3x4x8 -> 1
| convolution_param { num_output: 4 kernel_size: 3 dilation: 3 pad: 1 }
    the window does not fit: it spans 7, and bottom[0] (1x3x4x8) with its padding has 6

Convolution 1x3x8x8 1x3x8x9 -> 2
| convolution_param { num_output: 4 kernel_size: 3 }
    bottom[1] is 1x3x8x9; it must be as bottom[0], 1x3x8x8

Deconvolution 1x3x1x1 -> 1
| convolution_param { num_output: 4 kernel_size: 2 pad: 1 }
    bottom[0] is 1x3x1x1, and the padding leaves nothing of the output (0, 0); pad less

Im2col 1x3 -> 1
| convolution_param { kernel_size: 2 }
    bottom[0] is 1x3, without an axis after axis 1

Pooling 1x3x8 -> 1
| pooling_param { kernel_size: 2 }
    bottom[0] is 1x3x8; it must have 4 axes: num, channels, height, width

Pooling 1x3x8x8 -> 2
| pooling_param { kernel_size: 2 pool: AVE }
    2 tops; the second one, the mask, is for MAX pooling only

Pooling 1x3x8x8 -> 1
| pooling_param { kernel_h: 2 }
    the kernel is not given; kernel_size, or kernel_h and kernel_w, must be

Pooling 1x3x8x8 -> 1
| pooling_param { kernel_size: 2 kernel_h: 2 kernel_w: 2 }
    kernel_size and kernel_h, kernel_w are given; only one way is allowed

Pooling 1x3x8x8 -> 1
| pooling_param { kernel_size: 2 stride: 2 stride_h: 2 }
    stride and stride_h are given; only one way is allowed

Pooling 1x3x8x8 -> 1
| pooling_param { kernel_size: 2 pad_w: 1 }
    pad_w is given alone; pad_h and pad_w go together

Pooling 1x3x8x8 -> 1
| pooling_param { kernel_size: 2 pad: 2 }
    pad is 2; it must be less than the kernel, 2

Pooling 1x3x8x8 -> 1
| pooling_param { kernel_size: 2 pad: 1 pool: STOCHASTIC }
    pad with STOCHASTIC pooling; padding is for MAX and AVE only

Pooling 1x3x2x2 -> 1
| pooling_param { kernel_size: 3 }
    the window does not fit: it spans 3, and bottom[0] (1x3x2x2) with its padding has 2

Pooling 1x3x8x8 -> 1
| pooling_param { global_pooling: true kernel_size: 8 }
    global_pooling and kernel_size are given; only one is allowed

Pooling 1x3x8x8 -> 1
| pooling_param { global_pooling: true stride: 2 }
    global_pooling with a pad or stride; only pad 0 and stride 1 are allowed

SPP 1x3x1x4 -> 1
| spp_param { pyramid_height: 2 }
    pad is 1; it must be less than the kernel, 1

SPP 1x3x4x4 -> 1
    pyramid_height is 0; it must be positive

RNN 5x3x7 -> 1
| recurrent_param { num_output: 2 }
    1 bottom; it takes 2 or 3: x, cont, a static input if any, and the first hidden
    states with expose_hidden

RNN 5x3x7 5x3 -> 2
| recurrent_param { num_output: 2 }
    2 tops; it has 1

LSTM 5x3x7 5x3 -> 1
    num_output is 0; it must be positive

LSTM 5x3 5x3 -> 1
| recurrent_param { num_output: 2 }
    bottom[0] is 5x3; it must have at least 3 axes: timesteps, streams, and the input's
    own

LSTM 5x3x7 5x4 -> 1
| recurrent_param { num_output: 2 }
    bottom[1] is 5x4; it must be timesteps x streams, 5x3

LSTM 5x3x7 5x3 4x2 -> 1
| recurrent_param { num_output: 2 }
    bottom[2] is 4x2; its first axis must be the 3 streams

LSTM 5x3x7 5x3 1x3x2 1x3x4 -> 3
| recurrent_param { num_output: 2 expose_hidden: true }
    bottom[3] is 1x3x4; a hidden state must be 1x3x2

LSTMUnit 1x3x5 1x3x15 1x3 -> 2
    bottom[1] is 1x3x15; it must be 1x3x20

Dropout 2x3 -> 1
| dropout_param { dropout_ratio: 1 }
    dropout_ratio is 1; it must be from 0 up to, not including, 1

Exp 2x3 -> 1
| exp_param { base: 0 }
    base is 0; it must be positive, or -1 for e

Log 2x3 -> 1
| log_param { base: 1 }
    base is 1; it must be positive and not 1, or -1 for e

Eltwise 2x3 2x3x1 -> 1
    bottom[1] is 2x3x1; it must be as bottom[0], 2x3

Eltwise 2x3 2x3 -> 1
| eltwise_param { coeff: 1 }
    coeff is given 1 time; once for each bottom (2), or not at all, is allowed

Eltwise 2x3 2x3 -> 1
| eltwise_param { operation: PROD coeff: 1 coeff: 1 }
    coeff with operation PROD; coefficients are for SUM only

Concat 2x3 3x3 -> 1
    bottom[1] is 3x3; it must be as bottom[0], 2x3, but for axis 1

Concat 2x3 2 -> 1
    bottom[1] is 2; it must be as bottom[0], 2x3, but for axis 1

Concat 2x3 -> 1
| concat_param { axis: 1 concat_dim: 1 }
    axis and concat_dim are given; only one is allowed

Slice 50x5x1x1 -> 3
| slice_param { slice_point: 1 slice_point: 5 }
    slice_point is 1, 5; each must be greater than the one before and less than the 5 on
    axis 1 of bottom[0] (50x5x1x1)

Slice 50x5 -> 3
| slice_param { slice_point: 3 slice_point: 2 }
    slice_point is 3, 2; each must be greater than the one before, the first than 0

Slice 50x5 -> 3
| slice_param { slice_point: 1 }
    1 slice_point for 3 tops; there must be 2

Slice 50x5 -> 2
    bottom[0] has 5 on axis 1 (50x5), which 2 tops cannot share evenly; give slice_point

Tile 2x3 -> 1
    tiles is 0; it must be positive

Crop 1x3x8x8 1x3x6x6 -> 1
| crop_param { offset: 3 }
    bottom[0] is 1x3x8x8, and on axis 2 there are not 6 from offset 3 on

Crop 1x3x8x8 1x3x6x6 -> 1
| crop_param { axis: 1 offset: 0 offset: 0 }
    offset is given 2 times; once, or once for each axis from axis 1 on (3), is allowed

Crop 1x3x8x8 1x3x6 -> 1
    bottom[1] is 1x3x6; it must have the 4 axes of bottom[0]

Flatten 2x3x4 -> 1
| flatten_param { axis: 2 end_axis: 0 }
    axis is 2, after end_axis 0

Reshape 2x3 -> 1
| reshape_param { shape { dim: -1 dim: -1 } }
    dim is -1, -1; sizes, 0 to copy one, and at most one -1 to infer it, are allowed

Reshape 2x3 -> 1
| reshape_param { shape { dim: 1 dim: 6 dim: 0 } }
    dim[2] is 0, and bottom[0] (2x3) has no axis 2 to copy

Reshape 2x3 -> 1
| reshape_param { shape { dim: 4 dim: -1 } }
    bottom[0] is 2x3, 6 values, which do not make 4x1

Reshape 2x3 -> 1
| reshape_param { axis: 3 shape { dim: 6 } }
    axis is 3, and bottom[0] has 2 axes

Reshape 2x3 -> 1
| reshape_param { axis: 1 num_axes: 2 shape { dim: 3 } }
    num_axes is 2; from axis 1 on bottom[0] (2x3) has 1, and -1 stands for all of them

BatchReindex 2x3 2x1 -> 1
    bottom[1] is 2x1; it must have 1 axis, the indices

Filter 2x3 3 -> 1
    bottom[0] is 2x3; its first axis must be the 3 of the selector, the last bottom

Filter 2x3 2x2 -> 1
    the selector, the last bottom, is 2x2; every axis after the first must be 1

Filter 2x3 2 -> 2
    2 tops; it has one for each bottom but the last, 1

BatchNorm 5 -> 1
    bottom[0] is 5; it must have at least 2 axes: num, channels

BatchNorm 2x3 -> 1
| param { lr_mult: 0 } param { lr_mult: 1 }
    lr_mult of the variance is 1; statistics are not learnt, so it must be 0

Scale 2x3 -> 1
| scale_param { num_axes: 2 }
    num_axes is 2; from axis 1 on bottom[0] (2x3) has 1, and -1 stands for all of them

Scale 2x3x4 4 -> 1
    bottom[1] is 4; it must be as bottom[0] (2x3x4) from axis 1 on

PReLU 5 -> 1
    bottom[0] is 5; it must have 2 to 4 axes: num, channels, ...

PReLU 5x2 -> 1
| prelu_param { channel_shared: true filler { type: "xavier" } }
    a xavier filler cannot fill a scalar

LRN 1x3x8x8 -> 1
| lrn_param { local_size: 4 }
    local_size is 4; it must be odd

MVN 1x1x1x1x1 -> 1
    bottom[0] is 1x1x1x1x1; it must have at most 4 axes

Softmax 8 -> 1
    axis is 1, and bottom[0] has 1 axis (8)

SoftmaxWithLoss 8x10 4 -> 1
    bottom[0] is 8x10 and bottom[1] 4; their first axis must be the same

SoftmaxWithLoss 8x10 8x5 -> 1
    bottom[1] is 8x5, 40 labels, and bottom[0] (8x10) with its classes on axis 1 takes 8

SigmoidCrossEntropyLoss 8x40 8x39 -> 1
    bottom[0] is 8x40, 320 values, and bottom[1] 8x39, 312; they must be as many

EuclideanLoss 8x10 8x8 -> 1
    bottom[0] is 8x10, 10 values an item, and bottom[1] 8x8, 8; they must be as many

MultinomialLogisticLoss 8x10 8x2 -> 1
    bottom[1] is 8x2; it must hold one value for each item

ContrastiveLoss 8x2x3 8x2x3 8 -> 1
    bottom[0] is 8x2x3 and bottom[1] 8x2x3; both must be num x channels, and the same

HingeLoss 8x10 4 -> 1
    bottom[0] is 8x10 and bottom[1] 4; their first axis must be the same

InfogainLoss 8x10 8 -> 1
    no infogain matrix; give infogain_loss_param.source or a third bottom

InfogainLoss 8x10 8 10x9 -> 1
    bottom[2] is 10x9; the infogain matrix of 10 classes must be 10x10

InfogainLoss 8x10 8 10x10 -> 1
| loss_param { normalize: true }
    loss_param has normalize, which it does not take; use normalization

Accuracy 8x10 8x2 -> 1
    bottom[1] is 8x2, 16 labels, and bottom[0] (8x10) with its classes on axis 1 takes 8

Accuracy 8x4 8 -> 1
| accuracy_param { top_k: 5 }
    top_k is 5; at most the 4 classes are allowed

ArgMax 8x4 -> 1
| argmax_param { top_k: 5 }
    top_k is 5; at most the 4 that bottom[0] (8x4) has are allowed

HDF5Output 8x4 7 -> 0
    bottom[0] is 8x4 and bottom[1] 7; their first axis must be the same

Parameter -> 1
| parameter_param { shape { dim: 2 dim: 0 } }
    top[0] would have shape 2x0; every dimension must be positive
"""


@pytest.mark.parametrize("case", [case.strip() for case in CASES.split("\n\n")])
def test_a_layer_that_does_not_fit(case: str) -> None:
    head, *rest = case.split("\n")
    signature, _, tops = head.partition(" -> ")
    type_name, *shapes = signature.split()
    body = " ".join(line.removeprefix("|") for line in rest if line.startswith("|"))
    message = " ".join(line.strip() for line in rest if not line.startswith("|"))
    text = ""
    for index, shape in enumerate(shapes):
        dims = " ".join(f"dim: {size}" for size in shape.split("x"))
        text += f"""layer {{ name: "in{index}" type: "Input" top: "b{index}"
                    input_param {{ shape {{ {dims} }} }} }}"""
    blobs = "".join(f' bottom: "b{index}"' for index in range(len(shapes)))
    blobs += "".join(f' top: "t{index}"' for index in range(int(tops)))
    text += f'layer {{ name: "x" type: "{type_name}" {blobs} {body} }}'
    with pytest.raises(PrototxtError) as caught:
        infer_shapes(parse_text(text, "NetParameter"), "TEST")
    assert caught.value.message == f"layer 'x' ({type_name}): {message}"
    assert caught.value.key == "x"
