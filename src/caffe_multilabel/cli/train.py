"""The command `caffe-multilabel train`."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.cpus import spin_briefly
from caffe_multilabel._base.text import plural
from caffe_multilabel.cli.command import Exit, print_json, say, telling_of_files, warnings_said
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_run_flags, stages_of, train_keywords
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.cli.table import print_table
from caffe_multilabel.errors import Error, OptionError, OutputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from caffe_multilabel.cli.training_table import TrainingTable
    from caffe_multilabel.engine import CopiedWeights, Observer, TrainReport
    from caffe_multilabel.engine.training.tensorboard import TensorBoard

_DESCRIPTION = """\
Train a net as `caffe train` does, without Caffe: the same solver, formulas, order and log, and
snapshots that Caffe goes on from. Files that the solver and its net name are seen from the working
folder. It needs PyTorch: pip install 'caffe-multilabel[torch]'.

  caffe-multilabel train --solver=net/solver.prototxt --cpu
  caffe-multilabel train --solver=net/solver.prototxt --weights=caffenet.caffemodel
  caffe-multilabel train --solver=net/solver.prototxt --snapshot=latest

SIGINT (Ctrl-C) and SIGTERM end it after a snapshot, a second Ctrl-C at once; SIGHUP makes a
snapshot."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] SOLVER.PROTOTXT",
        description=_DESCRIPTION,
        epilog=text_of("train"),
    )
    parser.add_argument("SOLVER", nargs="?", metavar="SOLVER.PROTOTXT", help="the solver")
    switch, flag = parser.add_switch, parser.add_flag
    flag("solver", metavar="FILE", help="the solver, as `caffe train` takes it")
    flag("weights", metavar="A,B", help="files of weights to begin with")
    flag("snapshot", metavar="FILE", help="a .solverstate to go on from; 'latest' finds it")
    switch("restart_data", help="read data from the first record on then, as Caffe does")
    add_run_flags(parser)
    switch("cpu", help="train on the CPU, whatever the solver says")
    flag("log", metavar="FILE", help="file for Caffe's lines; default: SNAPSHOT_PREFIX.log")
    flag("html", metavar="FILE", help="draw the curves when the training ends (extra 'report')")
    flag("tensorboard", metavar="DIR", help="write for TensorBoard, too (extra 'tensorboard')")
    flag("keep", type=int, metavar="N", help="keep the last N snapshots of this run only")
    flag("best", metavar="OUTPUT", help="keep the weights with the best value of a test's output")
    flag("sigint_effect", metavar="WHAT", default="stop", help="stop, snapshot or none")
    flag("sighup_effect", metavar="WHAT", default="snapshot", help="the same for SIGHUP")
    switch("lint", help="look for mistakes in solver and net first, and end at errors; on")
    parser.set_defaults(lint=True)
    switch("check", help="look at one batch of each net, write nothing, and end: 1 if it finds any")
    switch("json", help="print what was done as JSON")
    switch("quiet", help="print only what goes wrong")
    return parser


