"""A lexer for prototxt, protobuf's text format, which Pygments does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pygments.lexer import RegexLexer
from pygments.token import Comment, Keyword, Name, Number, Punctuation, String, Text

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class PrototxtLexer(RegexLexer):
    """Fields, messages and values."""

    name = "prototxt"
    aliases: ClassVar = ["prototxt"]
    tokens: ClassVar = {
        "root": [
            (r"\s+", Text.Whitespace),
            (r"#.*", Comment.Single),
            (r"\w+(?=\s*:)", Name.Attribute),
            (r"\w+(?=\s*\{)", Name.Tag),
            (r'"[^"\n]*"', String.Double),
            (r"'[^'\n]*'", String.Single),
            (r"[-+]?[\d.]+(?:[eE][-+]?\d+)?", Number),
            (r"\w+", Keyword.Constant),
            (r"[-:{}\[\],;<>.]", Punctuation),
        ]
    }


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the lexer."""
    app.add_lexer("prototxt", PrototxtLexer)
    return {"parallel_read_safe": True}
