"""Flags in every spelling that Caffe's tools take.

Caffe's tools parse their flags with gflags: one dash or two, `-gray`, `--gray=true`, `--nogray`,
`--resize_width=256`, `--resize_width 256`. Here hyphens may stand for underscores as well.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.cli.command import say, version_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["FlagParser"]

_TRUE = ("1", "t", "true", "y", "yes")
_FALSE = ("0", "f", "false", "n", "no")


class _Version(argparse.Action):
    """Prints the version, the same text from every command."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="show the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        sys.stdout.write(version_text())
        parser.exit()


class FlagParser(argparse.ArgumentParser):
    """An argument parser whose flags take gflags spellings."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **options,
        )
        self._switches: set[str] = set()
        # Those that take no value and end the command.
        self._answers: set[str] = {"help", "version"}
        self._flags: set[str] = set(self._answers)
        self.add_argument("--version", action=_Version)

    def add_switch(self, name: str, *, help: str, default: bool | None = False) -> None:  # noqa: A002  (argparse's word)
        """Add a flag that is true or false; a default of None tells one that is left out."""
        self._switches.add(name)
        self._flags.add(name)
        self.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, help=help)
        self.set_defaults(**{name: default})

    def add_flag(self, name: str, *aliases: str, **options: Any) -> None:
        """Add a flag with a value, and other names for it."""
        names = (name, *aliases)
        self._flags.update(names)
        dashed = (f"-{each}" if len(each) == 1 else f"--{each}" for each in names)
        self.add_argument(*dashed, **options)

    def parse_flags(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse flags and positional arguments in any order."""
        flags: list[str] = []
        positionals: list[str] = []
        rest = iter(arguments)
        for argument in rest:
            if argument == "--":
                positionals.extend(rest)
            elif argument == "-h":
                flags.append(argument)
            elif argument.startswith("-") and argument != "-":
                flags.extend(self._flag(argument, rest))
            else:
                positionals.append(argument)
        # A parser without positional arguments takes no "--" before Python 3.12.
        return self.parse_args([*flags, *(["--", *positionals] if positionals else [])])

    def parse_known_args(self, *arguments: Any, **options: Any) -> Any:
        """Parse, and refuse what is empty: a path or a number that a script has forgotten.

        A flag that is empty where it is left out, as text around paths, may be given so.
        """
        found, rest = super().parse_known_args(*arguments, **options)
        for action in self._actions:
            value = getattr(found, action.dest, None)
            values = value if isinstance(value, list) else [value]
            if "" in values and action.default != "":
                name = (*action.option_strings, action.metavar, action.dest)[0]
                self.error(f"{name} is empty; is a variable of the shell not set?")
        return found, rest

    def error(self, message: str) -> NoReturn:
        """End with exit code 2, the message last so that it is seen."""
        # argparse's own printing fails where nobody can read it, before Python 3.12.
        say(f"{self.format_usage()}{self.prog}: error: {message}")
        self.exit(2)

    def _flag(self, argument: str, rest: Iterable[str]) -> Iterable[str]:
        spelled, equals, value = argument.lstrip("-").partition("=")
        name = spelled.replace("-", "_")
        if name in self._switches:
            yield self._switch(name, value if equals else "true")
        elif not equals and name.startswith("no") and name[2:].lstrip("_") in self._switches:
            yield f"--no-{name[2:].lstrip('_')}"
        elif name not in self._flags:
            hint = did_you_mean(
                name, self._flags, "; did you mean --{}?", otherwise="; --help lists the flags"
            )
            self.error(f"unknown flag '{argument}'{hint}")
        elif equals or name in self._answers:
            yield from self._spelled(name, value) if equals else [f"--{name}"]
        else:
            # A value may start with a dash: a negative number, or "-" for standard input.
            following = next(iter(rest), None)
            if following is None:
                self.error(f"flag '{argument}' wants a value")
            yield from self._spelled(name, following)

    def _spelled(self, name: str, value: str) -> Iterable[str]:
        """Write a flag and its value as argparse takes both, whatever the value begins with."""
        if len(name) > 1:
            return [f"--{name}={value}"]
        return [f"-{name}{value}"] if value else [f"-{name}", value]

    def _switch(self, name: str, value: str) -> str:
        if value.lower() not in _TRUE + _FALSE:
            self.error(f"flag --{name} is true or false, not '{value}'")
        return f"--{name}" if value.lower() in _TRUE else f"--no-{name}"
