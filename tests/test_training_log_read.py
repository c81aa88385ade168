"""Caffe's own training log: every number of it, with its iteration, phase, output and run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel.errors import Error
from caffe_multilabel.views.log import LEARNING_RATE, TOTAL_LOSS, LogRow, parse_log, read_log
from training_log_tools import Output, evaluated, glog, trained

if TYPE_CHECKING:
    from pathlib import Path

TASKS: list[Output] = [("loss_kind", 1.5, 0.3), ("loss_corners", 40.25, 0.7)]


def values(lines: list[str]) -> dict[tuple[int, str, str], float]:
    return {(row.iteration, row.phase, row.output): row.value for row in parse_log(lines).rows}


def test_outputs_of_several_tasks_in_both_phases() -> None:
    lines = evaluated(0, [("accuracy_kind", 0.125, 0), *TASKS]) + trained(0, 28.625, TASKS)
    log = parse_log(lines)
    assert values(lines) == {
        (0, "test", "accuracy_kind"): 0.125,
        (0, "test", "loss_kind"): 1.5,
        (0, "test", "loss_corners"): 40.25,
        (0, "train", TOTAL_LOSS): 28.625,
        (0, "train", "loss_kind"): 1.5,
        (0, "train", "loss_corners"): 40.25,
        (0, "train", LEARNING_RATE): 0.01,
    }
    assert log.loss_weights == {"loss_kind": 0.3, "loss_corners": 0.7}
    assert log.run_starts == (0,)


def test_an_output_that_is_named_loss_is_not_the_total_loss() -> None:
    lines = trained(100, 0.75, [("loss", 0.5, 1)])
    assert values(lines)[100, "train", "loss"] == 0.5
    assert values(lines)[100, "train", TOTAL_LOSS] == 0.75


def test_the_last_pass_prints_its_loss_without_a_speed() -> None:
    assert values([glog("Iteration 5000, loss = 0.0625")]) == {(5000, "train", TOTAL_LOSS): 0.0625}


def test_test_loss_is_the_total_loss_of_its_phase() -> None:
    lines = [*evaluated(10, []), glog("Test loss: 2.5")]
    assert values(lines) == {(10, "test", TOTAL_LOSS): 2.5}


def test_further_test_nets_are_phases_of_their_own() -> None:
    lines = evaluated(10, [("accuracy", 0.5, 0)]) + evaluated(10, [("accuracy", 0.75, 0)], net=1)
    assert values(lines) == {(10, "test", "accuracy"): 0.5, (10, "test1", "accuracy"): 0.75}


def test_values_of_one_blob_are_numbered() -> None:
    rows: list[Output] = [("per_class", 0.25, 0), ("per_class", 0.5, 0), ("accuracy", 0.375, 0)]
    assert values(evaluated(0, rows)) == {
        (0, "test", "per_class[0]"): 0.25,
        (0, "test", "per_class[1]"): 0.5,
        (0, "test", "accuracy"): 0.375,
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("nan", math.nan),
        ("-nan", math.nan),
        ("inf", math.inf),
        ("-inf", -math.inf),
        ("-1.#IND", math.nan),
        ("1.#INF", math.inf),
        ("1e+38", 1e38),
        ("5.5e-07", 5.5e-07),
    ],
)
def test_odd_numbers_are_kept(text: str, value: float) -> None:
    lines = [
        glog(f"Iteration 3 (-nan iter/s, 0.5s/100 iters), loss = {text}"),
        glog(f"    Train net output #0: a b/c = {text} (* 0.5 = {text} loss)"),
    ]
    found = values(lines)
    for output in (TOTAL_LOSS, "a b/c"):
        assert found[3, "train", output] == pytest.approx(value, nan_ok=True)


def test_lines_of_others_are_passed_over() -> None:
    lines = [
        glog("Initializing solver from parameters: "),
        "test_iter: 4",
        glog("MultiStep Status: Iteration 40, step = 1", "sgd_solver.cpp:50"),
        glog("    [Forward] Layer conv1, top blob conv1 data: 0.5", "net.cpp:591"),
        glog("Snapshotting to binary proto file net_iter_40.caffemodel"),
        *trained(40, 2.0, TASKS),
        glog("Gradient clipping: scaling down gradients (L2 norm 9 > 5) by scale factor 0.5"),
        glog("Iteration 40, Testing net (#0)"),
        glog("Test interrupted."),
    ]
    assert values(lines) == values(trained(40, 2.0, TASKS))


def test_outputs_before_the_first_iteration_have_no_place() -> None:
    lines = trained(40, 2.0, TASKS)[1:]
    assert {row.output for row in parse_log(lines).rows} == {LEARNING_RATE}


def test_prefixes_may_be_missing_or_longer() -> None:
    lines = trained(40, 2.0, TASKS)
    bare = [line.partition("] ")[2] for line in lines]
    collected = [f"2026-11-22T10:20:30Z pod-1 {line}\r\n" for line in lines]
    assert values(bare) == values(collected) == values(lines)


def test_a_resumed_training_counts_once() -> None:
    first = trained(0, 3.0, []) + trained(100, 2.0, []) + trained(200, 1.0, [])
    log = parse_log(first + trained(100, 2.5, []) + trained(300, 0.5, []))
    assert log.run_starts == (0, 100)
    superseded = [row for row in log.rows if log.is_superseded(row)]
    assert superseded == [
        LogRow(iteration, "train", output, value, 0)
        for iteration, loss in ((100, 2.0), (200, 1.0))
        for output, value in ((TOTAL_LOSS, loss), (LEARNING_RATE, 0.01))
    ]
    total = next(each for each in log.summaries() if each.output == TOTAL_LOSS)
    assert (total.points, total.last, total.least, total.greatest) == (3, 0.5, 0.5, 3.0)
    assert (total.last_iteration, total.least_iteration, total.greatest_iteration) == (300, 300, 0)


def test_summaries_tell_where_numbers_stop_being_finite() -> None:
    lines = trained(0, 3.0, []) + trained(20, math.nan, []) + trained(40, math.inf, [])
    total = parse_log(lines).summaries()[0]
    assert (total.not_finite, total.not_finite_iteration) == (2, 20)
    assert (total.least, total.greatest) == (3.0, 3.0)
    assert total.to_dict()["last"] == "inf"


def test_several_files_are_one_training(tmp_path: Path) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text("\n".join(trained(0, 3.0, TASKS) + trained(20, 2.0, TASKS)) + "\n")
    second.write_text("\n".join(trained(20, 2.5, TASKS)) + "\n")
    assert read_log([first, second]).run_starts == (0, 20)  # it was resumed at 20
    assert len(read_log([first, second]).rows) == 3 * 4
    assert read_log(first).rows == read_log([first, second]).rows[:8]


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "caffe.log"
    whole = "\n".join(trained(0, 3.0, TASKS)) + "\n"
    path.write_text(whole + glog("Iteration 20 (12 iter/s, 1s/20 iters), loss = 0.1"))
    assert [row.iteration for row in read_log(path).rows] == [0] * 4
    path.write_bytes(whole.encode() + b"\xff\xfe no text\n")
    assert len(read_log(path).rows) == 4


def test_files_that_are_no_log_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Error, match=r"nowhere\.log: cannot read the log: No such file"):
        read_log(tmp_path / "nowhere.log")
    (tmp_path / "other.log").write_text("epoch 1, loss 0.5\n")
    with pytest.raises(Error, match=r"other\.log: no line is one of Caffe's solver"):
        read_log(tmp_path / "other.log")


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_./-]{0,12}", fullmatch=True)
# `%g` keeps six digits, as C++ streams do.
NUMBERS = st.floats(width=32, allow_nan=False).map(lambda number: float(f"{number:g}"))
BLOCK = st.tuples(
    st.sampled_from(("train", "test")),
    NUMBERS,
    st.lists(
        st.tuples(NAMES, NUMBERS, st.sampled_from((0.0, 0.25, 1.0))),
        max_size=4,
        unique_by=lambda row: row[0],
    ),
)


@given(st.lists(BLOCK, max_size=6))
def test_whatever_the_solver_prints_is_read_back(
    blocks: list[tuple[str, float, list[Output]]],
) -> None:
    lines: list[str] = []
    expected = []
    for iteration, (phase, loss, rows) in enumerate(blocks):
        if phase == "train":
            lines += trained(iteration, loss, rows)
            expected.append((iteration, phase, TOTAL_LOSS, loss))
        else:
            lines += evaluated(iteration, rows)
        expected += [(iteration, phase, name, value) for name, value, _ in rows]
        if phase == "train":
            expected.append((iteration, phase, LEARNING_RATE, 0.01))
    found = [(row.iteration, row.phase, row.output, row.value) for row in parse_log(lines).rows]
    assert found == expected
