"""Code blocks of the documentation's Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (
    ROOT / "README.md",
    ROOT / "README.zh-CN.md",
    *sorted((ROOT / "docs" / "en").rglob("*.md")),
    *sorted((ROOT / "docs" / "zh").rglob("*.md")),
)
SCHEME_PAGES = tuple(page for page in PAGES if page.parent.name == "schemes")
PROGRAMS = (
    "caffe-multilabel",
    "convert_multilabel",
    "generate_prototxt",
    "bash",
    "tail",
    "cd",
    "$",
)

_FENCED = re.compile(r"^```([\w{}-]*).*?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:(?<=\n\n)|(?<=\n))((?:    .*\n)+)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One block: `kind` is the language of a fence, else `shell` for commands, or `text`."""

    page: Path
    line: int
    section: str
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """The blocks of a page in their order; an empty line ends an indented one."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCED.finditer(text):
        if not match[1].startswith("{"):  # a directive of MyST, which the build runs
            found.append((match.start(), match[1], match[2]))
    prose = _FENCED.sub(lambda match: re.sub(r"[^\n]", "x", match[0]), text)
    for match in _INDENTED.finditer(prose):
        code = re.sub(r"^    ", "", match[1], flags=re.MULTILINE)
        first = code.split(maxsplit=1)[0]
        found.append((match.start(1), "shell" if first in PROGRAMS else "text", code))
    return [
        Block(page, text.count("\n", 0, start) + 1, _section(prose[:start]), kind, code)
        for start, kind, code in sorted(found)
    ]


def walks_through(block: Block) -> bool:
    """Tell the commands of an example of schemes, which test_schemes_docs.py holds to it."""
    return block.page in SCHEME_PAGES and block.kind == "shell" and "--tasks" in block.text


def _section(before: str) -> str:
    headings = _HEADING.findall(before)
    return str(headings[-1]) if headings else ""
