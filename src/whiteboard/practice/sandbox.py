"""Runs the judge on a reader's file in a process of its own, with limits.

The verdict comes back through a file that only this module knows, signed with a secret that the
child reads before it loads the reader's code: what that code prints can never pass for a verdict.
It guards against accidents and tricks, not against an attacker: it runs with the user's rights.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PRINTED = 4_000  # characters of the reader's own output that are kept
MEMORY = 16 * 2**30  # bytes of address space; XLA reserves several GiB of it without using them
LARGEST = 2**20  # bytes of a reader's file


@dataclass(frozen=True)
class Verdict:
    """What came of judging a file.

    Args:
      passed: whether every check passed.
      text: the report, or why there is none.
      printed: the start of what the reader's code printed.
    """

    passed: bool
    text: str
    printed: str = ""


def check_file(path: Path, question: int, part: str | None, seconds: float) -> Verdict:
    """Judges the function in a file.

    Args:
      path: the reader's Python file.
      question: 1 to 51.
      part: which function of the question; the first by default.
      seconds: after which the process is stopped.
    """
    if problem := _unreadable(path):
        return Verdict(False, problem)
    with tempfile.TemporaryDirectory(prefix="whiteboard-") as folder:
        ledger, secret = Path(folder) / secrets.token_hex(8), secrets.token_hex(16)
        order = {"file": str(path), "question": question, "part": part}
        child = _start(order | {"ledger": str(ledger), "secret": secret})
        printed, status = _watch(child, seconds)
        entries = _entries(ledger, secret)
    return _verdict(entries, status, printed, seconds)


def _unreadable(path: Path) -> str | None:
    if not path.is_file():
        return f"{path}: no such file; `whiteboard practice` writes one to start from"
    if path.stat().st_size > LARGEST:
        return f"{path}: larger than {LARGEST:,} bytes; wanted a Python file with one function"
    return None


def _start(order: dict[str, Any]) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "whiteboard.practice.judged"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # The checks are tiny: the processor is enough, and an accelerator may be in use.
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
        start_new_session=True,
    )
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError), child.stdin:
        child.stdin.write(json.dumps(order).encode())
    return child


def _watch(child: subprocess.Popen[bytes], seconds: float) -> tuple[str, int | None]:
    """What the child printed, and its exit status; None when it was stopped at the time limit."""
    assert child.stdout is not None
    kept = bytearray()
    reader = threading.Thread(target=_drain, args=(child.stdout, kept), daemon=True)
    reader.start()
    try:
        status: int | None = child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        status = None
    finally:
        _stop(child)
        reader.join(timeout=2)
    return kept.decode("utf-8", "replace"), status


def _drain(stream: IO[bytes], kept: bytearray) -> None:
    """Reads to the end, so that the child never blocks, and keeps the start."""
    with stream:
        while block := stream.read(2**12):
            kept += block[: max(0, PRINTED - len(kept))]


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Ends the child and what it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.wait()


def _entries(ledger: Path, secret: str) -> list[dict[str, Any]]:
    """The lines that the child itself wrote, in order."""
    if not ledger.is_file():
        return []
    entries = []
    for line in ledger.read_text("utf-8", "replace").splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(entry, dict) and secrets.compare_digest(str(entry.get("secret")), secret):
            entries.append(entry)
    return entries


def _verdict(
    entries: list[dict[str, Any]], status: int | None, printed: str, seconds: float
) -> Verdict:
    last = entries[-1] if entries else {}
    if "text" in last:
        return Verdict(bool(last["passed"]), str(last["text"]), printed)
    during = f"during {last['doing']}" if last else "before it began"
    if status is None:
        text = f"still running after {seconds:g} s, stopped {during}: an endless loop?"
    elif status < 0:
        text = f"killed by {signal.Signals(-status).name} {during}: out of memory, or a crash in C"
    else:
        text = f"the process ended with status {status} {during}: does your code call os._exit?"
    return Verdict(False, text, printed)
