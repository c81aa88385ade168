"""Text is UTF-8, and files have the names that they have, in locales of other encodings."""

from __future__ import annotations

import locale
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.cli import command
from caffe_multilabel.cli.main import main
from command_tools import environment
from image_tools import draw, encode

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand

# Every system has this locale, and Python turns none of these into UTF-8 by itself then.
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
CLASSES = ("轿车", "卡车", "café")


@pytest.fixture
def names(tmp_path: Path) -> list[str]:
    """A list of images with Chinese names, classes and columns, in a folder of such a name."""
    rows = []
    (tmp_path / "图片").mkdir()
    for number in range(30):
        name = f"车{number}.png"
        (tmp_path / "图片" / name).write_bytes(encode(draw(number, 28, 28), ".png"))
        rows.append(f"{name},{CLASSES[number % 3]}\n")
    (tmp_path / "标签.csv").write_text("路径,车型\n" + "".join(rows), encoding="utf-8")
    return [row.partition(",")[0] for row in rows]


def test_a_project_of_chinese_names(
    tmp_path: Path, names: list[str], run_command: RunCommand
) -> None:
    """Each step of it is a process of its own, which is begun in that locale."""
    arguments = ("start", "标签.csv", "--root=图片", "--output=项目")
    done = run_command("caffe-multilabel", *arguments, variables=ASCII)
    assert done.returncode == 0, done.stderr
    assert "项目 is ready" in done.stdout
    project = tmp_path / "项目"
    texts = {
        name: (project / name).read_text(encoding="utf-8")
        for name in ("tasks.yaml", "run.sh", "report.html", "lists/train.csv", "lists/val.csv")
    }
    assert "name: 车型" in texts["tasks.yaml"]
    assert all(name in texts["tasks.yaml"] for name in CLASSES)
    assert "'../标签.csv' '--root=../图片'" in texts["run.sh"]
    assert all(name in texts["report.html"] for name in CLASSES)
    listed = [line for part in ("train", "val") for line in texts[f"lists/{part}.csv"].split()]
    assert {line.partition(",")[0] for line in listed} == {"path", *names}


@pytest.mark.torch
def test_a_net_of_chinese_names(tmp_path: Path, names: list[str], run_command: RunCommand) -> None:
    """It is made, linted and trained where the paths in prototxts are Chinese as well."""
    lines = [f"{name} {number % 3}\n" for number, name in enumerate(names)]
    (tmp_path / "列表.txt").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "任务.yaml").write_text(
        "backbone: lenet\n"
        "data:\n"
        "  train: {images: 图库, labels: 签库, batch_size: 4}\n"
        "  test: {images: 图库, labels: 签库, batch_size: 4}\n"
        f"tasks: [{{name: 车型, loss: softmax, classes: [{', '.join(CLASSES)}]}}]\n"
        "solver: {max_iter: 1}\n",
        encoding="utf-8",
    )
    for each in (
        ("convert", "图片/", "列表.txt", "图库", "签库", "--tasks=任务.yaml"),
        ("verify", "图库", "签库", "--list=列表.txt", "--root=图片/"),
        ("prototxt", "任务.yaml", "-o", "网"),
        ("lint", "网/train_val.prototxt", "--solver=网/solver.prototxt", "--tasks=任务.yaml"),
        ("train", "--solver=网/solver.prototxt", "--cpu"),
    ):
        done = run_command("caffe-multilabel", *each, variables=ASCII)
        assert done.returncode == 0, (each, done.stderr)
    assert [path.name for path in tmp_path.rglob("*.caffemodel")] == [
        "multilabel_iter_1.caffemodel"
    ]


def test_lists_of_a_program_that_runs_in_the_locale(tmp_path: Path, names: list[str]) -> None:
    """Such as a notebook, which this package cannot begin again."""
    program = """
import sys
from caffe_multilabel import convert, read_table, verify, write_list
assert sys.getfilesystemencoding() == "ascii"
source, root = sys.argv[1:]
write_list(read_table(source, root=root), "list.csv")
write_list(read_table("."), "folders.csv")
convert("list.csv", root=root, images="i", labels="l", tasks="tasks.yaml")
assert verify("i", "l", records=source, root=root, tasks="tasks.yaml").compared == 30
"""
    tasks = f"tasks: [{{name: 车型, loss: softmax, classes: [{', '.join(CLASSES)}]}}]\n"
    (tmp_path / "tasks.yaml").write_text(tasks, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-c", program, "标签.csv", "图片"],
        cwd=tmp_path,
        env=environment(**ASCII),
        check=True,
        timeout=120,
    )
    listed = (tmp_path / "list.csv").read_text(encoding="utf-8")
    assert listed == (tmp_path / "标签.csv").read_text(encoding="utf-8").replace("路径", "path")
    in_folders = (tmp_path / "folders.csv").read_text(encoding="utf-8").splitlines()
    assert set(in_folders) == {"path,class", *(f"图片/{name},图片" for name in names)}


