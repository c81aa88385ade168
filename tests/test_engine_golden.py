"""Layers of the engine against the figures of a real Caffe: tests/golden/engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text, upgrade_net
from caffe_multilabel.errors import PrototxtError
from golden_arrays import ELSEWHERE, recorded_arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.engine import Blob, Net

pytestmark = pytest.mark.torch

GOLDEN = Path(__file__).parent / "golden" / "engine"
LAYERS = GOLDEN / "layers"

# What moves, selects or compares values gives Caffe's own, bit for bit; the rest is held to what
# other orders of summation change: of a case's largest value, or of 0.01.
EXACT = {"ArgMax", "Concat", "Crop", "Flatten", "Reshape", "Slice", "Split", "Threshold", "Tile"}
FORWARD = {"float32": 1e-6, "float64": 5e-7}
BACKWARD = {"float32": 2e-6, "float64": 1e-6}
FLOOR = 0.01
# Its true value is 0: a bias before a BatchNorm.
NOTHING = {("Net", "resized_smaller_batch", "c/1"): 1e-6 / FLOOR}


def cases() -> list[tuple[str, dict[str, Any]]]:
    return [
        (path.stem, case)
        for path in sorted(LAYERS.glob("*.json"))
        if isinstance(found := json.loads(path.read_text()), list)
        for case in found
    ]


REFUSED: dict[str, dict[str, Any]] = json.loads((LAYERS / "refused.json").read_text())
WEIGHTS: list[dict[str, Any]] = json.loads((GOLDEN / "weights" / "cases.json").read_text())


def recorded(kind: str) -> dict[str, dict[str, NDArray[Any]]]:
    """The arrays of each case of a type."""
    return recorded_arrays(LAYERS / f"{kind}.npz")


def net_of(text: str, **options: Any) -> Net:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    message = parse_text(text, "NetParameter")
    upgrade_net(message, name="case")
    return Net(message, **options)


def blob_of(net: Net, path: str) -> Blob:
    """A blob of weights by `layer/number`, where the layer's name may have slashes."""
    layer, number = path.rsplit("/", 1)
    return net.params[layer][int(number)]


class Case:
    """One case on its way through a net."""

    def __init__(self, kind: str, case: dict[str, Any], dtype: str, device: str) -> None:
        import torch  # noqa: PLC0415

        self.kind, self.name, self.dtype = kind, case["name"], dtype
        self.least = 0.0 if device == "cpu" else ELSEWHERE
        self.arrays = recorded(kind)[case["name"]]
        self.steps: int = case.get("steps", 1)
        self.net = net_of(
            case["prototxt"],
            phase=case["phase"],
            stages=case.get("stages", ()),
            level=case.get("level", 0),
            dtype=getattr(torch, dtype),
            device=device,
        )
        for path, values in self.of("param/").items():
            blob = blob_of(self.net, path)
            blob.data = values.reshape(blob.shape)

    def of(self, kind: str, step: int = 0) -> dict[str, NDArray[Any]]:
        start = f"step{step}/{kind}" if step else kind
        return {
            name.removeprefix(start): values
            for name, values in self.arrays.items()
            if name.startswith(start)
        }

    def feed(self, step: int) -> None:
        given = {name: v for name, v in self.of("in/", step).items() if name in self.net.inputs}
        self.net.reshape(**{name: values.shape for name, values in given.items()})
        for name, values in given.items():
            self.net.blobs[name].data = values

    def compare(
        self, what: str, found: Any, wanted: NDArray[Any], limits: dict[str, float]
    ) -> None:
        exact = self.kind in EXACT and limits is FORWARD
        limit = 0.0 if exact else max(limits[self.dtype], self.least)
        limit = NOTHING.get((self.kind, self.name, what), limit)
        values = found.detach().cpu().numpy().astype(np.float64)
        assert values.shape == wanted.shape, what
        missing = np.isnan(wanted)
        assert (np.isnan(values) == missing).all(), what
        scale = max(np.abs(wanted[~missing]).max(initial=0), FLOOR)
        apart = np.abs(values - wanted)[~missing].max(initial=0) / scale
        assert apart <= limit, f"{what}: {apart}"


def each_case(*kinds: str) -> pytest.MarkDecorator:
    """The cases of some types, or of all."""
    chosen = [(kind, case) for kind, case in cases() if not kinds or kind in kinds]
    ids = [f"{kind}-{case['name']}" for kind, case in chosen]
    return pytest.mark.parametrize(("kind", "case"), chosen, ids=ids)


