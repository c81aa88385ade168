"""The command `caffe-multilabel list`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel._base.utf8 import typed_text
from caffe_multilabel.cli.command import Exit, print_json, say, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.flags import add_table_arguments, table_keywords
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from caffe_multilabel.lists import Column, ImageTable

_DESCRIPTION = """\
Read a list of images as people have them and write it as a plain CSV list: a path and labels on
each line, under a header. SOURCE is a file or a folder; "-" is standard input. What it is and which
column holds the paths is told from its name and content, and said."""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        usage=f"{program} [FLAGS] SOURCE -o LIST.csv",
        description=_DESCRIPTION,
        epilog=text_of("list"),
    )
    add_table_arguments(parser)
    switch, flag = parser.add_switch, parser.add_flag
    flag(
        "val_list",
        metavar="SOURCE",
        help="a second list, to validate with: the last column, `part`, says which is which",
    )
    flag(
        "columns",
        type=typed_text,
        metavar="A,B",
        help="columns to write, in this order; default: all",
    )
    flag("output", "o", metavar="LIST.csv", help="the list; default: standard output")
    switch("overwrite", help="replace a list that is there")
    switch("json", help="print what was decided as JSON")
    switch("quiet", help="print only warnings")
    return parser


def list_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, read, write, print."""
    options = make_parser(program).parse_flags(arguments)
    if options.output is None and options.json:
        raise OptionError("--json prints what was decided, so the list needs a file: -o LIST.csv")
    from caffe_multilabel.lists.readers import read_table  # noqa: PLC0415  (--help must not)
    from caffe_multilabel.lists.write import (  # noqa: PLC0415  (likewise)
        choose_columns,
        write_list,
        write_rows,
    )

    table = read_table(
        options.SOURCE,
        **table_keywords(options),
    )
    if options.val_list is not None:
        from caffe_multilabel.lists.join import join_parts  # noqa: PLC0415  (seldom asked for)

        table = join_parts(table, read_table(options.val_list, **table_keywords(options)))
    for warning in table.warnings:
        say(f"{program}: warning: {warning}")
    names = None if options.columns is None else list(filter(None, options.columns.split(",")))
    columns = choose_columns(table, names)
    if options.output is None:
        write_rows(table, columns, sys.stdout.buffer)
        if not options.quiet:
            for line in _told(table, columns):
                say(line)
        return Exit.DONE
    write_list(table, options.output, columns=names, overwrite=options.overwrite)
    with telling_of_files():
        if options.json:
            print_json(_document(table, columns, options.output))
        elif not options.quiet:
            told = [*_told(table, columns), f"{options.output}: {plural(len(table), 'record')}"]
            sys.stdout.write("\n".join(told) + "\n")
    return Exit.DONE


def _told(table: ImageTable, columns: Sequence[Column]) -> list[str]:
    names = ", ".join(column.name or "no name" for column in columns)
    named = f": {names}" if any(column.name for column in columns) else ", without names"
    return [
        f"{table.source}: a list of kind {table.kind}",
        *table.notes,
        f"{plural(len(columns), 'column')}{named}",
    ]


def _document(table: ImageTable, columns: Sequence[Column], path: str) -> dict[str, Any]:
    return {
        "source": table.source,
        "kind": table.kind,
        "records": len(table),
        "columns": [{"name": column.name, "distinct": len(column.values)} for column in columns],
        "notes": list(table.notes),
        "warnings": list(table.warnings),
        "list": path,
    }
