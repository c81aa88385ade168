"""Caffe nets run in PyTorch, with Caffe's figures. It needs torch, and nothing of Caffe.

Example:
    >>> from caffe_multilabel.engine import Net
    >>> net = Net("deploy.prototxt", phase="TEST")
    >>> list(net.forward())
    ['centre', 'color', 'filled', 'kind', 'size']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.extras import import_extra
from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.engine.blob import Blob
    from caffe_multilabel.engine.net import Net

__all__ = ["Blob", "Net"]

_load, __dir__ = lazy_names(__name__, {"blob": ("Blob",), "net": ("Net",)})


def __getattr__(name: str) -> object:
    """Give a public name; the first one imports torch."""
    if name in __all__:
        import_extra("torch", "torch")
    return _load(name)
