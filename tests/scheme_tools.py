"""Small nets of recipes, run in the engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel.caffe.proto import parse_text, to_text
from caffe_multilabel.nets.generate.builder import NetBuilder
from golden_arrays import FLOOR, recorded_arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from caffe_multilabel.engine import Net
    from caffe_multilabel.nets.generate.generated import GeneratedNet

Arrays = dict[str, "NDArray[np.float64]"]

SCHEMES = Path(__file__).parent / "golden" / "schemes"


def recorded(case: str, kind: str) -> Arrays:
    """What a real Caffe was given or computed: `in`, `param`, `out` or `paramdiff`."""
    arrays = recorded_arrays(SCHEMES / "recorded.npz")[case]
    return {
        name.removeprefix(f"{kind}/"): values.astype(np.float64)
        for name, values in arrays.items()
        if name.startswith(f"{kind}/")
    }


def scheme_net(inputs: Mapping[str, ArrayLike], learned: Mapping[str, ArrayLike]) -> NetBuilder:
    """A net of an Input layer for each of `inputs`, a Parameter layer for each of `learned`."""
    net = NetBuilder("recipe")
    for name, values in learned.items():
        shape = {"dim": np.shape(values)}
        net.add("Parameter", name, parameter_param={"shape": shape})
    for name, values in inputs.items():
        net.add("Input", name, input_param={"shape": [{"dim": np.shape(values)}]})
    return net


class SchemeRun:
    """A net that ran once, forward, and backward if it learns.

    Attributes:
        net: the engine's net.
        total: the weighted loss.
    """

    def __init__(
        self,
        build: Callable[[NetBuilder], object],
        inputs: Mapping[str, ArrayLike],
        learned: Mapping[str, ArrayLike],
        *,
        other: Mapping[str, ArrayLike] | None = None,
        phase: Any = "TRAIN",
        dtype: str = "float64",
    ) -> None:
        """Build it and run it.

        Args:
            build: adds the recipe to the net.
            inputs: what the Input layers hold.
            learned: what the Parameter layers hold.
            other: weights of the recipe's own layers, by `layer` or `layer.number`.
            phase: the phase.
            dtype: what the engine computes in.
        """
        import torch  # noqa: PLC0415

        from caffe_multilabel.engine import Net  # noqa: PLC0415

        builder = scheme_net(inputs, learned)
        build(builder)
        self.net: Net = Net(builder.net, phase=phase, dtype=getattr(torch, dtype))
        for name, values in inputs.items():
            self.net.blobs[name].data = np.asarray(values)
        for name, values in {**learned, **(other or {})}.items():
            blob = self._blob(name)
            assert tuple(blob.shape) == np.shape(values), name
            blob.data = np.asarray(values)
        self.net.forward()
        self.total: float = self.net.loss
        if self.net.params:
            self.net.backward()

    def value(self, blob: str) -> NDArray[np.float64]:
        """What a blob holds."""
        values: NDArray[Any] = self.net.blobs[blob].data.numpy()
        return values.astype(np.float64)

    def gradient(self, name: str) -> NDArray[np.float64]:
        """The gradient of weights, by `layer` or `layer.number`."""
        values: NDArray[Any] = self._blob(name).diff.numpy()
        return values.astype(np.float64)

    def _blob(self, name: str) -> Any:
        layer, _, number = name.partition(".")
        return self.net.params[layer][int(number or 0)]


def error(found: ArrayLike, wanted: ArrayLike) -> float:
    """The largest difference over the largest entry, or over 0.01; infinity for a NaN."""
    given, right = np.asarray(found, dtype=np.float64), np.asarray(wanted, dtype=np.float64)
    assert given.shape == right.shape, (given.shape, right.shape)
    if not np.isfinite(given).all():
        return float("inf")
    scale = max(np.abs(right).max(initial=0), FLOOR)
    return float(np.abs(given - right).max(initial=0) / scale)


def run_generated(
    net: GeneratedNet,
    records: NDArray[np.float32],
    labels: NDArray[np.float32],
    *,
    phase: Any = "TEST",
    prepare: Callable[[Net], object] = lambda _: None,
    **options: Any,
) -> Net:
    """Run a generated net once, its Data layers fed by hand, and backward in TRAIN.

    `prepare` may change the weights that were drawn; `options` are the engine's.
    """
    from caffe_multilabel.engine import Net  # noqa: PLC0415

    fed = parse_text(to_text(net.train_val), "NetParameter")
    layers = [layer for layer in fed.layer if layer.type == "Data"]
    del fed.layer[:]
    blobs = {layers[0].top[0]: records, "label": labels.reshape(*labels.shape, 1, 1)}
    for name, values in blobs.items():
        layer = fed.layer.add(name=name, type="Input", top=[name])
        layer.input_param.shape.add(dim=values.shape)
    fed.layer.extend(layer for layer in net.train_val.layer if layer.type != "Data")
    engine = Net(fed, phase=phase, seed=5, **options)
    prepare(engine)
    for name, values in blobs.items():
        engine.blobs[name].data = values
    engine.forward()
    if phase == "TRAIN":
        engine.backward()
    return engine
