"""Who runs against whom: the commands that turn the image set into images a second."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from images import LABEL_COUNT, ImageSet
from processes import Command, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "BASELINE",
    "BOUND",
    "ENCODED",
    "PAIRS",
    "RESIZE",
    "TRUSTED",
    "Contender",
    "Pair",
    "contenders",
    "convert_command",
    "raw_name",
]

SIDE = 256
RESIZE = (f"--resize_width={SIDE}", f"--resize_height={SIDE}")
BOUND, BASELINE, ENCODED, TRUSTED = "bound", "Python script", "encoded", "encoded, trusted"
PAIRS = "raw, two images a record"

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Pair:
    """Where a run writes its two databases."""

    images: Path
    labels: Path


@dataclass(frozen=True)
class Contender:
    """A way to do the job, or a part of it.

    Attributes:
        name: its row in the table.
        command: the command that fills a pair.
        writes: whether it writes a pair at all.
        images_per_record: images of a record.
    """

    name: str
    command: Callable[[Pair], Command]
    writes: bool = True
    images_per_record: int = 1


def raw_name(threads: int) -> str:
    """The table row of the raw conversion on so many threads."""
    return f"raw {SIDE}x{SIDE}, {threads} thread{'s' if threads > 1 else ''}"


def convert_command(
    images: ImageSet, list_file: Path, pair: Pair, threads: int, flags: Sequence[str]
) -> Command:
    """The tool's own command line."""
    tool = Path(sys.executable).with_name("convert_multilabel")
    paths = words(f"{images.root}/", list_file, pair.images, pair.labels, LABEL_COUNT)
    return words(tool, *flags, "--threads", threads, "--overwrite", "--json", *paths)


def contenders(images: ImageSet, bound: Path, threads: int) -> list[Contender]:
    """All of them, in the order in which each round runs them."""

    def tool(name: str, flags: Sequence[str], count: int) -> Contender:
        return Contender(
            name,
            lambda pair: convert_command(images, images.list_file, pair, count, flags),
        )

    def pairs_command(pair: Pair) -> Command:
        flags = [*RESIZE, "--images_per_record=2"]
        return convert_command(images, images.pairs_file, pair, threads, flags)

    def bound_command(_: Pair) -> Command:
        return words(bound, images.paths_file, threads, SIDE, SIDE)

    def baseline_command(pair: Pair) -> Command:
        options = words("--threads", threads, "--width", SIDE, "--height", SIDE)
        paths = words(images.root, images.list_file, pair.images, pair.labels, LABEL_COUNT)
        return words(sys.executable, _HERE / "python_baseline.py", *options, *paths)

    return [
        Contender(BOUND, bound_command, writes=False),
        Contender(BASELINE, baseline_command),
        *(tool(raw_name(count), RESIZE, count) for count in sorted({1, min(2, threads), threads})),
        Contender(PAIRS, pairs_command, images_per_record=2),
        tool(ENCODED, ["--encoded"], threads),
        tool(TRUSTED, ["--encoded", "--trust"], threads),
    ]
