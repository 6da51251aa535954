"""What processes hold in memory, and how a process of tests gives its part back."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable, Iterable
from typing import Any

import psutil

GB = 1e9


def family(process: psutil.Process) -> list[psutil.Process]:
    """The process and all that it started, those that run."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def resident(processes: Iterable[psutil.Process]) -> float:
    """GB of the processes together; what several share counts for each. This is read at once."""
    return sum(_read(lambda p: p.memory_info().rss, process) for process in processes)


def held(processes: Iterable[psutil.Process]) -> list[float]:
    """GB that each process holds, largest first.

    What several share counts once, where the system tells (Linux). That takes it 20 ms for each GB.
    """
    return sorted((_read(_proportional, process) for process in processes), reverse=True)


def _proportional(process: psutil.Process) -> int:
    info: Any = process.memory_full_info()
    return int(getattr(info, "pss", info.uss))


def _read(what: Callable[[psutil.Process], int], process: psutil.Process) -> float:
    try:
        return what(process) / GB
    except psutil.Error:  # ended meanwhile
        return 0.0


def give_back() -> None:
    """Drop what only cycles and JAX's caches hold, and hand the free heap back to the system.

    JAX keeps each traced and compiled program, with the arrays that it closes over. The disk's
    cache has the compiled ones still.
    """
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
    gc.collect()
    trim()


def trim() -> None:
    """Return the free pages of glibc's heap, which keeps them for later; elsewhere do nothing."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
