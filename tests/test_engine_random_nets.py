"""Random nets in the engine: what holds for every net, whoever wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from caffe_multilabel.caffe.layers import FORK_TYPES, LAYER_TYPES
from caffe_multilabel.caffe.proto import read_net
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.lint import lint_net
from random_net_tools import RECIPES, RandomNet, random_nets

if TYPE_CHECKING:
    from pathlib import Path

    from caffe_multilabel.engine import Net

pytestmark = pytest.mark.torch

WRONG = {"in-place", "lost-gradient", "lost-weight"}
"""Rules of lint that say where gradients are not those of the values."""
WILD = 1e4
"""Nets with larger values are left out: their figures say little."""


def quickly(examples: int) -> Any:
    checks = [
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ]
    return settings(max_examples=examples, suppress_health_check=checks)


def outputs(net: Net) -> dict[str, Any]:
    try:
        found = {name: values.clone() for name, values in net.forward().items()}
    except PrototxtError:  # a Filter chose fewer items than a reader of its tops needs
        assume(False)
    assume(all(values.abs().max() < WILD for values in found.values() if values.numel()))
    return found


def same(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert left.keys() == right.keys()
    for name, values in left.items():
        np.testing.assert_array_equal(values, right[name], err_msg=name)


def test_every_type_of_the_engine_has_a_recipe() -> None:
    from caffe_multilabel.engine.layers import EMITTERS  # noqa: PLC0415  (torch)

    made_on_demand = {"Input", "Parameter"}
    arrays_and_files = {"MemoryData", "HDF5Output"}  # see test_engine_sources.py
    fed = {"Data", "HDF5Data", "ImageData", "WindowData"}  # see test_engine_data.py
    forks = FORK_TYPES.keys() & EMITTERS  # see test_engine_forks.py
    assert set(RECIPES) | made_on_demand | arrays_and_files | fed | forks == set(EMITTERS)


@quickly(60)
@given(net=random_nets(draws=True))
def test_shapes_are_those_of_the_rules(net: RandomNet) -> None:
    shapes = infer_shapes(net.message, net.phase)
    made = net.make()
    varies = any(layer.type == "Filter" for layer in net.message.layer)
    outputs(made)
    for name, shape in shapes.blobs.items():
        if name in made.blobs and not varies:
            assert made.blobs[name].shape == shape, name
            assert tuple(made.blobs[name].data.shape) == shape, name


@quickly(60)
@given(net=random_nets())
def test_a_net_in_pieces_is_the_whole(net: RandomNet, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("net") / "net.caffemodel"
    whole, pieces = net.make(), net.make()
    whole.save(path)
    layers = [layer.name for layer in read_net(path).layer]
    wanted = outputs(whole)
    middle = len(layers) // 2
    pieces.forward(end=layers[middle])
    if middle + 1 < len(layers):
        pieces.forward(start=layers[middle + 1])
    same({name: pieces.blobs[name].data for name in wanted}, wanted)
    for one in (whole, pieces):
        for name, diff in net.top_diffs(one).items():
            one.blobs[name].diff = diff
    whole.backward()
    if middle + 1 < len(layers):
        pieces.backward(end=layers[middle + 1])
    pieces.backward(start=layers[middle])
    for name, blobs in whole.params.items():
        for blob, other in zip(blobs, pieces.params[name], strict=True):
            np.testing.assert_array_equal(blob.diff, other.diff, err_msg=name)


def writes_over_a_loss(net: RandomNet) -> bool:
    """Tell whether a layer works in place on the top of a loss."""
    losses = {
        top for layer in net.message.layer if LAYER_TYPES[layer.type].is_loss for top in layer.top
    }
    return any(losses & set(layer.bottom) & set(layer.top) for layer in net.message.layer)


@quickly(40)
@given(net=random_nets())
def test_a_saved_net_read_back_gives_the_same(net: RandomNet, tmp_path_factory: Any) -> None:
    path: Path = tmp_path_factory.mktemp("net") / "net.caffemodel"
    first = net.make()
    first.save(path)
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    second = Net(net.message, path, phase=net.phase)
    net.feed(second)
    wanted = outputs(first)
    same(outputs(second), wanted)
    if writes_over_a_loss(net):
        return  # Caffe cannot set up its own snapshot either: a written weight wants a Split
    # The file's own net has the weights of losses written out; one that is read is a copy then.
    try:
        third = Net(read_net(path), path, phase=net.phase)
    except PrototxtError:  # and a layer may no longer work on it in place, in Caffe as here
        return
    net.feed(third)
    found = outputs(third)
    same({name: found[name] for name in wanted}, wanted)


class Slopes:
    """A net in float64, and how its loss changes with what it has learnt."""

    STEP = 1e-6

    def __init__(self, net: RandomNet) -> None:
        import torch  # noqa: PLC0415

        self._random = net
        self._net = net.make(dtype=torch.float64)
        self._kept = {
            (name, number): blob.data.clone()
            for name, blobs in self._net.params.items()
            for number, blob in enumerate(blobs)
        }
        outputs(self._net)
        self._net.backward()
        self.gradients = {
            (name, number): self._net.params[name][number].diff.clone()
            for name, number in self._kept
            if self._learns(name, number)
        }

    def _learns(self, name: str, number: int) -> bool:
        layers = self._random.message.layer
        layer = next(layer for layer in layers if layer.name == name)
        own = layer.param[number : number + 1]
        # Of a weight that layers share, Caffe leaves out the part of those that do not learn it.
        frozen = {param.name for each in layers for param in each.param if param.lr_mult == 0}
        if any(param.lr_mult == 0 or (param.name and param.name in frozen) for param in own):
            return False
        return LAYER_TYPES[layer.type].blobs != "statistics"

    def loss(self, leaf: tuple[str, int], step: Any) -> float:
        """The loss with one blob of weights moved by a step."""
        for (name, number), values in self._kept.items():
            self._net.params[name][number].data = values
        self._net.params[leaf[0]][leaf[1]].data.add_(step)
        self._random.feed(self._net)
        self._net.forward()
        return self._net.loss


def never(_layer: Any) -> bool:
    return False


# Caffe leaves a small number out of their gradient, or puts one in, so as not to divide by 0.
APPROXIMATE = {
    "MVN": lambda layer: layer.mvn_param.normalize_variance,
    "ContrastiveLoss": lambda layer: not layer.contrastive_loss_param.legacy_version,
}


def has_true_gradients(net: RandomNet) -> bool:
    """Tell whether Caffe's gradients are those of its values, as far as registry and lint know."""
    layers = net.message.layer
    if any(APPROXIMATE.get(layer.type, never)(layer) for layer in layers):
        return False
    return not any(finding.rule in WRONG for finding in lint_net(net.message))


@quickly(80)
@given(net=random_nets(learnt=True, cuts=False, forced=False))
def test_gradients_are_those_of_the_loss(net: RandomNet) -> None:
    import torch  # noqa: PLC0415

    assume(has_true_gradients(net))
    slopes = Slopes(net)
    draw = np.random.default_rng(net.seed)
    for leaf, gradient in slopes.gradients.items():
        way = torch.from_numpy(draw.normal(size=gradient.shape))
        losses = [slopes.loss(leaf, step * slopes.STEP * way) for step in (-1, 0, 1)]
        left, right = np.diff(losses) / slopes.STEP
        scale = max(1.0, abs(left), abs(right))
        if abs(right - left) < 1e-3 * scale:  # no kink between
            assert abs(float((gradient * way).sum()) - (left + right) / 2) < 2e-4 * scale, leaf
