"""The command `caffe-multilabel schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.cli.command import Exit, print_json
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.gflags import FlagParser

if TYPE_CHECKING:
    from collections.abc import Sequence


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    return FlagParser(
        prog=program,
        description="Print the JSON Schema of task files, for editors that complete YAML.",
        epilog=text_of("schema"),
    )


def schema_command(arguments: Sequence[str], program: str) -> Exit:
    """Print the JSON Schema of task files."""
    make_parser(program).parse_args(arguments)
    from caffe_multilabel.tasks import json_schema  # noqa: PLC0415  (--help must not load it)

    print_json(json_schema())
    return Exit.DONE
