"""Runs commands and calls in a child, which may die or hang of what it reads.

Each line of standard input is the path of a JSON file with jobs. A job has a `folder` with the
pair `images` and `labels` in it, and the `argv` of a command or the names of `calls`. The file's
path with `.results` at its end gets a line of JSON for each job; then a line says `done`.
"""

from __future__ import annotations

import ctypes
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


def _lint_solver(folder: Path) -> None:
    """It counts the records of one DB, of the labels only where it is given no images."""
    for side in BOTH:
        cm.lint_solver(
            folder / "solver.prototxt",
            net=folder / "net.prototxt",
            **{f"val_{side}": folder / side},
        )


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
            f / "images", f / "labels", str(f / f"tar{os.getpid()}-%06d.tar")
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
    "lint_solver": (BOTH, _lint_solver),
    "make_report": (
        BOTH,
        lambda f: cm.make_report(
            f / "good_images",
            f / "good_labels",
            val=(f / "images", f / "labels"),
            net=f / "net.prototxt",
        ),
    ),
    "read_label_statistics": (
        LABELS,
        lambda f: cm.read_label_statistics(f"{f}/labels", cm.load_tasks(f / "tasks.yaml")),
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
            messages = [name, type(error).__name__, error.path, error.message]
            sys.stderr.write(json.dumps(messages) + "\n")
    return 0


def _work(jobs: list[dict[str, Any]], request: Path) -> None:
    """Do jobs, each with files of its own for what it prints; a line a result."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # the parent's are requests
    with Path(f"{request}.results").open("a", encoding="utf-8") as results:
        for job in jobs:
            texts = [request.with_suffix(end) for end in (".stdout", ".stderr")]
            for descriptor, text in enumerate(texts, start=1):
                file = os.open(text, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.dup2(file, descriptor)
                os.close(file)
            signal.alarm(_SECONDS)
            code = 99
            try:
                code = _run(job)
            except BaseException:  # the parent is told of all
                traceback.print_exc()
            signal.alarm(0)
            sys.stdout.flush()
            sys.stderr.flush()
            stdout, stderr = (text.read_text(errors="backslashreplace") for text in texts)
            results.write(json.dumps({"code": code, "stdout": stdout, "stderr": stderr}) + "\n")
            results.flush()


def _do(jobs: list[dict[str, Any]], request: Path) -> None:
    """Do jobs in a child, and in another one those that are left when it dies."""
    done = 0
    while done < len(jobs):
        child = os.fork()
        if not child:
            _work(jobs[done:], request)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        results = Path(f"{request}.results")
        if code:
            with results.open("a", encoding="utf-8") as table:
                table.write(json.dumps({"code": code, "stdout": "", "stderr": ""}) + "\n")
        done = len(results.read_text(encoding="utf-8").splitlines())


def _load_everything() -> None:
    for module in pkgutil.walk_packages(cm.__path__, "caffe_multilabel."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):  # of an extra
                importlib.import_module(module.name)


def _obey_modes() -> None:
    """Give up the right of root to open any file, so that modes count for root too (capset(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3 of the interface; this thread
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    sets[0] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, in the effective set
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    _load_everything()
    _obey_modes()
    for line in sys.stdin:
        request = Path(line.rstrip("\n"))
        _do(json.loads(request.read_text(encoding="utf-8")), request)
        sys.stdout.write("done\n")
        sys.stdout.flush()