@pytest.mark.parametrize("program", ["convert_multilabel", "generate_prototxt", "caffe-multilabel"])
def test_every_program_takes_any_name_in_any_locale(program: str, run_command: RunCommand) -> None:
    """A name of other bytes than UTF-8 is escaped where it cannot be printed."""
    wanted = os.fsdecode("没有".encode() + b"\xb3\xb5.yaml")
    arguments = {
        "convert_multilabel": ["r/", "l.txt", "i", "l", f"--tasks={wanted}"],
        "generate_prototxt": [wanted, "-o", "net"],
        "caffe-multilabel": ["prototxt", wanted, "-o", "net"],
    }
    done = run_command(program, *arguments[program], variables=ASCII)
    assert done.returncode == 1
    assert "没有\\udcb3\\udcb5.yaml: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("names")
def test_a_stream_of_an_encoding_that_was_asked_for_has_the_rest_escaped(
    run_command: RunCommand,
) -> None:
    arguments = ("tasks", "标签.csv", "--root=图片")
    done = run_command(
        "caffe-multilabel", *arguments, variables={"PYTHONIOENCODING": "gbk"}, encoding="gbk"
    )
    assert done.returncode == 0
    assert "classes: [café, 卡车, 轿车]" in done.stdout
    done = run_command(
        "caffe-multilabel", *arguments, variables={"PYTHONIOENCODING": "ascii"}, encoding="ascii"
    )
    assert done.returncode == 0
    assert "classes: [caf\\xe9, \\u5361\\u8f66, \\u8f7f\\u8f66]" in done.stdout


@pytest.mark.parametrize(
    ("codeset", "encoding"),
    [("GBK", "gbk"), ("ISO-8859-1", "iso8859-1"), ("UTF-8", "utf-8"), ("ANSI_X3.4-1968", "utf-8")],
)
def test_a_terminal_is_written_to_in_its_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codeset: str, encoding: str
) -> None:
    """Who has set no locale has a terminal of UTF-8 most likely; what goes to a file is UTF-8."""
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    monkeypatch.setattr(locale, "nl_langinfo", lambda _: codeset)
    ours, theirs = pty.openpty()
    with (
        os.fdopen(theirs, "w", encoding="utf-8") as terminal,
        (tmp_path / "said.txt").open("w", encoding="utf-8") as file,
    ):
        monkeypatch.setattr(command.sys, "stdout", file)
        monkeypatch.setattr(command.sys, "stderr", terminal)

        def greet(_: object) -> command.Exit:
            file.write("卡车 café")
            command.say("卡车 café")
            return command.Exit.DONE

        assert command.run("program", greet, []) == 0
        seen = os.read(ours, 1000)
    os.close(ours)
    assert seen == "卡车 café\r\n".encode(encoding, "backslashreplace")
    assert (tmp_path / "said.txt").read_text(encoding="utf-8") == "卡车 café"


@pytest.mark.usefixtures("names")
def test_names_of_columns_are_found_as_a_terminal_of_another_encoding_types_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths are the bytes that they are."""
    monkeypatch.setattr(locale, "nl_langinfo", lambda _: "GBK")
    monkeypatch.chdir(tmp_path)
    arguments = ["list", "标签.csv", "--overwrite", "-o", "out.csv"]
    typed = os.fsdecode("车型".encode("gbk"))
    for name in ("车型", typed):
        assert main([*arguments, "--columns", name]) == 0
        assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith("path,车型\n")
    assert main([*arguments, "--columns", typed, f"--root={typed}"]) == 2
    monkeypatch.setattr(locale, "nl_langinfo", lambda _: "UTF-8")
    assert main([*arguments, "--columns", typed]) == 2
