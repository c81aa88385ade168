"""Takes a net or solver from a file or a message, in the current format and BVLC Caffe's schema."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import path_text
from caffe_multilabel.caffe.forks.by_name import translate
from caffe_multilabel.caffe.proto import (
    parse_binary,
    parse_text,
    upgrade_net,
    upgrade_solver,
)
from caffe_multilabel.caffe.proto.characters import decode
from caffe_multilabel.caffe.proto.checks import check_message
from caffe_multilabel.caffe.proto.files import is_binary, read_bytes
from caffe_multilabel.caffe.proto.read import solver_and_remarks
from caffe_multilabel.caffe.proto.schemas import check_schema, in_bvlc_schema

if TYPE_CHECKING:
    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.proto import ProtoSchema
    from caffe_multilabel.caffe.proto.types import NetParameter, SolverParameter

__all__ = ["LoadedNet", "LoadedSolver", "load_net", "load_solver"]


_V0 = "V0 layers"
_INPUT_FIELDS = ("input", "input_dim", "input_shape")
_TOKEN = re.compile(
    r"""
      (?P<comment> \#[^\n]* )
    | (?P<text> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
    | (?P<open> [{<] )
    | (?P<close> [}>] )
    | (?P<word> [A-Za-z_]\w* )
    """,
    re.VERBOSE,
)
_LAYER_FIELDS = ("layer", "layers")


@dataclass(frozen=True)
class LoadedNet:
    """A net to be looked at.

    Attributes:
        net: a `NetParameter` of BVLC Caffe, upgraded.
        path: the file it is from; None for a message.
        old_format: what of it was in an old format, as in `V1 layers`; empty if nothing was.
        remarks: what the old format says and the current one cannot, a sentence each.
        fork: it was read with another schema than BVLC Caffe's, so it may hold other layers.
        fork_remarks: what the fork's schema says and BVLC Caffe has no name for, a sentence each.
        lines: the line where each layer starts, by its index; empty where that is not known.
    """

    net: NetParameter
    path: str | None
    old_format: str
    remarks: tuple[str, ...]
    fork: bool
    fork_remarks: tuple[str, ...]
    lines: dict[int, int]


@dataclass(frozen=True)
class LoadedSolver:
    """A solver to be looked at.

    Attributes:
        solver: a `SolverParameter` of BVLC Caffe, upgraded.
        path: the file it is from; None for a message.
        fork: it was read with another schema than BVLC Caffe's, so its type may be a fork's.
        fork_remarks: as in `LoadedNet`.
    """

    solver: SolverParameter
    path: str | None
    fork: bool
    fork_remarks: tuple[str, ...]


def load_net(net_or_path: NetParameter | StrPath, *, proto: ProtoSchema | None = None) -> LoadedNet:
    """Read a net, or take a copy of one in memory, and upgrade it.

    Raises:
        PrototxtError: the file cannot be read, is no net, has a field that the schema does not
            have, or is an old net that Caffe cannot upgrade either.
        OptionError: it is neither a path nor a net, or `proto` is no schema.
    """
    check_schema(proto)
    text = path = None
    if isinstance(net_or_path, str | os.PathLike):
        path = path_text("the net", net_or_path)
        content = read_bytes(path)
        if is_binary(content):
            net = parse_binary(content, "NetParameter", name=path, proto=proto)
        else:
            text = decode(content, path)
            net = parse_text(text, "NetParameter", name=path, proto=proto)
    else:
        check_message("the net", net_or_path, "NetParameter", allowed="a path or ")
        net = type(net_or_path)()
        net.CopyFrom(net_or_path)
    net, of_fork = translate(net)
    layers, old_format = len(net.layer) + len(net.layers), _old_format(net)
    remarks = upgrade_net(net, name=path or "the net")
    # V0 nets lose their padding layers; `input` fields become a layer before all others.
    lines = [] if text is None or old_format == _V0 else _layer_lines(text)
    offset = len(net.layer) - layers
    known = len(lines) == layers
    return LoadedNet(
        net=net,
        path=path,
        old_format=old_format,
        remarks=tuple(remarks),
        fork=not in_bvlc_schema(net),
        fork_remarks=tuple(of_fork),
        lines={index + offset: line for index, line in enumerate(lines)} if known else {},
    )


def load_solver(
    solver_or_path: SolverParameter | StrPath, *, proto: ProtoSchema | None = None
) -> LoadedSolver:
    """Read a solver, or take one in memory, in the current format and BVLC Caffe's schema.

    Raises:
        PrototxtError: the file cannot be read, or is no solver.
        OptionError: it is neither a path nor a solver, or `proto` is no schema.
    """
    check_schema(proto)
    path = None
    remarks: list[str] = []
    if isinstance(solver_or_path, str | os.PathLike):
        path = path_text("the solver", solver_or_path)
        solver, remarks = solver_and_remarks(path, proto)
    else:
        check_message("the solver", solver_or_path, "SolverParameter", allowed="a path or ")
        solver = type(solver_or_path)()
        solver.CopyFrom(solver_or_path)
    solver, of_fork = translate(solver)
    remarks += upgrade_solver(solver, name=path or "the solver")
    return LoadedSolver(solver, path, not in_bvlc_schema(solver), (*of_fork, *remarks))


def _old_format(net: NetParameter) -> str:
    if net.layers:
        return _V0 if any(layer.HasField("layer") for layer in net.layers) else "V1 layers"
    return "input fields" if any(getattr(net, field) for field in _INPUT_FIELDS) else ""


def _layer_lines(text: str) -> list[int]:
    """Return the 1-based line of each `layer` or `layers` at the top level of a net, in order.

    Args:
        text: a prototxt that parses.
    """
    lines, depth, line, seen = [], 0, 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", seen, token.start())
        seen = token.start()
        if token.lastgroup == "open":
            depth += 1
        elif token.lastgroup == "close":
            depth -= 1
        elif depth == 0 and token.lastgroup == "word" and token.group() in _LAYER_FIELDS:
            lines.append(line)
    return lines
