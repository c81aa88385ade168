"""What a line of the log says: the forms that Caffe's solvers have printed since 2013.

They were read in the history of BVLC Caffe's src/caffe/solver.cpp and solvers/sgd_solver.cpp, and
in the branches of NVIDIA and Intel.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Literal

from caffe_multilabel.views.log.model import LEARNING_RATE, TOTAL_LOSS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Mark", "Said", "read_line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a line says.

    Attributes:
        iteration: None where it stands in a line further up.
        phase: of the output, or of what begins.
        test_net: the test net that a test begins with; None where none begins.
        output: whose value it is; None where it only begins a test.
        value: its value.
        loss_weight: its weight in the total loss; None if none is said.
    """

    iteration: int | None = None
    phase: Literal["train", "test"]
    test_net: int | None = None
    output: str | None = None
    value: float = 0.0
    loss_weight: float | None = None


class Mark(Enum):
    """What a line may be that says no number."""

    RUN_BEGINS = auto()
    """Training begins, anew or from a snapshot."""
    UNREAD = auto()
    """It is the solver's by its look, and of no known form."""


# What glog, or a collector of logs, puts before a message is passed over: forms are searched for.
_TESTING = re.compile(r"(?:Iteration (\d+), )?Testing net(?: \(#(\d+)\)$|( from initial)|$)")
_RATE = re.compile(r"\bIteration (\d+), lr = ([^\s,]+)(?:$|, )")  # NVIDIA's goes on
_LOSS = re.compile(r"\bIteration (\d+)[ ,](?:.*[ ,])?loss = (\S+)$")
_OUTPUT = re.compile(
    r"\b(Train|Test) net output (?:mAP )?#\d+: (.+) = (\S+?)(?: \(\* (\S+) = \S+ loss\))?$"
)
_TEST_LOSS = re.compile(r"(?:^|[ \]])Test loss: (\S+)$")
# Before July 2014 outputs had no names.
_SCORE = re.compile(r"(?:^|[ \]])(?:Iteration (\d+), )?(Training|Test) score (#\d+): (\S+)$")
# Builds with BVLC's pull request 1300, of 2014, name the layer, and its weight is in the value.
_LAYER = re.compile(r'(?:^|[ \]])Layer "(.+)": (\S+)$')

# `caffe train` prints the first two, a solver that pycaffe restores the others. With several GPUs
# each prints its own, all of them before the first iteration, for which they wait for each other.
_RUN_BEGINS = re.compile(
    r"\bResuming from |\bStarting Optimization$|\bRestoring previous solver status from "
    r"|\bSGDSolver: restoring history"
)

# What a line is like that should be of one of the forms.
_LOOKS_LIKE = re.compile(
    r"\bIteration \d+\b.*\b(?:loss|lr)\b|\bTesting net\b|\bnet output\b.*=|\bBatch \d+, .+ ="
    r'|(?i:\b(?:train|training|test) (?:loss|score)\b.*[:=])|\bLayer ".+":'
)

# One of these is in every line that matters. Most lines of a log do not, and looking for words
# sorts them out ten times as fast as looking for patterns.
_WORDS = (
    *("Iteration ", "net output", " loss", " score", "Testing net", 'Layer "', "Batch "),
    *("Resuming from ", "Starting Optimization", "Restoring previous ", "restoring history"),
)


def read_line(line: str) -> Said | Mark | None:
    """Read a line; None if it is none of the solver's displays and tests, and begins no run."""
    if not any(map(line.__contains__, _WORDS)):
        return None
    text = line.rstrip()
    try:
        for word, form, say in _FORMS:
            if word in text and (match := form.search(text)):
                return say(match)
    except ValueError:
        return Mark.UNREAD  # A number is none.
    if _RUN_BEGINS.search(text):
        return Mark.RUN_BEGINS
    return Mark.UNREAD if _LOOKS_LIKE.search(text) else None


def _testing(match: re.Match[str]) -> Said:
    iteration = _whole(match[1])
    return Said(
        iteration=0 if match[3] else iteration, phase="test", test_net=_whole(match[2]) or 0
    )


def _rate(match: re.Match[str]) -> Said:
    value = _number(match[2])
    return Said(iteration=int(match[1]), phase="train", output=LEARNING_RATE, value=value)


def _loss(match: re.Match[str]) -> Said:
    value = _number(match[2])
    return Said(iteration=int(match[1]), phase="train", output=TOTAL_LOSS, value=value)


def _output(match: re.Match[str]) -> Said:
    return Said(
        phase="train" if match[1] == "Train" else "test",
        output=match[2],
        value=_number(match[3]),
        loss_weight=None if match[4] is None else _number(match[4]),
    )


def _test_loss(match: re.Match[str]) -> Said:
    return Said(phase="test", output=TOTAL_LOSS, value=_number(match[1]))


def _score(match: re.Match[str]) -> Said:
    return Said(
        iteration=_whole(match[1]),
        phase="train" if match[2] == "Training" else "test",
        output=f"score {match[3]}",
        value=_number(match[4]),
    )


def _layer(match: re.Match[str]) -> Said:
    return Said(phase="train", output=match[1], value=_number(match[2]), loss_weight=1.0)


# A word that every line of a form has, the form, and what it says; the commonest come first.
_FORMS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], Said]], ...] = (
    ("net output", _OUTPUT, _output),
    ("loss = ", _LOSS, _loss),
    (", lr = ", _RATE, _rate),
    ("Testing net", _TESTING, _testing),
    ("Test loss: ", _TEST_LOSS, _test_loss),
    (" score #", _SCORE, _score),
    ('Layer "', _LAYER, _layer),
)

# C's nan may have a payload, as Visual C++'s `-nan(ind)`; its libraries before 2015 print `1.#INF`,
# `-1.#IND`, `1.#QNAN`, and zeros behind them where digits are asked for.
_NO_NUMBER = re.compile(
    r"([-+]?)(?:(inf|infinity|nan)(?:\(\w*\))?|1\.#(INF|IND|QNAN|SNAN)0*)", re.IGNORECASE
)


def _number(text: str) -> float:
    if match := _NO_NUMBER.fullmatch(text):
        infinite = (match[2] or match[3]).lower().startswith("inf")
        return float(f"{match[1]}inf" if infinite else "nan")
    return float(text)


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)
