"""The directive `task-file`: every key of task files, from their JSON Schema."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from caffe_multilabel.tasks import json_schema
from words import word

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}
_TYPES = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
}
_HOLDERS = {"array": "list of", "object": "mapping to"}
_NULL = {"type": "null"}


class TaskFileKeys(SphinxDirective):
    """A section an object of the file: keys, types, defaults and what they mean."""

    def run(self) -> list[nodes.Node]:
        """Make the sections, the file's own keys first."""
        schema = json_schema()
        objects = {name: part for name, part in schema["$defs"].items() if "properties" in part}
        made: list[nodes.Node] = [self._section(self._word("The file itself"), "task-file", schema)]
        made += [self._section(name, f"task-file-{name}", objects[name]) for name in objects]
        for section in made:
            for item in section.findall(nodes.definition_list_item):
                self.set_source_info(item)
        return made

    def _word(self, english: str) -> str:
        return word(self.config, english)

    def _section(self, title: str, target: str, part: dict[str, Any]) -> nodes.section:
        section = nodes.section("", nodes.title(text=title), ids=[nodes.make_id(target)])
        section += [
            nodes.paragraph("", "", *_inline(text)) for text in part["description"].split("\n\n")
        ]
        keys = nodes.definition_list()
        for name, key in part["properties"].items():
            keys += self._key(name, key, required=name in part.get("required", ()))
        section += keys
        return section

    def _key(self, name: str, key: dict[str, Any], *, required: bool) -> nodes.definition_list_item:
        definition = nodes.definition()
        definition += nodes.paragraph("", "", *_inline(key["description"]))
        if required:
            definition += nodes.paragraph(text=f"{self._word('Required')}.")
        elif not isinstance(key["default"], dict) and key["default"] is not None:
            default = nodes.literal(text=json.dumps(key["default"]))
            definition += nodes.paragraph("", f"{self._word('Default')}: ", default)
        return nodes.definition_list_item(
            "",
            nodes.term("", "", nodes.literal(text=name)),
            nodes.classifier("", "", *self._type(key)),
            definition,
        )

    def _type(self, part: dict[str, Any]) -> list[nodes.Node]:
        """Return what a value may be, in words."""
        if several := part.get("anyOf", part.get("oneOf")):
            return self._either([self._type(one) for one in several if one != _NULL])
        if "enum" in part or "const" in part:
            values = part.get("enum", [part.get("const")])
            return self._either([[nodes.literal(text=str(value))] for value in values])
        if "$ref" in part:
            return self._reference(part["$ref"].rsplit("/", 1)[1])
        if isinstance(part["type"], list):
            return self._either([self._type({"type": kind}) for kind in part["type"]])
        inner = part.get("items", part.get("additionalProperties"))
        if "prefixItems" in part:
            inner = part["prefixItems"][0]
        if part["type"] in _HOLDERS:
            return [nodes.Text(f"{self._word(_HOLDERS[part['type']])} "), *self._type(inner)]
        return [nodes.Text(self._plain_type(part))]

    def _reference(self, name: str) -> list[nodes.Node]:
        if name == "JsonValue":
            return [nodes.Text(self._word("any value"))]
        return [nodes.reference("", name, refid=nodes.make_id(f"task-file-{name}"))]

    def _plain_type(self, part: dict[str, Any]) -> str:
        limits = [f"{self._word(says)} {part[key]}" for key, says in _LIMITS.items() if key in part]
        kind = self._word(_TYPES[part["type"]])
        return f"{kind} ({', '.join(limits)})" if limits else kind

    def _either(self, kinds: list[list[nodes.Node]]) -> list[nodes.Node]:
        told: list[nodes.Node] = list(kinds[0])
        for kind in kinds[1:]:
            told += [nodes.Text(f" {self._word('or')} "), *kind]
        return told


def _inline(text: str) -> list[nodes.Node]:
    """Return text with what stands between backticks as code."""
    return [
        nodes.literal(text=part) if place % 2 else nodes.Text(part)
        for place, part in enumerate(re.split(r"`([^`]+)`", text))
    ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("task-file", TaskFileKeys)
    return {"parallel_read_safe": True}
