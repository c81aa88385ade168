"""The command `caffe-multilabel completion`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.extras import import_extra
from caffe_multilabel.cli.command import Exit
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.gflags import FlagParser

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHELLS = ("bash", "zsh", "fish")

_DESCRIPTION = """\
Print what makes a shell complete the commands of this toolkit, their flags and files:

  eval "$(caffe-multilabel completion bash)"      in ~/.bashrc
  eval "$(caffe-multilabel completion zsh)"       in ~/.zshrc, after compinit
  caffe-multilabel completion fish | source       in ~/.config/fish/config.fish"""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        description=_DESCRIPTION,
        epilog=text_of("completion"),
    )
    parser.add_argument("SHELL", choices=_SHELLS, help="bash, zsh or fish")
    return parser


def completion_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, make, print."""
    options = make_parser(program).parse_flags(arguments)
    shtab = import_extra("shtab", "shell")
    from caffe_multilabel.cli.parsers import program_parsers  # noqa: PLC0415  (all commands)

    for parser in program_parsers().values():
        for action in _actions(parser):
            if action.help == argparse.SUPPRESS:  # as the places of convert, which its usage tells
                action.help = action.dest
            if action.nargs != 0 and action.choices is None and action.type is None:
                vars(action)["complete"] = shtab.FILE
        sys.stdout.write(shtab.complete(parser, options.SHELL) + "\n")
    return Exit.DONE


def _actions(parser: argparse.ArgumentParser) -> Iterator[Any]:
    """Go through the arguments of a parser and of those in it."""
    for action in parser._actions:  # noqa: SLF001  (argparse has no public list of them)
        yield action
        if isinstance(action.choices, dict):
            for each in action.choices.values():
                yield from _actions(each)
