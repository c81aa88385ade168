"""The pieces that are not needed, and what each of them adds."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from caffe_multilabel.caffe.proto.protoc import find_compiler

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Piece", "look_for_pieces"]

_UNUSED = "nothing yet: no command of this release uses it"
_SECONDS = 20
"""A program that tells its version takes no longer, unless it hangs."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A library or a program that adds something where it is there.

    Attributes:
        name: its name.
        found: its version, or where it is; None where it is not there.
        adds: what it adds here.
        install: what installs it; empty where there is no reason to.
        note: more of it, as PyTorch's devices, or why it cannot be used.

    Example:
        >>> from caffe_multilabel import doctor
        >>> piece = next(each for each in doctor().pieces if each.name == "h5py")
        >>> piece.adds
        'weights and data in HDF5 for the engine'
    """

    name: str
    found: str | None
    adds: str
    install: str
    note: str = ""


# Module, distribution, what it adds, extra that brings it or the command that does.
_LIBRARIES = (
    ("jinja2", "Jinja2", "`caffe-multilabel report`, and curves as HTML", "report"),
    ("matplotlib", "matplotlib", "curves of `caffe-multilabel log` as PNG", "report"),
    ("h5py", "h5py", "weights and data in HDF5 for the engine", "torch"),
    ("tensorboardX", "tensorboardX", "`train --tensorboard`", "tensorboard"),
    ("shtab", "shtab", "`caffe-multilabel completion`", "shell"),
    ("argparse_manpage", "argparse-manpage", "`caffe-multilabel man`", "shell"),
)
_UNUSED_LIBRARIES = (("onnx", "onnx"), ("dask", "dask"), ("distributed", "distributed"))


def look_for_pieces() -> tuple[Piece, ...]:
    """Look for every piece; PyTorch is imported where it is there, which takes seconds."""
    return (
        _torch(),
        *(
            Piece(module, _version_of(module, distribution), adds, _of_extra(extra))
            for module, distribution, adds, extra in _LIBRARIES
        ),
        *(
            Piece(module, _version_of(module, distribution), _UNUSED, "")
            for module, distribution in _UNUSED_LIBRARIES
        ),
        _protoc(),
        _caffe(),
        _pycaffe(),
    )


def _of_extra(extra: str) -> str:
    return f"pip install 'caffe-multilabel[{extra}]'"


def _version_of(module: str, distribution: str) -> str | None:
    """Return the version of a library without importing it; None where it is not there."""
    if importlib.util.find_spec(module) is None:
        return None
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "of an unknown version"


def _torch() -> Piece:
    found = _version_of("torch", "torch")
    adds = "nets in PyTorch (`caffe_multilabel.engine`), `TorchDataset`"
    note = "" if found is None else _torch_devices()
    return Piece("torch", found, adds, _of_extra("torch"), note)


def _torch_devices() -> str:
    try:
        torch: Any = import_module("torch")
        if not torch.cuda.is_available():
            built = torch.version.cuda
            return "no CUDA in this build" if built is None else f"CUDA {built}, no device"
        names = [torch.cuda.get_device_name(each) for each in range(torch.cuda.device_count())]
    except Exception as error:  # a broken installation raises what it likes
        return f"cannot be used: {_first_line(str(error)) or type(error).__name__}"
    return f"CUDA {torch.version.cuda}: {', '.join(names)}"


def _protoc() -> Piece:
    command = find_compiler()
    return Piece(
        "protoc",
        None if command is None else _printed([*command, "--version"]) or command[0],
        "schemas of forks of Caffe (`--proto`)",
        "apt-get install protobuf-compiler, or pip install grpcio-tools",
    )


def _caffe() -> Piece:
    path = shutil.which("caffe")
    return Piece(
        "caffe",
        None if path is None else _printed([path, "-version"]) or path,
        "training with Caffe itself; nothing here needs it",
        "apt-get install caffe-cpu where the system has it, else from source",
        "" if path is None else path,
    )


def _pycaffe() -> Piece:
    spec = importlib.util.find_spec("caffe")
    return Piece(
        "pycaffe",
        None if spec is None else spec.origin or "a folder named caffe",
        "Caffe's Python; nothing here needs it",
        "apt-get install python3-caffe-cpu where the system has it, else from source",
    )


def _printed(command: Sequence[str]) -> str:
    """Return the version in what a program prints of itself; empty where it does not say."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+(\.\d+)+\S*", done.stdout + done.stderr)
    return "" if found is None or done.returncode else found[0]


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
