"""Lints a solver, with what it makes of its net and of the TEST DB."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import path_text
from caffe_multilabel._base.renamed import renamed_keywords
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.proto.checks import check_message
from caffe_multilabel.data.databases import database_facts
from caffe_multilabel.errors import DatabaseError, PrototxtError
from caffe_multilabel.nets.analysis.load import load_net, load_solver
from caffe_multilabel.nets.analysis.states import state_of_test
from caffe_multilabel.nets.lint.findings import Finding
from caffe_multilabel.nets.lint.table import SOLVER_RULES
from caffe_multilabel.nets.lint.view import SolverView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.proto import ProtoSchema
    from caffe_multilabel.caffe.proto.types import NetParameter, SolverParameter

__all__ = ["lint_solver"]


@renamed_keywords(schema="proto")
def lint_solver(
    solver_or_path: SolverParameter | StrPath,
    *,
    net: NetParameter | StrPath | None = None,
    val_images: StrPath | None = None,
    val_labels: StrPath | None = None,
    proto: ProtoSchema | None = None,
) -> list[Finding]:
    """Look for what is wrong in a solver; the net is linted by `lint_net`.

    Args:
        solver_or_path: a `SolverParameter`, or the path of its prototxt.
        net: the net, or its path. If None, the file that the solver names: as Caffe would find
            it, or else beside the solver.
        val_images: the image DB of phase TEST.
        val_labels: its label DB.
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
    if linted is not None:
        load_net(linted, proto=proto)  # what cannot be read is said, and not left out
    net_file = _find(solver.net or solver.train_net, path)
    view = SolverView(
        solver=solver,
        path=path,
        fork_remarks=loaded.fork_remarks,
        net_file=net_file,
        linted=linted,
        tests=tuple(_tests(solver, path, net if net is not None else net_file, proto)),
        test_records=next(
            (
                _records(path_text(name, db))
                for name, db in (("val_images", val_images), ("val_labels", val_labels))
                if db is not None
            ),
            None,
        ),
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


def _find(named: str, solver_path: str | None) -> Path | None:
    """Return the file that a solver names: as Caffe finds it, or else beside the solver."""
    candidates = [Path(named)] if named else []
    if named and solver_path is not None:
        candidates.append(Path(solver_path).parent / Path(named).name)
    return next((path for path in candidates if path.is_file()), None)


def _tests(
    solver: SolverParameter,
    path: str | None,
    net: NetParameter | StrPath | None,
    proto: ProtoSchema | None,
) -> Iterator[NetGraph | None]:
    """Give the layers of each test net: first those of its own, then copies of the whole net."""
    nets: list[NetParameter | StrPath | None] = [*solver.test_net_param]
    nets += [_find(named, path) for named in solver.test_net]
    whole = solver.net_param if solver.HasField("net_param") else net
    nets += [whole] * (len(solver.test_iter) - len(nets))
    for number, tested in enumerate(nets):
        yield None if tested is None else _graph(tested, proto, solver, number)


def _graph(
    net: NetParameter | StrPath, proto: ProtoSchema | None, solver: SolverParameter, number: int
) -> NetGraph | None:
    try:
        loaded = load_net(net, proto=proto).net
        return NetGraph.of_state(loaded, state_of_test(solver, loaded, number))
    except PrototxtError:
        return None  # lint_net says what is wrong with it


def _records(path: str) -> int:
    facts = database_facts(path)
    if facts is None:
        raise DatabaseError(f"{path}: there is no such DB", path=path)
    return facts.records