def train_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, lint, train, print."""
    options = make_parser(program).parse_flags(arguments)
    given = [path for path in (options.SOLVER, options.solver) if path is not None]
    if len(given) != 1:
        raise OptionError(f"one solver is wanted, SOLVER.PROTOTXT or --solver; '{program} --help'")
    solver = given[0]
    keywords = train_keywords(options)
    spin_briefly()
    from caffe_multilabel.engine import train  # noqa: PLC0415  (--help must not load it)
    from caffe_multilabel.engine.solvers.caffe_log import CaffeLog  # noqa: PLC0415  (the same)
    from caffe_multilabel.engine.solvers.plan import (  # noqa: PLC0415  (the same)
        check_files,
        read_trained,
    )

    settings = read_trained(solver)
    check_files(settings)
    if options.html:
        _check_page(options.html)
    is_sound = not options.lint or _is_sound(solver, options)
    log_path = options.log or f"{settings.snapshot_prefix}.log"
    if options.check:
        from caffe_multilabel.cli.training_check import check_batch  # noqa: PLC0415  (--help)

        is_fine = check_batch(solver, keywords, options, log=log_path)
        return Exit.DONE if is_fine and is_sound else Exit.FAILED
    if not is_sound:
        say(f"{program}: errors were found; --nolint trains all the same")
        return Exit.FAILED
    shown = not (options.quiet or options.json)
    observers: list[Observer] = [_copied_weights(quiet=options.quiet)]
    with ExitStack() as stack:
        log = stack.enter_context(closing(_LogFile(log_path)))
        logs = [CaffeLog(log.write)]
        if shown and sys.stderr.isatty():
            observers.append(stack.enter_context(_table()))
        elif shown:
            logs.append(CaffeLog(say))
        for each in logs:
            stack.enter_context(each.with_debug_info())
        stack.enter_context(warnings_said(log.write))
        if options.tensorboard:
            observers.append(stack.enter_context(_tensorboard(options.tensorboard)))
        report = train(solver, **keywords, observers=[*logs, *observers])
    with telling_of_files():
        if options.html:
            _draw(log, options.html)
        if options.json:
            print_json(report.to_dict() | {"log": log.path})
        elif not options.quiet:
            sys.stdout.write(_told(report, log))
            _print_figures(solver, report)
    return Exit.DONE


def _is_sound(solver: str, options: argparse.Namespace) -> bool:
    """Print what lint finds of a solver and its net; tell whether none of it is an error."""
    from caffe_multilabel.caffe.proto import read_solver  # noqa: PLC0415  (--help)
    from caffe_multilabel.nets.lint import (  # noqa: PLC0415  (the same)
        has_errors,
        lint_net,
        lint_solver,
    )

    level = options.level or 0
    findings = lint_solver(solver, level=level)
    settings = read_solver(solver)
    net = settings.net or settings.train_net
    if net and Path(net).is_file():  # where it is not, the training says so
        findings += lint_net(net, solver=solver, stages=stages_of(options.stage), level=level)
    for finding in findings:
        if not options.quiet or finding.severity == "error":
            say(f"{finding.severity}: {finding} [{finding.rule}]")
    return not has_errors(findings)


class _LogFile:
    """The file that Caffe's lines go to; what an earlier run wrote there stays.

    Attributes:
        path: its path.
        is_whole: whether all lines could be written.
    """

    def __init__(self, path: str) -> None:
        """Open it.

        Raises:
            OutputError: it cannot be written.
        """
        self.path = path
        self.is_whole = True
        try:
            self._file = Path(self.path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}", path=self.path) from error

    def write(self, line: str) -> None:
        """Write a line; a training does not end because its log cannot grow."""
        if not self.is_whole:
            return
        try:
            self._file.write(f"{line}\n")
        except OSError as error:
            self.is_whole = False
            say(f"warning: {self.path}: {error.strerror}; no more is written to it")

    def close(self) -> None:
        """Close it."""
        with suppress(OSError):
            self._file.close()


def _table() -> TrainingTable:
    """Return who prints a table as the training goes."""
    from caffe_multilabel.cli.training_table import TrainingTable  # noqa: PLC0415  (rich)

    return TrainingTable()


def _copied_weights(*, quiet: bool) -> Observer:
    """Return who says which layers have no weights to begin with."""
    from caffe_multilabel.engine import Observer  # noqa: PLC0415  (--help must not load it)

    class Copied(Observer):
        def copied_in_all(self, copied: CopiedWeights) -> None:
            for line in () if quiet else copied.lines:
                say(f"note: {line}")

    return Copied()


def _tensorboard(folder: str) -> TensorBoard:
    """Return who writes for TensorBoard."""
    from caffe_multilabel.engine.training.tensorboard import TensorBoard  # noqa: PLC0415  (extra)

    return TensorBoard(folder)


def _check_page(path: str) -> None:
    """Refuse a page that could not be drawn, before the training and not after it."""
    from caffe_multilabel._base.extras import import_extra  # noqa: PLC0415  (few want it)

    import_extra("jinja2")
    if not Path(path).parent.is_dir():
        raise OutputError(f"{path}: there is no folder {Path(path).parent}", path=path)


def _print_figures(solver: str, report: TrainReport) -> None:
    """Print what each task reached, beside what answering without the image would."""
    if not report.tests:
        return
    from caffe_multilabel.views.figures import task_figures  # noqa: PLC0415  (few need it)

    try:
        figures = task_figures(solver, report.tests[0])
    except Error as error:  # the training is done all the same
        say(f"warning: no baselines: {error.message}")
        return
    if figures:
        sys.stdout.write(
            f"last test, at iteration {report.tested_at}, beside answers that look at no image:\n"
        )
        print_table(
            ("task", "output", "value", "baseline"),
            [(one.task, one.output, f"{one.value:.4g}", f"{one.baseline:.4g}") for one in figures],
            right="value baseline",
        )


def _draw(log: _LogFile, page: str) -> None:
    if not log.is_whole:
        raise OutputError(f"{page}: not drawn, for {log.path} is incomplete", path=page)
    from caffe_multilabel.views.log import read_log, write_log  # noqa: PLC0415  (few want it)

    write_log(read_log(log.path), page)


def _told(report: TrainReport, log: _LogFile) -> str:
    """Say what a training did, and what to do with it."""
    end = "stopped at" if report.stopped else "done:"
    done = plural(report.iteration - report.first_iteration, "iteration")
    took = f"{done} in {report.seconds:.1f} s on {report.device}"
    lines = [f"{end} iteration {report.iteration}, {took}; log: {log.path}"]
    if not log.is_whole:
        lines[0] += ", which is incomplete: it could not be written"
    for number, test in enumerate(report.tests):
        values = ", ".join(f"{name} {value:.4g}" for name, value in test.items())
        which = f" of net {number}" if len(report.tests) > 1 else ""
        lines.append(f"last test{which}, at iteration {report.tested_at}: {values}")
    if report.best is not None:
        lines.append(f"best weights: {report.best}")
    if report.snapshot is not None:
        lines.append(f"snapshot: {report.snapshot}; --snapshot={report.snapshot} goes on from it")
    return "\n".join(lines) + "\n"
