"""Trains with the engine and prints, as JSON, how long its data layers kept the net waiting."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING

import torch

from caffe_multilabel.engine import Solver

if TYPE_CHECKING:
    from caffe_multilabel.engine.feeds.feed import Feed

_FIRST = 2  # iterations that start threads and libraries


def feeds_of(solver: Solver) -> list[Feed]:
    """What the data layers of the net read."""
    feeds = (step.layer.setup.feed for step in solver.net.steps)
    return [feed for feed in feeds if feed is not None]


def seconds_of_training(solver: Solver, iterations: int) -> tuple[float, float]:
    """Train, and return the seconds of it all and those in the forward passes of data layers."""
    waited = 0.0

    def timed(feed: Feed) -> None:
        taken = feed.next

        def next_batch() -> object:
            nonlocal waited
            start = time.perf_counter()
            found = taken()
            waited += time.perf_counter() - start
            return found

        feed.next = next_batch  # type: ignore[method-assign,assignment]

    for feed in feeds_of(solver):
        timed(feed)
    solver.step(_FIRST)
    waited, start = 0.0, time.perf_counter()
    solver.step(iterations)
    return time.perf_counter() - start, waited


def seconds_of_reading(solver: Solver, iterations: int) -> float:
    """Take as many batches with no net behind them: the bound of reading and decoding."""
    feeds = feeds_of(solver)
    for feed in feeds:
        feed.next()
    start = time.perf_counter()
    for _ in range(iterations):
        for feed in feeds:
            feed.next()
    return time.perf_counter() - start


def main() -> None:
    """Time both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("solver")
    parser.add_argument("threads", type=int)
    parser.add_argument("iterations", type=int)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    settings = {"device": options.device, "threads": options.threads}
    seconds, waited = seconds_of_training(Solver(options.solver, **settings), options.iterations)
    reading = seconds_of_reading(Solver(options.solver, **settings), options.iterations)
    print(json.dumps({"seconds": seconds, "waited": waited, "reading": reading}))


if __name__ == "__main__":
    main()
