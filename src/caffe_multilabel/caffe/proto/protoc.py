"""Compile a .proto file with whichever protobuf compiler is installed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.proto.files import read_bytes
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["compile_proto", "find_compiler"]


def compile_proto(proto_file: str | PathLike[str]) -> bytes:
    """Compile a schema, imports included, into a serialised `FileDescriptorSet`.

    Runs the `protoc` on PATH, else that of the package grpcio-tools.

    Raises:
        PrototxtError: the file cannot be read, the compiler refuses it (its own words are in the
            message), or there is no compiler.
    """
    path = Path(proto_file)
    read_bytes(path)
    command = find_compiler()
    if command is None:
        raise PrototxtError(
            f"{path}: a schema of your own needs a protobuf compiler, and none is installed; "
            "`pip install grpcio-tools`, or install the system package protobuf-compiler",
            path=str(path),
        )
    folder = path.absolute().parent
    with tempfile.TemporaryDirectory(prefix="caffe_multilabel_") as scratch:
        compiled = Path(scratch, "schema.desc")
        options = ["--include_imports", f"--descriptor_set_out={compiled}", f"-I{folder}"]
        try:
            done = subprocess.run(
                [*command, *options, str(folder / path.name)],
                capture_output=True,
                encoding="utf-8",
                errors="backslashreplace",  # of a file name that is no UTF-8
                check=False,
            )
        except OSError as error:
            raise PrototxtError(f"cannot run {command[0]}: {error}", path=str(path)) from error
        if done.returncode != 0:
            words = done.stderr.strip().replace(f"{folder}/", "")
            raise PrototxtError(f"{path}: protoc refuses it:\n{words}", path=str(path))
        return compiled.read_bytes()


def find_compiler() -> list[str] | None:
    """Return the command that runs a protobuf compiler; None where there is none."""
    protoc = shutil.which("protoc")
    if protoc is not None:
        return [protoc]
    if importlib.util.find_spec("grpc_tools") is not None:
        return [sys.executable, "-m", "grpc_tools.protoc"]
    return None
