"""The machine as a conversion or a training meets it."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from caffe_multilabel._base.cpus import available_cpus

__all__ = ["Machine"]

# What decoders (libjpeg-turbo, OpenCV) and PyTorch have faster code for, as Linux spells it.
_FEATURES = (
    *("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_bf16", "amx_tile"),
    *("neon", "asimd", "sve"),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """What this process has of its machine.

    Attributes:
        cpu: the CPU's name.
        cpus: CPUs that this process may use, which `threads` are by default.
        cpus_there: CPUs of the machine.
        cpu_features: extensions that decoding and arithmetic are faster with.
        memory_bytes: memory of the machine.
        memory_free_bytes: memory that could be used without swapping.
        folder: the working folder.
        disk_free_bytes: what a file in it could hold.

    Example:
        >>> from caffe_multilabel import doctor
        >>> machine = doctor().machine
        >>> 0 < machine.cpus <= machine.cpus_there
        True
    """

    cpu: str
    cpus: int
    cpus_there: int
    cpu_features: tuple[str, ...]
    memory_bytes: int
    memory_free_bytes: int
    folder: str
    disk_free_bytes: int

    @classmethod
    def here(cls) -> Machine:
        """Look at this machine, from the working folder."""
        cpu = _values("/proc/cpuinfo")
        features = set((cpu.get("flags") or cpu.get("Features") or "").split())
        page = os.sysconf("SC_PAGE_SIZE")
        free = _values("/proc/meminfo").get("MemAvailable", "")
        kibibytes = free.removesuffix("kB").strip()
        return cls(
            cpu=cpu.get("model name") or platform.machine(),
            cpus=available_cpus(),
            cpus_there=os.cpu_count() or available_cpus(),
            cpu_features=tuple(name for name in _FEATURES if name in features),
            memory_bytes=page * os.sysconf("SC_PHYS_PAGES"),
            memory_free_bytes=int(kibibytes) * 1024
            if kibibytes.isdecimal()
            else page * os.sysconf("SC_AVPHYS_PAGES"),
            folder=str(Path.cwd()),
            disk_free_bytes=shutil.disk_usage(".").free,
        )


def _values(path: str) -> dict[str, str]:
    """Return the first value of each name in a file of lines `name: value`, if it is there."""
    found: dict[str, str] = {}
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        name, _, value = line.partition(":")
        found.setdefault(name.strip(), value.strip())
    return found
