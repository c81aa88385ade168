"""Runs commands and calls each in a child of its own, which may die or hang of what it reads.

    python damage_worker.py JOBS.JSON

A job has a `folder` with the pair `images` and `labels` in it, and the `argv` of a command or the
names of `calls`. All modules are loaded once, before the children are made. JOBS.JSON.done gets the
results.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import caffe_multilabel as cm
from caffe_multilabel.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGES, LABELS = ("images",), ("labels",)
BOTH = (*IMAGES, *LABELS)
_SECONDS = 60  # a hang, and not a busy machine


def _dataset(folder: Path) -> None:
    """Everything that a dataset reads."""
    data = cm.MultilabelDataset(folder / "images", folder / "labels", tasks=folder / "tasks.yaml")
    uses: list[Callable[[], object]] = [
        data.keys,
        data.labels,
        lambda: list(data),
        lambda: list(data.batches(7, shuffle=True, seed=1, threads=2)),
        lambda: list(data.batches(7, phase="TRAIN", crop_size=8, force_gray=True, threads=2)),
    ]
    with suppress(ImportError):
        from caffe_multilabel.reader.torch import TorchDataset  # noqa: PLC0415  (an extra)

        uses.append(lambda: TorchDataset(data)[3])
    problem: cm.Error | None = None
    for use in uses:
        try:
            use()
        except cm.Error as error:
            problem = error
    if problem is not None:
        raise problem


def _generate(folder: Path) -> None:
    cm.generate(cm.load_tasks(folder / "tasks.yaml"))


# Call: the sides that it reads, and how it is made.
CALLS: dict[str, tuple[tuple[str, ...], Callable[[Path], object]]] = {
    "MultilabelDataset": (BOTH, _dataset),
    "compute_mean": (IMAGES, lambda f: cm.compute_mean(f / "images")),
    "export_files": (
        BOTH,
        lambda f: cm.export_files(f / "images", f / "labels", f / f"files{os.getpid()}"),
    ),
    "export_webdataset": (
        BOTH,
        lambda f: cm.export_webdataset(
            f / "images", f / "labels", f / f"tar{os.getpid()}-%06d.tar"
        ),
    ),
    "generate": (BOTH, _generate),
    "label_stats": (LABELS, lambda f: cm.label_stats(f / "labels")),
    "lint_net": (
        BOTH,
        lambda f: cm.lint_net(
            f / "net.prototxt", images=f / "images", labels=f / "labels", tasks=f / "tasks.yaml"
        ),
    ),
    "lint_solver": (
        BOTH,
        lambda f: cm.lint_solver(
            f / "solver.prototxt",
            net=f / "net.prototxt",
            val_images=f / "images",
            val_labels=f / "labels",
        ),
    ),
    "make_report": (
        BOTH,
        lambda f: cm.make_report(
            f / "good_images",
            f / "good_labels",
            val=(f / "images", f / "labels"),
            net=f / "net.prototxt",
        ),
    ),
    "relabel": (
        BOTH,
        lambda f: cm.relabel(f / "labels", f / "list.txt", images=f / "images", dry_run=True),
    ),
    "show_record": (BOTH, lambda f: cm.show_record(f / "images", f / "labels", -1)),
    "verify": (
        BOTH,
        lambda f: cm.verify(
            f / "images", f / "labels", records=f / "list.txt", root=f, tasks=f / "tasks.yaml"
        ),
    ),
}


def _run(job: dict[str, Any]) -> int:
    """Do a job in the child. Errors of calls go to standard error as a line of JSON each."""
    folder = Path(job["folder"])
    os.chdir(folder)
    if "argv" in job:
        return main(job["argv"])
    for name in job["calls"]:
        try:
            CALLS[name][1](folder)
        except cm.Error as error:
            told = [name, type(error).__name__, error.path, error.message]
            sys.stderr.write(json.dumps(told) + "\n")
    return 0


def _child(job: dict[str, Any], files: list[Path]) -> None:
    signal.alarm(_SECONDS)
    for descriptor, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    code = 99
    try:
        code = _run(job)
    except BaseException:  # the parent is told of all
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _do(job: dict[str, Any], files: list[Path]) -> dict[str, Any]:
    child = os.fork()
    if not child:
        _child(job, files)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    stdout, stderr = (file.read_text(errors="backslashreplace") for file in files)
    return {"code": code, "stdout": stdout, "stderr": stderr}


def _load_everything() -> None:
    for module in pkgutil.walk_packages(cm.__path__, "caffe_multilabel."):
        with suppress(ImportError):  # of an extra
            importlib.import_module(module.name)


if __name__ == "__main__":
    request = Path(sys.argv[1])
    _load_everything()
    outputs = [request.with_suffix(".stdout"), request.with_suffix(".stderr")]
    results = [_do(job, outputs) for job in json.loads(request.read_text())]
    Path(f"{request}.done").write_text(json.dumps(results))
