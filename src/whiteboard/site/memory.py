"""What processes hold in memory, and how a process of tests gives its part back."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

import psutil

GB = 1e9


def held_by(process: psutil.Process) -> list[float]:
    """GB that a process and all that it started hold, largest first.

    What several of them share is counted once, where the system tells (Linux).
    """
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return []
    return sorted(map(_held, family), reverse=True)


def _held(process: psutil.Process) -> float:
    try:
        info: Any = process.memory_full_info()
    except psutil.Error:  # ended meanwhile
        return 0.0
    return getattr(info, "pss", info.uss) / GB


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
