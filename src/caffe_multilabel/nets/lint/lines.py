"""Finds the lines on which the layers of a prototxt start."""

from __future__ import annotations

import re

__all__ = ["layer_lines"]

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


def layer_lines(text: str) -> list[int]:
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
