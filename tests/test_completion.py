"""Completion and manual pages, made from the parsers: as a shell and as `man` would use them."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.cli.main import COMMANDS, main
from caffe_multilabel.errors import Error

if TYPE_CHECKING:
    from pathlib import Path

# What bash itself does at a TAB.
_AT_A_TAB = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
specification=$(complete -p "$1")
[[ $specification =~ -F\\ ([^ ]+) ]]
"${BASH_REMATCH[1]}" "$1" "${@: -1}" "${@: -2:1}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def bash_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    (folder / "images").mkdir()
    (folder / "list.txt").touch()
    with pytest.MonkeyPatch.context() as patch, (folder / "script").open("w") as script:
        patch.setattr("sys.stdout", script)
        assert main(["completion", "bash"]) == 0
    return folder / "script"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("caffe-multilabel ver", ["verify"]),
        ("caffe-multilabel verify --ro", ["--root"]),
        ("caffe-multilabel verify --list_format ", ["auto", "space", "tab", "csv"]),
        ("caffe-multilabel verify im", ["images"]),
        ("convert_multilabel --resize_w", ["--resize_width"]),
        ("convert_multilabel im", ["images"]),
        ("convert_multilabel images li", ["list.txt"]),
        ("convert_multilabel --tasks li", ["list.txt"]),
        ("generate_prototxt --back", ["--backbone"]),
    ],
)
def test_what_bash_offers(bash_script: Path, typed: str, offered: list[str]) -> None:
    command = ["bash", "--norc", "-c", _AT_A_TAB, "bash", str(bash_script), *typed.split(" ")]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=bash_script.parent, check=False, timeout=60
    )
    assert (done.stderr, done.stdout.split()) == ("", offered)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_a_script_of_all_programs(
    shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for said in ("caffe-multilabel", "convert_multilabel", "generate_prototxt", "resize_width"):
        assert said in script
    if shutil.which(shell):
        (tmp_path / "script").write_text(script)
        subprocess.run([shell, "-n", tmp_path / "script"], check=True, timeout=60)


def test_every_command_has_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["man", "-o", str(tmp_path / "man")]) == 0
    names = {f"caffe-multilabel-{name}" for name in COMMANDS}
    names |= {"caffe-multilabel", "convert_multilabel", "generate_prototxt"}
    pages = {path.name: path for path in (tmp_path / "man" / "man1").iterdir()}
    assert pages.keys() == {f"{name}.1" for name in names}
    assert capsys.readouterr().out.endswith("/man1\n")
    for name in names:
        text = pages[f"{name}.1"].read_text().replace("\\", "")
        assert text.startswith(f".TH {name.upper()} ")
        command = name.replace("caffe-multilabel-", "caffe-multilabel ")
        assert command in " ".join(text.split())
    verify = pages["caffe-multilabel-verify.1"].read_text().replace("\\", "")
    assert "[FLAGS] IMAGE_DB LABEL_DB" in verify
    assert "prove that two LMDBs pair" in verify
    assert "--label_count" in verify


def test_a_page_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["man"]) == 0
    assert capsys.readouterr().out.startswith(".TH CAFFE")
    assert main(["man", "convert_multilabl"]) == 2
    assert "there is no page 'convert_multilabl'; did you mean convert_multilabel?" in (
        capsys.readouterr().err
    )
    assert main(["man", "convert_multilabel", "-o", "x"]) == 2


def test_without_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(module: str, extra: str = "report") -> None:
        raise Error(f"{module} is not installed; it comes with the extra '{extra}'")

    for command, arguments in (("completion", ["bash"]), ("man", [])):
        monkeypatch.setattr(f"caffe_multilabel.cli.{command}.import_extra", absent)
        assert main([command, *arguments]) == 1
        assert "it comes with the extra 'shell'\n" in capsys.readouterr().err
