"""A program on several emulated devices, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import jax

# XLA optimises little: emulation shows layouts, and a program is compiled in half the time. The
# second line's flag is gone in JAX 0.11.2, and a flag that XLA does not know ends the process.
COMPILE_FAST = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
COMPILE_FAST += " --xla_cpu_use_fusion_emitters=false" * (jax.__version_info__ < (0, 11))


def emulated(devices: int, *arguments: str) -> str:
    """Run Python in a process that sees several emulated CPU devices.

    Args:
        devices: number of devices.
        *arguments: of the Python command, such as `-m` and a module.

    Returns:
        What the process prints.

    Raises:
        RuntimeError: the process failed; the message ends as its error stream did.
    """
    flags = {
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices} {COMPILE_FAST}",
    }
    run = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | flags,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if run.returncode:
        raise RuntimeError(
            f"{' '.join(arguments)} ended with {run.returncode}: {run.stderr[-800:]}"
        )
    return run.stdout
