"""A training that was resumed: each resume is a run, and what it does again counts once."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.views.log import TOTAL_LOSS, make_panels, parse_log, read_log
from training_log_tools import Output, evaluated, glog, trained

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from caffe_multilabel.views.log import OutputSummary, TrainingLog
    from command_tools import RunCommand

RESUMED = [
    glog("Resuming from net_iter_100.solverstate", "caffe.cpp:235"),
    glog("SGDSolver: restoring history", "sgd_solver.cpp:336"),
    glog("Starting Optimization", "caffe.cpp:239"),
    glog("Solving Net", "solver.cpp:289"),
]
PYCAFFE = [glog("SGDSolver: restoring history", "sgd_solver.cpp:336"), RESUMED[3]]
OF_2014 = [
    glog("Starting Optimization", "train_net.cpp:26"),
    glog("Resuming from net_iter_100.solverstate", "train_net.cpp:29"),
    glog("Solving Net", "solver.cpp:86"),
    glog("Restoring previous solver status from net_iter_100.solverstate", "solver.cpp:91"),
]
TEST: list[Output] = [("accuracy", 0.5, 0)]


def summary(log: TrainingLog, output: str) -> OutputSummary:
    return next(each for each in log.summaries() if each.output == output)


@pytest.mark.parametrize("begins", [RESUMED, PYCAFFE, OF_2014, RESUMED[2:3]])
def test_a_resume_at_the_iteration_where_training_stopped(begins: Sequence[str]) -> None:
    first = [*evaluated(0, TEST), *trained(0, 3.0, []), *evaluated(100, TEST)]
    last = [*begins, *evaluated(100, [("accuracy", 0.75, 0)]), *trained(200, 1.0, [])]
    log = parse_log([*begins, *first, *begins, *evaluated(100, TEST), *last])
    assert log.run_starts == (0, 100, 100)
    assert log.went_back == (100, 100)
    accuracy = summary(log, "accuracy")
    assert (accuracy.points, accuracy.last, accuracy.last_iteration) == (2, 0.75, 100)
    [panel] = [panel for panel in make_panels(log) if panel.output == "accuracy"]
    assert [curve.iterations.tolist() for curve in panel.curves] == [[100], [100], [0, 100]]
    assert panel.curves[-1].values.tolist() == [0.5, 0.75]


def test_a_resume_further_on_does_nothing_again() -> None:
    log = parse_log([*trained(0, 3.0, []), *trained(80, 2.0, []), *RESUMED, *trained(100, 1.0, [])])
    assert (log.run_starts, log.went_back) == ((0, 100), ())
    assert [row.run for row in log.rows if row.output == TOTAL_LOSS] == [0, 0, 1]
    assert summary(log, TOTAL_LOSS).points == 3


def test_a_start_that_was_killed_before_it_printed_is_no_run() -> None:
    log = parse_log([*RESUMED, *RESUMED, *trained(100, 1.0, []), *RESUMED])
    assert log.run_starts == (100,)


def test_each_of_several_gpus_says_that_it_begins() -> None:
    lines = [
        glog("Starting Optimization", "parallel.cpp:67"),
        *(glog("[0.0] Solving Net", "solver.cpp:392") for _ in range(2)),
        *trained(0, 3.0, []),
        glog("Starting Optimization on GPU 1", "solver.cpp:243"),
        *trained(20, 2.0, []),
    ]
    assert parse_log(lines).run_starts == (0,)


def test_two_trainings_in_two_logs(run_command: RunCommand, tmp_path: Path) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text("\n".join([*trained(80, 2.5, []), *evaluated(100, TEST), ""]))
    second.write_text("\n".join([*RESUMED, *evaluated(100, TEST), *trained(100, 2.0, []), ""]))
    assert read_log([first, second]).run_starts == (80, 100)

    done = run_command("caffe-multilabel", "log", "a.log", "b.log", "-o", "c.csv")
    assert done.returncode == 0
    with (tmp_path / "c.csv").open(newline="") as file:
        table = [(row["iteration"], row["output"], row["run"]) for row in csv.DictReader(file)]
    assert [row for row in table if row[1] == "accuracy"] == [
        ("100", "accuracy", "0"),
        ("100", "accuracy", "1"),
    ]
    done = run_command("caffe-multilabel", "log", "a.log", "b.log")
    assert "training went back to iteration 100; what it did again counts once" in done.stderr


def again(log: TrainingLog) -> tuple[tuple[int, ...], int, int]:
    loss = summary(log, TOTAL_LOSS)
    return log.run_starts, summary(log, "accuracy").points, loss.points


def test_an_iteration_that_comes_again_with_no_word_of_a_resume() -> None:
    first = [*evaluated(0, TEST), *trained(0, 3.0, []), *evaluated(100, TEST)]
    later = [*evaluated(100, [("accuracy", 0.75, 0)]), *trained(100, 1.5, []), *trained(120, 1, [])]
    log = parse_log([*first, *trained(100, 1.25, []), *later])
    assert again(log) == ((0, 100), 2, 3)
    assert (summary(log, "accuracy").last, log.went_back) == (0.75, (100,))
    assert [row.value for row in log.rows if log.is_superseded(row)] == [0.5, 1.25, 0.01]
    assert again(parse_log([*first, *later])) == ((0, 100), 2, 3)  # killed after its test


@pytest.mark.parametrize("word", ["loss = ", "lr = ", "Testing net", "accuracy", ""])
def test_an_iteration_that_comes_again_in_a_log_of_which_lines_were_picked(word: str) -> None:
    lines = [*evaluated(40, TEST), *trained(40, 2.0, []), *evaluated(80, TEST)]
    lines += [*trained(80, 1.0, []), *evaluated(80, TEST), *trained(80, 0.5, [])]
    picked = [line for line in lines if word in line or (word == "accuracy" and "Testing" in line)]
    log = parse_log(picked)
    assert all(each.points == 2 for each in log.summaries())
    assert log.run_starts == (40, 80)


def test_several_values_of_an_iteration_are_no_second_run() -> None:
    values = [("accuracy", 0.25, 0), ("accuracy", 0.75, 0), ("loss", 2.0, 1), ("loss", 1.0, 1)]
    lines = []
    for at in (0, 20):
        for net in (0, 1, 2):
            lines += evaluated(at, values, net)
        lines += trained(at, 3.0, values)
    log = parse_log(lines)
    assert (log.run_starts, log.went_back) == ((0,), ())
    assert {each.points for each in log.summaries()} == {2}


def test_scores_without_names_are_no_second_run() -> None:
    lines = [
        "Iteration 100, Testing net (#0)",
        *("Test score #0: 0.5", "Test score #1: 0.25"),
        *("Iteration 100, Training score #0: 1", "Iteration 100, Training score #1: 2"),
        "Iteration 100, loss = 3",
    ]
    assert parse_log(lines).run_starts == (100,)
    assert parse_log([*lines, lines[-2]]).run_starts == (100, 100)


def test_a_log_that_two_write_into_counts_each_iteration_once() -> None:
    """Every other line begins a run: neither that nor what it prints may take forever."""
    log = parse_log(
        line for at in range(0, 60_000, 2) for line in 2 * [f"Iteration {at}, loss = 1"]
    )
    assert (len(log.run_starts), len(log.went_back)) == (30_001, 30_000)
    assert summary(log, TOTAL_LOSS).points == 30_000


def test_only_the_first_of_many_returns_are_printed(
    run_command: RunCommand, tmp_path: Path
) -> None:
    lines = [line for at in range(20) for line in 2 * [f"Iteration {at}, loss = 1"]]
    (tmp_path / "two.log").write_text("\n".join([*lines, ""]))
    done = run_command("caffe-multilabel", "log", "two.log")
    assert "to iteration 0, 1, 2, 3, 4, 5, 6, 7 and 12 more; what" in done.stderr
