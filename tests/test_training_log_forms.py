"""Lines of other Caffes than today's, and lines that cannot be read: all are told of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.errors import Error
from caffe_multilabel.views.log import LEARNING_RATE, TOTAL_LOSS, parse_log, read_log, write_log
from training_log_tools import evaluated, glog, trained

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand


def rows(lines: list[str]) -> list[tuple[int, str, str, float]]:
    log = parse_log(lines)
    assert log.unread == ()
    return [(row.iteration, row.phase, row.output, row.value) for row in log.rows]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-nan(ind)", math.nan),
        ("nan(snan)", math.nan),
        ("nan(0x8000000000000)", math.nan),
        ("1.#QNAN", math.nan),
        ("-1.#IND00", math.nan),
        ("1.#SNAN", math.nan),
        ("-1.#INF", -math.inf),
        ("1.#INF00", math.inf),
        ("+inf", math.inf),
    ],
)
def test_what_visual_c_prints_for_no_number_is_kept(text: str, value: float) -> None:
    lines = [
        glog(f"Iteration 100 (1.6 iter/s, 60s/100 iters), loss = {text}"),
        glog(f"    Train net output #0: loss_lm = {text} (* 0.5 = {text} loss)"),
        glog(f"Iteration 100, lr = {text}", "sgd_solver.cpp:112"),
    ]
    found = rows(lines)
    assert [row[2] for row in found] == [TOTAL_LOSS, "loss_lm", LEARNING_RATE]
    assert [row[3] for row in found] == pytest.approx([value] * 3, nan_ok=True)


def test_caffe_of_2014_numbers_its_scores() -> None:
    lines = [
        glog("Iteration 500, lr = 0.01", "solver.cpp:208"),
        glog("Iteration 500, loss = 0.25", "solver.cpp:65"),
        glog("    Training score #0: 0.5"),
        glog("Iteration 500, Testing net"),
        glog("Test loss: 0.75"),
        glog("Test score #0: 0.875"),
        glog("Test score #1: 0.125"),
        glog("Iteration 500, Testing net (#1)"),
        glog("    Test score #0: 0.625"),
    ]
    assert rows(lines) == [
        (500, "train", LEARNING_RATE, 0.01),
        (500, "train", TOTAL_LOSS, 0.25),
        (500, "train", "score #0", 0.5),
        (500, "test", TOTAL_LOSS, 0.75),
        (500, "test", "score #0", 0.875),
        (500, "test", "score #1", 0.125),
        (500, "test1", "score #0", 0.625),
    ]


def test_caffe_of_2013_tests_at_the_iteration_it_showed_last() -> None:
    lines = [
        glog("Testing net from initial parameters."),
        glog("Test score #0: 0.125"),
        glog("Iteration 100, loss = 2.5"),
        glog("Testing net"),
        glog("Test score #0: 0.25"),
        glog("Iteration 200, Test score #0: 0.5"),
    ]
    assert rows(lines) == [
        (0, "test", "score #0", 0.125),
        (100, "train", TOTAL_LOSS, 2.5),
        (100, "test", "score #0", 0.25),
        (200, "test", "score #0", 0.5),
    ]


def test_builds_that_print_the_loss_of_each_layer() -> None:
    lines = [
        glog("Iteration 0, loss = 1.75"),
        glog('Layer "loss": 1.5', "solver.cpp:217"),
        glog('Layer "loss / aux": 0.25', "solver.cpp:217"),
        glog("Iteration 0, lr = 0.03"),
    ]
    assert rows(lines) == [
        (0, "train", TOTAL_LOSS, 1.75),
        (0, "train", "loss", 1.5),
        (0, "train", "loss / aux", 0.25),
        (0, "train", LEARNING_RATE, 0.03),
    ]
    assert parse_log(lines).loss_weights == {"loss": 1.0, "loss / aux": 1.0}


def test_branches_of_nvidia_and_intel() -> None:
    lines = [
        glog("    [0.0] Iteration 50 (2.25 iter/s, 21.3s/48 iter), 0.3/28.7ep, loss = 3.5"),
        glog("    [0.0]     Train net output #0: mbox_loss = 1.75 (* 2 = 3.5 loss)"),
        glog("    [0.0] Iteration 50, lr = 0.0001, m = 0.9, wd = 0.0004, gs = 1"),
        glog("Iteration 50, Testing net (#0)"),
        glog("Test net output mAP #0: detection_eval = 0.625"),
    ]
    assert rows(lines) == [
        (50, "train", TOTAL_LOSS, 3.5),
        (50, "train", "mbox_loss", 1.75),
        (50, "train", LEARNING_RATE, 0.0001),
        (50, "test", "detection_eval", 0.625),
    ]


def test_other_loggers_than_glog() -> None:
    before = "1508138445  INFO: src/caffe/solver.cpp : line 218 : "
    lines = [line.partition("] ")[2] for line in trained(20, 0.5, [("loss: a]b", 0.5, 1)])]
    assert rows([before + line for line in lines]) == rows(lines)
    assert rows(lines)[1] == (20, "train", "loss: a]b", 0.5)


UNREADABLE = [
    glog("Iteration 40, loss = 0,5e"),
    glog("Iteration 40 (9 iter/s), loss: 0.5"),
    glog("    Train net output #0: loss = ?"),
    glog("    Test net output #0 accuracy = 0.5"),
    glog('    Train net output #0: loss = 0.5 (* x = 0.5 loss)"'),
    glog("valid test score #0: 0.0792"),
    glog("Test loss: none"),
    glog('Layer "loss": about 5'),
    glog("Batch 7, accuracy = 0.5", "caffe.cpp:304"),
]


@pytest.mark.parametrize("line", UNREADABLE)
def test_a_line_that_cannot_be_read_is_told(line: str) -> None:
    log = parse_log([*trained(20, 0.5, []), line])
    assert log.unread == (f"line 3: {line}",)
    assert log.rows == parse_log(trained(20, 0.5, [])).rows


def test_outputs_without_an_iteration_are_told() -> None:
    lines = evaluated(40, [("accuracy", 0.5, 0), ("loss", 1.5, 1)])
    assert len(parse_log(lines[1:]).unread) == 2
    assert len(parse_log([*lines[1:], *lines]).rows) == 2


def test_everyone_is_told_of_lines_that_cannot_be_read(
    run_command: RunCommand, tmp_path: Path
) -> None:
    path = tmp_path / "caffe.log"
    path.write_text("\n".join([*trained(20, 0.5, []), *UNREADABLE, ""]))
    log = read_log(path)
    assert len(log.unread) == len(UNREADABLE)
    assert log.unread[0] == f"{path}:3: {UNREADABLE[0]}"

    done = run_command("caffe-multilabel", "log", "caffe.log", "-o", "curves.csv")
    assert done.returncode == 0
    assert (
        "9 lines of a test or of training's display could not be read, the first at caffe.log:3: "
        f"{UNREADABLE[0]}"
    ) in done.stderr

    write_log(log, tmp_path / "curves.html")
    assert "What 9 lines of the log say is not drawn" in (tmp_path / "curves.html").read_text()


def test_a_log_of_which_nothing_can_be_read_shows_a_line(tmp_path: Path) -> None:
    path = tmp_path / "test.log"
    path.write_text("\n".join(glog(f"Batch {batch}, accuracy = 0.5") for batch in range(3)) + "\n")
    with pytest.raises(Error, match=r"of 3 lines like those of .* is .*test\.log:1: .*Batch 0, "):
        read_log(path)
