"""The command `caffe-multilabel man`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.extras import import_extra
from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.cli.command import Exit, telling_of_files
from caffe_multilabel.cli.exit_codes import text_of
from caffe_multilabel.cli.gflags import FlagParser
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_DESCRIPTION = """\
Print a manual page, or write all of them into a folder of manual pages:

  caffe-multilabel man convert_multilabel | man -l -
  caffe-multilabel man -o ~/.local/share/man && man caffe-multilabel-verify"""


def make_parser(program: str) -> FlagParser:
    """Make the argument parser."""
    parser = FlagParser(
        prog=program,
        description=_DESCRIPTION,
        epilog=text_of("man"),
    )
    parser.add_argument("PAGE", nargs="?", help="a page; caffe-multilabel by default")
    parser.add_argument("-o", "--output", metavar="DIR", help="write all pages, into DIR/man1")
    return parser


def man_command(arguments: Sequence[str], program: str) -> Exit:
    """Parse, make, print or write."""
    options = make_parser(program).parse_args(arguments)
    if options.PAGE is not None and options.output is not None:
        raise OptionError("-o writes all pages; leave out PAGE")
    pages = _parsers_by_page()
    page = options.PAGE or next(iter(pages))
    if page not in pages:
        hint = did_you_mean(page, pages, "; did you mean {}?", otherwise="")
        raise OptionError(f"there is no page '{page}'{hint}")
    if options.output is None:
        sys.stdout.write(_page(page, pages[page]))
        return Exit.DONE
    from caffe_multilabel._base.arguments import path_of  # noqa: PLC0415  (only to write)
    from caffe_multilabel._base.files import make_folder, write_bytes  # noqa: PLC0415  (the same)

    folder = path_of("DIR", options.output) / "man1"
    texts = {folder / f"{each}.1": _page(each, parser) for each, parser in pages.items()}
    make_folder(folder)
    for path, text in texts.items():
        write_bytes(path, text.encode())
    with telling_of_files():
        sys.stdout.write(f"wrote {len(texts)} pages to {folder}\n")
    return Exit.DONE


def _parsers_by_page() -> dict[str, argparse.ArgumentParser]:
    """Return parsers by the names of their pages, in which blanks are hyphens, as git's are."""
    from caffe_multilabel.cli.parsers import (  # noqa: PLC0415  (all commands)
        command_parsers,
        program_parsers,
    )

    programs = program_parsers() | command_parsers()
    return {name.replace(" ", "-"): parser for name, parser in programs.items()}


def _page(name: str, parser: argparse.ArgumentParser) -> str:
    from caffe_multilabel import __version__  # noqa: PLC0415  (slow)
    from caffe_multilabel.cli.main import COMMANDS, DESCRIPTION  # noqa: PLC0415  (the same)

    manpage = import_extra("argparse_manpage.manpage", "shell")
    command = COMMANDS.get(parser.prog.rpartition(" ")[2])
    data = {
        "project_name": "caffe-multilabel",
        "version": __version__,
        "manual_title": "caffe-multilabel",
        "description": DESCRIPTION if command is None else command[2],
    }
    # The page is called by its own name, and shows the command as it is typed.
    parser.usage = parser.format_usage().removeprefix("usage: ").replace("%", "%%").rstrip()
    parser.prog = name
    return str(manpage.Manpage(parser, _data=data)) + "\n"
