"""Which layers of a net a phase has: the rules in `include` and `exclude`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from caffe_multilabel._base.arguments import is_one_of
from caffe_multilabel._base.text import did_you_mean, shown
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter, NetStateRule

__all__ = [
    "NetState",
    "Phase",
    "has_stages",
    "how_to_give",
    "select_layers",
    "stage_problem",
    "stages_asked_for",
]

Phase: TypeAlias = Literal["TRAIN", "TEST"]


@dataclass(frozen=True, slots=True)
class NetState:
    """What `include` and `exclude` of layers ask for, as in Caffe's message of that name.

    Attributes:
        phase: the phase.
        stages: stages, besides those in `net.state`.
        level: the level.
    """

    phase: Phase
    stages: tuple[str, ...] = ()
    level: int = 0

    def __str__(self) -> str:
        """Return it in words, as in `phase TEST, stage val`."""
        stages = [f"stage {' and '.join(self.stages)}"] if self.stages else []
        level = [f"level {self.level}"] if self.level else []
        return ", ".join([f"phase {self.phase}", *stages, *level])


def has_stages(layers: Iterable[LayerParameter]) -> bool:
    """Tell whether a stage decides on any of some layers."""
    rules = (rule for layer in layers for rule in (*layer.include, *layer.exclude))
    return any(rule.stage or rule.not_stage for rule in rules)


def stages_asked_for(layers: Iterable[LayerParameter], phase: Phase) -> tuple[str, ...]:
    """Return the stages that bring some layers into a phase, in the order of their names."""
    stages: set[str] = set()
    for layer in layers:
        for rule in layer.include:
            if not rule.HasField("phase") or enum_name(rule, "phase") == phase:
                stages.update(rule.stage)
        stages.update(stage for rule in layer.exclude for stage in rule.not_stage)
    return tuple(sorted(stages))


def stage_problem(layers: Iterable[LayerParameter], stage: str) -> tuple[str, str] | None:
    """Return what is wrong with a stage that no layer asks for, and what to do; None if one does.

    Caffe takes any.
    """
    rules = [rule for layer in layers for rule in (*layer.include, *layer.exclude)]
    known = list(dict.fromkeys(name for rule in rules for name in (*rule.stage, *rule.not_stage)))
    if stage in known:
        return None
    parts = re.split(r"[\s;,]+", stage.strip())
    if not known:
        fix = "leave it out; no layer is chosen by its stage"
    elif len(parts) > 1 and set(parts) <= set(known):
        fix = f"part stages by commas alone: {','.join(parts)}"
    else:
        listed = f"write one that a layer asks for: {', '.join(known)}"
        fix = did_you_mean(stage, known, "write {}", otherwise=listed)
    return f"stage {shown(stage)} chooses no layer, as no include or exclude has it", fix


def how_to_give(stages: Sequence[str]) -> str:
    """Return how the commands and functions that take stages are given them, or one of them."""
    which = "give" if len(stages) == 1 else "give those wanted, as in"
    return f'{which} --stage {stages[0]}, stages=["{stages[0]}"] in Python'


def select_layers(
    net: NetParameter, phase: Phase, *, stages: Iterable[str] = (), level: int = 0
) -> list[tuple[int, LayerParameter]]:
    """Return the layers that a net has in a state, each with its index in `net.layer`.

    Args:
        net: a net in the current format.
        phase: the phase; it goes before the one in `net.state`.
        stages: stages of the state, besides those in `net.state`.
        level: the level of the state.

    Raises:
        OptionError: `phase` is neither TRAIN nor TEST.
        PrototxtError: a layer has both `include` and `exclude`.
    """
    if not is_one_of(phase, get_args(Phase)):
        raise OptionError(f"phase is {shown(phase)}; it is one of {', '.join(get_args(Phase))}")
    state = (phase, level, frozenset(net.state.stage) | frozenset(map(str, stages)))
    return [(index, layer) for index, layer in enumerate(net.layer) if _has(layer, *state)]


def _has(layer: LayerParameter, phase: str, level: int, stages: frozenset[str]) -> bool:
    if layer.include and layer.exclude:
        fail(layer, "it has include and exclude rules; only one kind is allowed")
    if layer.include:
        return any(_meets(rule, phase, level, stages) for rule in layer.include)
    return not any(_meets(rule, phase, level, stages) for rule in layer.exclude)


def _meets(rule: NetStateRule, phase: str, level: int, stages: frozenset[str]) -> bool:
    return (
        (not rule.HasField("phase") or enum_name(rule, "phase") == phase)
        and (not rule.HasField("min_level") or level >= rule.min_level)
        and (not rule.HasField("max_level") or level <= rule.max_level)
        and stages.issuperset(rule.stage)
        and stages.isdisjoint(rule.not_stage)
    )
