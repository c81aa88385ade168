"""The directive `commands`: every command with its options, from the commands' own parsers."""

from __future__ import annotations

import argparse
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from caffe_multilabel.cli import convert, prototxt
from caffe_multilabel.cli.main import COMMANDS, PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

_PROGRAMS = {convert.PROGRAM: convert, prototxt.PROGRAM: prototxt}
"""Programs of their own; each is a sub-command as well."""


class Commands(SphinxDirective):
    """Every command: what it does, its usage, its options and its exit codes."""

    def run(self) -> list[nodes.Node]:
        """Make a section a command, sub-commands in the order of `--help`."""
        made: list[nodes.Node] = []
        for name, (module, _, summary) in COMMANDS.items():
            program = f"{PROGRAM} {name}"
            source = import_module(f"caffe_multilabel.cli.{module}")
            own = [alone for alone, owner in _PROGRAMS.items() if owner is source]
            titles = [program, *own]
            made.append(self._section(titles, source.make_parser(own[0] if own else program)))
            made[-1].insert(1, nodes.paragraph(text=f"{summary[0].upper()}{summary[1:]}."))
        return made

    def _section(self, titles: list[str], parser: argparse.ArgumentParser) -> nodes.section:
        target = nodes.make_id(titles[0])
        section = nodes.section(ids=[target], names=[target])
        title = nodes.title()
        for place, text in enumerate(titles):
            title += [nodes.Text(", ")][: place > 0]
            title += nodes.literal(text=text)
        section += title
        section += _code(parser.format_usage().removeprefix("usage: "))
        section += _text(parser.description or "")
        if options := [_option(action) for action in _shown(parser)]:
            section += nodes.option_list("", *options)
        section += _text(parser.epilog or "")
        self.state.document.note_explicit_target(section)
        return section


def _shown(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    return (
        action
        for action in parser._actions  # noqa: SLF001  (argparse has no public list of them)
        if action.help is not argparse.SUPPRESS and action.dest not in ("help", "version")
    )


def _option(action: argparse.Action) -> nodes.option_list_item:
    """Return an option as argparse would print it; placeholders in its help are filled."""
    group = nodes.option_group()
    value = "" if action.nargs == 0 else _value(action)
    for spelled in action.option_strings or [value]:
        option = nodes.option("", nodes.option_string(text=spelled))
        if action.option_strings and value:
            option += nodes.option_argument(text=value, delimiter=" ")
        group += option
    text = (action.help or "") % {**vars(action), "prog": ""}
    return nodes.option_list_item("", group, nodes.description("", _paragraph(text)))


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    if action.metavar is None and action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.metavar or action.dest.upper()


def _text(text: str) -> list[nodes.Element]:
    """Return paragraphs; indented ones are code."""
    parts = [part for part in text.split("\n\n") if part]
    return [_code(part) if part.startswith(" ") else _paragraph(part) for part in parts]


def _paragraph(text: str) -> nodes.paragraph:
    """Return a paragraph with the options in it as code, so that their dashes stay two."""
    return nodes.paragraph(
        "",
        "",
        *(
            nodes.literal(text=part) if place % 2 else nodes.Text(part)
            for place, part in enumerate(re.split(r"(?<!\w)(--\w[\w-]*)", text))
        ),
    )


def _code(text: str) -> nodes.literal_block:
    lines = text.rstrip().splitlines()
    indent = min(len(line) - len(line.lstrip()) for line in lines)
    code = "\n".join(line[indent:] for line in lines)
    return nodes.literal_block(code, code, language="text")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True}
