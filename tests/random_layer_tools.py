"""What a layer of each type may look like in a random net: its bottoms and its settings.

Those that compare, or go over timesteps, are in random_score_tools.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from random_net_tools import Blob, Maker

__all__ = ["RECIPES", "Made", "axes", "message", "some_axes"]


@dataclass
class Made:
    """A layer as a recipe wants it; `positive` is whether all that it makes is."""

    bottoms: list[Blob]
    settings: str = ""
    tops: int = 1
    positive: bool = False


def message(name: str, **fields: Any) -> str:
    """The text of a message; a field of None is left out, a list is repeated."""
    words = []
    for field, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                word = str(one).lower() if isinstance(one, bool) else str(one)
                words.append(f"{field}: {word}")
    return f"{name} {{ {' '.join(words)} }}"


def axes(*counts: int) -> Callable[[tuple[int, ...]], bool]:
    return lambda shape: len(shape) in counts


def some_axes(shape: tuple[int, ...]) -> bool:
    return len(shape) > 0


def neuron(
    settings: Callable[[Maker], str] = lambda _maker: "", *, positive: bool = False
) -> Callable[[Maker], Made]:
    """A type that takes any blob."""
    return lambda maker: Made([maker.bottom(varies=True)], settings(maker), positive=positive)


def on_positive(settings: Callable[[Maker], str]) -> Callable[[Maker], Made]:
    return lambda maker: Made([maker.bottom(positive=True)], settings(maker))


def power(maker: Maker) -> Made:
    exponent = maker.choice(1, 2, 0, 3, 0.5)
    bottom = maker.bottom(positive=exponent == 0.5)
    scale, shift = maker.choice(1, 0.5, -0.3, 0), maker.choice(0.3, 0, 1)
    if exponent == 0.5:
        scale = abs(scale)
    if exponent == 3:  # its gradient at 0 is NaN
        shift = 0.3
    return Made([bottom], message("power_param", power=exponent, scale=scale, shift=shift))


def dropout(maker: Maker) -> str:
    ratio = maker.choice(0.5, 0.2) if maker.draws or maker.phase == "TEST" else 0
    return message("dropout_param", dropout_ratio=ratio)


def eltwise(maker: Maker) -> Made:
    first = maker.bottom()
    bottoms = [first, *(maker.same(first.shape) for _ in range(maker.number(1, 2)))]
    operation = maker.choice("SUM", "PROD", "MAX")
    coeff = None
    if operation == "SUM" and maker.choice(False, True):
        coeff = [maker.choice(1, -1, 0.5) for _ in bottoms]
    stable = maker.choice(True, False) if operation == "PROD" else None
    return Made(
        bottoms,
        message("eltwise_param", operation=operation, coeff=coeff, stable_prod_grad=stable),
    )


def reduction(maker: Maker) -> Made:
    bottom = maker.bottom(some_axes)
    settings = message(
        "reduction_param",
        operation=maker.choice("SUM", "ASUM", "SUMSQ", "MEAN"),
        axis=maker.number(-1, len(bottom.shape) - 1),
        coeff=maker.choice(1, 0.5, -2),
    )
    return Made([bottom], settings)


def silence(maker: Maker) -> Made:
    return Made([maker.bottom(varies=True) for _ in range(maker.number(1, 2))], tops=0)


def batch_norm(maker: Maker) -> Made:
    stored = maker.choice(None, False, True)
    bottom = maker.bottom(axes(2, 3, 4))
    settings = message("batch_norm_param", eps=maker.choice(0.1, 0.001), use_global_stats=stored)
    return Made([bottom], settings)


def broadcast(field: str, **more: Any) -> Callable[[Maker], Made]:
    """Scale or Bias."""

    def recipe(maker: Maker) -> Made:
        bottom = maker.bottom(some_axes)
        own = dict(more)
        if "bias_term" in own:
            own["bias_term"] = maker.choice(False, True)
        axis = maker.number(0, len(bottom.shape) - 1)
        end = maker.number(axis, len(bottom.shape))
        if maker.often():
            return Made([bottom], message(field, axis=axis, num_axes=end - axis, **own))
        factor = maker.same(bottom.shape[axis:end])
        return Made([bottom, factor], message(field, axis=axis, **own))

    return recipe


def lrn(maker: Maker) -> Made:
    settings = message(
        "lrn_param",
        local_size=maker.choice(3, 1, 5),
        alpha=maker.choice(0.1, 1),
        beta=maker.choice(0.75, 0.5),
        k=maker.choice(1, 2),
        norm_region=maker.choice("ACROSS_CHANNELS", "WITHIN_CHANNEL"),
    )
    return Made([maker.bottom(axes(4))], settings)


def mvn(maker: Maker) -> Made:
    settings = message(
        "mvn_param",
        normalize_variance=maker.choice(True, False),
        across_channels=maker.choice(False, True),
        eps=maker.choice(0.1, 0.01),
    )
    return Made([maker.bottom(axes(1, 2, 3, 4))], settings)


def prelu(maker: Maker) -> Made:
    shared = maker.choice(False, True)
    return Made([maker.bottom(axes(2, 3, 4))], message("prelu_param", channel_shared=shared))


def softmax(maker: Maker) -> Made:
    bottom = maker.bottom(some_axes)
    axis = maker.number(-1, len(bottom.shape) - 1)
    return Made([bottom], message("softmax_param", axis=axis), positive=True)


def windows(maker: Maker, **more: Any) -> str:
    return message(
        "convolution_param",
        kernel_size=maker.number(1, 3),
        stride=maker.choice(1, 2, 3),
        pad=maker.choice(0, 1, 2),
        dilation=maker.choice(1, 1, 2),
        **more,
    )


def convolution(maker: Maker) -> Made:
    bottom = maker.bottom(axes(3, 4, 5))
    bottoms = [bottom, maker.same(bottom.shape)] if maker.seldom() else [bottom]
    axis = 2 if maker.seldom() and len(bottom.shape) > 3 else 1
    group = bottom.shape[axis] if maker.seldom() else 1
    settings = windows(
        maker,
        num_output=group * maker.number(1, 3),
        group=group,
        axis=axis,
        bias_term=maker.often(),
    )
    return Made(bottoms, settings, tops=len(bottoms))


def im2col(maker: Maker) -> Made:
    return Made([maker.bottom(axes(3, 4))], windows(maker))


def inner_product(maker: Maker) -> Made:
    bottom = maker.bottom(some_axes)
    settings = message(
        "inner_product_param",
        num_output=maker.number(1, 4),
        axis=maker.number(0, min(2, len(bottom.shape) - 1)),
        transpose=maker.choice(False, True),
        bias_term=maker.often(),
    )
    return Made([bottom], settings)


def embed(maker: Maker) -> Made:
    shape = maker.choice((3,), (2, 2), (4, 1))
    indices = maker.fed(maker.whole(shape, 5), special=True)
    settings = message(
        "embed_param", num_output=maker.number(1, 3), input_dim=5, bias_term=maker.often()
    )
    return Made([indices], settings)


def pooling(maker: Maker) -> Made:
    bottom = maker.bottom(axes(4))
    method = maker.choice("MAX", "AVE")
    tops = 2 if method == "MAX" and maker.seldom() else 1
    if maker.seldom():
        return Made([bottom], message("pooling_param", pool=method, global_pooling=True), tops)
    kernel = maker.number(1, 3)
    settings = message(
        "pooling_param",
        pool=method,
        kernel_size=kernel,
        stride=maker.number(1, 3),
        pad=maker.number(0, kernel - 1),
        round_mode=maker.choice("CEIL", "CEIL", "FLOOR"),
    )
    return Made([bottom], settings, tops)


def spp(maker: Maker) -> Made:
    settings = message(
        "spp_param", pyramid_height=maker.number(1, 3), pool=maker.choice("MAX", "AVE")
    )
    return Made([maker.bottom(axes(4))], settings)


def concat(maker: Maker) -> Made:
    first = maker.bottom(some_axes)
    axis = maker.number(0, len(first.shape) - 1)
    bottoms = [first]
    for _ in range(maker.choice(1, 2, 0)):
        bottoms.append(
            maker.bottom(
                lambda shape: (
                    len(shape) == len(first.shape)
                    and shape[:axis] + shape[axis + 1 :]
                    == first.shape[:axis] + first.shape[axis + 1 :]
                ),
                (*first.shape[:axis], maker.number(1, 2), *first.shape[axis + 1 :]),
            )
        )
    given = maker.choice(axis, axis - len(first.shape))
    return Made(bottoms, message("concat_param", axis=given))


def slices(maker: Maker) -> Made:
    bottom = maker.bottom(some_axes)
    axis = maker.number(0, len(bottom.shape) - 1)
    size = bottom.shape[axis]
    tops = maker.number(1, min(3, size))
    points = sorted({maker.number(1, size - 1) for _ in range(tops - 1)})
    return Made(
        [bottom], message("slice_param", axis=axis, slice_point=points or None), len(points) + 1
    )


def split(maker: Maker) -> Made:
    return Made([maker.bottom()], tops=maker.number(1, 3))


def crop(maker: Maker) -> Made:
    source = maker.bottom(some_axes)
    axis = maker.number(0, len(source.shape) - 1)
    sizes = tuple(maker.number(1, size) for size in source.shape[axis:])
    fallback = (*source.shape[:axis], *sizes)
    wanted = maker.bottom(
        lambda shape: (
            len(shape) == len(source.shape)
            and all(a <= b for a, b in zip(shape[axis:], source.shape[axis:], strict=True))
        ),
        fallback,
    )
    room = [a - b for a, b in zip(source.shape[axis:], wanted.shape[axis:], strict=True)]
    offset = [maker.number(0, free) for free in room] if maker.choice(False, True) else None
    return Made([source, wanted], message("crop_param", axis=axis, offset=offset))


def threshold(maker: Maker) -> Made:
    return Made([maker.bottom(varies=True, still=True)], message("threshold_param", threshold=0.1))


def tile(maker: Maker) -> Made:
    bottom = maker.bottom(some_axes)
    axis = maker.number(0, len(bottom.shape) - 1)
    return Made([bottom], message("tile_param", axis=axis, tiles=maker.number(1, 3)))


def reshape(maker: Maker) -> Made:
    bottom = maker.bottom(some_axes)
    dims = maker.choice([-1], [0, -1], [1, -1], [0, 1, -1], [-1, 1])
    shape = " ".join(f"dim: {size}" for size in dims)
    axis = maker.choice(0, 0, 1) if len(bottom.shape) > 1 else 0
    return Made([bottom], f"reshape_param {{ shape {{ {shape} }} axis: {axis} }}")


def flatten(maker: Maker) -> Made:
    bottom = maker.bottom(some_axes)
    axis = maker.number(0, len(bottom.shape) - 1)
    end = maker.number(axis, len(bottom.shape) - 1)
    return Made([bottom], message("flatten_param", axis=axis, end_axis=end))


def batch_reindex(maker: Maker) -> Made:
    source = maker.bottom(some_axes)
    indices = maker.whole((maker.number(1, 4),), source.shape[0])
    return Made([source, maker.fed(indices, special=True)])


def filters(maker: Maker) -> Made:
    first = maker.bottom(some_axes)
    bottoms = [first]
    if maker.choice(False, True):
        bottoms.append(maker.bottom(lambda shape: shape[:1] == first.shape[:1], first.shape))
    chosen = maker.whole(first.shape[:1], 2)
    chosen[-1] = 1
    return Made([*bottoms, maker.fed(chosen, special=True)], tops=len(bottoms))


def dummy_data(maker: Maker) -> Made:
    shape = maker.choice((2, 3), (2, 3, 4, 4), (3,))
    dims = " ".join(f"dim: {size}" for size in shape)
    filler = 'type: "gaussian"' if maker.draws else f"value: {maker.choice(0.5, -1.5)}"
    return Made([], f"dummy_data_param {{ data_filler {{ {filler} }} shape {{ {dims} }} }}")


RECIPES: dict[str, Callable[[Maker], Made]] = {
    "AbsVal": neuron(),
    "BNLL": neuron(positive=True),
    "BatchNorm": batch_norm,
    "BatchReindex": batch_reindex,
    "Bias": broadcast("bias_param"),
    "Clip": neuron(lambda maker: message("clip_param", min=-1, max=maker.choice(0.5, 2))),
    "Concat": concat,
    "Convolution": convolution,
    "Crop": crop,
    "Deconvolution": convolution,
    "Dropout": neuron(dropout),
    "DummyData": dummy_data,
    "ELU": neuron(lambda maker: message("elu_param", alpha=maker.choice(1, 0.5, -0.5))),
    "Eltwise": eltwise,
    "Embed": embed,
    "Exp": neuron(
        lambda maker: message(
            "exp_param", base=maker.choice(-1, 2), scale=0.3, shift=maker.choice(0, 0.5)
        ),
        positive=True,
    ),
    "Filter": filters,
    "Flatten": flatten,
    "Im2col": im2col,
    "InnerProduct": inner_product,
    "LRN": lrn,
    "Log": on_positive(
        lambda maker: message(
            "log_param", base=maker.choice(-1, 2), scale=maker.choice(1, 2), shift=0.5
        )
    ),
    "MVN": mvn,
    "PReLU": prelu,
    "Pooling": pooling,
    "Power": power,
    "ReLU": neuron(lambda maker: message("relu_param", negative_slope=maker.choice(0, 0.1, -0.5))),
    "Reduction": reduction,
    "Reshape": reshape,
    "SPP": spp,
    "Scale": broadcast("scale_param", bias_term=False),
    "Sigmoid": neuron(positive=True),
    "Silence": silence,
    "Slice": slices,
    "Softmax": softmax,
    "Split": split,
    "Swish": neuron(lambda maker: message("swish_param", beta=maker.choice(1, 0.5))),
    "TanH": neuron(),
    "Threshold": threshold,
    "Tile": tile,
}
