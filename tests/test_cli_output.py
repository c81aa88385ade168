"""What commands print, and where: progress, summaries, and streams that are not as they should."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.cli import convert, prototxt
from caffe_multilabel.cli.command import Exit, run
from caffe_multilabel.cli.main import COMMANDS, main
from caffe_multilabel.cli.progress import LineProgress, NoProgress, make_progress
from caffe_multilabel.cli.table import print_table
from command_tools import command_line, environment, names_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from command_tools import RunCommand
    from image_tools import ImageFolder


def test_lines_of_progress_for_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with LineProgress("Converting", interval=0.0) as display:
        display.update(0, 200)
        display.update(50, 200, "3 rejected")
        display.update(200, 200, "", 100)
        display.update(0, 0)
    printed = capsys.readouterr()
    assert printed.out == ""
    patterns = [
        r"Converting: 0 of 200 \(0\.0 %\), 0/s, time left unknown",
        r"Converting: 50 of 200 \(25\.0 %\), \d+/s, \d+ s left, 3 rejected",
        r"Converting: 200 of 200 \(100\.0 %\), \d+/s, 0 s left",
        r"Converting: 0 of 0 \(0\.0 %\), 0/s, time left unknown",
    ]
    lines = printed.err.splitlines()
    assert len(lines) == len(patterns)
    for pattern, line in zip(patterns, lines, strict=True):
        assert re.fullmatch(pattern, line)


def test_short_jobs_need_no_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with make_progress("Converting") as display:
        assert isinstance(display, LineProgress)
        display.update(1, 2)
    with make_progress("Converting", quiet=True) as display:
        assert type(display) is NoProgress
        display.update(1, 2)
    assert capsys.readouterr() == ("", "")


def test_columns_of_wide_letters_stand_under_each_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A Chinese letter takes two columns of a terminal, a combining one none."""
    rows = [("红", "7", "one"), ("cafe\u0301", "红色", "two"), ("blue", "12", "three")]
    print_table(("颜色", "计数", "last"), rows, right="计数")
    assert capsys.readouterr().out.splitlines() == [
        "颜色  计数  last",
        "红       7  one",
        "cafe\u0301  红色  two",
        "blue    12  three",
    ]


