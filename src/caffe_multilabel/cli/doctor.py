"""The command `caffe-multilabel doctor`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.cli.command import Exit, print_json, say
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import print_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.views.doctor import Checkup, Piece

_DESCRIPTION = """\
Say what is there to work with: versions, CPU, memory, disk, PyTorch, CUDA, a Caffe; and what each
missing piece would add and how to install it. PyTorch is imported, which takes seconds."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        description=_DESCRIPTION,
        epilog=text_of("doctor"),
    )
    parser.add_switch("json", help="print all of it as JSON")
    return parser


def doctor_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, look, print."""
    options = make_parser(program).parse_flags(arguments)
    from caffe_multilabel.views.doctor import doctor  # noqa: PLC0415  (--help must not load it)

    checkup = doctor()
    if options.json:
        print_json(checkup.to_dict())
    else:
        sys.stdout.write("\n".join(_lines(checkup)) + "\n\n")
        print_table(("piece", "found", "what it adds"), map(_row, checkup.pieces))
        missing = [piece for piece in checkup.pieces if piece.found is None and piece.install]
        if missing:
            sys.stdout.write("\nTo install what is missing:\n")
            print_table(("piece", "by"), [(piece.name, piece.install) for piece in missing])
    for problem in checkup.problems:
        say(f"{program}: {problem}")
    return Exit.DONE if checkup.ok else Exit.FAILED


def _lines(checkup: Checkup) -> Iterator[str]:
    machine = checkup.machine
    core = checkup.core
    names = {"opencv": "OpenCV", "libjpeg_turbo": "libjpeg-turbo", "lmdb": "LMDB"}
    libraries = ", ".join(f"{names[name]} {core[name]}" for name in names if name in core)
    yield f"caffe-multilabel {checkup.version} in {checkup.folder}"
    yield f"Python {checkup.python}, {checkup.executable}"
    yield f"core: {libraries or 'not loaded'}"
    of_all = "" if machine.cpus == machine.cpus_there else f" of {machine.cpus_there}"
    features = ", ".join(machine.cpu_features) or "none that matter"
    yield f"CPU: {machine.cpu}, {plural(machine.cpus, 'CPU')}{of_all}; {features}"
    yield f"memory: {_gib(machine.memory_bytes)}, {_gib(machine.memory_free_bytes)} free"
    yield f"disk: {_gib(machine.disk_free_bytes)} free in {machine.folder}"


def _row(piece: Piece) -> tuple[str, str, str]:
    note = f" ({piece.note})" if piece.note else ""
    return piece.name, "-" if piece.found is None else piece.found + note, piece.adds


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"
