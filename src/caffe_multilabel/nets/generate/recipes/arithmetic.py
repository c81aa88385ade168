"""The layers that recipes are made of, one short call each.

Each function adds one layer, whose top has the layer's name, and returns that name. `fields` are
further fields of the layer, such as `include` or `loss_weight`. Fields that have Caffe's own
default are left out.

Eltwise takes blobs of equal shape, not of equal count: N x D is not N x D x 1 x 1. A Reduction from
axis 0 makes a blob without axes, which Eltwise and Scale take and Concat and Bias refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = [
    "Operation",
    "affine",
    "broadcast_product",
    "constants",
    "difference",
    "flat",
    "mean_of",
    "product",
    "reduced",
    "reshaped",
    "sliced",
    "step",
    "weighted_sum",
]

Operation = Literal["SUM", "ASUM", "SUMSQ", "MEAN"]
"""What a Reduction does."""


def weighted_sum(
    net: NetBuilder, name: str, blobs: Sequence[str], coefficients: Sequence[float], **fields: Any
) -> str:
    """Add the sum of blobs of one shape, each times its coefficient."""
    wanted = {"operation": "SUM", "coeff": list(coefficients)}
    return net.add("Eltwise", name, blobs, eltwise_param=wanted, **fields)


def difference(net: NetBuilder, name: str, blob: str, less: str, **fields: Any) -> str:
    """Add the difference of two blobs of one shape."""
    return weighted_sum(net, name, [blob, less], [1.0, -1.0], **fields)


def mean_of(net: NetBuilder, name: str, blobs: Sequence[str], **fields: Any) -> str:
    """Add the mean of blobs of one shape; one blob alone is its own mean, without a layer."""
    if len(blobs) == 1:
        return blobs[0]
    return weighted_sum(net, name, blobs, [1 / len(blobs)] * len(blobs), **fields)


def product(net: NetBuilder, name: str, blobs: Sequence[str], **fields: Any) -> str:
    """Add the product of blobs of one shape."""
    # `stable_prod_grad` stays at its default: false divides by a value, which may be 0.
    return net.add("Eltwise", name, blobs, eltwise_param={"operation": "PROD"}, **fields)


def broadcast_product(net: NetBuilder, name: str, blob: str, factor: str, **fields: Any) -> str:
    """Add a blob times a factor whose axes are the first axes of the blob."""
    return net.add("Scale", name, [blob, factor], scale_param={"axis": 0}, **fields)


def affine(
    net: NetBuilder,
    name: str,
    blob: str,
    *,
    scale: float = 1.0,
    shift: float = 0.0,
    power: float = 1.0,
    **fields: Any,
) -> str:
    """Add (scale x + shift) ^ power."""
    wanted = {"power": (power, 1.0), "scale": (scale, 1.0), "shift": (shift, 0.0)}
    kept = {key: value for key, (value, default) in wanted.items() if value != default}
    return net.add("Power", name, [blob], power_param=kept or None, **fields)


def step(net: NetBuilder, name: str, blob: str, threshold: float, **fields: Any) -> str:
    """Add 1 where a value is above a threshold, and 0 elsewhere.

    Threshold has no backward pass: below a loss, it takes labels alone.
    """
    wanted = {"threshold": threshold} if threshold else None
    return net.add("Threshold", name, [blob], threshold_param=wanted, **fields)


def reduced(
    net: NetBuilder,
    name: str,
    blob: str,
    operation: Operation,
    *,
    axis: int = 0,
    coeff: float = 1.0,
    **fields: Any,
) -> str:
    """Add one number for all that lies in the axes from `axis` on, times a coefficient."""
    wanted: dict[str, object] = {"operation": operation}
    if axis:
        wanted["axis"] = axis
    if coeff != 1:
        wanted["coeff"] = coeff
    return net.add("Reduction", name, [blob], reduction_param=wanted, **fields)


def flat(net: NetBuilder, name: str, blob: str, **fields: Any) -> str:
    """Add labels as N x D: they lose their axes of height and width.

    For what needs no gradient: Flatten loses it over Reshape, Parameter, and Slice or Concat of
    one blob.
    """
    return net.add("Flatten", name, [blob], **fields)


def reshaped(
    net: NetBuilder,
    name: str,
    blob: str,
    shape: Sequence[int],
    *,
    axes: int | None = None,
    **fields: Any,
) -> str:
    """Add a blob in another shape: 0 keeps an axis, -1 is what is left.

    Args:
        net: the net.
        name: the layer and its top.
        blob: what it reads.
        shape: the axes that take the place of the first `axes`.
        axes: how many of the first axes the shape replaces; all if None.
        **fields: further fields of the layer.
    """
    wanted: dict[str, object] = {"shape": {"dim": list(shape)}}
    if axes is not None:
        wanted["num_axes"] = axes
    return net.add("Reshape", name, [blob], reshape_param=wanted, **fields)


def sliced(
    net: NetBuilder,
    name: str,
    blob: str,
    tops: Sequence[str],
    *,
    axis: int = 1,
    points: Sequence[int] = (),
    **fields: Any,
) -> tuple[str, ...]:
    """Add the parts of a blob, cut before each of `points`, or in equal parts."""
    wanted: dict[str, object] = {"axis": axis}
    if points:
        wanted["slice_point"] = list(points)
    net.add("Slice", name, [blob], tops, slice_param=wanted, **fields)
    return tuple(tops)


def constants(net: NetBuilder, name: str, values: Sequence[float], **fields: Any) -> str:
    """Add a blob of D numbers, whatever the batch size.

    One DummyData layer has a top for each run of equal numbers, and a Concat joins them. It takes
    no weights from a caffemodel and no DB.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n")
        >>> constants(net, "weights", [3.0, 3.0, 1.0])
        'weights'
        >>> [layer.type for layer in net.net.layer]
        ['DummyData', 'Concat']
    """
    runs: list[list[float]] = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1].append(value)
        else:
            runs.append([value])
    wanted = {
        "data_filler": [{"type": "constant", "value": run[0]} for run in runs],
        "shape": [{"dim": [len(run)]} for run in runs],
    }
    if len(runs) == 1:
        return net.add("DummyData", name, dummy_data_param=wanted, **fields)
    tops = [f"{name}_{index}" for index in range(len(runs))]
    net.add("DummyData", f"{name}_runs", (), tops, dummy_data_param=wanted, **fields)
    return net.add("Concat", name, tops, concat_param={"axis": 0}, **fields)
