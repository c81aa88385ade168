"""Recipes of layers that compare predictions with labels, and of those that go over timesteps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from random_layer_tools import Made, axes, message, some_axes

if TYPE_CHECKING:
    from collections.abc import Callable

    from random_net_tools import Maker

__all__ = ["SCORE_RECIPES"]


def loss_param(maker: Maker) -> str:
    return message(
        "loss_param",
        normalization=maker.choice(None, "VALID", "FULL", "BATCH_SIZE", "NONE"),
        ignore_label=maker.choice(None, 0),
    )


def of_classes(settings: Callable[[Maker, int], str]) -> Callable[[Maker], Made]:
    """A layer that compares scores with labels, its classes on an axis."""

    def recipe(maker: Maker) -> Made:
        scores = maker.bottom(axes(2, 3, 4))
        axis = maker.choice(1, 1, len(scores.shape) - 1)
        shape = (*scores.shape[:axis], *scores.shape[axis + 1 :])
        labels = maker.fed(maker.whole(shape, scores.shape[axis]), special=True)
        return Made([scores, labels], settings(maker, axis))

    return recipe


def infogain(maker: Maker) -> Made:
    made = of_classes(
        lambda inner, axis: message("infogain_loss_param", axis=axis) + loss_param(inner)
    )(maker)
    axis = int(made.settings.split("axis: ")[1].split()[0])
    classes = made.bottoms[0].shape[axis]
    made.bottoms.append(maker.fed(maker.values((classes, classes)), special=True))
    return made


def of_one_label(field: str, *, positive: bool = False) -> Callable[[Maker], Made]:
    def recipe(maker: Maker) -> Made:
        scores = maker.bottom(axes(2), (3, 4), positive=positive)
        labels = maker.fed(maker.whole(scores.shape[:1], scores.shape[1]), special=True)
        settings = message(field, norm=maker.choice("L1", "L2")) if field else ""
        return Made([scores, labels], settings)

    return recipe


def accuracy(maker: Maker) -> Made:
    made = of_classes(
        lambda inner, axis: message(
            "accuracy_param",
            axis=axis,
            top_k=inner.choice(1, 2),
            ignore_label=inner.choice(None, 0),
        )
    )(maker)
    made.tops = maker.choice(1, 2)
    return made


def euclidean(maker: Maker) -> Made:
    first = maker.bottom(some_axes)
    return Made([first, maker.same(first.shape)])


def sigmoid_cross_entropy(maker: Maker) -> Made:
    scores = maker.bottom(some_axes)
    targets = maker.fed(maker.whole(scores.shape, 2), special=True)
    return Made([scores, targets], loss_param(maker))


def contrastive(maker: Maker) -> Made:
    first = maker.bottom(axes(2), (3, 4))
    alike = maker.fed(maker.whole(first.shape[:1], 2), special=True)
    settings = message(
        "contrastive_loss_param",
        margin=maker.choice(1, 4),
        legacy_version=maker.choice(False, True),
    )
    return Made([first, maker.same(first.shape), alike], settings)


def argmax(maker: Maker) -> Made:
    bottom = maker.bottom(axes(2, 3, 4), still=True)
    settings = message(
        "argmax_param",
        top_k=maker.choice(1, 2),
        out_max_val=maker.choice(False, True),
        axis=maker.choice(None, 1, -1),
    )
    return Made([bottom], settings)


def recurrent(states: int) -> Callable[[Maker], Made]:
    def recipe(maker: Maker) -> Made:
        x = maker.bottom(axes(3, 4), (3, 2, 4))
        steps, streams = x.shape[:2]
        cont = maker.whole((steps, streams), 2)
        cont[0] = 0
        bottoms = [x, maker.fed(cont, special=True)]
        hidden = maker.number(1, 3)
        if maker.seldom():
            bottoms.append(
                maker.bottom(lambda shape: len(shape) == 2 and shape[0] == streams, (streams, 2))
            )
        exposed = maker.cuts and maker.seldom()  # no gradient goes to states, nor from them
        if exposed:
            bottoms += [maker.same((1, streams, hidden)) for _ in range(states)]
        # What later timesteps go on with where another layer owns the weights.
        filler = f"weight_filler {{ value: {maker.choice(0.3, -0.5)} }}"
        settings = message("recurrent_param", num_output=hidden, expose_hidden=exposed).replace(
            "}", f"{filler} }}"
        )
        return Made(bottoms, settings, 1 + states * exposed)

    return recipe


def lstm_unit(maker: Maker) -> Made:
    cell = maker.bottom(lambda shape: len(shape) == 3 and shape[0] == 1, (1, 2, 3))
    _, streams, hidden = cell.shape
    gates = maker.same((1, streams, 4 * hidden))
    cont = maker.fed(maker.whole((1, streams), 2), special=True)
    return Made([cell, gates, cont], tops=2)


SCORE_RECIPES: dict[str, Callable[[Maker], Made]] = {
    "Accuracy": accuracy,
    "ArgMax": argmax,
    "ContrastiveLoss": contrastive,
    "EuclideanLoss": euclidean,
    "HingeLoss": of_one_label("hinge_loss_param"),
    "InfogainLoss": infogain,
    "LSTM": recurrent(2),
    "LSTMUnit": lstm_unit,
    "MultinomialLogisticLoss": of_one_label("", positive=True),
    "RNN": recurrent(1),
    "SigmoidCrossEntropyLoss": sigmoid_cross_entropy,
    "SoftmaxWithLoss": of_classes(
        lambda maker, axis: message("softmax_param", axis=axis) + loss_param(maker)
    ),
}
