"""What is known of a layer type, whoever asks: shape rules, net graph, lint, generator, engine.

Facts of how Caffe computes are those of the `Forward_cpu` and `Backward_cpu` of the type in BVLC
Caffe's src/caffe/layers. A fact that depends on a layer's settings is a function of its message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from caffe_multilabel.caffe.named_fields import enum_name, number, submessage

if TYPE_CHECKING:
    from collections.abc import Callable

    from caffe_multilabel.caffe.layers.base import LayerInput, LayerOutput
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = [
    "ANY",
    "BOTH",
    "BOTTOM",
    "MASK",
    "NOTHING",
    "TOP",
    "TOP_SIDES",
    "Bottoms",
    "Counts",
    "InPlace",
    "Keeps",
    "Kind",
    "LabelReading",
    "LabelUse",
    "LayerType",
    "Side",
    "Start",
    "top_in_place",
]

Counts: TypeAlias = tuple[int, int | None]
"""The smallest and the largest number of blobs; None stands for no limit."""

ANY: Counts = (0, None)

Kind: TypeAlias = Literal[
    "data",  # brings records or constants in
    "input",  # is fed by the caller
    "parameter",  # makes a blob of its weights
    "convolution",  # a product with weights that slide
    "dense",  # a product with weights, or a row of them
    "recurrent",  # over timesteps
    "pooling",
    "activation",  # value by value, as Caffe's NeuronLayer
    "normalisation",  # shifts and scales values
    "output",  # makes the answer of scores
    "arithmetic",  # sums, products
    "view",  # the same values under another shape or name
    "join",  # cuts or joins blobs, values as they are
    "select",  # copies or drops some of the values
    "loss",
    "accuracy",
    "sink",  # reads and makes nothing
    "user",  # code of the user's
]

Side: TypeAlias = Literal["bottom", "top", "mask", "cell"]
"""Bottoms, the first top, the second (a pooling's mask, a loss's probabilities), or the third."""
TOP_SIDES: tuple[Side, ...] = ("top", "mask", "cell")
"""The side of each top by its index; those after the last are never read."""
NOTHING: frozenset[Side] = frozenset()
BOTTOM: frozenset[Side] = frozenset({"bottom"})
TOP: frozenset[Side] = frozenset({"top"})
MASK: frozenset[Side] = frozenset({"mask"})
BOTH: frozenset[Side] = BOTTOM | TOP

InPlace: TypeAlias = Literal["refused", "spoils_values", "spoils_gradients", "works"]

Keeps: TypeAlias = Literal["nothing", "passed_signs", "signs", "passed_values", "values"]

Bottoms: TypeAlias = tuple[int, ...]
"""Bottoms by their index."""

LabelReading: TypeAlias = Literal["class", "binary", "real", "similar"]

Start: TypeAlias = Literal["unknown", "log_classes", "log_2", "classes", "half_mean_squares"]

_T = TypeVar("_T")
_Fact: TypeAlias = "_T | Callable[[LayerParameter], _T]"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelUse:
    """How a loss or an accuracy reads its labels.

    Attributes:
        kind: `class` an integer from 0 to classes - 1, cut off to one where it is a fraction;
            `binary` a probability, as a rule 0 or 1; `real` any number; `similar` zero or not.
        bottom: which bottom the labels are.
        ignore_label: the message that `ignore_label` is read from; empty if it is not.
        normalization: what `loss_param.normalization` is where it is not given; empty if it is
            not read, and the loss is then divided by the items of the batch.
        class_axis: the message whose `axis` holds the classes; empty if every value of an item is
            one.
        start: what a loss of one label that counts comes to while all its scores are alike, which
            is before anything is learnt: the logarithm of its classes or of 2, as many as it has
            classes, or half the mean square of its label columns, all of them together; `unknown`
            where the scores alone do not tell, and of what is no loss.
        of_probabilities: whether it reads probabilities, and not scores that it makes them of.
    """

    kind: LabelReading
    bottom: int = 1
    ignore_label: str = ""
    normalization: str = ""
    class_axis: str = ""
    start: Start = "unknown"
    of_probabilities: bool = False

    def ignored(self, layer: LayerParameter) -> int | None:
        """Return the label that a layer leaves out, or None."""
        if not self.ignore_label:
            return None
        message = submessage(layer, self.ignore_label)
        return number(message, "ignore_label") if message.HasField("ignore_label") else None

    def divisor(self, layer: LayerParameter) -> str:
        """Return what a layer's loss is divided by, a name of Caffe's `NormalizationMode`."""
        message = layer.loss_param
        if not self.normalization:
            return "BATCH_SIZE"
        if message.HasField("normalization"):
            return enum_name(message, "normalization")
        if message.HasField("normalize"):
            return "VALID" if message.normalize else "BATCH_SIZE"
        return self.normalization

    def axis(self, layer: LayerParameter) -> int:
        """Return the axis of a layer's classes, as its message counts; only with `class_axis`."""
        return number(submessage(layer, self.class_axis), "axis")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerType:
    """One layer type.

    Attributes:
        name: as in `type: "Convolution"`.
        fork: the fork that has it; empty if BVLC Caffe has.
        kind: what it is for.
        shape: the rule that sets it up: checks, shapes of its tops and weights, its work.
        bottoms: how many bottoms it takes.
        tops: how many tops it has.
        paired: one top for each bottom.
        message: the field of `LayerParameter` with its settings; empty if it has none of its own.
        blobs: what its blobs of weights are: learned, or `statistics` that it gathers.
        weights_below: a second bottom takes the place of its weights, of which it then has none.
        transformed: it applies `transform_param` to what it reads.
        own_scale: of that all but `scale`, which it takes from its own message.
        sized: the net tells the shapes of its tops; if not, the caller must.
        random: by its settings, it may draw random numbers: Dropout in TRAIN only, and what
            transforms its records in TEST as well, for `mirror`.
        reads: its Forward reads the data of its bottoms; see `reads_data`.
        in_place: what becomes of a layer with a top in the place of the bottom of the same number:
            it is `refused` by Caffe; it `spoils_values`, those that it makes, or only
            `spoils_gradients`, as its Backward finds something else there; or it `works`.
        keeps: what it leaves of the values that it writes over. `signs`: a value is positive after
            it where it was before; `passed_signs`: so it is where a gradient passes;
            `passed_values`: so it is everywhere, and where a gradient passes the value stays;
            `values`: all stay.
        backward: whether its gradient is made from the data of its bottoms, of its top, of both
            or of neither. What it keeps in memory of its own counts for neither.
        backward_bottoms: which bottoms those are; None if all. A type that copies its bottom where
            it works in place does not read it there.
        backward_signs: of a bottom, it only reads whether a value is positive.
        backward_mixes: its gradient of one value is made from other values of its top as well.
        passes_diff: in place its Backward writes nothing, for the gradient stays as it is.
        propagates: the bottoms that a gradient can go to; None if all.
        stops: of the others, those at which Caffe stops where a gradient is wanted; the rest keep
            the diff that they have.
        has_backward: it has a backward pass; if not, Caffe stops as soon as that runs, whichever
            bottoms want a gradient.
        unforced: the bottoms that `force_backward` asks no gradient for (`AllowForceBackward`).
        shares: its tops have the data of bottom[0]: never, always, or where it has one bottom and
            one top; or that of its `weight`.
        top_diff: where the diff of its first top is: in memory of the top's `own`; where the data
            is that it `shares`; or `inside` the layer. What is not the top's own is lost to the
            layer where another one `hands_diff_down` to that top.
        hands_diff_down: its Backward copies nothing: bottom[0] is given the memory of the top's
            diff, and has its own no more.
        labels: how it reads labels; None if it compares with none.
        weighs_nothing: of a loss, its first top weighs 0, and not 1, where no `loss_weight` is
            given: what LossLayer does in its set-up, it does not.
        deploy: what becomes of it in a net for use: it is `kept`; `fed`, an Input in its place;
            `bypassed`, its bottom in place of its top; or `dropped`.
        output: of a loss, the type of the layer that then makes the answer of its scores; empty
            if they are the answer.
    """

    name: str
    kind: Kind
    shape: Callable[[LayerInput], LayerOutput]
    fork: str = ""
    bottoms: Counts = (1, 1)
    tops: Counts = (1, 1)
    paired: bool = False
    message: str = ""
    blobs: Literal["none", "weights", "statistics"] = "none"
    weights_below: bool = False
    transformed: bool = False
    own_scale: bool = False
    sized: _Fact[bool] = True
    random: bool = False
    reads: bool = True
    in_place: _Fact[InPlace] = "works"
    keeps: _Fact[Keeps] = "nothing"
    backward: _Fact[frozenset[Side]] = NOTHING
    backward_bottoms: _Fact[Bottoms | None] = None
    backward_signs: bool = False
    backward_mixes: bool = False
    passes_diff: bool = False
    propagates: _Fact[Bottoms | None] = None
    stops: _Fact[Bottoms] = ()
    has_backward: bool = True
    unforced: Bottoms = ()
    shares: Literal["never", "always", "alone", "weight"] = "never"
    top_diff: Literal["own", "shares", "inside"] = "own"
    hands_diff_down: bool = False
    labels: LabelUse | None = None
    weighs_nothing: _Fact[bool] = False
    deploy: Literal["kept", "fed", "bypassed", "dropped"] = "kept"
    output: str = ""

    @property
    def is_loss(self) -> bool:
        """A loss, whose first top may be left out."""
        return self.kind == "loss"

    @property
    def takes_shapes(self) -> bool:
        """The shapes of its tops may come from the caller."""
        return self.kind in ("data", "input", "user")

    @property
    def passes_on(self) -> bool:
        """In a net for use its top holds the values of its bottom, each as it is."""
        return self.kind == "view" or self.deploy == "bypassed"

    def has_blobs(self, layer: LayerParameter) -> bool:
        """Tell whether a layer has weights or statistics of its own; see `blobs`."""
        return self.blobs != "none" and not (self.weights_below and len(layer.bottom) > 1)

    def is_sized(self, layer: LayerParameter) -> bool:
        """Tell whether the net says what shapes a layer's tops have; see `sized`."""
        return _resolve(self.sized, layer)

    def default_loss_weight(self, layer: LayerParameter) -> float:
        """Return what a layer's first top weighs where no `loss_weight` is given."""
        return float(self.is_loss and not _resolve(self.weighs_nothing, layer))

    def works_in_place(self, layer: LayerParameter) -> InPlace:
        """Return what becomes of a layer of this type that works in place; see `in_place`."""
        return _resolve(self.in_place, layer)

    def backward_reads(self, layer: LayerParameter) -> frozenset[Side]:
        """Return the sides whose data a layer's backward pass reads; see `backward`."""
        return _resolve(self.backward, layer)

    def bottoms_read_again(self, layer: LayerParameter) -> Bottoms:
        """Return the bottoms whose data a layer's backward pass reads; see `backward_bottoms`."""
        if "bottom" not in self.backward_reads(layer):
            return ()
        return _among(_resolve(self.backward_bottoms, layer), layer)

    def propagates_to(self, layer: LayerParameter) -> Bottoms:
        """Return the bottoms that a layer can give a gradient; see `propagates`."""
        return _among(_resolve(self.propagates, layer), layer)

    def stops_at(self, layer: LayerParameter) -> Bottoms:
        """Return the bottoms that Caffe cannot give a gradient, and stops; see `stops`."""
        return _among(_resolve(self.stops, layer), layer)

    def keeps_in_place(self, layer: LayerParameter) -> Keeps:
        """Return what a layer leaves of values that it writes over; see `keeps`."""
        return _resolve(self.keeps, layer)

    def reads_data(self, layer: LayerParameter) -> bool:
        """Tell whether a layer's Forward reads values; one that shares their memory need not."""
        return self.reads and not self.shares_memory(layer)

    def lends_diff(self, layer: LayerParameter) -> bool:
        """Tell whether the diff of a layer's first top is not the top's own; see `top_diff`."""
        shares = self.shares == "weight" or self.shares_memory(layer)
        return self.top_diff == "inside" or (self.top_diff == "shares" and shares)

    def shares_memory(self, layer: LayerParameter) -> bool:
        """Tell whether a layer's tops have the memory of its first bottom; see `shares`."""
        alone = len(layer.bottom) == len(layer.top) == 1
        return self.shares == "always" or (self.shares == "alone" and alone)


def top_in_place(layer: LayerParameter, top: int = 0) -> bool:
    """Tell whether a top of a layer is written over the bottom of the same number."""
    both = min(len(layer.bottom), len(layer.top))
    return top < both and layer.bottom[top] == layer.top[top]


def _among(bottoms: Bottoms | None, layer: LayerParameter) -> Bottoms:
    """Return those of some bottoms that a layer has; None stands for all."""
    count = len(layer.bottom)
    return tuple(range(count) if bottoms is None else (one for one in bottoms if one < count))


def _resolve(fact: _Fact[_T], layer: LayerParameter) -> _T:
    return fact(layer) if callable(fact) else fact
