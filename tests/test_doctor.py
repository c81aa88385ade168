"""What `caffe-multilabel doctor` finds, and what it says of what is missing or broken."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel import doctor
from caffe_multilabel.cli.main import main
from caffe_multilabel.views.doctor import pieces
from caffe_multilabel.views.doctor.checkup import _import_problem

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its import takes seconds, and its note is tested by itself."""
    monkeypatch.setattr(pieces, "_torch_devices", lambda: "not looked at")


@pytest.mark.usefixtures("without_torch")
def test_what_is_there() -> None:
    checkup = doctor()
    assert checkup.ok
    assert all(re.fullmatch(r"\d+(\.\d+)+", found) for found in checkup.core.values())
    machine = checkup.machine
    assert 1 <= machine.cpus <= machine.cpus_there
    assert 0 < machine.memory_free_bytes < machine.memory_bytes
    assert machine.disk_free_bytes >= 0
    found = {piece.name: piece.found for piece in checkup.pieces}
    assert found["jinja2"] is not None
    assert all(piece.adds for piece in checkup.pieces)


def test_json_is_all_of_it(run_command: RunCommand) -> None:
    done = run_command("caffe-multilabel", "doctor", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["ok"]
    assert told["problems"] == []
    assert {piece["name"] for piece in told["pieces"]} >= {"torch", "onnx", "dask", "caffe"}


@pytest.mark.usefixtures("without_torch")
def test_what_is_missing_is_told_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pieces.importlib.util, "find_spec", lambda _: None)
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^torch +- +nets in PyTorch", said, re.MULTILINE)
    assert re.search(r"^torch +pip install 'caffe-multilabel\[torch\]'$", said, re.MULTILINE)
    assert re.search(r"^protoc +apt-get install protobuf-compiler", said, re.MULTILINE)


@pytest.mark.usefixtures("without_torch")
def test_programs_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, prints in (("caffe", "caffe version 1.0.0"), ("protoc", "no version")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{prints}'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {piece.name: (piece.found, piece.note) for piece in pieces.look_for_pieces()}
    assert found["caffe"] == ("1.0.0", str(tmp_path / "caffe"))
    assert found["protoc"] == (str(tmp_path / "protoc"), "")


def test_a_broken_library_is_a_note_where_it_is_not_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: str) -> None:
        raise OSError("libtorch.so: cannot open\nand more")

    monkeypatch.setattr(pieces, "import_module", broken)
    assert pieces._torch_devices() == "cannot be used: libtorch.so: cannot open"


@pytest.mark.usefixtures("without_torch")
def test_what_is_needed_and_broken_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "caffe_multilabel._core", None)
    assert main(["doctor"]) == 1
    [said] = capsys.readouterr().err.splitlines()
    assert said.startswith("caffe-multilabel doctor: the core cannot be loaded: ")
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert _import_problem("yaml", "PyYAML").endswith("pip install --force-reinstall PyYAML")
