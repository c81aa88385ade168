"""The table of exit codes says what the commands do."""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module

import pytest

from caffe_multilabel.cli.command import Exit
from caffe_multilabel.cli.exit_codes import meanings_of
from caffe_multilabel.cli.main import COMMANDS, main

EVERY = {Exit.DONE, Exit.FAILED, Exit.USAGE, Exit.INTERRUPTED, Exit.UNREAD}
"""What `run` makes of any command's end."""

SPECIAL = {"telling_of_files": Exit.UNPRINTED, "REJECTS": Exit.REJECTS}
"""What a command's code names where it can end otherwise."""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_can_end_as_the_table_says(name: str) -> None:
    tree = ast.parse(inspect.getsource(import_module(f"caffe_multilabel.cli.{COMMANDS[name][0]}")))
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    named |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    wanted = EVERY | {code for word, code in SPECIAL.items() if word in named}
    assert set(meanings_of(name)) == wanted


@pytest.mark.parametrize("name", COMMANDS)
def test_its_help_ends_with_them_and_2_is_usage(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code in (0, None)
    told = " ".join(capsys.readouterr().out.split())
    listed = told.split("exit codes: ")[-1].split("; ")
    assert [re.match(r"\d+ \w", each) is not None for each in listed] == [True] * len(listed)
    assert [int(each.split()[0]) for each in listed] == sorted(meanings_of(name))
    with pytest.raises(SystemExit) as ended:
        main([name, "--no_such_flag"])
    assert ended.value.code == Exit.USAGE
