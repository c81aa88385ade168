"""What rules look at: a net, and each of its phases with shapes, label columns and DBs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.nets.lint.heads import loss_weight
from caffe_multilabel.nets.lint.sources import changed_values

if TYPE_CHECKING:
    from caffe_multilabel.caffe.select import Phase
    from caffe_multilabel.nets.lint.databases import PhaseDatabases
    from caffe_multilabel.nets.lint.graph import Graph, Node
    from caffe_multilabel.nets.lint.heads import Head
    from caffe_multilabel.nets.lint.label_facts import LabelFacts
    from caffe_multilabel.nets.lint.label_flow import ColumnMap
    from caffe_multilabel.nets.lint.load import LoadedNet
    from caffe_multilabel.nets.lint.measure import Measured
    from caffe_multilabel.nets.lint.sources import Sources
    from caffe_multilabel.tasks import ResolvedTasks

__all__ = ["LabelLayer", "NetView", "PhaseView"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelLayer:
    """A label layer and the two opinions of how many columns it has.

    Attributes:
        node: the layer.
        facts: the label DB of the phase; None without one.
        needed: the columns that the net is made for.
        certain: it is made for exactly so many, and not for more.
    """

    node: Node
    facts: LabelFacts | None
    needed: int
    certain: bool

    @property
    def fits(self) -> bool:
        """Whether the label DB, if there is one, has the columns that the net is made for."""
        if self.facts is None or not self.facts.columns:
            return True
        held = len(self.facts.columns)
        return held == self.needed if self.certain else held >= self.needed


@dataclass(frozen=True, slots=True, eq=False)
class PhaseView:
    """One phase of a net.

    Attributes:
        phase: its name.
        graph: its layers.
        sources: its Data layers.
        labels: its label layers.
        databases: the pair of DBs that the caller named for it.
        unknown: layers of shapes that nothing tells.
        measured: the shapes of the others, and what does not fit.
        columns: which label columns each blob of labels holds.
        heads: its losses and accuracies.
    """

    phase: Phase
    graph: Graph
    sources: Sources
    labels: tuple[LabelLayer, ...]
    databases: PhaseDatabases
    unknown: tuple[Node, ...]
    measured: Measured
    columns: ColumnMap
    heads: tuple[Head, ...]

    @property
    def trains(self) -> bool:
        """Whether it is a phase TRAIN with something to learn."""
        return self.phase == "TRAIN" and any(loss_weight(node) for node in self.graph.nodes)

    @property
    def label_facts(self) -> LabelFacts | None:
        """The label DB, where the net gets its labels as they are, column by column."""
        if len(self.labels) != 1:
            return None
        layer = self.labels[0]
        return layer.facts if layer.fits and not changed_values(layer.node) else None


@dataclass(frozen=True, slots=True, eq=False)
class NetView:
    """A whole net.

    Attributes:
        loaded: the net and where it is from.
        phases: the phases to look at that have data.
        empty: the phases to look at that have none.
        tasks: the tasks that the net is to learn; None where the caller named none.
    """

    loaded: LoadedNet
    phases: tuple[PhaseView, ...]
    empty: tuple[Phase, ...]
    tasks: ResolvedTasks | None

    def phase(self, phase: Phase) -> PhaseView | None:
        """Return a phase, if it is looked at and has data."""
        return next((view for view in self.phases if view.phase == phase), None)
