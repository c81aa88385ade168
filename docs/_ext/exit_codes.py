"""The directive `exit-codes`: how each command can end, from what its help says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from caffe_multilabel.cli.exit_codes import COMMON, meanings_of
from caffe_multilabel.cli.main import COMMANDS
from words import word

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from caffe_multilabel.cli.command import Exit


class ExitCodes(SphinxDirective):
    """A row a command: what its exit codes mean where that is not as with every command."""

    def run(self) -> list[nodes.Node]:
        """Make the table; a code that a command never ends with has a dash."""
        codes = sorted({code for name in COMMANDS for code in meanings_of(name)})
        group = nodes.tgroup(cols=len(codes) + 1)
        group += [nodes.colspec(colwidth=1) for _ in range(len(codes) + 1)]
        heads = [word(self.config, "command"), *(str(code.value) for code in codes)]
        group += nodes.thead("", _row(map(nodes.Text, heads)))
        body = nodes.tbody()
        common = [word(self.config, COMMON[code]) if code in COMMON else "" for code in codes]
        body += _row(map(nodes.Text, [word(self.config, "every command"), *common]))
        for name in COMMANDS:
            meanings = meanings_of(name)
            cells = [nodes.Text(self._cell(code, meanings)) for code in codes]
            body += _row([nodes.literal(text=name), *cells])
        group += body
        return [nodes.table("", group)]

    def _cell(self, code: Exit, meanings: dict[Exit, str]) -> str:
        if code not in meanings:
            return "-"
        usual = meanings[code] == COMMON.get(code)
        return "" if usual else word(self.config, meanings[code])


def _row(cells: Any) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("exit-codes", ExitCodes)
    return {"parallel_read_safe": True}
