"""Measures the report: time, memory and size for 20,000 images.

python benchmarks/report.py [--images 20000] [--work DIR]

Draws the sample data set, converts it at 256x256 and makes the report with validation and net.
Prints Markdown.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from pathlib import Path

from bound import build_bound
from figures import Figure, figures_table
from machine import machine_line
from processes import peak_anonymous_mib, run, wall_seconds, words

_HERE = Path(__file__).resolve().parent
_COMMAND = (sys.executable, "-m", "caffe_multilabel")


def _convert(data: Path, part: str) -> None:
    size = ("--resize_width=256", "--resize_height=256")
    names = (f"{part}.txt", f"{part}_images", f"{part}_labels")
    run(
        words(
            *_COMMAND,
            "convert",
            "--quiet",
            "--overwrite",
            *size,
            data,
            *(data / name for name in names),
        )
    )


def main() -> None:
    """Draw, convert, report, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"))
    options = parser.parse_args()
    data = options.work / "report"
    shutil.rmtree(data, ignore_errors=True)
    run(words(*_COMMAND, "sample", data, "-n", options.images))
    for part in ("train", "val"):
        _convert(data, part)
    page = data / "report.html"
    command = words(
        *_COMMAND, "report", data / "train_images", data / "train_labels",
        "--schema", data / "tasks.yaml", "--val", data / "val_images", data / "val_labels",
        "-o", page,
    )  # fmt: skip
    seconds = wall_seconds(command)
    size = page.stat().st_size / 1e6
    page.unlink()
    memory = peak_anonymous_mib(command)
    figures = [
        Figure(f"report on {options.images} images", 60, seconds, " s"),
        Figure("its anonymous memory", 500, memory, " MiB"),
        Figure("its HTML", 5, size, " MB"),
    ]
    machine = machine_line(build_bound(_HERE.parent, options.work))
    print(f"`python {shlex.join(sys.argv)}`\n\n{machine}\n")
    print(figures_table(figures))


if __name__ == "__main__":
    main()
