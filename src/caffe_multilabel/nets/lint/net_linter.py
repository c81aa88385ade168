"""Lints a net."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from caffe_multilabel._base.arguments import (
    MAX_SIDE,
    database_path,
    is_one_of,
    items_of,
    whole_number,
)
from caffe_multilabel._base.renamed import renamed_keywords
from caffe_multilabel._base.text import shown
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.net_state import NetState, Phase
from caffe_multilabel.errors import OptionError, PrototxtError
from caffe_multilabel.nets.analysis.load import load_net, load_solver
from caffe_multilabel.nets.analysis.measure import message_and_fix
from caffe_multilabel.nets.analysis.sources import find_sources
from caffe_multilabel.nets.analysis.states import states_of_solver
from caffe_multilabel.nets.lint.databases import Databases, StoredImage
from caffe_multilabel.nets.lint.findings import SEVERITIES, Finding
from caffe_multilabel.nets.lint.phase import view_phase
from caffe_multilabel.nets.lint.table import NET_RULES, PHASE_RULES
from caffe_multilabel.nets.lint.view import NetView
from caffe_multilabel.tasks import ResolvedTasks, load_tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.proto import ProtoSchema
    from caffe_multilabel.caffe.proto.types import NetParameter, SolverParameter
    from caffe_multilabel.nets.analysis.load import LoadedNet
    from caffe_multilabel.nets.lint.databases import PhaseDatabases
    from caffe_multilabel.nets.lint.findings import Problem, Rule
    from caffe_multilabel.nets.lint.view import PhaseView
    from caffe_multilabel.tasks import TaskFile

__all__ = ["lint_net"]

_SHAPE = "shape"


@renamed_keywords(schema="proto")
def lint_net(
    net_or_path: NetParameter | StrPath,
    *,
    images: StrPath | None = None,
    labels: StrPath | None = None,
    val_images: StrPath | None = None,
    val_labels: StrPath | None = None,
    phase: Phase | None = None,
    stages: Iterable[str] = (),
    level: int | None = None,
    solver: SolverParameter | StrPath | None = None,
    tasks: TaskFile | StrPath | None = None,
    proto: ProtoSchema | None = None,
) -> list[Finding]:
    """Look for what is wrong in a net, alone or against its pairs of DBs.

    The DBs that a net names are looked into where they are there, seen from the working folder.
    This is for nets from files, as is the question whether what they name is there; a net in memory
    belongs to no place.

    Args:
        net_or_path: a `NetParameter`, or the path of a prototxt; not changed.
        images: the image DB of phase TRAIN, instead of the one that the net names.
        labels: its label DB, likewise; all of it is read.
        val_images: the image DB of phase TEST.
        val_labels: its label DB, likewise.
        phase: the only phase to look at; both if None, but for a net that is fed through Input
            layers and has no loss: it is for use, and never in TRAIN.
        stages: stages of both phases, as `caffe test` takes them; with a solver of TRAIN alone, as
            `caffe train` does.
        level: their level, likewise; what the solver says, or else 0, if None.
        solver: the solver that is to train the net, or its path: its `train_state` and
            `test_state` say which stages and level the phases have, and each test is looked at.
            What else is wrong in it is for `lint_solver` to find.
        tasks: the task file, or its path, that the net should be for; if None, the tasks of the
            conversion, which the label DB's manifest keeps.
        proto: the schema to read with, `ProtoSchema.load` of a fork's; BVLC Caffe's if None.

    Returns:
        The findings, those of the net as a whole first, then by layer.

    Raises:
        PrototxtError: the net or the solver cannot be read.
        TaskFileError: the task file cannot be read.
        DatabaseError: a DB cannot be read.
        OptionError: `phase` is neither TRAIN nor TEST, or an argument is of another type.

    Example:
        >>> from caffe_multilabel import lint_net, read_net
        >>> lint_net("train_val.prototxt", images="train_images", labels="train_labels")
        []
        >>> net = read_net("train_val.prototxt")
        >>> net.layer[0].data_param.batch_size = 32  # 64 of the label layer
        >>> [(finding.rule, finding.layer) for finding in lint_net(net)]
        [('batch-size', 'label')]
    """
    if phase is not None and not is_one_of(phase, get_args(Phase)):
        raise OptionError(f"phase is {shown(phase)}; it is one of {', '.join(get_args(Phase))}")
    stages = tuple(map(str, items_of("stages", stages, "names of stages")))
    if level is not None:
        level = whole_number("level", level, -(2**31), MAX_SIDE)
    loaded = load_net(net_or_path, proto=proto)
    file = None if tasks is None else load_tasks(tasks)
    opened = Databases()
    pairs: dict[Phase, PhaseDatabases] = {
        "TRAIN": opened.pair(_path("images", images), _path("labels", labels)),
        "TEST": opened.pair(_path("val_images", val_images), _path("val_labels", val_labels)),
    }
    message = None
    if solver is None:
        states = tuple(NetState(each, stages, level or 0) for each in get_args(Phase))
    else:
        message = load_solver(solver, proto=proto).solver
        states = states_of_solver(message, loaded.net, stages=stages, level=level)
    try:
        if phase is not None:
            states = tuple(state for state in states if state.phase == phase)
        elif _is_for_use(loaded, states):
            states = tuple(state for state in states if state.phase == "TEST")
        view = _view(loaded, states, pairs, file, opened, solver=message)
    except PrototxtError as error:
        return [Finding(_SHAPE, "error", error.key, *message_and_fix(error.message))]
    findings = [*_net_findings(view), *_phase_findings(view)]
    order = {name: index for index, name in enumerate(SEVERITIES)}
    findings.sort(key=lambda item: (item[0], order[item[1].severity]))
    return [finding for _, finding in findings]


def _is_for_use(loaded: LoadedNet, states: Sequence[NetState]) -> bool:
    """Tell whether a net is a deploy net: the caller feeds all its data, and it has no loss."""
    graphs = [NetGraph.of_state(loaded.net, state) for state in states]
    nodes = [node for graph in graphs for node in graph.nodes]
    fed = [node for node in nodes if not node.bottoms and node.kind != "parameter"]
    return (
        len(fed) > 0
        and all(node.kind == "input" for node in fed)
        and not any(node.loss_weight for node in nodes)
    )


def _view(
    loaded: LoadedNet,
    wanted: Sequence[NetState],
    pairs: dict[Phase, PhaseDatabases],
    file: TaskFile | None,
    opened: Databases,
    *,
    solver: SolverParameter | None,
) -> NetView:
    graphs = {state: NetGraph.of_state(loaded.net, state) for state in wanted}
    named = loaded.path is not None  # a net in memory belongs to no place
    known = {
        state: opened.of_phase(pairs[state.phase], find_sources(graph), named=named)
        for state, graph in graphs.items()
    }
    # Another phase's DB tells, where a phase has none.
    held = (*known.values(), *pairs.values())
    known_images = [pair.images for pair in held if pair.images is not None]
    examples = (facts.first or facts.example() for facts in known_images)
    image = next((image for image in examples if image is not None), None)
    stored = None if file is None else file.data.stored_shape
    if image is None and stored is not None:
        image = StoredImage(stored, encoded=True)
    known_labels = [pair.labels for pair in held if pair.labels is not None]
    label = next((facts.shape for facts in known_labels), None)
    schemas = [ResolvedTasks.of(file).schema] if file else [facts.schema for facts in known_labels]
    tasks = next((schema for schema in schemas if schema is not None), None)
    with_data = [state for state in wanted if graphs[state].has_data()]
    views = (
        view_phase(
            loaded,
            state,
            known[state],
            image=image,
            label=label,
            tasks=tasks,
            solver=solver,
        )
        for state in with_data or wanted[:1]
    )
    empty = tuple(state.phase for state in wanted if state not in with_data)
    return NetView(
        loaded=loaded, states=tuple(wanted), phases=tuple(views), empty=empty, tasks=tasks
    )


def _net_findings(view: NetView) -> Iterator[tuple[int, Finding]]:
    """Give the findings of the net as a whole; what is the same in several tests is said once."""
    found = (
        _finding(view.loaded, rule, problem) for rule in NET_RULES for problem in rule.check(view)
    )
    yield from dict.fromkeys(found)


def _phase_findings(view: NetView) -> Iterator[tuple[int, Finding]]:
    """Give the findings of all phases; what is the same in several is said once."""
    found: dict[tuple[int, Finding], dict[NetState, None]] = {}
    for each in view.phases:
        for rule, problem in _problems(each):
            found.setdefault(_finding(view.loaded, rule, problem), {})[each.state] = None
    looked_at = Counter(each.phase for each in view.phases)
    for (index, finding), states in found.items():
        phase, *others = dict.fromkeys(state.phase for state in states)
        if others:
            yield index, finding
            continue
        in_all = len(states) == looked_at[phase]
        where = "" if in_all else f", in {' and in '.join(map(str, states))}"
        message = finding.message + where
        only = phase if len(looked_at) > 1 else None
        yield index, replace(finding, message=message, phase=only)


def _problems(view: PhaseView) -> Iterator[tuple[Rule[PhaseView], Problem]]:
    """Give the problems of a phase, without the shapes of layers that another rule explains."""
    found = [(rule, problem) for rule in PHASE_RULES for problem in rule.check(view)]
    explained = {
        problem.node
        for rule, problem in found
        if rule.explains_shapes and (problem.severity or rule.severity) == "error"
    }
    for rule, problem in found:
        if rule.id != _SHAPE or problem.node not in explained:
            yield rule, problem


def _finding(loaded: LoadedNet, rule: Rule[Any], problem: Problem) -> tuple[int, Finding]:
    """Return a finding with the index of its layer, -1 for the net as a whole."""
    node = problem.node
    return -1 if node is None else node.layer_index, Finding(
        rule=rule.id,
        severity=problem.severity or rule.severity,
        layer=None if node is None else node.name,
        message=problem.message,
        fix=problem.fix,
        line=None if node is None else loaded.lines.get(node.layer_index),
    )


def _path(name: str, path: StrPath | None) -> str | None:
    return None if path is None else database_path(name, path)
