"""Modules and names that have moved: the old ones keep working, and warn.

An old module is made when a program imports it. It holds nothing itself and hands out the objects
of the new ones, so `isinstance`, pickles and module state do not care which path was used.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader, MetaPathFinder
    from types import ModuleType
else:
    # Python asks for their methods, not for these classes, and to import them costs 20 ms.
    Loader = MetaPathFinder = object

__all__ = ["MOVED_MODULES", "MOVED_NAMES", "RENAMED", "install", "moved_name"]

_PACKAGE = "caffe_multilabel"

MOVED_MODULES: dict[str, tuple[str, ...]] = {
    "arguments": ("_base.arguments",),
    "conversion": ("data.convert",),
    "cpus": ("_base.cpus",),
    "databases": ("data.databases", "data.keys"),
    "exporting": ("data.export",),
    "lint": ("nets.lint",),
    "means": ("data.mean",),
    "proto": ("caffe.proto",),
    "prototxt": ("nets.generate",),
    "reader.label_schema": ("data.label_schema",),
    "records": ("data.records", "_base.arguments"),
    "relabelling": ("data.relabel",),
    "report": ("views.report",),
    "sample": ("data.sample",),
    "shapes": ("caffe.shapes", "caffe.net_state", "caffe.blob_shape", "nets.summary"),
    "show": ("views.show", "views.images"),
    "splitting": ("data.split",),
    "stats": ("views.stats", "data.label_table", "labels"),
    "tasks.labels": ("labels",),
    "tasks.manifest": ("labels",),
    "tasks.network": ("tasks.shared_keys",),
    "tasks.rules": ("labels.rule",),
    "torch_data": ("reader.torch",),
    "training_log": ("views.log",),
    "verification": ("data.verify",),
}
"""Each old module and its new homes. What lay below it is looked for below its first home."""

MOVED_NAMES: dict[str, tuple[str, ...]] = {"tasks": ("labels",)}
"""Packages that stayed, and where names that they once offered are now."""


RENAMED = {"PictureError": "ImageError", "Schema": "ProtoSchema"}
"""Names of the package that have others now, wherever they are offered."""


def moved_name(package: str, name: str, homes: Sequence[str], *, announced: str = "") -> object:
    """Return what a module once offered, from its new home.

    Args:
        package: the old module's `__name__`.
        name: what is asked of it.
        homes: the new modules, "" for the package itself; the first that has the name in its
            `__all__` gives it.
        announced: the new module that a warning has named already.

    Raises:
        AttributeError: none of them has it.
    """
    new = RENAMED.get(name, name)
    for home in homes:
        module = import_module(f"{_PACKAGE}.{home}".rstrip("."))
        if new in getattr(module, "__all__", ()):
            if home != announced or new != name:
                warnings.warn(
                    f"{package}.{name} is now {module.__name__}.{new}",
                    DeprecationWarning,
                    stacklevel=3,
                )
            return getattr(module, new)
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


class _OldModule(Loader):
    """Makes a module that hands out the names of its new homes."""

    def __init__(self, homes: tuple[str, ...]) -> None:
        self._homes = homes

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python to make an empty module."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module, and tell where it is now."""
        first = self._homes[0]
        new = import_module(f"{_PACKAGE}.{first}")
        warnings.warn(f"{module.__name__} is now {new.__name__}", DeprecationWarning, stacklevel=2)

        def load(name: str) -> object:
            value = moved_name(module.__name__, name, self._homes, announced=first)
            setattr(module, name, value)  # one warning for a name is enough
            return value

        names = list(getattr(new, "__all__", ()))
        vars(module).update(
            __doc__=new.__doc__, __all__=names, __getattr__=load, __dir__=lambda: names
        )


class _MovedFinder(MetaPathFinder):
    """Finds old modules. It stands last, so that modules that are there go before it."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  (Python's interface)
        target: ModuleType | None = None,  # noqa: ARG002  (likewise)
    ) -> ModuleSpec | None:
        """Return the spec of an old module, None for everything else."""
        package, _, name = fullname.partition(".")
        if package != _PACKAGE:
            return None
        homes = MOVED_MODULES.get(name) or _homes_below(name)
        if homes is None:
            return None
        return ModuleSpec(fullname, _OldModule(homes), is_package=True)


def _homes_below(name: str) -> tuple[str, ...] | None:
    """Return the home of a module that lay in one that has moved, if it is still there."""
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        old = ".".join(parts[:end])
        if old in MOVED_MODULES:
            home = ".".join((MOVED_MODULES[old][0], *parts[end:]))
            try:
                import_module(f"{_PACKAGE}.{home}")
            except ModuleNotFoundError:
                return None
            return (home,)
    return None


_FINDER = _MovedFinder()


def install() -> None:
    """Let Python find the old modules; a second call changes nothing."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.append(_FINDER)
