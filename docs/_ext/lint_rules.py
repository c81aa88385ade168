"""The directive `lint-rules`: a table of lint's rules and each rule's page, from the package."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from caffe_multilabel.nets.lint import Rule, all_rules
from words import is_chinese, word

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

_FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


class LintRules(SphinxDirective):
    """All rules by id; a rule without a page fails the build."""

    def run(self) -> list[nodes.Node]:
        """Make the table, then a section a rule."""
        rules = all_rules()
        head = [word(self.config, text) for text in ("rule", "severity", "what it looks for")]
        table = [f"| {' | '.join(head)} |", "|---|---|---|"]
        for rule in rules:
            severity = word(self.config, rule.severity)
            table.append(f"| [`{rule.id}`](#{rule.id}) | {severity} | {rule.summary} |")
        pages = [self._page(rule) for rule in rules]
        return self.parse_text_to_nodes(
            "\n\n".join(["\n".join(table), *pages]), allow_section_headings=True
        )

    def _page(self, rule: Rule[Any]) -> str:
        """Return the page on a rule with its headings one level further down."""
        try:
            page = rule.page("zh" if is_chinese(self.config) else "en")
        except FileNotFoundError as error:
            raise ExtensionError(f"lint rule {rule.id} has no page: {error}") from error
        prose = _FENCED.split(page)
        prose[::2] = [re.sub(r"^#", "##", text, flags=re.MULTILINE) for text in prose[::2]]
        return "".join(prose)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("lint-rules", LintRules)
    return {"parallel_read_safe": True}
