"""What some tests need beyond the test extra.

None is skipped for want of it: the tests run, or they fail, or a marker leaves them out by name.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2

from browser_tools import browser_path

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["REQUIREMENTS", "Requirement", "as_root"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """What tests of one marker need.

    Attributes:
        needs: what it is.
        remedy: what brings it.
        present: tells whether it is here.
    """

    needs: str
    remedy: str
    present: Callable[[], bool]


def as_root() -> list[str]:
    """What to put before a command that only root may run; it asks for no password."""
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


@cache
def _mounts() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        mount = [*as_root(), "mount", "-t", "tmpfs", "tmpfs", folder]
        try:
            mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            return False
        if mounted:
            subprocess.run([*as_root(), "umount", folder], check=True)
        return mounted


def _compiles_schemas() -> bool:
    return shutil.which("protoc") is not None or importlib.util.find_spec("grpc_tools") is not None


REQUIREMENTS = {
    "browser": Requirement(
        "Chromium", "apt-get install chromium", lambda: browser_path() is not None
    ),
    "mount": Requirement(
        "the right to mount file systems", "run as root or with a sudo that asks nothing", _mounts
    ),
    "opencv4": Requirement(
        "OpenCV 4, whose readNetFromCaffe version 5 took out",
        "nox -s opencv4",
        lambda: hasattr(cv2.dnn, "readNetFromCaffe"),
    ),
    "protoc": Requirement(
        "a protobuf compiler", "apt-get install protobuf-compiler", _compiles_schemas
    ),
    "torch": Requirement(
        "PyTorch and h5py",
        "bash scripts/setup.sh dev",
        lambda: all(importlib.util.find_spec(name) is not None for name in ("torch", "h5py")),
    ),
}
