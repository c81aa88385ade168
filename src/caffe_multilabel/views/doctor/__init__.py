"""What is there to work with, and what is missing: versions, the machine, optional pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.views.doctor.checkup import Checkup, doctor
    from caffe_multilabel.views.doctor.machine import Machine
    from caffe_multilabel.views.doctor.pieces import Piece

__all__ = ["Checkup", "Machine", "Piece", "doctor"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {"checkup": ("Checkup", "doctor"), "machine": ("Machine",), "pieces": ("Piece",)},
)
