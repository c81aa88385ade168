"""Flags of convert_multilabel: Caffe's names in every gflags spelling, ours beside them."""

from __future__ import annotations

import argparse
import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel.cli.convert import convert_command, make_parser
from caffe_multilabel.cli.main import COMMANDS, main
from caffe_multilabel.cli.parsers import command_parsers
from caffe_multilabel.errors import OptionError
from command_tools import names_in
from lmdb_tools import datums, records

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand
    from image_tools import ImageFolder

PLACES = ["root/", "list.txt", "images", "labels"]
CAFFE = {
    "shuffle": False,
    "backend": "lmdb",
    "resize_width": 0,
    "resize_height": 0,
    "check_size": False,
    "encoded": False,
    "encode_type": "",
}
SWITCHES = ["gray", "shuffle", "check_size", "encoded"]
VALUES = {
    "backend": ("leveldb", "leveldb"),
    "resize_width": ("256", 256),
    "resize_height": ("256", 256),
    "encode_type": ("png", "png"),
    "seed": ("7", 7),
    "threads": ("3", 3),
    "max_bad": ("9", 9),
    "label_shape": ("1,2,3", "1,2,3"),
    "on_bad_image": ("fail", "fail"),
    "list_format": ("csv", "csv"),
    "header": ("no", "no"),
    "tasks": ("tasks.yaml", "tasks.yaml"),
}


def parse(*arguments: str) -> dict[str, Any]:
    return vars(make_parser("convert_multilabel").parse_flags(arguments))


def test_names_and_defaults_are_those_of_caffe() -> None:
    parsed = parse(*PLACES)
    assert parsed.pop("gray") is None  # False, unless a task file says otherwise
    assert {name: parsed[name] for name in CAFFE} == CAFFE
    assert [parsed[name] for name in ("ROOTFOLDER", "LISTFILE", "IMAGE_DB", "LABEL_DB")] == PLACES
    assert parsed["LABEL_COUNT"] is None


@pytest.mark.parametrize("name", [*SWITCHES, "trust", "overwrite", "resume", "json", "quiet"])
def test_every_spelling_of_a_switch(name: str) -> None:
    for spelled in {name, name.replace("_", "-")}:
        for flag in (spelled, f"{spelled}=true", f"{spelled}=1", f"{spelled}=T", f"{spelled}=yes"):
            for dashes in ("-", "--"):
                assert parse(f"{dashes}{flag}", *PLACES)[name] is True
        for flag in (f"no{spelled}", f"no-{spelled}", f"{spelled}=false", f"{spelled}=0"):
            for dashes in ("-", "--"):
                assert parse(f"--{name}", f"{dashes}{flag}", *PLACES)[name] is False


@pytest.mark.parametrize("name", VALUES)
def test_every_spelling_of_a_value(name: str) -> None:
    text, value = VALUES[name]
    for spelled in {name, name.replace("_", "-")}:
        for dashes in ("-", "--"):
            assert parse(f"{dashes}{spelled}={text}", *PLACES)[name] == value
            assert parse(f"{dashes}{spelled}", text, *PLACES)[name] == value


def test_flags_stand_anywhere_and_the_last_one_counts() -> None:
    parsed = parse("-gray", "root/", "list.txt", "--resize_width", "8", "images", "labels", "5",
                   "--resize_height=9", "--nogray", "--resize_width=10")  # fmt: skip
    assert (parsed["gray"], parsed["resize_width"], parsed["resize_height"]) == (False, 10, 9)
    assert parsed["LABEL_COUNT"] == 5