def check_case(kind: str, case: dict[str, Any], dtype: str, device: str) -> None:
    run = Case(kind, case, dtype, device)
    net = run.net
    for step in range(run.steps):
        run.feed(step)
        net.forward()
        for name, values in run.of("out/", step).items():
            run.compare(name, net.blobs[name].data, values, FORWARD)
        for path, values in run.of("param_after/", step).items():
            run.compare(path, blob_of(net, path).data, values, FORWARD)
    last = run.steps - 1
    if not any(run.of(kind, last) for kind in ("topdiff/", "indiff/", "blobdiff/", "paramdiff/")):
        return
    for name, values in run.of("topdiff/", last).items():
        net.blobs[name].diff = values
    net.backward()
    for what in ("indiff/", "blobdiff/"):
        for name, values in run.of(what, last).items():
            run.compare(name, net.blobs[name].diff, values, BACKWARD)
    for path, values in run.of("paramdiff/", last).items():
        blob = blob_of(net, path)
        run.compare(path, blob.diff, values.reshape(blob.shape), BACKWARD)
    for name in case.get("no_diff_written", ()):
        assert not net.blobs[name].diff.any(), name


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@each_case()
def test_layer(
    kind: str, case: dict[str, Any], dtype: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(GOLDEN)
    check_case(kind, case, dtype, device)


@each_case("BatchNorm", "Convolution", "Deconvolution", "Net", "Pooling", "Scale")
def test_a_layer_as_on_a_gpu(
    kind: str, case: dict[str, Any], device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes another way there gives the same figures, here and on small blobs too."""
    from caffe_multilabel.engine import blob  # noqa: PLC0415
    from caffe_multilabel.engine.layers import normalisation  # noqa: PLC0415

    monkeypatch.chdir(GOLDEN)
    monkeypatch.setattr(blob, "_is_memory_cheap", lambda _values: True)
    monkeypatch.setattr(normalisation, "_has_wide_channels", lambda _blob: True)
    check_case(kind, case, "float32", device)


def test_all_cases_are_there() -> None:
    assert (len(cases()), len(REFUSED), len(WEIGHTS)) == (481, 42, 13)


@pytest.mark.parametrize("name", REFUSED)
def test_what_caffe_dies_on_is_one_error(name: str) -> None:
    text = REFUSED[name]["prototxt"]
    if REFUSED[name]["when"] == "backward":
        net = net_of(text)
        net.forward()
        with pytest.raises(PrototxtError, match=r"^layer '"):
            net.backward()
    else:
        with pytest.raises(PrototxtError, match=r"^layer '"):
            net_of(text).forward()


@pytest.mark.parametrize("case", WEIGHTS, ids=[case["name"] for case in WEIGHTS])
def test_weights_of_a_file(case: dict[str, Any]) -> None:
    net = net_of(case["prototxt"])
    path = GOLDEN / "weights" / f"{case['name']}.caffemodel"
    if not case["accepted"]:
        with pytest.raises(PrototxtError, match=rf"^{path}: layer '"):
            net.copy_from(path)
        return
    net.copy_from(path)
    with np.load(GOLDEN / "weights" / "params.npz") as params:
        wanted = {
            name.removeprefix(f"{case['name']}/"): params[name]
            for name in params.files
            if name.startswith(f"{case['name']}/")
        }
    assert wanted
    for name, values in wanted.items():
        np.testing.assert_array_equal(blob_of(net, name).data.numpy(), values)


def test_dropout_keeps_its_share_and_sends_the_diff_the_same_way() -> None:
    wanted = json.loads((LAYERS / "statistics.json").read_text())
    for ratio in (0.5, 0.3):
        net = net_of(
            "force_backward: true "
            'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 100000 } } } '
            f'layer {{ name: "d" type: "Dropout" bottom: "x" top: "y" '
            f"dropout_param {{ dropout_ratio: {ratio} }} }}",
            phase="TRAIN",
            seed=5,
        )
        net.blobs["x"].data.fill_(1)
        top = net.forward()["y"].clone()
        figures = wanted[f"dropout_train_{ratio}"]
        kept = (top != 0).double().mean().item()
        error = 4 * (ratio * (1 - ratio) / len(top)) ** 0.5
        assert abs(kept - (1 - ratio)) < error
        assert top.unique().tolist() == pytest.approx(figures["values"])
        net.blobs["y"].diff.fill_(3)
        net.backward()
        np.testing.assert_allclose(net.blobs["x"].diff, 3 * top, rtol=1e-6)
