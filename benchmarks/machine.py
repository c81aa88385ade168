"""One line on the machine and the libraries that figures were taken with."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import cv2
from processes import run, words

__all__ = ["cores", "machine_line"]


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def machine_line(bound: Path) -> str:
    """Describe the machine; the C++ libraries' versions are told by the program of the bound."""
    versions = json.loads(run(words(bound, "--version")))
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.platform())
    return (
        f"{_cpu_model()}, {cores()} cores, {system}, OpenCV {versions['opencv']}, "
        f"libjpeg-turbo {versions['libjpeg_turbo']}; "
        f"Python {platform.python_version()}, cv2 {cv2.__version__}"
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
