"""What the schemes are good for: each example trained, and the same net without the scheme.

    python benchmarks/schemes.py [--images 6000] [--seeds 3] [--only pairs,views] [--work DIR]

It draws the sample with its lists of objects, runs the commands at the head of each example but
for the training, trains in the engine on the CPU with seeds 1, 2, ..., and prints a table: the
median of the seeds, the least and the most. `--iterations` trains all as long.
"""

from __future__ import annotations

import argparse
import copy
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import scheme_figures as figures
import yaml
from scheme_variants import COMPARISONS, Comparison, Variant, rewritten

from caffe_multilabel import convert, draw_sample, generate, load_tasks
from caffe_multilabel.engine import Solver

if TYPE_CHECKING:
    from collections.abc import Iterable

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "schemes"
PARTS = ("train", "val")
SAMPLE = "shapes"


def prepare(example: str) -> None:
    """Run the commands of an example that stand between the sample and the training."""
    text = Path(f"{example}.yaml").read_text(encoding="utf-8")
    for line in re.findall(r"^#   (.+)$", text, re.MULTILINE)[1:-1]:
        command = [*shlex.split(line), "--overwrite"]
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            sys.exit(f"{line}: {done.stderr}")


def lists_of(example: str) -> dict[str, str]:
    """The lists that an example's DBs are made of."""
    own = {part: f"{example}_{part}.csv" for part in PARTS}
    return (
        own
        if Path(own["train"]).exists()
        else {part: f"{SAMPLE}/objects_{part}.csv" for part in PARTS}
    )


def keys_of(example: str, variant: Variant, number: int) -> dict[str, Any]:
    """The task file of a variant, whose DBs are there."""
    keys: dict[str, Any] = yaml.safe_load(Path(f"{example}.yaml").read_text(encoding="utf-8"))
    variant.change(keys)
    lists = lists_of(example)
    if variant.rows is None:
        return keys
    for part, phase in zip(PARTS, ("train", "test"), strict=True):
        own = f"{example}{number}_{part}"
        rewritten(Path(lists[part]), Path(f"{own}.csv"), variant.rows)
        source = keys["data"][phase]
        source.update(images=f"{own}_images", labels=f"{own}_labels")
    tasks = load_tasks(copy.deepcopy(keys))
    for part in PARTS:
        own = f"{example}{number}_{part}"
        convert(
            f"{own}.csv",
            root=SAMPLE,
            images=f"{own}_images",
            labels=f"{own}_labels",
            tasks=tasks,
            overwrite=True,
        )
    return keys


def trained(name: str, keys: dict[str, Any], seed: int, iterations: int | None) -> Solver:
    """Train a task file."""
    settings = keys["solver"] | {"random_seed": seed}
    del settings["snapshot"]
    generate(load_tasks(keys | {"solver": settings})).write(name, overwrite=True)
    solver = Solver(f"{name}/solver.prototxt", threads=1)
    solver.settings.ClearField("test_interval")
    solver.step(iterations or keys["solver"]["max_iter"])
    return solver


def spread(values: Iterable[float]) -> str:
    """The median, and the least and the most in brackets."""
    found = sorted(values)
    return f"{statistics.median(found):.4g} ({found[0]:.4g} to {found[-1]:.4g})"


def compare(comparison: Comparison, seeds: int, iterations: int | None) -> None:
    """Train all variants with all seeds, and print a row for each figure."""
    example = comparison.example
    prepare(example)
    for number, variant in enumerate(comparison.variants):
        keys = keys_of(example, variant, number)
        found = [
            comparison.measure(trained(f"net_{example}", copy.deepcopy(keys), seed, iterations))
            for seed in range(1, seeds + 1)
        ]
        told = "; ".join(f"{name} {spread(each[name] for each in found)}" for name in found[0])
        print(f"| {example} | {variant.name} | {told} |", flush=True)


def look_on(seeds: int, iterations: int | None) -> None:
    """How far a task with `gradient_scale: 0`, or 1, moves the backbone's weights."""
    prepare("gradient")
    keys = yaml.safe_load(Path("gradient.yaml").read_text(encoding="utf-8"))
    kind, color = keys["tasks"]
    for scale in (0, 1):
        moved = []
        for seed in range(1, seeds + 1):
            nets = [
                trained(
                    "net_gradient", copy.deepcopy(keys | {"tasks": tasks}), seed, iterations
                ).net
                for tasks in (
                    [kind | {"loss_weight": 0.5}],
                    [
                        kind | {"loss_weight": 0.5},
                        color | {"loss_weight": 0.5, "gradient_scale": scale},
                    ],
                )
            ]
            weights = [
                [
                    blob.data
                    for layer in ("conv1", "conv2", "conv3", "fc")
                    for blob in net.params[layer]
                ]
                for net in nets
            ]
            moved.append(max(float((a - b).abs().max()) for a, b in zip(*weights, strict=True)))
        told = f"largest change of a weight of the backbone {spread(moved)}"
        print(f"| gradient | gradient_scale {scale} | {told} |", flush=True)


def canary(iterations: int | None) -> None:
    """The largest value that the canary shows in a training, and in its test."""
    prepare("canary")
    keys = yaml.safe_load(Path("canary.yaml").read_text(encoding="utf-8"))
    solver = trained("net_canary", keys, 1, 1)
    shown = []
    for _ in range(iterations or keys["solver"]["max_iter"]):
        solver.step(1)
        shown.append(abs(float(solver.net.blobs["canary"].data)))
    shown += figures.outputs("canary")(solver).values()
    print(f"| canary | as it is | largest value shown {max(shown):g} |", flush=True)


def main() -> None:
    """Draw, convert, train, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=6000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--iterations", type=int)
    parser.add_argument("--only", default="", help="examples, between commas")
    parser.add_argument("--work", type=Path, default=Path("build/schemes"))
    options = parser.parse_args()
    if not (options.work / SAMPLE).exists():
        draw_sample(options.work / SAMPLE, options.images, objects=True)
    for path in EXAMPLES.iterdir():
        shutil.copy(path, options.work)
    os.chdir(options.work)
    wanted = set(filter(None, options.only.split(",")))
    print("| example | net | figures of the val DB: median of the seeds (least to most) |")
    print("|---|---|---|", flush=True)
    for comparison in COMPARISONS:
        if not wanted or comparison.example in wanted:
            compare(comparison, options.seeds, options.iterations)
    if not wanted or "gradient" in wanted:
        look_on(options.seeds, options.iterations)
    if not wanted or "canary" in wanted:
        canary(options.iterations)


if __name__ == "__main__":
    main()
