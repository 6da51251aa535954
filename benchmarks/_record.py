"""What every benchmark shares: interleaved rounds, a table, and a record with date and machine."""

import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "src" / "whiteboard" / "data" / "results"
CODE = ("src", "benchmarks/*.py", ":(exclude)src/whiteboard/data/results")
"""What results are made by, to git: the record of one job is no change of the next one's code."""


# A step of training allocates and frees gigabytes. By default glibc gives them back to the system
# at once, and each step of either library waits while they come again, zeroed, 4 KB at a time.
KEEP_FREED_MEMORY = ":".join(
    f"glibc.malloc.{name}"
    for name in ("hugetlb=1", "mmap_max=0", "trim_threshold=17179869184", "arena_max=1")
)


def keep_freed_memory() -> None:
    """Start this program again under an allocator that keeps what is freed, in huge pages.

    glibc reads its settings when a process starts; other C libraries do not know these.
    """
    if os.environ.get("GLIBC_TUNABLES") != KEEP_FREED_MEMORY:
        os.environ["GLIBC_TUNABLES"] = KEEP_FREED_MEMORY
        os.execv(sys.executable, [sys.executable, *sys.argv])


PAUSE = 0.3
"""Seconds before each turn: OpenMP's threads wait for more work by spinning, for up to 0.2 s, and
would take a core from the library whose turn is next."""


def interleaved(
    functions: Mapping[str, Callable[[], object]], *, rounds: int, warmup: int = 1
) -> dict[str, list[float]]:
    """Seconds of each call, by name. The functions take turns, so that all see the same machine.

    A function must wait for its own result: what JAX has only dispatched has not been computed.
    """
    for _ in range(warmup):
        for function in functions.values():
            function()
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            time.sleep(PAUSE)
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return times


def medians(times: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The median of each list."""
    return {name: statistics.median(values) for name, values in times.items()}


def table(rows: Mapping[str, Mapping[str, object]]) -> None:
    """Print rows by name; the first row's keys are the columns."""
    columns = list(next(iter(rows.values())))
    cells = [["", *columns]]
    cells += [
        [name, *(str(row.get(column, "")) for column in columns)] for name, row in rows.items()
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


def recorded(name: str) -> dict[str, Any]:
    """The results as they stand; empty before there is a record. Part of a job is added to them."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text())["results"] if path.exists() else {}


def record(name: str, results: Mapping[str, object], *, packages: Sequence[str]) -> Path:
    """Write the record that `whiteboard.data.record(name)` reads, and on what it was made."""
    load = os.getloadavg()[0]
    if load > (os.cpu_count() or 1) + 0.5:
        print(f"note: the machine was busy (load {load:.1f}); do not publish these figures")
    path = RESULTS / f"{name}.json"
    about = {
        "date": datetime.date.today().isoformat(),
        "commit": _git("rev-parse", "--short=12", "HEAD"),
        "changed_since_commit": bool(_git("status", "--porcelain", "--", *CODE)),
        "machine": _machine(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in packages},
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(about | {"results": results}, indent=1) + "\n")
    return path


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout.strip()


def _machine() -> dict[str, object]:
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    pairs = (line.partition(":") for line in info.partition("\n\n")[0].splitlines())
    first = {key.strip(): value.strip() for key, _, value in pairs}
    name = first.get("model name") or platform.processor()
    if "cpu family" in first:  # a cloud gives one name to generations of unlike speed
        name += f", family {first['cpu family']} model {first.get('model', '?')}"
    return {"processor": name, "cores": os.cpu_count()}
