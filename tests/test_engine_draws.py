"""What nets draw with a seed, against what a real Caffe drew: tests/golden/engine."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel.caffe.net_state import NetState
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.engine import Net
    from caffe_multilabel.engine.draws import Draws

pytestmark = pytest.mark.torch

GOLDEN = Path(__file__).parent / "golden" / "engine"
NETS: list[dict[str, Any]] = json.loads((GOLDEN / "draws.json").read_text())


def draws_of(seed: int | None) -> Draws:
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine.draws import Draws  # noqa: PLC0415  (torch)

    return Draws(seed, torch.device("cpu"))


def net_from(draws: Draws, message: Any, phase: Phase = "TRAIN") -> Net:
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)
    from caffe_multilabel.engine.place import Place  # noqa: PLC0415  (torch)

    place = Place(torch.device("cpu"), torch.float32)
    return Net.of_state(message, NetState(phase), path=None, place=place, draws=draws, threads=1)


@pytest.mark.parametrize("number", range(len(NETS)))
def test_every_layer_draws_in_caffes_order(number: int) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    case = NETS[number]
    message = parse_text(case["prototxt"], "NetParameter")
    net = Net(message, phase=case["phase"], seed=case["seed"])
    found = {
        f"param/{layer}/{index}": blob.data.numpy()
        for layer, blobs in net.params.items()
        for index, blob in enumerate(blobs)
    }
    for turn in range(3):
        names = {name.split("/", 2)[2] for name in case["digests"] if name.startswith("top/")}
        if names:
            net.forward()
        found |= {f"top/{turn}/{name}": net.blobs[name].data.numpy().copy() for name in names}
    # Plus 0, so that both zeros are one.
    digests = {
        name: hashlib.sha256((values + 0).tobytes()).hexdigest()[:16]
        for name, values in found.items()
    }
    assert digests == case["digests"]


TRAIN_AND_TEST = """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 50 } } }
    layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc"
            inner_product_param { num_output: 30 weight_filler { type: "gaussian" } } }
    layer { name: "drop" type: "Dropout" bottom: "fc" top: "drop" }