def test_what_is_told_of_chinese_columns_stands_under_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["path,颜色,kind", *(f"{n}.jpg,{n % 2},{'ab'[n // 2 % 2]}" for n in range(20))]
    (tmp_path / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    assert main(["tasks", str(tmp_path / "list.csv")]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "颜色  yes/no   sigmoid task 颜色",
        "kind  classes  softmax task kind",
    ]


def test_a_bar_for_a_terminal(slow_image_folder: ImageFolder, tmp_path: Path) -> None:
    slow_image_folder.write_list(tmp_path / "list.txt")
    arguments = [slow_image_folder.folder, "list.txt", "images", "labels", "--threads=1"]
    ours, theirs = pty.openpty()
    command = subprocess.Popen(
        command_line("convert_multilabel", *arguments),
        cwd=tmp_path,
        env=environment(TERM="xterm", COLUMNS="120"),
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            got = os.read(ours, 4096)
        except OSError:  # how a terminal says that nobody writes to it any more
            break
        shown += got
    os.close(ours)
    assert command.wait(60) == 3
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert re.search(r"Converting .*240/240 \d+/s .*2 rejected", text)
    assert "\x1b[?25h" in shown.decode()  # the cursor is back
    assert "convert_multilabel: 2 of 240 images rejected:" in text


@pytest.fixture
def arguments(image_folder: ImageFolder, tmp_path: Path) -> list[object]:
    image_folder.write_list(tmp_path / "list.txt")
    return [image_folder.folder, "list.txt", "images", "labels"]


def test_a_summary_in_words(run_command: RunCommand, arguments: list[object]) -> None:
    done = run_command("convert_multilabel", "--encoded", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third, fourth = done.stdout.splitlines()
    assert first == "12 records in images and labels"
    assert re.fullmatch(r"\d+\.\d s, \d+ images/s, 0\.0 MiB of images, 0\.0 MiB of labels", second)
    assert third == "12 stored as they are, 0 encoded anew"
    assert re.match(r"\d+ images of another size than the first: Caffe's layers take one", fourth)


def test_quiet_prints_nothing(run_command: RunCommand, arguments: list[object]) -> None:
    done = run_command("convert_multilabel", "--quiet", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def in_shell(
    redirections: str, arguments: list[object], folder: Path, command: str = "convert_multilabel"
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-c", f'"$@" {redirections}', "sh", *command_line(command, *arguments)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing(
    run_command: RunCommand, arguments: list[object], tmp_path: Path, closed: str
) -> None:
    """The first file that is opened would take the place of a closed one, and its output."""
    done = in_shell(closed, arguments, tmp_path)
    assert done.returncode == 0, done.stderr
    checked = run_command("caffe-multilabel", "verify", "images", "labels")
    assert checked.returncode == 0, checked.stderr


FULL = b": all is written, but the report on it could not be printed: No space left on device\n"


def test_a_full_disk_behind_standard_output(
    run_command: RunCommand, arguments: list[object], tmp_path: Path
) -> None:
    """Exit code 1 would say that nothing is published."""
    done = in_shell(">/dev/full", arguments, tmp_path)
    assert (done.returncode, done.stderr) == (4, b"convert_multilabel" + FULL)
    assert run_command("caffe-multilabel", "verify", "images", "labels").returncode == 0
    again = in_shell(">/dev/full", ["--quiet", "--overwrite", *arguments], tmp_path)
    assert (again.returncode, again.stderr) == (0, b"")


def test_rejects_are_told_where_the_summary_cannot_be(
    arguments: list[object], tmp_path: Path
) -> None:
    with (tmp_path / "list.txt").open("a") as file:
        file.write("absent.png 1 2\n")
    done = in_shell(">/dev/full", arguments, tmp_path)
    assert done.returncode == 4
    assert b"line 13, absent.png" in done.stderr
    assert done.stderr.endswith(FULL)


@pytest.fixture
def converted(run_command: RunCommand, arguments: list[object]) -> None:
    one_size = ("--resize_width=8", "--resize_height=8")
    assert run_command("convert_multilabel", "--quiet", *one_size, *arguments).returncode == 0


WRITE_FILES = {
    "relabel": (["labels", "list.txt"], "labels/manifest.json"),
    "split": (["list.txt", "--val=0.5"], "val.txt"),
    "export": (["images", "labels", "--files=out"], "out/list.txt"),
    "sample": (["drawn", "-n", "10"], "drawn/train.txt"),
    "mean": (["images", "mean.binaryproto"], "mean.binaryproto"),
    "show": (["images", "labels", "-o", "first.png"], "first.png"),
}


@pytest.mark.usefixtures("converted")
@pytest.mark.parametrize("name", WRITE_FILES)
def test_files_that_are_written_are_no_failure(tmp_path: Path, name: str) -> None:
    given, written = WRITE_FILES[name]
    done = in_shell(">/dev/full", [name, *given], tmp_path, "caffe-multilabel")
    assert (tmp_path / written).exists()
    assert done.returncode == 4
    assert done.stderr.endswith(FULL)


@pytest.mark.usefixtures("converted")
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("verify", ["images", "labels"]),
        ("stats", ["labels"]),
        ("mean", ["images"]),
        ("show", ["images", "labels"]),
    ],
)
def test_an_answer_that_cannot_be_printed_is_a_failure(
    tmp_path: Path, name: str, given: list[object]
) -> None:
    done = in_shell(">/dev/full", [name, *given], tmp_path, "caffe-multilabel")
    assert done.returncode == 1
    assert done.stderr.endswith(b"[Errno 28] No space left on device\n")
    assert f"{name}: standard output cannot be written: ".encode() in done.stderr


@pytest.mark.usefixtures("converted")
@pytest.mark.parametrize("name", ["verify", "stats", *WRITE_FILES])
def test_a_closed_pipe_is_no_failure(tmp_path: Path, name: str) -> None:
    """Of `verify`, 1 would say that problems were found."""
    given = {"verify": ["images", "labels"], "stats": ["labels"]}.get(name) or WRITE_FILES[name][0]
    done = into_a_closed_pipe("caffe-multilabel", [name, *given], tmp_path)
    assert done.returncode == 128 + signal.SIGPIPE
    assert b"Broken pipe" not in done.stderr


@pytest.mark.usefixtures("converted")
@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_errors_that_nobody_gets_keep_their_exit_code(tmp_path: Path, redirection: str) -> None:
    for arguments, code in (
        (["frob"], 2),
        (["verify", "--frob"], 2),
        (["verify", "images", "nowhere"], 1),
        (["verify", "images", "images"], 1),
    ):
        assert in_shell(redirection, arguments, tmp_path, "caffe-multilabel").returncode == code


def test_rejects_that_nobody_gets(arguments: list[object], tmp_path: Path) -> None:
    with (tmp_path / "list.txt").open("a") as file:
        file.write("absent.png 1 2\n")
    done = in_shell("2>/dev/full", arguments, tmp_path)
    assert (done.returncode, done.stdout.startswith(b"12 records in images")) == (3, True)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_that_nobody_gets(arguments: list[object], tmp_path: Path) -> None:
    full = in_shell(">/dev/full", arguments, tmp_path, "caffe-multilabel")
    assert full.returncode == 1
    assert full.stderr.endswith(b": [Errno 28] No space left on device\n")
    assert full.stderr.count(b"\n") == 1
    closed = in_shell(">&-", arguments, tmp_path, "caffe-multilabel")
    assert (closed.returncode, closed.stderr) == (0, b"")


@pytest.mark.parametrize("name", [*COMMANDS, "convert_multilabel", "generate_prototxt"])
@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_of_every_command_that_nobody_gets(
    name: str, flag: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = {
        "convert_multilabel": convert.main,
        "generate_prototxt": prototxt.main,
    }.get(name, lambda given: main([name, *given]))
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert command([flag]) == 1
    said = capsys.readouterr().err
    assert f"{name}: standard output cannot be written: " in said
    assert said.count("\n") == 1


def into_a_closed_pipe(
    command: str, arguments: Sequence[object], folder: Path
) -> subprocess.CompletedProcess[bytes]:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        return subprocess.run(
            command_line(command, *arguments),
            cwd=folder,
            env=environment(),
            stdout=gone,
            stderr=subprocess.PIPE,
            check=False,
        )


def test_nobody_reads_standard_output(arguments: list[object], tmp_path: Path) -> None:
    done = into_a_closed_pipe("convert_multilabel", arguments, tmp_path)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")
    assert (tmp_path / "images/data.mdb").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_names_that_the_output_cannot_show(
    image_folder: ImageFolder, tmp_path: Path, encoding: str
) -> None:
    name = os.fsencode("日本 é") + b"\xff"
    image_folder.write_list(tmp_path / "list.txt")
    with (tmp_path / "list.txt").open("ab") as file:
        file.write(b"absent \xfe.png 1 2\n")
    for flag in ("--json", "--overwrite"):
        done = subprocess.run(
            [
                *(part.encode() for part in command_line("convert_multilabel")),
                *(
                    flag.encode(),
                    os.fsencode(image_folder.folder),
                    b"list.txt",
                    name,
                    b"labels" + name,
                ),
            ],
            cwd=tmp_path,
            env=environment(PYTHONIOENCODING=encoding),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 3, done.stderr
        tried = os.fsencode(image_folder.folder) + rb"/absent \xfe.png"
        reason = b"cannot open " + tried + b": No such file or directory"
        assert rb"line 13, absent \xfe.png: " + reason in done.stderr
        if flag == "--json":
            path = json.loads(done.stdout)["rejects_path"]
            assert os.fsencode(path) == name + b"/rejects.tsv"
        else:
            assert done.stdout.startswith(b"12 records in ")


def test_unknown_commands_are_named_with_what_was_meant(run_command: RunCommand) -> None:
    done = run_command("caffe-multilabel", "convret")
    assert done.returncode == 2
    said = "caffe-multilabel: there is no sub-command 'convret'; did you mean 'convert'?\n"
    assert done.stderr == said
    assert run_command("caffe-multilabel").returncode == 2


def test_convert_is_a_sub_command_too(
    run_command: RunCommand, arguments: list[object], tmp_path: Path
) -> None:
    done = run_command("caffe-multilabel", "convert", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    done = run_command("caffe-multilabel", "convert", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("caffe-multilabel convert: images: exists;")
    assert names_in(tmp_path) == ["images", "labels", "list.txt"]


def interrupt_within_an_import(arguments: Sequence[str]) -> Exit:
    """Do as numpy's import does, which drops the exception that Ctrl-C raises."""
    with contextlib.suppress(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    raise ImportError(f"please read this for advice on how to solve this issue{arguments}")


def fail_in_an_import(_: Sequence[str]) -> Exit:
    raise ImportError("no such library")


def test_ctrl_c_within_an_import_is_ctrl_c(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    assert run("prog", interrupt_within_an_import, []) == Exit.INTERRUPTED
    assert capsys.readouterr().err == "prog: interrupted\n"
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(ImportError, match="no such library"):
        run("prog", fail_in_an_import, [])


def test_a_command_runs_in_any_thread(capsys: pytest.CaptureFixture[str]) -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(main(["--version"])))
    thread.start()
    thread.join()
    assert codes == [Exit.DONE]
    assert capsys.readouterr().out.startswith("caffe-multilabel ")
