"""From a labelled list to a project folder: the public function."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import callback, path_of, switch
from caffe_multilabel._base.extras import import_extra
from caffe_multilabel._base.files import make_folder, replacing
from caffe_multilabel.caffe.proto import read_solver
from caffe_multilabel.errors import OutputError, TaskFileError
from caffe_multilabel.lists.infer import infer_tasks
from caffe_multilabel.lists.readers import read_table
from caffe_multilabel.project.choices import make_choices, seen_from
from caffe_multilabel.project.digests import digest_of, digest_of_content
from caffe_multilabel.project.files import FilesSeen, say_what_is_missing
from caffe_multilabel.project.ledger import Ledger
from caffe_multilabel.project.parts import never_trained, parts_of
from caffe_multilabel.project.plan import (
    LIST,
    PATHS,
    SOLVER,
    first_steps,
    other_steps,
    training_step,
)
from caffe_multilabel.project.start_report import StartReport
from caffe_multilabel.project.task_parts import OWN, TASKS, Pairs, unheeded
from caffe_multilabel.project.work import Work, edited_line
from caffe_multilabel.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel._base.core_options import ListKind
    from caffe_multilabel.project.choices import Choices
    from caffe_multilabel.project.steps import Step

__all__ = ["start"]

_SCRIPT = "run.sh"
_MADE = ("lists", *OWN.train, *OWN.val, "net", _SCRIPT)
_ENDING_SECONDS = 5


def start(
    source: StrPath,
    project: StrPath,
    *,
    root: StrPath | None = None,
    kind: ListKind = "auto",
    path_column: str | int | None = None,
    path_prefix: str = "",
    path_suffix: str = "",
    name: str | None = None,
    backbone: str | None = None,
    resize: tuple[int, int] | None = None,
    val: str | None = None,
    val_list: StrPath | None = None,
    seed: int = 1,
    train: bool = False,
    overwrite: bool = False,
    say: Callable[[str], object] | None = None,
    quiet: bool = False,
) -> StartReport:
    """Make a project of a labelled list: tasks, split lists, DBs, nets and a report.

    Each step is a command of its own, which `run.sh` in the project's folder holds as well, and is
    run in that folder. A project that is there goes on: only what has changed, or was stopped, is
    done again. `tasks.yaml` is the user's as soon as it is edited, and leads.

    Args:
        source: the list, as `read_table` takes it; a file or a folder.
        project: the folder to make.
        root: the folder that the paths of images begin at; the list's own if None, of two lists the
            one that holds both.
        kind: what the list is, as `read_table` takes it.
        path_column: its column of paths, likewise.
        path_prefix: put before each of its paths.
        path_suffix: put behind each of its paths.
        name: of the net; the project's if None.
        backbone: a built-in; chosen by the size of images if None.
        resize: (width, height) of the images in the DBs; chosen by the backbone if None.
        val: share of the records to validate with; by None the column of the list that says which
            record is of which part tells, and where there is none a tenth is taken.
        val_list: a second list, of the records to validate with, read as the first one is.
        seed: of the split, and of the order of the training records.
        train: train the nets, too, on a GPU where PyTorch finds one.
        overwrite: make files of `lists/` and `net/` anew, and `run.sh`, that were edited by hand,
            which stay otherwise; `tasks.yaml` stays all the same.
        say: called with a line that names the folder, and with one before each step.
        quiet: commands print only what goes wrong.

    Raises:
        ExtraError: PyTorch is not installed, and is to train.
        ListError: the list cannot be read, or none of its columns makes a task.
        OptionError: an argument is out of its range.
        OutputError: the folder is not a project, or another run is at work in it.
        TaskFileError: the task file has come to ask for records of several images.
        Error: a step failed; it has said why. The project goes on from there next time.
        BrokenPipeError: nobody reads any more what the steps print.

    Example:
        >>> from caffe_multilabel import load_tasks, start
        >>> report = start("train.csv", "shapes", quiet=True)
        >>> [step.name for step in report.steps][:5]
        ['list', 'tasks', 'split', 'convert_train', 'convert_val']
        >>> [task.name for task in load_tasks("shapes/tasks.yaml").tasks]
        ['kind', 'color', 'filled', 'size', 'landmarks']
    """
    folder = path_of("project", project)
    torch = import_extra("torch", "torch") if switch("train", train) else None
    tell = callback("say", say) or _nothing
    choices = make_choices(
        source,
        folder,
        root=root,
        kind=kind,
        path_column=path_column,
        path_prefix=path_prefix,
        path_suffix=path_suffix,
        name=name,
        backbone=backbone,
        resize=resize,
        val=val,
        val_list=val_list,
        seed=seed,
    )
    with _working_in(folder) as lock:
        ledger = _ledger_of(folder, choices)
        overwrite = switch("overwrite", overwrite)
        quiet = switch("quiet", quiet)
        tell(f"in {os.fspath(folder)}, where all paths begin that its steps name:")
        work = Work(folder, ledger, lock, tell, quiet=quiet, overwrite=overwrite)
        script = folder / _SCRIPT
        found_script = "" if overwrite else digest_of(script)
        keeps_script = bool(found_script and ledger.scripts) and found_script not in ledger.scripts
        if keeps_script:
            tell(edited_line("script", [_SCRIPT]))
        first = list(first_steps(choices))
        work.run(first[:1])
        table = read_table(
            folder / LIST, path_column=None if choices.path_column is None else PATHS
        )
        seen = FilesSeen.of(table.paths, os.fspath(folder / choices.root))
        work.images = seen.digest
        lacking = say_what_is_missing(table, seen, seen_from(".", folder / choices.root))
        if lacking:
            tell(f"-- images: {lacking}")
        work.run(first[1:])
        found = infer_tasks(table)
        page = find_spec("jinja2") is not None
        tells = choices.val is None and parts_of(table, found) is not None
        pairs, images = OWN, 1
        with suppress(TaskFileError):  # which the next step tells
            file = load_tasks(folder / TASKS)
            images = file.data.record.images
            pairs = Pairs.of(file)
            for each in unheeded(choices, file):
                tell(f"-- tasks: warning: {TASKS} leads, not {each}; edit it there")
        if images > 1:
            raise _of_several(folder, images)
        other = list(
            other_steps(
                choices,
                pairs,
                identity=found.identity,
                parts=found.parts if tells else None,
                page=page,
            )
        )
        steps = [step.keeping(work.edited(step)) for step in (*first, *other)]
        if not keeps_script:
            _write_script(script, steps, ledger)
        work.run(other)
        if torch is not None:
            solver = read_solver(folder / SOLVER)
            last = training_step(solver, pairs, gpu=torch.cuda.is_available())
            if not keeps_script:
                _write_script(script, [*steps, last], ledger)
            work.run([last])
    unseen = never_trained(table, found) if tells else ()
    return StartReport.of(os.fspath(folder), work.results, found, unseen, page=page)


def _of_several(folder: Path, images: int) -> TaskFileError:
    path = os.fspath(folder / TASKS)
    return TaskFileError(
        f"{path}: data.images_per_record: found {images}; a project is of records of one image, as "
        "its list is; convert records of several by convert_multilabel, with a list of theirs",
        path=path,
        key="data.images_per_record",
    )


def _nothing(line: str) -> None:
    """Say nothing."""


@contextmanager
def _working_in(folder: Path) -> Iterator[int]:
    """Lock the project's folder for this run and the commands that it starts."""
    make_folder(folder)
    path = folder / ".start.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        message = f"{folder}: cannot be written: {error.strerror}"
        raise OutputError(message, path=os.fspath(folder)) from None
    try:
        if not _locked(descriptor, folder):
            message = f"{folder}: another run is at work in it, or a step of one that was killed"
            raise OutputError(message, path=os.fspath(folder))
        yield descriptor
    finally:
        os.close(descriptor)


