"""Lints a net."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from caffe_multilabel._base.arguments import is_one_of, path_text
from caffe_multilabel._base.renamed import renamed_keywords
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.net_state import Phase
from caffe_multilabel.errors import OptionError, PrototxtError
from caffe_multilabel.nets.analysis.load import load_net
from caffe_multilabel.nets.analysis.measure import message_and_fix
from caffe_multilabel.nets.analysis.sources import find_sources
from caffe_multilabel.nets.lint.databases import Databases, StoredImage
from caffe_multilabel.nets.lint.findings import SEVERITIES, Finding
from caffe_multilabel.nets.lint.phase import view_phase
from caffe_multilabel.nets.lint.table import NET_RULES, PHASE_RULES
from caffe_multilabel.nets.lint.view import NetView
from caffe_multilabel.tasks import ResolvedTasks, load_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.proto import ProtoSchema
    from caffe_multilabel.caffe.proto.types import NetParameter
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
        phase: the only phase to look at; both if None.
        tasks: the task file, or its path, that the net should be for.
        proto: the schema to read with, `ProtoSchema.load` of a fork's; BVLC Caffe's if None.

    Returns:
        The findings, those of the net as a whole first, then by layer.

    Raises:
        PrototxtError: the net cannot be read.
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
        raise OptionError(f"phase is {phase!r}; it is one of {', '.join(get_args(Phase))}")
    loaded = load_net(net_or_path, proto=proto)
    known = None if tasks is None else ResolvedTasks.of(load_tasks(tasks))
    opened = Databases()
    pairs: dict[Phase, PhaseDatabases] = {
        "TRAIN": opened.pair(_path("images", images), _path("labels", labels)),
        "TEST": opened.pair(_path("val_images", val_images), _path("val_labels", val_labels)),
    }
    wanted: list[Phase] = list(get_args(Phase)) if phase is None else [phase]
    try:
        if loaded.path is not None:
            pairs = _with_named(loaded, opened, pairs)
        view = _view(loaded, wanted, pairs, known)
    except PrototxtError as error:
        return [Finding(_SHAPE, "error", error.key, *message_and_fix(error.message))]
    findings = [*_net_findings(view), *_phase_findings(view)]
    order = {name: index for index, name in enumerate(SEVERITIES)}
    findings.sort(key=lambda item: (item[0], order[item[1].severity]))
    return [finding for _, finding in findings]


def _with_named(
    loaded: LoadedNet, opened: Databases, pairs: dict[Phase, PhaseDatabases]
) -> dict[Phase, PhaseDatabases]:
    """Add to the DBs that the caller named those that each phase of the net names."""
    return {
        phase: opened.with_named(pair, find_sources(NetGraph.of(loaded.net, phase)))
        for phase, pair in pairs.items()
    }


def _view(
    loaded: LoadedNet,
    wanted: list[Phase],
    pairs: dict[Phase, PhaseDatabases],
    tasks: ResolvedTasks | None,
) -> NetView:
    examples = (pair.images.example() for pair in pairs.values() if pair.images is not None)
    image = next((image for image in examples if image is not None), None)
    stored = None if tasks is None else tasks.file.data.shape
    if image is None and stored is not None:
        image = StoredImage(stored, encoded=True)
    label = next((pair.labels.shape for pair in pairs.values() if pair.labels is not None), None)
    with_data = [each for each in wanted if NetGraph.of(loaded.net, each).has_data()]
    views = (
        view_phase(
            loaded,
            each,
            pairs[each],
            image=image,
            label=label,
            tasks=tasks,
        )
        for each in with_data or wanted[:1]
    )
    empty = tuple(each for each in wanted if each not in with_data)
    return NetView(loaded=loaded, phases=tuple(views), empty=empty, tasks=tasks)


def _net_findings(view: NetView) -> Iterator[tuple[int, Finding]]:
    for rule in NET_RULES:
        for problem in rule.check(view):
            yield _finding(view.loaded, rule, problem)


def _phase_findings(view: NetView) -> Iterator[tuple[int, Finding]]:
    """Give the findings of all phases; what is the same in both is said once."""
    found: dict[tuple[int, Finding], list[Phase]] = {}
    for each in view.phases:
        for rule, problem in _problems(each):
            found.setdefault(_finding(view.loaded, rule, problem), []).append(each.phase)
    for (index, finding), phases in found.items():
        only = phases[0] if len(set(phases)) < len(view.phases) else None
        yield index, replace(finding, phase=only)


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
    return None if path is None else path_text(name, path)
