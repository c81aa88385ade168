"""One line on the machine and the libraries that figures were taken with."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import cv2
from processes import run, words

__all__ = ["cores", "machine_line", "processor_line"]


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def machine_line(bound: Path) -> str:
    """Describe the machine; the C++ libraries' versions are told by the program of the bound."""
    versions = json.loads(run(words(bound, "--version")))
    return (
        f"{processor_line()}, OpenCV {versions['opencv']}, "
        f"libjpeg-turbo {versions['libjpeg_turbo']}; "
        f"Python {platform.python_version()}, cv2 {cv2.__version__}"
    )


def processor_line() -> str:
    """Describe the processor and the system."""
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.platform())
    return f"{_cpu_model()}, {cores()} cores, {system}"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
