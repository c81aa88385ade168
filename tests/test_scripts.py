"""What scripts/ do before they install anything, and after the tests have run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from doc_tools import ROOT


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The scripts in a tree of their own, and a folder `bin` with the few programs they find."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "bin").mkdir()
    for name in ("bash", "dirname", "env", "python3"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "bin" / name).symlink_to(Path(found).resolve())
    program(tmp_path / "bin" / "dpkg-query", "exit 1")
    return tmp_path


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def run(tree: Path, script: str, *arguments: str, **variables: str) -> tuple[int, list[str]]:
    """Run a script; return its exit code and the lines on standard error."""
    done = subprocess.run(
        ["bash", str(tree / "scripts" / script), *arguments],
        env={"HOME": str(tree), "LANG": "C.UTF-8"} | variables,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.returncode, (done.stderr or done.stdout).splitlines()


def setup(tree: Path, **variables: str) -> str:
    """Run a set-up that fails with the programs of the tree; return the line that says why."""
    code, lines = run(tree, "setup.sh", PATH=str(tree / "bin"), **variables)
    assert code == 1
    return lines[-1]


def test_an_old_or_absent_python_is_said_first(tree: Path) -> None:
    program(tree / "bin" / "python3.9", 'echo Python 3.9.2; test "$1" != -c')
    assert setup(tree, PYTHON="python3.9") == (
        "setup: Python 3.10 or newer is needed, and python3.9 is Python 3.9.2; "
        "name one with PYTHON=, as in PYTHON=python3.12"
    )
    assert setup(tree, PYTHON="python3.77").startswith("setup: there is no python3.77; ")


def test_without_apt_the_packages_are_named(tree: Path) -> None:
    said = setup(tree)
    assert said.startswith("setup: there is no apt here; ")
    assert "PACKAGES=no" in said
    assert "liblmdb-dev" in said


def test_without_a_network_the_packages_are_named(tree: Path) -> None:
    program(tree / "bin" / "apt-get", "exit 100")
    program(tree / "bin" / "sudo", 'exec "$@"')
    said = setup(tree)
    assert said.startswith("setup: apt, whose words are above, could not install: ")
    assert "liblmdb-dev" in said


def test_quickstart_leaves_alone_what_it_did_not_make(tree: Path) -> None:
    folder = tree / "quickstart"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    code, [line] = run(tree, "quickstart.sh", PATH=os.environ["PATH"])
    assert code == 1
    assert line == (
        "quickstart: quickstart holds what this script did not make; name another folder: "
        "bash scripts/quickstart.sh FOLDER"
    )
    assert (folder / "notes.txt").read_text() == "mine"


def test_quickstart_fills_its_own_folder_anew(tree: Path) -> None:
    program(tree / "scripts" / "setup.sh", "")
    for name in ("caffe-multilabel", "convert_multilabel", "generate_prototxt"):
        program(tree / ".venv" / "bin" / name, 'echo "$0 $*" >>made.txt; mkdir -p net')
    for _ in range(2):
        code, lines = run(tree, "quickstart.sh", PATH=os.environ["PATH"])
        assert code == 0, lines
        made = (tree / "quickstart" / "made.txt").read_text().splitlines()
        assert len(made) == 9
    (tree / "quickstart" / "net" / "mine.caffemodel").touch()
    assert run(tree, "quickstart.sh", PATH=os.environ["PATH"])[0] == 1
    assert run(tree, "quickstart.sh", "other", PATH=os.environ["PATH"])[0] == 0


@pytest.mark.parametrize(("has_gpu", "where"), [(True, ""), (False, " --cpu")])
def test_quickstart_trains_where_it_is_asked_to(tree: Path, has_gpu: bool, where: str) -> None:
    program(tree / "scripts" / "setup.sh", 'echo "$*" >set_up')
    made = 'echo "$0 $*" >>made.txt'
    for name in ("caffe-multilabel", "convert_multilabel", "generate_prototxt"):
        program(tree / ".venv" / "bin" / name, made)
    program(tree / ".venv" / "bin" / "python", f"exit {int(not has_gpu)}")
    code, lines = run(tree, "quickstart.sh", "--train", "mine", PATH=os.environ["PATH"])
    assert code == 0, lines
    assert (tree / "set_up").read_text() == "train\n"
    last = (tree / "mine" / "made.txt").read_text().splitlines()[-1]
    wanted = f"train --solver=net/solver.prototxt{where} --html=curves.html"
    assert last.endswith(f"caffe-multilabel {wanted}")
    assert run(tree, "quickstart.sh", "--trian", PATH=os.environ["PATH"]) == (
        2,
        ["usage: scripts/quickstart.sh [--train] [FOLDER]"],
    )


def test_what_failed_is_said_at_the_end(tree: Path) -> None:
    printed = """\
cpp/list/rule.cc:7:3: error: expected ;
[  FAILED  ] Rule.takes_names (3 ms)
FAILED tests/test_a.py::test_b - assert 1
nox > Session tests failed.
nox > Ran multiple sessions:
nox > * cpp(asan): success
nox > * tests: failed
"""
    (tree / "printed").write_text(printed)
    program(tree / ".venv" / "bin" / "nox", f"cat '{tree}/printed'; exit 1")
    done = subprocess.run(
        ["bash", str(tree / "scripts" / "test.sh")],
        env=os.environ | {"SETUP_DONE": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    _, _, said = done.stdout.partition("\nFailed (all of it is in build/test.log):\n")
    assert [line.strip() for line in said.splitlines()] == [
        "cpp/list/rule.cc:7:3: error: expected ;",
        "Rule.takes_names",
        "tests/test_a.py::test_b - assert 1",
        "session tests",
    ]
