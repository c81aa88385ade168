"""Nets and solvers from files, old formats upgraded."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from caffe_multilabel._base.renamed import renamed_keywords
from caffe_multilabel.caffe.proto.binary import parse_binary
from caffe_multilabel.caffe.proto.characters import decode
from caffe_multilabel.caffe.proto.files import is_binary, read_bytes
from caffe_multilabel.caffe.proto.schemas import check_schema
from caffe_multilabel.caffe.proto.text import parse_text
from caffe_multilabel.caffe.proto.upgrade import upgrade_net, upgrade_solver
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.proto.schemas import ProtoSchema
    from caffe_multilabel.caffe.proto.types import NetParameter, SolverParameter

__all__ = ["read_net", "read_solver", "solver_and_remarks", "upgraded"]

_LOG = logging.getLogger(__name__)


@renamed_keywords(schema="proto")
def read_net(path: StrPath, *, proto: ProtoSchema | None = None) -> NetParameter:
    """Read a net from a prototxt or a caffemodel and upgrade it to the current format.

    Which of the two it is shows in the content, not in the name. What an old net holds and the
    current format cannot is logged as a warning, as Caffe does.

    Args:
        path: the file.
        proto: the schema to read with, `ProtoSchema.load` of a fork's; BVLC Caffe's if None.

    Returns:
        A `NetParameter` without `layers`, `input`, `input_dim` and `input_shape`.

    Raises:
        PrototxtError: the file cannot be read, is neither text nor binary of a net, has a field
            that the schema does not have, or is an old net that Caffe cannot upgrade either.
        OptionError: an argument is of another type.

    Example:
        >>> from caffe_multilabel import read_net
        >>> net = read_net("deploy.prototxt")
        >>> net.name, [layer.name for layer in net.layer][:3]
        ('shapes', ['data', 'conv1', 'pool1'])
    """
    check_schema(proto)
    content, name = read_bytes(path), str(path)
    if is_binary(content):
        net = parse_binary(content, "NetParameter", name=name, proto=proto)
    else:
        net = parse_text(decode(content, name), "NetParameter", name=name, proto=proto)
    return upgraded(net, name)


def upgraded(net: NetParameter, name: str) -> NetParameter:
    """Upgrade a net in place, log what that loses, and return it; see `upgrade_net`."""
    _log(name, upgrade_net(net, name=name))
    return net


def _log(name: str, remarks: list[str]) -> None:
    for remark in remarks:
        _LOG.warning("%s: %s", name, remark)


@renamed_keywords(schema="proto")
def read_solver(path: StrPath, *, proto: ProtoSchema | None = None) -> SolverParameter:
    """Read a solver from a prototxt; `solver_type` becomes `type`.

    A value of it that only a fork has becomes the type by its own word, and is logged as a warning.

    Args:
        path: the file.
        proto: the schema to read with, as for `read_net`.

    Raises:
        PrototxtError: the file cannot be read, is not the text of a solver, has a field that the
            schema does not have, or gives both `solver_type` and `type`.
        OptionError: an argument is of another type.

    Example:
        >>> from caffe_multilabel import read_solver
        >>> solver = read_solver("solver.prototxt")
        >>> solver.net, solver.type, solver.max_iter
        ('train_val.prototxt', 'Adam', 600)
    """
    solver, remarks = solver_and_remarks(path, proto)
    _log(str(path), remarks)
    return solver


def solver_and_remarks(
    path: StrPath, proto: ProtoSchema | None
) -> tuple[SolverParameter, list[str]]:
    """Return what `read_solver` does, and what that would log."""
    check_schema(proto)
    content, name = read_bytes(path), str(path)
    if is_binary(content):
        raise PrototxtError(f"{name}: a solver is text, and this file is binary", path=name)
    solver = parse_text(decode(content, name), "SolverParameter", name=name, proto=proto)
    return solver, upgrade_solver(solver, name=name)
