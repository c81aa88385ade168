"""Shows one record of a pair: its picture, and what its labels mean.

Names are loaded when they are first used, so that numpy is paid only by those who look.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.views.show.blocks import half_blocks
    from caffe_multilabel.views.show.record import ShownRecord, show_record

__all__ = ["ShownRecord", "half_blocks", "show_record"]

_HOMES = {
    "blocks": ("half_blocks",),
    "record": ("ShownRecord", "show_record"),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
