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
    import argparse
    from collections.abc import Sequence
    from typing import Any

    from caffe_multilabel.lists import Column, ImageTable, ImageTuples

_DESCRIPTION = """\
Read a list of images as people have them and write it as a plain CSV list: a path and labels on
each line, under a header. SOURCE is a file or a folder; "-" is standard input. What it is and which
column holds the paths is told from its name and content, and said. With --pairs or --triplets it is
made into records of two or three images each."""

_OF_TUPLES = ("identity", "same_share", "hard", "easy", "margins", "seed")


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
    flag("pairs", type=int, metavar="N", help="write N pairs of the images, in place of them")
    flag("triplets", type=int, metavar="N", help="write N triplets: anchor, positive, negative")
    flag(
        "identity",
        type=typed_text,
        metavar="COLUMN",
        help="who or what is on an image, by name or number from 0; wanted for pairs and triplets",
    )
    flag("same_share", metavar="SHARE", help="share of pairs of one identity; default 0.5")
    flag(
        "hard",
        type=typed_text,
        metavar="COLUMN",
        help="the two images of different identities share this, as the make of a car",
    )
    flag("easy", type=typed_text, metavar="COLUMN", help="they differ in this")
    flag(
        "margins",
        type=typed_text,
        metavar="A=0.6,B=0.3",
        help="of triplets, a column `margin`: that of the first of these columns in which anchor "
        "and negative differ; the last is the identity",
    )
    flag("seed", type=int, metavar="N", help="same seed, same pairs; default 0")
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
    written = _tuples(table, options) or table
    for warning in (*table.warnings, *(written.warnings if written is not table else ())):
        say(f"{program}: warning: {warning}")
    names = None if options.columns is None else list(filter(None, options.columns.split(",")))
    columns = choose_columns(table, names)
    if options.output is None:
        write_rows(written, columns, sys.stdout.buffer)
        if not options.quiet:
            for line in _told(table, columns, written):
                say(line)
        return Exit.DONE
    write_list(written, options.output, columns=names, overwrite=options.overwrite)
    with telling_of_files():
        if options.json:
            print_json(_document(table, columns, written, options.output))
        elif not options.quiet:
            count = f"{options.output}: {plural(len(written), 'record')}"
            sys.stdout.write("\n".join([*_told(table, columns, written), count]) + "\n")
    return Exit.DONE


def _tuples(table: ImageTable, options: argparse.Namespace) -> ImageTuples | None:
    """Make the pairs or triplets that are asked for.

    Raises:
        OptionError: flags that do not go together, or there cannot be as many.
    """
    given = [name for name in _OF_TUPLES if getattr(options, name) is not None]
    if options.pairs is None and options.triplets is None:
        if given:
            raise OptionError(f"--{given[0]} goes with --pairs or --triplets")
        return None
    if options.pairs is not None and options.triplets is not None:
        raise OptionError("--pairs and --triplets are both given; a list holds one of them")
    if options.identity is None:
        raise OptionError("--identity is wanted: the column that says who or what is on an image")
    if options.val_list is not None:
        raise OptionError(
            "--val_list puts two lists together, and pairs must not join them: make those of each "
            "list by itself"
        )
    unfit = "margins" if options.triplets is None else "same_share"
    if unfit in given:
        fit = "--triplets" if options.triplets is None else "--pairs"
        raise OptionError(f"--{unfit} goes with {fit}")
    from caffe_multilabel.lists.tuples import (  # noqa: PLC0415  (seldom asked for)
        make_pairs,
        make_triplets,
    )

    keywords = {name: getattr(options, name) for name in given}
    if options.triplets is None:
        return make_pairs(table, options.pairs, **keywords)
    if options.margins is not None:
        keywords["margins"] = _margins(options.margins)
    return make_triplets(table, options.triplets, **keywords)


def _margins(flag: str) -> dict[str, str]:
    """Return the columns and numbers of a `--margins`.

    Raises:
        OptionError: a part is no such thing.
    """
    margins = {}
    for part in flag.split(","):
        name, equals, margin = part.rpartition("=")
        if not equals or name in margins:
            raise OptionError(f"--margins is '{flag}', must be COLUMN=NUMBER,... as in make=0.6")
        margins[name] = margin
    return margins


def _told(
    table: ImageTable, columns: Sequence[Column], written: ImageTable | ImageTuples
) -> list[str]:
    names = ", ".join(column.name or "no name" for column in columns)
    named = f": {names}" if any(column.name for column in columns) else ", without names"
    return [
        f"{table.source}: a list of kind {table.kind}",
        *table.notes,
        f"{plural(len(columns), 'column')}{named}",
        *(written.notes if written is not table else ()),
    ]


def _document(
    table: ImageTable,
    columns: Sequence[Column],
    written: ImageTable | ImageTuples,
    path: str,
) -> dict[str, Any]:
    more = written if written is not table else None
    return {
        "source": table.source,
        "kind": table.kind,
        "records": len(written),
        "columns": [{"name": column.name, "distinct": len(column.values)} for column in columns],
        "notes": [*table.notes, *(more.notes if more else ())],
        "warnings": [*table.warnings, *(more.warnings if more else ())],
        "list": path,
    }