"""


def test_nets_draw_one_after_the_other() -> None:
    message = parse_text(TRAIN_AND_TEST, "NetParameter")
    draws, alone = draws_of(5), draws_of(5)
    train, test = net_from(draws, message), net_from(draws, message, "TEST")
    wanted = np.empty((2, 30, 50), np.float32)
    alone.caffe.gaussian(0, 1, wanted)
    for net, values in zip((train, test), wanted, strict=True):
        np.testing.assert_array_equal(net.params["fc"][0].data.numpy(), values)
    train.forward(x=np.ones((4, 50)))
    kept = np.empty((4, 30), np.uint8)
    alone.caffe.bernoulli(0.5, kept, single=False)
    np.testing.assert_array_equal(train.blobs["drop"].data.numpy() != 0, kept != 0)
    test.forward()  # in TEST nothing is drawn
    assert draws.caffe.next() == alone.caffe.next()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_drops_the_same_in_every_type(dtype: str) -> None:
    import torch  # noqa: PLC0415

    for ratio in (0.0, 0.3, 0.9):
        values = torch.ones(1000, dtype=getattr(torch, dtype))
        mask = draws_of(2).mask(values, ratio)
        assert mask.dtype == values.dtype
        other = draws_of(2).mask(values.double(), ratio)
        np.testing.assert_array_equal(mask.numpy(), other.numpy().astype(dtype))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda draws: pickle.loads(pickle.dumps(draws))])
def test_a_copy_goes_on_for_itself(again: Any) -> None:
    draws = draws_of(1)
    draws.caffe.next()
    other = again(draws)
    assert [other.caffe.next() for _ in range(3)] == [draws.caffe.next() for _ in range(3)]
    draws.caffe.next()
    assert other.caffe.next() != draws.caffe.next()


def test_a_stored_state_is_gone_on_from() -> None:
    draws, other = draws_of(1), draws_of(None)
    draws.caffe.next()
    other.restore(draws.state())
    assert other.caffe.next() == draws.caffe.next()
    state = other.state()
    for damaged in ({}, {"caffe": b""}, {"caffe": state["caffe"][:-30]}, {"caffe": 3}):
        with pytest.raises(OptionError, match="damaged"):
            other.restore(damaged)  # type: ignore[arg-type]
    assert other.state() == state


def test_seeds_are_caffes() -> None:
    def first(seed: int | None) -> int:
        return draws_of(seed).caffe.next()

    assert first(0) == np.random.RandomState(0).randint(2**32, dtype=np.uint32)
    # `random_seed` has 64 bits, of which Caffe's generator takes the last 32.
    assert first(7) == first(2**32 + 7) == first(7 - 2**32)
    assert len({first(None) for _ in range(3)}) > 1
    for wrong in ("1", 1.5, 2**64, -(2**63) - 1):
        with pytest.raises(OptionError, match="seed is"):
            first(wrong)  # type: ignore[arg-type]


# What is drawn, in order: "transformer", "shuffle" and "skip" are kept, "-" are lost.
@pytest.mark.parametrize(
    ("kind", "phase", "settings", "drawn"),
    [
        ("Data", "TRAIN", "", "-"),
        ("Data", "TEST", "transform_param { crop_size: 5 }", "-"),
        ("Data", "TRAIN", "transform_param { crop_size: 5 }", "- transformer -"),
        ("Data", "TEST", "transform_param { mirror: true }", "- transformer -"),
        ("Data", "TRAIN", "data_param { rand_skip: 3 }", "-"),
        ("ImageData", "TEST", "", "-"),
        (
            "ImageData",
            "TRAIN",
            "transform_param { mirror: true } image_data_param { shuffle: true rand_skip: 9 }",
            "- shuffle skip transformer -",
        ),
        ("ImageData", "TRAIN", "image_data_param { rand_skip: 9 }", "skip -"),
        ("WindowData", "TEST", "transform_param { crop_size: 5 }", "shuffle -"),
        ("WindowData", "TRAIN", "transform_param { crop_size: 5 }", "- shuffle transformer -"),
        ("MemoryData", "TRAIN", "", ""),
        ("MemoryData", "TRAIN", "transform_param { crop_size: 5 }", "transformer"),
    ],
)
def test_what_data_layers_draw(kind: str, phase: Phase, settings: str, drawn: str) -> None:
    from caffe_multilabel.engine.draws import DataSeeds  # noqa: PLC0415  (torch)

    text = f'layer {{ name: "d" type: "{kind}" {settings} }}'
    draws, alone = draws_of(3), draws_of(3)
    found = DataSeeds.draw(draws, parse_text(text, "NetParameter").layer[0], phase)
    numbers = [(name, alone.caffe.next()) for name in drawn.split()]
    wanted = {name: number for name, number in numbers if name != "-"}
    assert found == DataSeeds(**wanted)
    assert draws.caffe.next() == alone.caffe.next()


def test_weights_are_caffes_on_every_device(request: pytest.FixtureRequest) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    message = parse_text(TRAIN_AND_TEST, "NetParameter")
    net = Net(message, phase="TRAIN", seed=5, device=request.config.getoption("--device"))
    wanted = np.empty((30, 50), np.float32)
    draws_of(5).caffe.gaussian(0, 1, wanted)
    np.testing.assert_array_equal(net.params["fc"][0].data.cpu().numpy(), wanted)
    other = copy.deepcopy(net)
    for one in (net, other):
        one.forward(x=np.ones((4, 50)))
    drops = net.blobs["drop"].data
    assert (drops == other.blobs["drop"].data).all()
    assert 20 < (drops == 0).sum() < 100


def test_values_that_do_not_lie_in_a_row_are_filled_alike() -> None:
    import torch  # noqa: PLC0415

    from caffe_multilabel.caffe.proto.types import FillerParameter  # noqa: PLC0415  (torch)
    from caffe_multilabel.engine.fillers import fill  # noqa: PLC0415  (torch)

    filler = FillerParameter(type="gaussian")
    rows, columns = torch.empty(3, 4), torch.empty(4, 3).t()
    assert fill(filler, rows, draws_of(1)) is rows
    assert fill(filler, columns, draws_of(1)) is columns
    assert (rows == columns).all()


def test_dropout_elsewhere_has_a_generator_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine.draws import Draws  # noqa: PLC0415  (torch)

    # The generator of another device, for which a CPU's stands in.
    here = torch.Generator
    monkeypatch.setattr(torch, "Generator", lambda _device: here())
    draws, other = (Draws(seed, torch.device("cuda")) for seed in (1, 2))
    values = torch.ones(1000)
    first = draws.mask(values, 0.5)
    assert set(first.tolist()) == {0, 2}
    assert draws.caffe.next() == draws_of(1).caffe.next()  # which Dropout took nothing from
    other.restore(draws.state())
    assert (other.mask(values, 0.5) == draws.mask(values, 0.5)).all()
    state = draws.state()
    with pytest.raises(OptionError, match="damaged"):
        draws.restore(other.state() | {"device": b"1"})
    assert draws.state() == state
    other.restore(draws_of(7).state())  # of a CPU: Dropout goes on as it was
    assert (other.mask(values, 0.5) == draws.mask(values, 0.5)).all()
