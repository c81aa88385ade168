"""Writes the golden files anew. Run it, then read the diff."""

from __future__ import annotations

import shutil
from pathlib import Path

from caffe_multilabel.nets.generate import generate
from caffe_multilabel.tasks import load_tasks

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"


def main() -> None:
    """Generate every example into a folder of its name."""
    for folder in HERE.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    for example in sorted(EXAMPLES.rglob("*.yaml")):
        folder = HERE / example.stem
        folder.mkdir()
        for name, content in generate(load_tasks(example)).files(example.stem).items():
            (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
