"""Which column holds the paths of images, and what they lack."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import did_you_mean, listed, shown
from caffe_multilabel._base.utf8 import file_name, text_of_name
from caffe_multilabel.errors import ListError, OptionError
from caffe_multilabel.labels.schema import image_name
from caffe_multilabel.lists.texts import is_unknown
from caffe_multilabel.lists.tuples.names import PATH_NAME, image_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.lists.readers.source import ReadOptions, Source

__all__ = [
    "PATH_ENDINGS",
    "PathColumnsError",
    "are_images",
    "called",
    "complete_paths",
    "find_path_column",
    "is_image",
    "is_path_name",
    "letters",
    "of_several",
    "told_column",
]

PATH_ENDINGS = tuple(
    f".{ending}"
    for ending in (
        *("jpg", "jpeg", "jpe", "jfif", "png", "bmp", "dib", "tif", "tiff", "webp", "gif", "ppm"),
        *("pgm", "pbm", "pnm", "jp2", "exr", "hdr", "pfm", "ras", "sr"),
    )
)
"""Of names of images, in small letters."""

_NAMES = (
    *("path", "filepath", "imagepath", "imgpath", "picpath", "file", "filename", "imagefile"),
    *("imagefilename", "fname", "image", "img", "imagename", "imgname", "picture", "photo"),
    *("images", "pic", "图片路径", "图像路径", "图片", "图像", "路径", "文件名", "文件", "图片名"),
)
"""Of columns of paths, without blanks and underscores; the first in a list is the one."""

_ID_NAMES = ("imageid", "imgid", "id", "photoid", "pictureid", "fileid", "imageids", "uuid")
"""Of columns whose cells are names of files without an ending, where no column has a name above."""

_LABEL_IMAGES = re.compile(
    r"(?i)mask|label|depth|annotation|(^|[^a-z])(seg|gt)([^a-z]|$)|掩|标注|标签|深度"
)
"""In names of columns of images that are labels of others."""

_may_name_file = re.compile(r"[\w ./\\()+@~#-]+").fullmatch
_MOSTLY = 0.9
_TRIED = 100


class PathColumnsError(ListError):
    """A list does not have as many columns of paths as its records have images.

    Whatever else is wrong with its lines follows from that.
    """


def is_image(cell: str) -> bool:
    """Tell whether a name ends as those of image files do, and is no address on the net."""
    return cell.lower().endswith(PATH_ENDINGS) and "://" not in cell


def is_path_name(name: str) -> bool:
    """Tell whether a header like this stands over paths."""
    return letters(name) in _NAMES


def are_images(cells: Sequence[str]) -> bool:
    """Tell whether cells of a column are names of images, those that say nothing apart."""
    told = [cell for cell in map(str.strip, cells) if not is_unknown(cell)]
    return bool(told) and sum(map(is_image, told)) >= _MOSTLY * len(told)


def called(columns: Sequence[int], names: Sequence[str]) -> str:
    """Say which columns these are, by number and name."""
    return listed([f"{index} ({names[index] or 'no name'})" for index in columns])


def letters(name: str) -> str:
    """Return what of the name of a column tells what it holds."""
    return re.sub(r"[\s_.-]", "", name).casefold()


def find_path_column(
    source: Source, names: Sequence[str], columns: Sequence[Sequence[str]], options: ReadOptions
) -> int:
    """Return the index of the column of the paths.

    Args:
        source: for messages.
        names: of all columns, empty where they have none.
        columns: the first cells of each column.
        options: may say it.

    Raises:
        ListError: there is none, or there are several.
        OptionError: it was named, and is not there.
    """
    if options.path_column is not None:
        return told_column(options.path_column, names)
    as_images = [index for index, cells in enumerate(columns) if are_images(cells)]
    found = _best_named(as_images, names, _NAMES) if len(as_images) > 1 else as_images
    if not as_images:
        distinct = [index for index, cells in enumerate(columns) if _are_ids(cells)]
        found = _best_named(distinct, names, _NAMES) or _best_named(distinct, names, _ID_NAMES)
    beside = [
        index
        for index in as_images
        if index not in found
        and all(map(is_image, columns[index]))
        and not _LABEL_IMAGES.search(names[index])
    ]
    if len(found) == 1 and not beside:
        return found[0]
    if not found and not any(names) and not as_images:
        return _first_of_ids(source, columns)
    several = sorted({*found, *beside}) or as_images
    images = image_count(names)
    if several and images > 1:
        first, last = image_name(PATH_NAME, 0), image_name(PATH_NAME, images - 1)
        problem = f"{first} to {last} are the paths of records of {images} images; "
        raise PathColumnsError(f"{source.name}: {problem}{of_several(images)}", path=source.path)
    if several:
        raise PathColumnsError(
            f"{source.name}: several columns may hold the paths: {called(several, names)}; "
            "path_column (--path_column) says which. If all are images of a record: "
            + of_several(len(several)),
            path=source.path,
        )
    raise source.error(
        f"no column holds paths of images: there are {called(range(len(names)), names)}; "
        "path_column (--path_column) says which it is"
    )


def of_several(images: int) -> str:
    """Say what takes a list of several images a record, and what does not."""
    return (
        f"a conversion takes them by images_per_record: {images} (--images_per_record); start, "
        "list and tasks want a list of one image a line, as that which the records were made of, "
        "or path_column (--path_column) with the one column to take, without the others"
    )


def complete_paths(paths: list[str], options: ReadOptions) -> tuple[list[str], list[str]]:
    """Add to paths what they lack: what the options say, or what the files under `root` show.

    Returns:
        The paths, and notes.
    """
    prefix, suffix = options.path_prefix, options.path_suffix
    notes: list[str] = []
    if not (prefix or suffix) and options.root and paths:
        found = _folder_and_ending(Path(options.root), paths[:_TRIED])
        if found is not None:
            prefix, suffix = found
            notes.append(
                f"paths got {' and '.join(filter(None, (prefix and f'{prefix} in front', suffix)))}"
                f": so the files are in {options.root}"
            )
    if prefix or suffix:
        paths = [f"{prefix}{path}{suffix}" for path in paths]
    return paths, notes


def told_column(column: str | int, names: Sequence[str]) -> int:
    """Return the index of the column of the paths that the user names, or counts from 0.

    Raises:
        OptionError: there is no such column.
    """
    if isinstance(column, str) and column in names:
        return names.index(column)
    number = int(column) if str(column).isascii() and str(column).isdigit() else -1
    if 0 <= number < len(names):
        return number
    hint = did_you_mean(column, filter(None, names)) if isinstance(column, str) else ""
    raise OptionError(
        f"path_column is {shown(column)}; the columns are {called(range(len(names)), names)}, "
        f"numbers count from 0{hint}"
    )


def _are_ids(cells: Sequence[str]) -> bool:
    return bool(cells) and len(set(cells)) >= _MOSTLY * len(cells)


def _best_named(columns: Sequence[int], names: Sequence[str], known: Sequence[str]) -> list[int]:
    """Return the columns with the name that comes first in `known`."""
    ranks = {
        index: known.index(letters(names[index]))
        for index in columns
        if letters(names[index]) in known
    }
    best = min(ranks.values(), default=None)
    return [index for index, rank in ranks.items() if rank == best]


def _first_of_ids(source: Source, columns: Sequence[Sequence[str]]) -> int:
    """Return column 0 of a list without names, whose paths may be anything that differs."""
    if columns and _are_ids(columns[0]) and all(map(_may_name_file, columns[0])):
        return 0
    raise source.error(
        "no column holds paths of images, which end in .jpg, .png and the like; path_column "
        "(--path_column) says which it is"
    )


def _folder_and_ending(root: Path, paths: Sequence[str]) -> tuple[str, str] | None:
    """Return the folder and the ending with which all of these are files, if there is one."""
    if any((root / file_name(path)).is_file() for path in paths):
        return None
    try:
        folders = sorted(text_of_name(entry.name) for entry in os.scandir(root) if entry.is_dir())
    except OSError:
        return None
    endings = [""] if is_image(paths[0]) else [*PATH_ENDINGS]
    endings += [ending.upper() for ending in endings if ending]
    found = [
        (prefix, ending)
        for prefix in ("", *(f"{folder}/" for folder in folders))
        for ending in endings
        if all((root / file_name(f"{prefix}{path}{ending}")).is_file() for path in paths)
    ]
    return found[0] if len(found) == 1 else None
