"""The layers that backbones and heads are made of, one short call each.

Weights learn at lr_mult 1 and decay_mult 1, biases at 2 and 0, as in the nets that come with
Caffe. Fields that have Caffe's own default are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.builder import NetBuilder

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MSRA", "XAVIER", "Filler", "LayerBuilder", "gaussian"]

Filler = dict[str, object]

XAVIER: Filler = {"type": "xavier"}
MSRA: Filler = {"type": "msra"}


def gaussian(std: float) -> Filler:
    """Return a filler with normally distributed weights around 0."""
    return {"type": "gaussian", "std": std}


class LayerBuilder(NetBuilder):
    """A `NetBuilder` that knows the usual layers. Each method returns the blob it made."""

    def convolution(
        self,
        name: str,
        bottom: str,
        num_output: int,
        kernel_size: int,
        *,
        stride: int = 1,
        pad: int = 0,
        group: int = 1,
        weight: Filler = XAVIER,
        bias: float | None = 0.0,
        engine: str | None = None,
    ) -> str:
        """Add a convolution; `bias` is what the biases start at, None for no biases."""
        fields = {
            "num_output": num_output,
            "kernel_size": [kernel_size],
            **_unless([1], stride=[stride]),
            **_unless([0], pad=[pad]),
            **_unless(1, group=group),
            **_unless(None, engine=engine),
            **_learned(weight, bias),
        }
        return self.add("Convolution", name, [bottom], param=_specs(bias), convolution_param=fields)

    def inner_product(
        self,
        name: str,
        bottom: str,
        num_output: int,
        *,
        weight: Filler = XAVIER,
        bias: float = 0.0,
        lr_mult: float = 1.0,
        decay_mult: float = 1.0,
    ) -> str:
        """Add a fully connected layer over everything behind the batch axis."""
        return self.add(
            "InnerProduct",
            name,
            [bottom],
            param=_specs(bias, lr_mult=lr_mult, decay_mult=decay_mult),
            inner_product_param={"num_output": num_output, **_learned(weight, bias)},
        )

    def relu(self, name: str, blob: str) -> str:
        """Add a rectifier in place."""
        return self.add("ReLU", name, [blob], [blob])

    def dropout(self, name: str, blob: str, ratio: float, *, top: str | None = None) -> str:
        """Add dropout, in place unless `top` names another blob."""
        return self.add(
            "Dropout", name, [blob], [top or blob], dropout_param={"dropout_ratio": ratio}
        )

    def max_pool(
        self, name: str, bottom: str, kernel_size: int, stride: int, *, pad: int = 0
    ) -> str:
        """Add pooling by the largest value."""
        fields = {"pool": "MAX", "kernel_size": kernel_size, "stride": stride}
        return self.add("Pooling", name, [bottom], pooling_param=fields | _unless(0, pad=pad))

    def average_pool(self, name: str, bottom: str, kernel_size: int, stride: int) -> str:
        """Add pooling by the mean."""
        fields = {"pool": "AVE", "kernel_size": kernel_size, "stride": stride}
        return self.add("Pooling", name, [bottom], pooling_param=fields)

    def global_average_pool(self, name: str, bottom: str) -> str:
        """Add pooling by the mean over the whole height and width."""
        return self.add(
            "Pooling", name, [bottom], pooling_param={"pool": "AVE", "global_pooling": True}
        )

    def lrn(self, name: str, bottom: str) -> str:
        """Add the response normalisation of AlexNet: 5 channels, alpha 1e-4, beta 0.75."""
        return self.add(
            "LRN", name, [bottom], lrn_param={"local_size": 5, "alpha": 1e-4, "beta": 0.75}
        )

    def batch_norm(
        self,
        name: str,
        scale_name: str,
        bottom: str,
        *,
        top: str | None = None,
        eps: float | None = None,
    ) -> str:
        """Add BatchNorm and the Scale with the weights that it lacks; in place if no `top`."""
        fixed = {"lr_mult": 0, "decay_mult": 0}
        extra = {} if eps is None else {"batch_norm_param": {"eps": eps}}
        blob = self.add("BatchNorm", name, [bottom], [top or bottom], param=[fixed] * 3, **extra)
        learned = {"lr_mult": 1, "decay_mult": 0}
        return self.add(
            "Scale",
            scale_name,
            [blob],
            [blob],
            param=[learned] * 2,
            scale_param={"bias_term": True},
        )

    def concat(self, name: str, bottoms: Sequence[str]) -> str:
        """Join blobs along the channels."""
        return self.add("Concat", name, bottoms)


def _unless(default: object, **fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value != default}


def _learned(weight: Filler, bias: float | None) -> dict[str, object]:
    if bias is None:
        return {"bias_term": False, "weight_filler": weight}
    return {
        "weight_filler": weight,
        "bias_filler": {"type": "constant", **_unless(0.0, value=bias)},
    }


def _specs(
    bias: float | None, *, lr_mult: float = 1.0, decay_mult: float = 1.0
) -> list[dict[str, float]]:
    weight = {"lr_mult": lr_mult, "decay_mult": decay_mult}
    return [weight] if bias is None else [weight, {"lr_mult": 2 * lr_mult, "decay_mult": 0}]
