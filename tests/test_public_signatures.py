"""What public functions take and return is public too: nobody has to import from the inside."""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections import defaultdict
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import FunctionType
from typing import TYPE_CHECKING, Any, get_args

import pytest

import caffe_multilabel
from caffe_multilabel.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLIC = {
    name: getattr(caffe_multilabel, name)
    for name in caffe_multilabel.__all__
    if name != "__version__"
}


@cache
def imported_for_types(module: str) -> dict[str, tuple[str, str]]:
    """The names that a module imports anywhere, `TYPE_CHECKING` included, and their homes."""
    return {
        alias.asname or alias.name: (getattr(node, "module", alias.name), alias.name)
        for node in ast.walk(ast.parse(inspect.getsource(sys.modules[module])))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
    }


def named(name: str, module: str) -> tuple[Any, str]:
    """What a name in an annotation of a module stands for, and where it was found."""
    if name in imported_for_types(module):
        home, original = imported_for_types(module)[name]
        if not home.startswith("caffe_multilabel"):
            return None, home
        if find_spec(home) is None:  # the stub of Caffe's messages, which nothing imports
            return None, home
        import_module(home)
        return named(original, home)
    if name in vars(sys.modules[module]):
        return vars(sys.modules[module])[name], module
    assert hasattr(builtins, name), f"{module}: {name} in an annotation"
    return getattr(builtins, name), "builtins"


def classes_in(annotation: object, module: str) -> Iterator[type]:
    """The classes of this package that an annotation names, through aliases as well."""
    if isinstance(annotation, str):
        for node in ast.walk(ast.parse(annotation, mode="eval")):
            if isinstance(node, ast.Name):
                found, home = named(node.id, module)
                if home.startswith("caffe_multilabel"):
                    yield from classes_in(found, home)
    elif isinstance(annotation, type):
        # A private one is what pydantic reads beside a type, in `Annotated`.
        if annotation.__module__.startswith("caffe_multilabel") and annotation.__name__[0] != "_":
            yield annotation
    else:
        for part in get_args(annotation):
            if not isinstance(part, str):  # a value of a Literal
                yield from classes_in(part, module)


def functions_of(public: object) -> Iterator[FunctionType]:
    """A function itself, or the methods and properties of a class that a user may call."""
    if isinstance(public, FunctionType):
        yield public
    elif isinstance(public, type) and not issubclass(public, Error):
        for name, member in vars(public).items():
            inner = getattr(member, "fget", None) or getattr(member, "__func__", member)
            if isinstance(inner, FunctionType) and not name.startswith("_"):
                yield inner


def test_classes_in_public_signatures_are_public() -> None:
    missing = defaultdict(set)
    walked = 0
    for name, public in PUBLIC.items():
        for function in functions_of(public):
            for annotation in function.__annotations__.values():
                for found in classes_in(annotation, function.__module__):
                    walked += 1
                    if found not in PUBLIC.values():
                        missing[f"{found.__module__}.{found.__name__}"].add(name)
    assert not missing
    assert walked > 40


def test_classes_in_public_fields_are_offered_by_a_package() -> None:
    """`Part` of a `SplitReport` would say little at the top: its package offers it.

    Where a package offers nothing itself, as `caffe_multilabel.caffe`, its modules do.
    """
    missing = defaultdict(set)
    waiting = [public for public in PUBLIC.values() if inspect.isclass(public)]
    seen = set(waiting)
    while waiting:
        public = waiting.pop()
        for field, annotation in vars(public).get("__annotations__", {}).items():
            if field.startswith("_"):
                continue
            for found in classes_in(annotation, public.__module__):
                home = sys.modules[found.__module__]
                package = sys.modules[found.__module__.rpartition(".")[0]]
                offered = getattr(package, "__all__", home.__all__)
                if found not in PUBLIC.values() and found.__name__ not in offered:
                    missing[f"{found.__module__}.{found.__name__}"].add(public.__name__)
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)
    assert not missing
    assert len(seen) > len(PUBLIC) / 2


def test_a_class_is_found_wherever_an_annotation_hides_it() -> None:
    module = "caffe_multilabel.data.records"
    names = {found.__name__ for found in classes_in("dict[str, list[Records]] | None", module)}
    assert names == {"Records"}
    words = "RecordSource | Literal['Records']"
    assert not list(classes_in(words, "caffe_multilabel.data.convert"))
    tasks = {found.__name__ for found in classes_in("TaskFile | StrPath", module)}
    assert tasks == {"TaskFile"}


def test_the_torch_dataset_is_at_the_top_for_those_who_have_torch() -> None:
    assert "TorchDataset" not in caffe_multilabel.__all__
    if find_spec("torch") is None:
        with pytest.raises(ModuleNotFoundError, match="'torch'"):
            _ = caffe_multilabel.TorchDataset
    else:
        assert caffe_multilabel.TorchDataset.__module__ == "caffe_multilabel.reader.torch"
