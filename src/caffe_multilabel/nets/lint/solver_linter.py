"""Lints a solver, with what it makes of its net and of the TEST DB."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import MAX_SIDE, database_path, whole_number
from caffe_multilabel._base.renamed import renamed_keywords
from caffe_multilabel.caffe.named_fields import is_set
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.proto.checks import check_message
from caffe_multilabel.caffe.solver_facts import HELD_NETS
from caffe_multilabel.data.databases import database_facts
from caffe_multilabel.errors import DatabaseError, PrototxtError
from caffe_multilabel.nets.analysis.load import load_net, load_solver
from caffe_multilabel.nets.analysis.sources import find_sources, named_lmdb
from caffe_multilabel.nets.analysis.states import state_of_test
from caffe_multilabel.nets.lint.findings import Finding
from caffe_multilabel.nets.lint.table import SOLVER_RULES
from caffe_multilabel.nets.lint.view import SolverTest, SolverView

if TYPE_CHECKING:
    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.proto import ProtoSchema
    from caffe_multilabel.caffe.proto.types import NetParameter, SolverParameter
    from caffe_multilabel.nets.analysis.load import LoadedNet, LoadedSolver

__all__ = ["lint_solver"]


@renamed_keywords(schema="proto")
def lint_solver(
    solver_or_path: SolverParameter | StrPath,
    *,
    net: NetParameter | StrPath | None = None,
    val_images: StrPath | None = None,
    val_labels: StrPath | None = None,
    level: int | None = None,
    proto: ProtoSchema | None = None,
) -> list[Finding]:
    """Look for what is wrong in a solver; the net is linted by `lint_net`.

    Args:
        solver_or_path: a `SolverParameter`, or the path of its prototxt.
        net: the net, or its path. If None, the file that the solver names: as Caffe would find
            it, or else beside the solver.
        val_images: the image DB of phase TEST, counted instead of the one that the test net names
            if there is one test. Those of nets from files are looked for as `lint_net` does.
        val_labels: its label DB, likewise.
        level: the level that `caffe train` is started with; none is given if None.
        proto: the schema to read with; BVLC Caffe's if None.

    Returns:
        The findings, with the layer "solver".

    Raises:
        PrototxtError: the solver cannot be read, or the net that the caller names.
        DatabaseError: a DB cannot be read.
        OptionError: an argument is of another type.

    Example:
        >>> from caffe_multilabel import lint_solver, read_solver
        >>> lint_solver("solver.prototxt", val_images="val_images")
        []
        >>> solver = read_solver("solver.prototxt")
        >>> solver.test_iter[0] = 7
        >>> lint_solver(solver, net="train_val.prototxt", val_images="val_images")[0].fix
        'write test_iter: 1'
    """
    if net is not None and not isinstance(net, str | os.PathLike):
        check_message("the net", net, "NetParameter", allowed="a path or ")
    loaded = load_solver(solver_or_path, proto=proto)
    solver, path = loaded.solver, loaded.path
    linted = None if net is None or not isinstance(net, str | os.PathLike) else Path(net)
    # What cannot be read is said, and not left out.
    wanted = None if net is None else load_net(net, proto=proto)
    if level is not None:
        level = whole_number("level", level, -(2**31), MAX_SIDE)
    net_file = _find(solver.net or solver.train_net, path)
    given = (("val_images", val_images), ("val_labels", val_labels))
    counts = [_records(database_path(name, db)) for name, db in given if db is not None]
    tested = [
        None if each is None else _test(loaded, each, number, proto)
        for number, each in enumerate(_test_nets(loaded, net if net is not None else net_file))
    ]
    if counts and len(tested) == 1 and tested[0] is not None:
        tested[0] = replace(tested[0], records=counts[0], unreadable="")
    held = next((field for field in HELD_NETS if is_set(solver, field)), "")
    view = SolverView(
        solver=solver,
        path=path,
        fork=loaded.fork,
        fork_remarks=loaded.fork_remarks,
        net_file=net_file,
        linted=linted,
        held=held,
        other_held=held != "" and wanted is not None and _is_other(loaded, held, wanted, proto),
        level=level,
        tests=tuple(tested),
    )
    return [
        Finding(
            rule=rule.id,
            severity=problem.severity or rule.severity,
            layer="solver",
            message=problem.message,
            fix=problem.fix,
        )
        for rule in SOLVER_RULES
        for problem in rule.check(view)
    ]


def _is_other(
    loaded: LoadedSolver, held: str, wanted: LoadedNet, proto: ProtoSchema | None
) -> bool:
    """Tell whether the net in a field of a solver is another than the one that is wanted."""
    try:
        return load_net(getattr(loaded.solver, held), proto=proto).net != wanted.net
    except PrototxtError:  # the wanted one was read
        return True


def _find(named: str, solver_path: str | None) -> Path | None:
    """Return the file that a solver names: as Caffe finds it, or else beside the solver."""
    candidates = [Path(named)] if named else []
    if named and solver_path is not None:
        candidates.append(Path(solver_path).parent / Path(named).name)
    return next((path for path in candidates if path.is_file()), None)


def _test_nets(
    loaded: LoadedSolver, net: NetParameter | StrPath | None
) -> list[NetParameter | StrPath | None]:
    """Return the net of each test: first those of its own, then copies of the whole net."""
    solver = loaded.solver
    nets: list[NetParameter | StrPath | None] = [*solver.test_net_param]
    nets += [_find(named, loaded.path) for named in solver.test_net]
    whole = solver.net_param if solver.HasField("net_param") else net
    return nets + [whole] * (len(solver.test_iter) - len(nets))


def _test(
    loaded: LoadedSolver, net: NetParameter | StrPath, number: int, proto: ProtoSchema | None
) -> SolverTest | None:
    """Find out what a test reads; None for a net that is wrong, of which `lint_net` says why."""
    try:
        tested = load_net(net, proto=proto)
        state = state_of_test(loaded.solver, tested.net, number)
        graph = NetGraph.of_state(tested.net, state)
    except PrototxtError:
        return None
    layer = next((node.layer for node in find_sources(graph).images), None)
    test = SolverTest(
        state=state,
        graph=graph,
        batch_size=0 if layer is None else layer.data_param.batch_size,
        records=None,
        unreadable="",
    )
    path = None if layer is None else named_lmdb(layer)
    if path is None or (tested.path is None and loaded.path is None):
        return test  # what is in memory belongs to no place
    try:
        facts = database_facts(path)
    except DatabaseError as error:
        return replace(test, unreadable=error.message)
    return test if facts is None else replace(test, records=facts.records)


def _records(path: str) -> int:
    facts = database_facts(path)
    if facts is None:
        raise DatabaseError(f"{path}: there is no such DB", path=path)
    return facts.records
