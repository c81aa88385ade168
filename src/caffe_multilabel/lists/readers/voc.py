"""Pascal VOC: which classes are in each image, by its annotations or by a list of one class."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

import numpy as np

from caffe_multilabel._base.text import plural
from caffe_multilabel._base.utf8 import file_name, text_of_name
from caffe_multilabel.lists.readers.coco import bits_column
from caffe_multilabel.lists.readers.paths import is_image
from caffe_multilabel.lists.readers.rows import finish_table
from caffe_multilabel.lists.readers.source import BadLines, Reader
from caffe_multilabel.lists.table import Column, ImageTable
from caffe_multilabel.lists.texts import natural_order

if TYPE_CHECKING:
    from caffe_multilabel.lists.readers.source import ReadOptions, Source

__all__ = ["VOC"]

_IMAGES = "JPEGImages"
_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp")


@dataclass(slots=True)
class _Annotation:
    """What one file says: the image's name, and of each object its class and whether it is hard."""

    filename: str = ""
    objects: list[tuple[str, bool]] = field(default_factory=list)


def _recognises(source: Source) -> bool:
    path = Path(source.path)
    if not source.is_folder:
        return path.parent.name == "Main" and path.parent.parent.name == "ImageSets"
    folder = _annotations_of(path)
    return folder is not None and any(path.suffix == ".xml" for path in folder.iterdir())


def _read(source: Source, options: ReadOptions) -> ImageTable:
    return _read_folder(source, options) if source.is_folder else _read_list(source, options)


def _annotations_of(folder: Path) -> Path | None:
    for found in (folder / "Annotations", folder):
        if found.name == "Annotations" and found.is_dir():
            return found
    return None


def _read_folder(source: Source, options: ReadOptions) -> ImageTable:
    annotations = _annotations_of(Path(source.path))
    if annotations is None:
        raise source.error("has no folder Annotations, as VOC has it")
    files = sorted(
        (path for path in annotations.iterdir() if path.suffix == ".xml"),
        key=lambda path: natural_order(path.name),
    )
    if not files:
        raise source.error("its folder Annotations holds no .xml")
    found = [_parse(source, path) for path in files]
    classes = sorted({name for one in found for name, _ in one.objects}, key=natural_order)
    if not classes:
        raise source.error("its annotations name no object")
    index = {name: number for number, name in enumerate(classes)}
    bits = np.zeros((len(classes), len(files)), np.bool_)
    hard = 0
    for number, one in enumerate(found):
        for name, is_hard in one.objects:
            bits[index[name], number] = True
            hard += is_hard
    top = annotations.parent
    names = [
        one.filename or text_of_name(path.stem) for one, path in zip(found, files, strict=True)
    ]
    notes = ["1 where an image has an object of the class"]
    if hard:
        notes[0] += f", {plural(hard, 'object')} marked difficult among them"
    notes.append("boxes and parts are left out")
    table = ImageTable(
        source.path,
        [_image_path(source, top, name, options) for name in names],
        tuple(bits_column(name, row) for name, row in zip(classes, bits, strict=True)),
        np.arange(1, len(files) + 1),
        tuple(notes),
    )
    return finish_table(table, options, source)


def _read_list(source: Source, options: ReadOptions) -> ImageTable:
    top = Path(source.path).parent / ".." / ".."
    bad = BadLines(source)
    stems: list[str] = []
    cells: list[str] = []
    lines: list[int] = []
    with source.text() as text:
        for number, line in enumerate(text, 1):
            fields = line.split()
            if not fields:
                continue
            if len(fields) != 2 or fields[1] not in ("-1", "0", "1"):
                bad.add(number, f"is {line.strip()!r}, must be a name and -1, 0 or 1")
                continue
            stems.append(fields[0])
            cells.append(fields[1])
            lines.append(number)
    bad.raise_if_any()
    if not stems:
        raise source.error("holds no records")
    stem = text_of_name(Path(source.path).stem)
    name = stem.rpartition("_")[0] or stem
    notes = ("-1: no object of the class, 1: there is one, 0: only difficult ones",)
    table = ImageTable(
        source.path,
        [_image_path(source, top, stem, options) for stem in stems],
        (Column.of(name, cells),),
        np.array(lines, np.int64),
        notes,
    )
    return finish_table(table, options, source)


def _image_path(source: Source, top: Path, name: str, options: ReadOptions) -> str:
    """Return the path of an image below VOC's folder, as `root` makes it a file."""
    folder = top / _IMAGES if (top / _IMAGES).is_dir() else top
    if not is_image(name):
        there = (ending for ending in _ENDINGS if (folder / file_name(f"{name}{ending}")).is_file())
        name += next(there, _ENDINGS[0])
    return text_of_name(
        os.path.normpath(source.relative(str(folder / file_name(name)), options.root))
    )


def _parse(source: Source, path: Path) -> _Annotation:
    """Read one annotation.

    Document types are refused: entities are declared in them, and with entities a file of a few
    lines can grow to fill the memory, or read other files.
    """
    found = _Annotation()
    open_tags: list[str] = []
    text: list[str] = []
    name, hard = "", False

    def start(tag: str, _: object) -> None:
        nonlocal name, hard
        open_tags.append(tag)
        text.clear()
        if open_tags == ["annotation", "object"]:
            name, hard = "", False

    def end(_: str) -> None:
        nonlocal name, hard
        content = "".join(text).strip()
        if open_tags == ["annotation", "filename"]:
            found.filename = content
        elif open_tags == ["annotation", "object", "name"]:
            name = content
        elif open_tags == ["annotation", "object", "difficult"]:
            hard = content == "1"
        elif open_tags == ["annotation", "object"]:
            if not name:
                raise source.error(f"{path}: an object has no name")
            found.objects.append((name, hard))
        open_tags.pop()
        text.clear()

    def doctype(*_: object) -> None:
        raise source.error(f"{path}: declares a document type, which no annotation of VOC has")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(path.read_bytes(), True)
    except expat.ExpatError as error:
        raise source.error(f"{path}, line {error.lineno}: is no XML: {error}") from None
    except OSError as error:
        raise source.error(f"{path}: {error.strerror}") from None
    return found


VOC = Reader(
    "voc",
    "Pascal VOC: Annotations/*.xml, a column of 0 and 1 for each class; or ImageSets/Main/*.txt",
    _recognises,
    _read,
)
