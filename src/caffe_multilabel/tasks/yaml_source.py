"""Reads YAML 1.2 and keeps the line of every key.

PyYAML by itself reads YAML 1.1, where `no` is false, `010` is eight, `3:07` is 187 and `1e-3` is
text. Here plain words follow the core schema of YAML 1.2, as in editors that check against the
JSON Schema: booleans are true and false only, and 1e-3 is a number.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

import yaml

from caffe_multilabel.errors import TaskFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["YamlDocument"]

_CORE_SCHEMA = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
)
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_TEXT = "tag:yaml.org,2002:str"
_MAX_SIZE = 1_000_000
"""Words in a document with its aliases written out; lists of aliases grow without bound."""


class _Loader(yaml.SafeLoader):
    """SafeLoader with the core schema of YAML 1.2."""

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """Read decimal, 0o and 0x; a leading 0 alone means nothing."""
        text = self.construct_scalar(node)
        return int(text, 0 if text[:2] in ("0o", "0x") else 10)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _CORE_SCHEMA:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first
    )
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)


class YamlDocument:
    """A parsed YAML document and the lines its keys stand on.

    Attributes:
        data: the content, as dicts, lists, strings, numbers, booleans and None.
    """

    def __init__(self, text: str | bytes, *, name: str, verbatim: Iterable[str] = ()) -> None:
        """Parse a document.

        Args:
            text: the document.
            name: what errors call it, a path as a rule.
            verbatim: keys whose list items stay as written where they look like numbers, so
                that a class name 007 is not 7.

        Raises:
            TaskFileError: the text is no YAML, or a mapping has a key twice.
        """
        self._name = name
        try:
            loader = _Loader(text)
            try:
                self._root = loader.get_single_node()
                self._check_size(self._root, {})
                for node in _mappings(self._root):
                    self._check_keys(node)
                    _keep_spelling(node, frozenset(verbatim))
                self.data: Any = (
                    None if self._root is None else loader.construct_document(self._root)
                )
            finally:
                loader.dispose()
        except TaskFileError:
            raise
        except yaml.MarkedYAMLError as error:
            problem = ", ".join(part for part in (error.context, error.problem) if part)
            raise self._error(problem, error.problem_mark or error.context_mark) from None
        except (yaml.YAMLError, ValueError) as error:
            raise self._error(str(error).replace("\n", " "), None) from None
        except RecursionError:
            raise self._error("nested too deep", None) from None

    def line(self, loc: Iterable[str | int]) -> int | None:
        """Return the 1-based line of the key at `loc`, or of the nearest one above it."""
        node, line = self._root, None
        for part in loc:
            found = _child(node, part)
            if found is None:
                break
            node, line = found
        return line

    def _check_size(self, node: yaml.Node | None, sizes: dict[int, int]) -> int:
        """Count what a node holds with its aliases written out; refuse what never ends."""
        if not isinstance(node, yaml.CollectionNode):
            return 1
        if id(node) not in sizes:
            sizes[id(node)] = _MAX_SIZE  # what an alias to a node around it counts for
            parts = node.value
            if isinstance(node, yaml.MappingNode):
                parts = chain.from_iterable(node.value)
            sizes[id(node)] = 1 + sum(self._check_size(part, sizes) for part in parts)
        if sizes[id(node)] > _MAX_SIZE:
            raise self._error("aliases in here add up to too much", node.start_mark)
        return sizes[id(node)]

    def _check_keys(self, node: yaml.MappingNode) -> None:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._error("a key must be a word or a number", key.start_mark)
            line = key.start_mark.line + 1
            if key.value in seen and key.value != "<<":
                problem = f"key '{key.value}' stands on line {seen[key.value]} already"
                raise self._error(problem, key.start_mark)
            seen[key.value] = line

    def _error(self, problem: str, mark: yaml.Mark | None) -> TaskFileError:
        line = None if mark is None else mark.line + 1
        where = self._name if line is None else f"{self._name}:{line}"
        return TaskFileError(f"{where}: {problem}", path=self._name, line=line)


def _mappings(root: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    """Go through every mapping once, aliases to it or not."""
    seen: set[int] = set()
    waiting = [] if root is None else [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
            waiting.extend(part for pair in reversed(node.value) for part in reversed(pair))
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(reversed(node.value))


def _keep_spelling(node: yaml.MappingNode, keys: frozenset[str]) -> None:
    for key, value in node.value:
        if key.value in keys and isinstance(value, yaml.SequenceNode):
            for item in value.value:
                if isinstance(item, yaml.ScalarNode) and item.tag in _NUMBERS:
                    item.tag = _TEXT


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        pairs = [(key, value) for key, value in node.value if key.value == str(part)]
        return (pairs[-1][1], pairs[-1][0].start_mark.line + 1) if pairs else None
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item, item.start_mark.line + 1
    return None
