"""Public names of a package, loaded when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from caffe_multilabel._base.moved import MOVED_NAMES, moved_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["lazy_names"]


def lazy_names(
    package: str, homes: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of a package (PEP 562).

    A command that only prints its help must not pay for numpy, protobuf or pydantic, so packages
    import none of their modules before a name of theirs is asked for. Type checkers, which cannot
    follow this, get the same names from imports under `TYPE_CHECKING`.

    Args:
        package: the package's `__name__`.
        homes: the modules of the package, relative to it, and the public names that each holds.

    Example:
        >>> load, names = lazy_names("caffe_multilabel._base", {"text": ("plural",)})
        >>> load("plural")(2, "axis")
        '2 axes'
    """
    modules = {name: module for module, names in homes.items() for name in names}

    def load(name: str) -> object:
        if name not in modules:
            return moved_name(package, name, MOVED_NAMES.get(package.partition(".")[2], ()))
        return getattr(import_module(f"{package}.{modules[name]}"), name)

    def names() -> list[str]:
        return sorted(modules)

    return load, names