@pytest.mark.parametrize("value", ["-5", "-1.5", "-", "a b", "--gray", "a=b"])
def test_a_value_may_look_like_anything(value: str) -> None:
    for spelled in ("--tasks", "--schema"):
        assert parse(spelled, value, *PLACES)["tasks"] == value
        assert parse(f"{spelled}={value}", *PLACES)["tasks"] == value


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_tells_the_version(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    line = capsys.readouterr().out
    assert re.fullmatch(r"caffe-multilabel \d+\.\d+\.\d+\n", line)
    with pytest.raises(SystemExit) as ended:
        main([command, "--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, line)


@pytest.mark.parametrize("program", ["convert_multilabel", "generate_prototxt"])
def test_every_program_tells_the_version(run_command: RunCommand, program: str) -> None:
    done = run_command(program, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run_command("caffe-multilabel", "--version").stdout


def test_schema_is_another_name_of_tasks() -> None:
    assert parse("--schema=a.yaml", "-tasks", "b.yaml", *PLACES)["tasks"] == "b.yaml"
    assert parse("-tasks=a.yaml", "-schema", "b.yaml", *PLACES)["tasks"] == "b.yaml"


@pytest.mark.parametrize(
    "command",
    ["convert", "export", "lint", "relabel", "report", "show", "split", "stats", "verify"],
)
def test_every_command_that_takes_tasks_takes_both_names(command: str) -> None:
    parser = import_module(f"caffe_multilabel.cli.{command}").make_parser(command)
    described = " ".join(parser.format_help().split())
    # Since Python 3.13 the value stands after the last name only.
    assert re.search(r"--tasks( TASKS\.YAML)?, --schema TASKS\.YAML", described)


def test_negative_numbers_are_numbers() -> None:
    assert parse("--seed", "-5", *PLACES)["seed"] == -5
    assert parse("-resize_width=-5", *PLACES)["resize_width"] == -5


def test_places_may_look_like_anything_too() -> None:
    assert parse("root", "-", "images", "labels")["LISTFILE"] == "-"
    assert parse("", "a b", "a=b", "c,d")["IMAGE_DB"] == "a=b"
    parsed = parse("--gray", "--", "-root", "--list", "-1", "labels")
    assert (parsed["ROOTFOLDER"], parsed["LISTFILE"], parsed["gray"]) == ("-root", "--list", True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--grey", *PLACES], "unknown flag '--grey'; did you mean --gray?"),
        (
            ["-resize-with=5", *PLACES],
            "unknown flag '-resize-with=5'; did you mean --resize_width?",
        ),
        (
            ["--nothing_like_it", *PLACES],
            "unknown flag '--nothing_like_it'; --help lists the flags",
        ),
        (["--resize", "5", *PLACES], "unknown flag '--resize'; did you mean --"),
        (["--nojpeg", *PLACES], "unknown flag '--nojpeg'"),
        (["-x", *PLACES], "unknown flag '-x'"),
        ([*PLACES, "-5"], "unknown flag '-5'"),
        (["--gray=maybe", *PLACES], "flag --gray is true or false, not 'maybe'"),
        (["--gray=", *PLACES], "flag --gray is true or false, not ''"),
        ([*PLACES, "--seed"], "flag '--seed' wants a value"),
        (["--seed=x", *PLACES], "argument --seed: invalid int value: 'x'"),
        (["--resize_width=1.5", *PLACES], "argument --resize_width: invalid int value: '1.5'"),
        (["--on_bad_image=skip", *PLACES], "argument --on_bad_image: invalid choice: 'skip'"),
        ([*PLACES, "five"], "argument LABEL_COUNT: invalid int value: 'five'"),
        ([*PLACES, "5", "6"], "unrecognized arguments: 6"),
        ([], "the following arguments are required: ROOTFOLDER, LISTFILE, IMAGE_DB, LABEL_DB"),
        (PLACES[:3], "the following arguments are required: LABEL_DB"),
    ],
)
def test_usage_errors(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(*arguments)
    assert ended.value.code == 2
    usage, error = capsys.readouterr().err.splitlines()
    assert usage == (
        "usage: convert_multilabel [FLAGS] ROOTFOLDER LISTFILE IMAGE_DB LABEL_DB [LABEL_COUNT]"
    )
    assert error.startswith(f"convert_multilabel: error: {said}")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_what_is_empty_is_a_usage_error_in_every_command(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A variable of a script that is not set must not be the folder at hand."""
    parser = command_parsers()[f"caffe-multilabel {name}"]
    wanted = [
        action.dest for action in parser._actions if action.required and not action.option_strings
    ]
    given = [
        [action.option_strings[0], *[""] * (action.nargs or 1), "--", *wanted]
        for action in parser._actions
        if action.option_strings and action.nargs != 0 and action.default != ""
        if not isinstance(action, argparse.BooleanOptionalAction)
    ]
    for place, dest in enumerate(wanted):
        if dest != "ROOTFOLDER":  # as with Caffe: paths are seen from here
            given.append([*wanted[:place], "", *wanted[place + 1 :]])
    for arguments in given:
        with pytest.raises(SystemExit) as ended:
            parser.parse_args(arguments)
        assert ended.value.code == 2
        said = capsys.readouterr().err
        assert re.search("is empty; is a variable|invalid (int value|choice): ''", said), arguments


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--backend=leveldb"], "--backend is 'leveldb'; only lmdb is written"),
        (["--resize_width=5"], "give both resize_width and resize_height or neither"),
        (["--resize_height=5"], "give both resize_width and resize_height or neither"),
        (["--resize_width=-5", "--resize_height=5"], "width of resize is -5, must be 0 or more"),
        (["--resize_width=40000", "--resize_height=5"], "too large for a Datum"),
        (["--resize_width=99999999999", "--resize_height=5"], "must be 2147483647 or less"),
        (["--label_shape=1,2"], "--label_shape is '1,2', must be C,H,W as in 5,1,1"),
        (["--label_shape=a,b,c"], "--label_shape is 'a,b,c', must be C,H,W as in 5,1,1"),
        (["--label_shape=1,2,3"], "label_shape 1 x 2 x 3 does not hold 2 labels"),
        (["--label_shape=-1,-2,1"], "channels of label_shape is -1, must be 1 or more"),
        (["--label_shape=0,0,0"], "channels of label_shape is 0, must be 1 or more"),
        (["--label_shape=99999999999,1,1"], "must be 2147483647 or less"),
        (["--threads=0"], "threads is 0, must be 1 or more"),
        (["--threads=1000000"], "threads is 1000000, must be 1024 or less"),
        (["--seed=-1"], "seed is -1, must be 0 or more"),
        (["--seed=99999999999999999999"], "seed is 99999999999999999999, must be 9223"),
        (["--max_bad=0"], "max_bad is 0, must be 1 or more"),
        (["--trust"], "trust goes with encoded only"),
        (["--encode_type=xyz"], "encode_type is 'xyz', must be jpg, jpeg or png"),
        (["--encode_type=/etc/passwd"], "encode_type is '/etc/passwd', must be jpg, jpeg or png"),
    ],
)
def test_options_that_do_not_fit(
    image_folder: ImageFolder, tmp_path: Path, flags: list[str], said: str
) -> None:
    image_folder.write_list(tmp_path / "list.txt")
    indices = [image_folder.folder, tmp_path / "list.txt", tmp_path / "images", tmp_path / "labels"]
    with pytest.raises(OptionError) as caught:
        convert_command([*flags, *map(str, indices)])
    assert said in caught.value.message
    assert names_in(tmp_path) == ["list.txt"]


def test_options_that_do_not_fit_end_with_2_and_one_line(
    run_command: RunCommand, image_folder: ImageFolder, tmp_path: Path
) -> None:
    image_folder.write_list(tmp_path / "list.txt")
    done = run_command(
        "convert_multilabel", "--threads=0", image_folder.folder, "list.txt", "images", "labels"
    )
    said = "convert_multilabel: threads is 0, must be 1 or more\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


@pytest.mark.parametrize("flag", ["-h", "-help", "--help"])
def test_help_names_every_flag(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(flag)
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert [name for name in [*CAFFE, *VALUES] if f"--{name}" not in said] == []
    assert "exit codes: 0 all converted; 1 failed, nothing published; 2 usage; 3 published" in said


def test_caffes_flags_do_what_they_say(
    run_command: RunCommand, image_folder: ImageFolder, tmp_path: Path
) -> None:
    image_folder.write_list(tmp_path / "list.txt")
    indices = [f"{image_folder.folder}/", "list.txt", "images", "labels", "2"]
    done = run_command(
        "convert_multilabel", "-gray", "-resize_width", "5", "--resize-height=6",
        "--shuffle=true", "--seed", "1", "--backend", "lmdb", *indices, "--label_shape=1,2,1",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    shapes = {(datum.channels, datum.height, datum.width) for datum in datums(tmp_path / "images")}
    assert shapes == {(1, 6, 5)}
    first = datums(tmp_path / "labels")[0]
    assert (first.channels, first.height, first.width) == (1, 2, 1)
    names = [key[9:].decode() for key, _ in records(tmp_path / "images")]
    assert sorted(names) == image_folder.names != names
    assert done.stdout.splitlines()[0] == "12 records in images and labels"


def test_json_is_the_only_output(
    run_command: RunCommand, image_folder: ImageFolder, tmp_path: Path
) -> None:
    lines = [*image_folder.lines, "absent.png 1 2"]
    done = run_command(
        "convert_multilabel", "--json", "--encoded", image_folder.folder, "-", "images", "labels",
        input="\n".join(lines),
    )  # fmt: skip
    assert done.returncode == 3
    summary = json.loads(done.stdout)
    times = {"parse_seconds", "seconds", "images_per_second"}
    assert all(summary.pop(name) >= 0 for name in times)
    size = sum(len(value) for _, value in records(tmp_path / "images"))
    assert summary == {
        "total": 13,
        "converted": 12,
        "rejected": 1,
        "passed_through": 12,
        "reencoded": 0,
        "resumed_at": 0,
        "already_complete": False,
        "image_bytes": size,
        "label_bytes": sum(len(value) for _, value in records(tmp_path / "labels")),
        "rejects_path": "images/rejects.tsv",
        "label_names": [],
        "without_end_marker": 0,
        "from_floats": 0,
        "other_sizes": 11,
        "repeated_paths": 0,
        "rows_of_bits": 0,
        "doubts": [],
        "notes": [],
    }
    absent = image_folder.folder / "absent.png"
    assert done.stderr.splitlines() == [
        "convert_multilabel: 1 of 13 images rejected:",
        f"  line 13, absent.png: cannot open {absent}: No such file or directory",
        "all of them: images/rejects.tsv",
    ]
