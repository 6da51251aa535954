"""One page while it is written: `make page PAGE=22` builds it alone, serves it and runs its tests.

    python -m whiteboard.site.preview 22
    python -m whiteboard.site.preview docs/prepare/plan.md

Each save builds the page again in a second or two and reloads it in the browser; its tests start
anew beside that, and print what fails into the terminal. What the page links to is not built.
"""

from __future__ import annotations

import argparse
import atexit
import logging
import subprocess
import sys
from pathlib import Path

from mkdocs.commands.serve import serve

from whiteboard.site.pages import registry

ADDRESS = "127.0.0.1:8000"
HOOKS = "src/whiteboard/site/preview_hooks.py"


def find_page(name: str, docs: Path) -> Path:
    """The page that a number or a path stands for.

    Raises:
        LookupError: no such question or page; the message says what to do.
    """
    if not name.isdecimal():
        found = next(
            (p for p in (Path(name), docs / name) if p.suffix == ".md" and p.exists()), None
        )
        if found is None or docs.resolve() not in found.resolve().parents:
            raise LookupError(f"wanted a question's number or a page of {docs}/, got {name!r}")
        return found.resolve()
    try:
        question = registry().question(int(name))
    except KeyError as error:
        raise LookupError(error.args[0]) from None
    if not (docs / question.page).exists():
        raise LookupError(f"question {name} has no page yet: `make new PAGE={name}` begins one")
    return (docs / question.page).resolve()


class PageTests:
    """The tests of one page, in a process of their own; a new start ends the last."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)

    def start(self, page: Path, root: Path) -> None:
        """Run the page's tests, if it has changed since they last passed."""
        self.stop()
        place = page.relative_to(root).as_posix()
        print(f"\n{place}: its tests begin; they go on while you read", flush=True)
        command = [sys.executable, "-m", "pytest", place, "--changed", "-q", "--no-header"]
        self.process = subprocess.Popen(command, cwd=root, stdin=subprocess.DEVNULL)

    def stop(self) -> None:
        """End the tests that run, if any do."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


TESTS = PageTests()


def main(arguments: list[str] | None = None) -> None:
    """Serve one page until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", help="the question's number, or the page's path")
    try:
        page = find_page(parser.parse_args(arguments).page, Path("docs"))
    except LookupError as error:
        raise SystemExit(f"make page: {error}") from None
    _log()
    place = page.relative_to(Path("docs").resolve())
    print(f"http://{ADDRESS}/{place.with_suffix('')}/ shows {place}; Ctrl-C ends it", flush=True)
    serve(
        config_file="mkdocs.yml",
        dev_addr=ADDRESS,
        strict=False,
        hooks=[HOOKS],
        extra={"generator": False, "preview": place.as_posix()},
    )


def _log() -> None:
    """What mkdocs does, in the terminal, as its own command shows it."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s - %(message)s"))
    handler.addFilter(_is_of_the_page)
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


def _is_of_the_page(record: logging.LogRecord) -> bool:
    """Links to pages that are left out are no news here."""
    return "which is excluded from the built site" not in record.getMessage()


if __name__ == "__main__":
    main()
