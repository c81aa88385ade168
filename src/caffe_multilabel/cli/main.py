"""The command `caffe-multilabel`: one sub-command a job."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.cli.command import Exit, arguments_of, run, say, version_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROGRAM = "caffe-multilabel"
DESCRIPTION = "Multi-task data and networks for an unmodified BVLC Caffe."

# Sub-command: (module of this package, function in it, what it does).
COMMANDS = {
    "start": ("start", "start_command", "labelled list -> project: tasks, DBs, nets, report"),
    "sample": ("sample", "sample_command", "draw a small data set of labelled images"),
    "list": ("list", "list_command", "a list as people have it -> a plain list of images"),
    "tasks": ("tasks", "tasks_command", "labelled list -> task file, told from its columns"),
    "convert": ("convert", "convert_command", "list of images -> image LMDB and label LMDB"),
    "verify": ("verify", "verify_command", "prove that two LMDBs pair, and match their list"),
    "relabel": ("relabel", "relabel_command", "new list -> new labels for the records of a DB"),
    "split": ("split", "split_command", "list -> train, val and test lists, alike in every task"),
    "export": ("export", "export_command", "pair of LMDBs -> image files and list, or WebDataset"),
    "prototxt": ("prototxt", "prototxt_command", "task file -> train_val, deploy and solver"),
    "lint": ("lint", "lint_command", "find what is wrong in a net, alone or against its DBs"),
    "train": ("train", "train_command", "train a net as caffe train does, in PyTorch"),
    "test": ("test", "test_command", "score a net on its data, as caffe test does"),
    "time": ("time", "time_command", "how long each layer of a net takes"),
    "summary": ("summary", "summary_command", "a net's layers, shapes, parameters and work"),
    "schema": ("schema", "schema_command", "print the JSON Schema of task files"),
    "show": ("show", "show_command", "one record of a pair: its image and its labels"),
    "stats": ("stats", "stats_command", "what a label DB holds, task by task"),
    "mean": ("mean", "mean_command", "the mean image, as compute_image_mean, and mean_value"),
    "report": ("report", "report_command", "all about a pair on one page of HTML"),
    "log": ("log", "log_command", "the curves of a training, from Caffe's own log"),
    "doctor": ("doctor", "doctor_command", "what is there to work with, and what is missing"),
    "completion": ("completion", "completion_command", "completion of commands for your shell"),
    "man": ("man", "man_command", "manual pages, to read or to install"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command; return its exit code."""
    arguments = arguments_of(argv)
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if name not in COMMANDS:
        return run(PROGRAM, _without_command, arguments)
    program = f"{PROGRAM} {name}"
    return run(program, lambda arguments: _load(name)(arguments, program), rest)


def _load(name: str) -> Callable[[Sequence[str], str], Exit]:
    module, function, _ = COMMANDS[name]
    command: Callable[[Sequence[str], str], Exit] = getattr(
        import_module(f"caffe_multilabel.cli.{module}"), function
    )
    return command


def _without_command(arguments: Sequence[str]) -> Exit:
    """Print the help or the version, or say that there is no such sub-command."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.stdout.write(_help())
        return Exit.DONE if arguments else Exit.USAGE
    if arguments[0] == "--version":
        sys.stdout.write(version_text())
        return Exit.DONE
    hint = did_you_mean(
        arguments[0], COMMANDS, "did you mean '{}'?", otherwise=f"'{PROGRAM} --help' lists them"
    )
    say(f"{PROGRAM}: there is no sub-command '{arguments[0]}'; {hint}")
    return Exit.USAGE


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, (_, _, text) in COMMANDS.items()]
    return (
        f"usage: {PROGRAM} COMMAND [ARGUMENTS]\n\n"
        f"{DESCRIPTION}\n\ncommands:\n"
        + "\n".join(lines)
        + f"\n\n'{PROGRAM} COMMAND --help' says more. --version prints the version.\n"
    )
