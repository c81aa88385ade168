"""Random nets: layers of every type that the engine runs, wired as no one would wire them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.layers.base import LayerInput
from caffe_multilabel.caffe.layers.layer_type import top_in_place
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.errors import PrototxtError
from random_layer_tools import RECIPES as VALUE_RECIPES
from random_score_tools import SCORE_RECIPES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.layers.base import LayerOutput
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter
    from caffe_multilabel.engine import Net

__all__ = ["RECIPES", "Blob", "Maker", "RandomNet", "random_net", "random_nets"]

Shape = tuple[int, ...]

RECIPES = {**VALUE_RECIPES, **SCORE_RECIPES}
"""How a layer of each type is made; `Input` and `Parameter` come where a bottom is asked for."""

MOST_VALUES = 600  # of a blob
PHASES = ("TRAIN", "TEST")


@dataclass
class Blob:
    """A blob that layers to come may read.

    Attributes:
        name: its name.
        shape: its shape.
        needs: a gradient comes to it, as `Net::Init` counts.
        positive: all its values are.
        varies: its first axis changes as the net runs.
        taken: a layer reads it, or it is a loss, so that none can work on it in place.
        held: its memory is needed by the layer that made it, so that none may, by any name.
    """

    name: str
    shape: Shape
    needs: bool = False
    positive: bool = False
    varies: bool = False
    taken: bool = False
    held: bool = False


@dataclass(frozen=True)
class RandomNet:
    """A net and what goes with it.

    Attributes:
        message: the net.
        phase: its phase.
        feeds: values for its inputs.
        seed: what its weights and the diffs of its outputs are drawn from.
    """

    message: NetParameter
    phase: Any
    feeds: dict[str, NDArray[Any]]
    seed: int

    def __repr__(self) -> str:
        """Return the text, for hypothesis to print."""
        fed = {name: values.tolist() for name, values in self.feeds.items() if values.size < 20}
        return f"{self.phase} seed {self.seed} {fed}\n{self.message}"

    def make(self, **options: Any) -> Net:
        """Set it up in the engine, weights drawn, inputs fed."""
        from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

        net = Net(self.message, phase=self.phase, seed=self.seed, **options)
        draw = np.random.default_rng(self.seed)
        kinds = {layer.name: layer.type for layer in self.message.layer}
        for name, blobs in net.params.items():
            for number, blob in enumerate(blobs):
                values = draw.normal(size=blob.shape) * 0.5
                if kinds[name] == "BatchNorm":  # sums of means, variances and counts
                    values = values if number == 0 else draw.uniform(0.5, 2, blob.shape)
                blob.data = values.astype(np.float32)
        self.feed(net)
        return net

    def feed(self, net: Net) -> None:
        """Give the inputs their values, again where layers in place wrote over them."""
        for name, values in self.feeds.items():
            net.blobs[name].data = values

    def top_diffs(self, net: Net) -> dict[str, NDArray[Any]]:
        """Return a diff for each output that is no loss."""
        weighted = {
            str(top)
            for layer in self.message.layer
            if layer.loss_weight or LAYER_TYPES[layer.type].is_loss
            for top in layer.top
        }
        return {
            name: np.random.default_rng([self.seed, *name.encode()])
            .normal(size=net.blobs[name].shape)
            .astype(np.float32)
            for name in net.outputs
            if name.split("_split_")[0] == name and name not in weighted | {"(automatic)"}
        }


@dataclass
class Maker:
    """A net that grows layer by layer.

    Attributes:
        draw: hypothesis's.
        forced: the net has `force_backward`.
        cuts: gradients may end where values go on.
        draws: layers may draw random numbers.
        phase: the net's phase.
        learnt: what is not for one layer alone is a Parameter, and no Input.
    """

    draw: st.DrawFn
    forced: bool
    cuts: bool
    draws: bool
    phase: str
    learnt: bool
    layers: list[LayerParameter] = field(default_factory=list)
    blobs: dict[str, Blob] = field(default_factory=dict)
    feeds: dict[str, NDArray[Any]] = field(default_factory=dict)
    weights: list[tuple[str, Shape, LayerParameter, int]] = field(default_factory=list)

    # What recipes draw with.

    def choice(self, *options: Any) -> Any:
        """One of some options; hypothesis shrinks to the first."""
        return self.draw(st.sampled_from(options))

    def number(self, least: int, most: int) -> int:
        """A whole number."""
        return self.draw(st.integers(least, most))

    def often(self) -> bool:
        """True, more often than not."""
        return self.choice(True, True, False)

    def seldom(self) -> bool:
        """True now and then."""
        return self.choice(False, False, False, False, True)

    # Where bottoms come from.

    def bottom(
        self,
        fits: Callable[[Shape], bool] = lambda _shape: True,
        fallback: Shape = (2, 3, 4, 4),
        *,
        positive: bool = False,
        varies: bool = False,
        still: bool = False,
    ) -> Blob:
        """A blob of a shape that fits, the last ones first, or a new one of a shape that does.

        Args:
            fits: tells whether a shape does.
            fallback: one that does.
            positive: all values must be.
            varies: its first axis may change as the net runs.
            still: no gradient may come to it.
        """
        found = [
            blob
            for blob in reversed(self.blobs.values())
            if fits(blob.shape)
            and (blob.positive or not positive)
            and (varies or not blob.varies)
            and not (still and blob.needs)
            and blob.name not in self._special
        ]
        if found and not self.seldom():
            return self.choice(*found[:4])
        values = self.values(fallback)
        return self.fed(np.abs(values) + 0.1 if positive else values, positive=positive)

    def same(self, shape: Shape) -> Blob:
        """A blob of one shape."""
        return self.bottom(lambda other: other == shape, shape)

    def values(self, shape: Shape) -> NDArray[Any]:
        """Random values."""
        return np.random.default_rng(self.number(0, 99)).normal(size=shape)

    def whole(self, shape: Shape, below: int) -> NDArray[Any]:
        """Random whole numbers from 0."""
        return np.random.default_rng(self.number(0, 99)).integers(0, below, size=shape)

    _special: set[str] = field(default_factory=set)

    def fed(self, values: NDArray[Any], *, positive: bool = False, special: bool = False) -> Blob:
        """A new blob that holds values; a special one is for the layer that asked, and no other."""
        blob = Blob(f"in{len(self.feeds)}", values.shape, positive=positive)
        dims = " ".join(f"dim: {size}" for size in blob.shape)
        if not special and (self.learnt or (not self.forced and self.seldom())):
            blob.name, blob.needs = f"weights{len(self.layers)}", True
            self._append(
                f'name: "{blob.name}" type: "Parameter" top: "{blob.name}" '
                f"parameter_param {{ shape {{ {dims} }} }}"
            )
            blob.positive = False
            if positive:
                return self.fed(values, positive=True, special=True)
        else:
            self.feeds[blob.name] = values.astype(np.float32)
            self._append(
                f'name: "{blob.name}" type: "Input" top: "{blob.name}" '
                f"input_param {{ shape {{ {dims} }} }}"
            )
        self.blobs[blob.name] = blob
        if special and not positive:
            self._special.add(blob.name)
        return blob

    # Layers.

    def grow(self, kind: str) -> None:
        """Add a layer of a type; none where its settings do not fit what there is."""
        made = RECIPES[kind](self)
        name = f"l{len(self.layers)}"
        layer = self._message(f'name: "{name}" type: "{kind}" {made.settings}')
        layer.bottom.extend(blob.name for blob in made.bottoms)
        layer.top.extend(f"{name}_{top}" for top in range(made.tops))
        entry = LAYER_TYPES[kind]
        try:
            output = entry.shape(
                LayerInput(
                    layer,
                    tuple(blob.shape for blob in made.bottoms),
                    made.tops,
                    (None,) * made.tops,
                )
            )
        except PrototxtError:
            return
        if any(not 0 < np.prod(shape) <= MOST_VALUES for shape in output.tops):
            return
        self._write_over(layer, made.bottoms, output)
        learns = self._params(layer, output)
        needs = learns or any(blob.needs for blob in made.bottoms)
        if not self._propagate(layer, made.bottoms):
            return
        for number, weight in enumerate(output.weights):
            self.weights.append((kind, weight.shape, layer, number))
        for blob in made.bottoms:
            blob.taken = True
        varies = kind == "Filter" or any(blob.varies for blob in made.bottoms)
        for top, shape in zip(layer.top, output.tops, strict=True):
            self.blobs.pop(top, None)
            self.blobs[top] = Blob(top, shape, needs, made.positive, varies)
        if entry.top_diff == "inside" or kind == "Pooling":
            # States that it goes on from, or where its gradients go; of one timestep, all it makes.
            alone = entry.top_diff == "inside" and output.tops[0][0] == 1
            for top in layer.top if alone else layer.top[1:]:
                self.blobs[top].held = self.blobs[top].taken = True
        if entry.shares_memory(layer) and any(blob.held for blob in made.bottoms):
            for top in layer.top:
                self.blobs[top].held = self.blobs[top].taken = True
        self._weigh(layer)
        self.layers.append(layer)

    def _append(self, text: str) -> None:
        self.layers.append(self._message(text))

    def _message(self, text: str) -> LayerParameter:
        return parse_text(f"layer {{ {text} }}", "NetParameter").layer[0]

    def _write_over(
        self, layer: LayerParameter, bottoms: Sequence[Blob], output: LayerOutput
    ) -> None:
        """Put tops in the place of bottoms, where Caffe and the engine let them."""
        entry = LAYER_TYPES[layer.type]
        result = entry.works_in_place(layer)
        allowed = result in ("works", "spoils_gradients") or layer.type == "Eltwise"
        # States are others from pass to pass, and a Filter that shortens its bottom runs once.
        allowed = allowed and entry.top_diff != "inside" and layer.type != "Filter"
        if not allowed or not self.choice(False, True):
            return
        names = [blob.name for blob in bottoms]
        for top, (blob, shape) in enumerate(zip(bottoms, output.tops, strict=False)):
            if not blob.taken and names.count(blob.name) == 1 and blob.shape == shape:
                layer.top[top] = blob.name

    def _params(self, layer: LayerParameter, output: LayerOutput) -> bool:
        """Give weights rates, or names that others have; tell whether the layer learns."""
        if not output.weights:
            return False
        # Caffe counts statistics as learning too.
        if LAYER_TYPES[layer.type].blobs == "statistics" or not self.seldom():
            return True
        learns = False
        for number, weight in enumerate(output.weights):
            spec = layer.param.add()
            owners = [
                (owner, index)
                for kind, shape, owner, index in self.weights
                if shape == weight.shape and kind != "BatchNorm" and len(owner.param) > index
            ]
            if owners and self.often():
                owner, index = self.choice(*owners)
                spec.name = owner.param[index].name
            else:
                spec.name = f"{layer.name}_{number}"
                if self.choice(False, True):
                    spec.lr_mult = 0.0
            learns = learns or spec.lr_mult != 0
        return learns

    def _propagate(self, layer: LayerParameter, bottoms: Sequence[Blob]) -> bool:
        """Write propagate_down where Caffe would stop; tell whether it can do without."""
        entry = LAYER_TYPES[layer.type]
        able = entry.propagates_to(layer)
        if not entry.has_backward:
            return not (self.forced or any(blob.needs for blob in bottoms))
        if self.forced:
            return all(
                number in able or number in entry.unforced or number not in entry.stops_at(layer)
                for number in range(len(bottoms))
            )
        down = [blob.needs and number in able for number, blob in enumerate(bottoms)]
        if not self.cuts and down != [blob.needs for blob in bottoms]:
            return False
        if self.cuts and self.seldom():
            down = [one and self.choice(True, False) for one in down]
        if down != [blob.needs for blob in bottoms] or self.seldom():
            layer.propagate_down.extend(down)
        return True

    def _weigh(self, layer: LayerParameter) -> None:
        """Make some tops losses. A layer in place would write over its weight."""
        if not layer.top or LAYER_TYPES[layer.type].is_loss or not self.seldom():
            return
        if any(top_in_place(layer, top) for top in range(len(layer.top))):
            return
        if any(self.blobs[top].varies for top in layer.top):
            return
        layer.loss_weight.extend(self.choice(0.5, 0.0, -2.0, 1.0) for _ in layer.top)
        for top, weight in zip(layer.top, layer.loss_weight, strict=True):
            self.blobs[top].taken = weight != 0

    def finish(self) -> NetParameter:
        """Weigh what is read by none, for without a loss nothing runs backward."""
        read = {str(name) for layer in self.layers for name in layer.bottom}
        for layer in self.layers:
            if layer.type in ("Input", "Parameter", "DummyData") or layer.loss_weight:
                continue
            ends = [str(top) not in read for top in layer.top]
            in_place = any(top_in_place(layer, top) for top in range(len(layer.top)))
            if any(ends) and not in_place and self.often():
                layer.loss_weight.extend(
                    1.5 if end and not self.blobs[top].varies else 0.0
                    for top, end in zip(layer.top, ends, strict=True)
                )
        net = parse_text('name: "random"', "NetParameter")
        net.layer.extend(self.layers)
        if self.forced:
            net.force_backward = True
        return net


def random_net(
    draw: st.DrawFn,
    *,
    kinds: Sequence[str] = tuple(RECIPES),
    most: int = 8,
    cuts: bool = True,
    draws: bool = False,
    forced: bool | None = None,
    learnt: bool = False,
) -> RandomNet:
    """Draw a net.

    Args:
        draw: hypothesis's.
        kinds: the types of its layers, Input and Parameter besides.
        most: how many layers are tried, at most.
        cuts: gradients may end where values go on.
        draws: layers may draw random numbers.
        forced: whether it has `force_backward`; either if None.
        learnt: it is for training, and all that gradients come to is learnt.
    """
    phase = "TRAIN" if learnt else draw(st.sampled_from(PHASES))
    if forced is None:
        forced = draw(st.sampled_from((False, False, True)))
    maker = Maker(draw, forced, cuts, draws, phase, learnt)
    if learnt:
        maker.fed(maker.values((1,)), special=True)  # for lint, which looks at nets with data
    maker.bottom()
    for _ in range(draw(st.integers(1, most))):
        maker.grow(draw(st.sampled_from(kinds)))
    net = maker.finish()
    return RandomNet(net, phase, maker.feeds, draw(st.integers(0, 999)))


random_nets = st.composite(random_net)
