"""The examples of schemes, and the commands at the head of each."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

SCHEMES = Path(__file__).parents[1] / "examples" / "schemes"
EXAMPLES = sorted(path.stem for path in SCHEMES.glob("*.yaml"))


def commands(name: str) -> list[list[str]]:
    """The commands at the head of an example, word by word."""
    text = (SCHEMES / f"{name}.yaml").read_text(encoding="utf-8")
    return [shlex.split(line) for line in re.findall(r"^#   (.+)$", text, re.MULTILINE)]
