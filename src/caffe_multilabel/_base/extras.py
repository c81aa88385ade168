"""The libraries of extras, which a user may not have installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from caffe_multilabel.errors import ExtraError

__all__ = ["import_extra"]


def import_extra(module: str, extra: str = "report") -> Any:
    """Import a module of an extra.

    Raises:
        ExtraError: it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        name = module.partition(".")[0]
        if error.name != name:
            raise
        raise ExtraError(
            f"{name} is not installed; it comes with the extra '{extra}': "
            f"pip install 'caffe-multilabel[{extra}]'",
            key=name,
        ) from error