def _locked(descriptor: int, folder: Path) -> bool:
    """Lock the project, unless others hold it longer than a step takes to end that was killed.

    Raises:
        OutputError: its file system has no locks.
    """
    until = time.monotonic() + _ENDING_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        except OSError as error:
            raise OutputError(
                f"{folder}: cannot be locked, so that two runs do not meet: {error.strerror}",
                path=os.fspath(folder),
            ) from error
        else:
            return True


def _ledger_of(folder: Path, choices: Choices) -> Ledger:
    """Return the ledger of a project that is new, or of the same list.

    Raises:
        OutputError: the folder is no such project.
    """
    ledger = Ledger(folder)
    where = os.fspath(folder)
    if not ledger.source:
        found = [name for name in _MADE if os.path.lexists(folder / name)]
        if found:
            raise OutputError(
                f"{where}: holds {found[0]}, which start has not made; choose another folder",
                path=where,
            )
    elif ledger.source != choices.source:
        raise OutputError(
            f"{where}: is a project of {seen_from('.', folder / ledger.source)}; choose another "
            "folder",
            path=where,
        )
    ledger.source = choices.source
    ledger.write()
    return ledger


def _write_script(path: Path, steps: Iterable[Step], ledger: Ledger) -> None:
    lines = "\n".join(step.script for step in steps)
    text = (
        "#!/usr/bin/env bash\n"
        "# The commands of this project, from the list to the nets.\n"
        "set -euo pipefail\n"
        'cd "$(dirname "${BASH_SOURCE[0]}")"\n\n'
        f"{lines}\n"
    )
    content = text.encode("utf-8", "surrogateescape")
    # Before it gets its name: a script that is there and not entered, the user has edited.
    ledger.scripts = [digest_of_content(path.name, content), digest_of(path)]
    ledger.write()
    with replacing([path]) as [new]:
        new.write_bytes(content)
        new.chmod(0o755)
