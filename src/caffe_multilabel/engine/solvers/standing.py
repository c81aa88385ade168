"""Where the nets of a solver stand: in their data, in what layers carry on, in random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caffe_multilabel.engine.draws import Draws
    from caffe_multilabel.engine.layers.layer import Layer, Tensors
    from caffe_multilabel.engine.net import Net

__all__ = ["Standing", "go_to", "standing_of"]


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the next passes of nets depend on, besides their weights.

    Attributes:
        data: for each data layer of all nets, in their order, its name and the place of its feed.
        carried: for each layer that carries values from pass to pass, its name and a copy of them.
        draws: the state of the random numbers.
    """

    data: tuple[tuple[str, Mapping[str, int | str]], ...]
    carried: tuple[tuple[str, Tensors], ...]
    draws: Mapping[str, bytes]


def standing_of(nets: Sequence[Net], draws: Draws) -> Standing:
    """Return where nets, and what they draw from, are now."""
    layers = _layers(nets)
    return Standing(
        tuple((name, feed.place) for name, layer in layers if (feed := layer.setup.feed)),
        tuple((name, values) for name, layer in layers if (values := layer.carried)),
        draws.state(),
    )


def go_to(standing: Standing, nets: Sequence[Net], draws: Draws) -> None:
    """Take nets, and what they draw from, to where they or others like them were.

    Raises:
        OptionError: it is of other layers, or of none; all is as it was.
        DatabaseError: what a layer reads has changed since; likewise.
        ListError: likewise.
    """
    before = standing_of(nets, draws)
    try:
        _go_to(standing, nets, draws)
    except Exception:
        _go_to(before, nets, draws)
        raise


def _go_to(standing: Standing, nets: Sequence[Net], draws: Draws) -> None:
    layers = _layers(nets)
    feeds = [(name, feed) for name, layer in layers if (feed := layer.setup.feed)]
    _compare("data layers", [name for name, _ in standing.data], [name for name, _ in feeds])
    for (_, place), (_, feed) in zip(standing.data, feeds, strict=True):
        feed.go_to(place)
    carriers = [(name, layer) for name, layer in layers if layer.carried]
    own = [name for name, _ in carriers]
    _compare("layers with a state", [name for name, _ in standing.carried], own)
    for (_, values), (_, layer) in zip(standing.carried, carriers, strict=True):
        layer.carry(values)
    draws.restore(standing.draws)


def _compare(what: str, names: list[str], own: list[str]) -> None:
    if names != own:
        raise OptionError(
            f"it is of the {what} {listed(names) or 'none'}, and the nets have "
            f"{listed(own) or 'none'}"
        )


def _layers(nets: Sequence[Net]) -> list[tuple[str, Layer]]:
    """Return the layers of all nets by their names, in their order."""
    return [(step.name, step.layer) for net in nets for step in net.steps]
