"""Nets, solvers and binary messages from and to files."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.caffe.proto import (
    parse_text,
    read_binary,
    read_net,
    read_solver,
    schema,
    to_text,
    write_binary,
    write_text,
)
from caffe_multilabel.errors import OutputError, PrototxtError

if TYPE_CHECKING:
    from command_tools import RunCommand

NET = 'name: "n"\nlayer {\n  name: "fc"\n  type: "InnerProduct"\n}\n'


def written(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


def test_text_and_binary_are_told_apart_by_content(tmp_path: Path) -> None:
    net = parse_text(NET, "NetParameter")
    write_text(tmp_path / "net.caffemodel", net)
    write_binary(tmp_path / "net.prototxt", net)
    assert (tmp_path / "net.caffemodel").read_text() == NET
    assert (tmp_path / "net.prototxt").read_bytes() == net.SerializeToString()
    assert read_net(tmp_path / "net.caffemodel") == net
    assert read_net(str(tmp_path / "net.prototxt")) == net


@pytest.mark.parametrize("binary", [False, True])
def test_old_nets_are_upgraded_on_reading(tmp_path: Path, binary: bool) -> None:
    old = parse_text('input: "d" layers { name: "fc" type: INNER_PRODUCT }', "NetParameter")
    (write_binary if binary else write_text)(tmp_path / "old", old)
    net = read_net(tmp_path / "old")
    assert to_text(net) == 'layer {\n  name: "fc"\n  type: "InnerProduct"\n}\n'


def test_what_an_old_net_loses_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(tmp_path, b'layers { layer { name: "r" type: "relu" pad: 1 } }')
    with caplog.at_level(logging.WARNING, logger="caffe_multilabel"):
        read_net(path)
    assert caplog.messages == [f"{path}: layer r: pad is left out: type 'relu' has no use for it"]


def test_a_solver_is_read_and_upgraded(tmp_path: Path) -> None:
    solver = read_solver(written(tmp_path, b"base_lr: 0.01\nsolver_type: NESTEROV\n"))
    assert to_text(solver) == 'base_lr: 0.01\ntype: "Nesterov"\n'


def test_a_solver_that_is_binary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PrototxtError, match="a solver is text"):
        read_solver(written(tmp_path, b"\x28\x00\x01"))


def test_comments_in_another_encoding_are_skipped(tmp_path: Path) -> None:
    content = '# 颜色\nname: "n" # 车牌 "x"\n# it\'s\n'.encode("gbk") + b'layer { name: "#1" }'
    net = read_net(written(tmp_path, content))
    assert (net.name, net.layer[0].name) == ("n", "#1")


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ('# 颜色\nname: "颜色"'.encode("gbk"), 2, "not UTF-8 outside a comment"),
        (b'\xef\xbb\xbfname: "n"', 1, "byte order mark"),
        (b'name: "n"\nlayer { tpye: "Data" }', 2, r"did you mean type\?"),
        (b"", None, "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", None, "not a binary NetParameter"),
        (b"\x08\x96\x01\x10\x02\x00", None, "not a binary NetParameter"),
        (b"\xa2\x06\x10short", None, "not a binary NetParameter, or damaged or cut short"),
        (b"\xa8\x06\x01", None, "no field of it"),
    ],
)
def test_a_file_that_is_no_net_is_refused(
    tmp_path: Path, content: bytes, line: int | None, reason: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(PrototxtError, match=reason) as caught:
        read_net(path)
    assert (caught.value.path, caught.value.line) == (str(path), line)
    assert str(path) in caught.value.message


NOT_UTF8 = [
    ("NetParameter", b"\x0a\x04\xd1\xd5\xc9\xab", "name"),  # a name in GBK
    ("NetParameter", b"\x1a\x01a\x1a\x02\x8cx", r"input\[1\]"),
    ("NetParameter", b"\xa2\x06\x04\x0a\x02\xff\xfe", r"layer\[0\]\.name"),
    ("NetParameter", b"\xa2\x06\x00\xa2\x06\x03\x1a\x01\x80", r"layer\[1\]\.bottom\[0\]"),
    ("NetParameter", b"\x12\x05\x1a\x03ok\xc3", r"layers\[0\]\.top\[0\]"),
    ("NetParameter", b"\xa2\x06\x07\xda\x06\x04\x0a\x02\xc0\x80", r"layer\[0\]\..*\.source"),
    ("SolverState", b"\x12\x02\xd1\xd5", "learned_net"),
]


@pytest.mark.parametrize(("message", "content", "field"), NOT_UTF8)
def test_text_in_a_binary_file_that_is_not_utf8_is_refused(
    tmp_path: Path, message: str, content: bytes, field: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(PrototxtError, match=rf"{field} is not UTF-8: b'.*'; .*") as caught:
        read_binary(path, message)
    assert caught.value.path == str(path)


@pytest.mark.parametrize("command", ["summary", "lint"])
def test_commands_refuse_a_binary_net_with_such_a_name(
    tmp_path: Path, run_command: RunCommand, command: str
) -> None:
    for _, content, field in NOT_UTF8[:-1]:
        path = written(tmp_path, content)
        done = run_command("caffe-multilabel", command, str(path))
        assert (done.returncode, done.stdout) == (1, "")
        assert re.search(rf"{field} is not UTF-8", done.stderr)
        assert done.stderr.count("\n") == 1


def test_names_in_chinese_are_read(tmp_path: Path) -> None:
    net = schema().message("NetParameter")(name="颜色")
    write_binary(tmp_path / "net", net)
    assert read_net(tmp_path / "net").name == "颜色"


def test_a_path_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing", Path("nul\0byte")):
        for read in (read_net, read_solver, lambda p: read_binary(p, "BlobProto")):
            with pytest.raises(PrototxtError, match="cannot be read") as caught:
                read(path)
            assert caught.value.path == str(path)


def test_fields_of_a_fork_in_a_binary_file_are_written_again(tmp_path: Path) -> None:
    layer = b"\x0a\x01p\xba\x3f\x02\x08\x03"  # name, and field 1015 of a fork
    path = written(tmp_path, b"\xa2\x06" + bytes([len(layer)]) + layer)
    before = path.read_bytes()
    write_binary(path, read_net(path))
    assert path.read_bytes() == before


def test_a_message_that_caffe_cannot_read_is_not_written(tmp_path: Path) -> None:
    net = schema().message("NetParameter")()
    net.layer.add().clip_param.min = 0
    with pytest.raises(PrototxtError, match=r"required.*layer\[0\]\.clip_param\.max"):
        write_binary(tmp_path / "net", net)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    net = parse_text(NET, "NetParameter")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "missing" / "net"):
        with pytest.raises(OutputError, match="cannot be written") as caught:
            write_binary(path, net)
        assert caught.value.path == str(path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
