"""The parsers of all programs, for what is made from them: completion and manual pages."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from caffe_multilabel.cli import convert, prototxt
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.main import COMMANDS, DESCRIPTION, PROGRAM

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

__all__ = ["command_parsers", "program_parsers"]


def program_parsers() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each program; that of `caffe-multilabel` holds its sub-commands."""
    whole = FlagParser(prog=PROGRAM, description=DESCRIPTION)
    made = command_parsers()

    def parser_of(*, prog: str, **_: Any) -> argparse.ArgumentParser:
        return made[prog]

    # A function does where argparse is said to want a class: it calls it and no more.
    made_already = cast("type[FlagParser]", parser_of)
    commands = whole.add_subparsers(metavar="COMMAND", parser_class=made_already)
    for name, (_, _, text) in COMMANDS.items():
        commands.add_parser(name, help=text)
    alone = {each.PROGRAM: each.make_parser(each.PROGRAM) for each in (convert, prototxt)}
    return {PROGRAM: whole, **alone}


def command_parsers() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each sub-command by its whole name, as `caffe-multilabel verify`."""
    return dict(_command_parsers())


def _command_parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for name, (module, _, _) in COMMANDS.items():
        program = f"{PROGRAM} {name}"
        yield program, import_module(f"caffe_multilabel.cli.{module}").make_parser(program)
