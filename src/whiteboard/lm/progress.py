"""A word to a waiting reader."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def progress(message: str, *, after: float = 2.0) -> Iterator[None]:
    """Show a message on a terminal's stderr while a block takes long.

    Args:
        message: what is being done, without the dots.
        after: seconds before the message appears.

    Yields:
        Nothing; the block runs.
    """
    if not sys.stderr.isatty():
        yield
        return
    timer = threading.Timer(after, _show, [f"{message} ..."])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        _show("\r\x1b[K")


def _show(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)
