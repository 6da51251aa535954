"""The built site, a server for it, and a browser: `make test-site` builds first.

WHITEBOARD_SITE names another built site, WHITEBOARD_BROWSER another browser.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from server import Server, serve

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("WHITEBOARD_SITE", ROOT / "site"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pages() -> list[str]:
    """The addresses of all pages, from the root of the site."""
    found = (path.parent.relative_to(SITE).as_posix() for path in SITE.rglob("index.html"))
    return sorted("" if place == "." else f"{place}/" for place in found)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "address" in metafunc.fixturenames:
        metafunc.parametrize("address", pages() or [""], ids=lambda address: address or "home")


@pytest.fixture(scope="session")
def site() -> Path:
    if not (SITE / "index.html").exists():
        pytest.fail(f"no built site in {SITE}: run `make test-site`, or `mkdocs build --strict`")
    return SITE


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[Server]:
    with serve(site) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = [os.environ["WHITEBOARD_BROWSER"]] if "WHITEBOARD_BROWSER" in os.environ else BROWSERS
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(names)} is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Page]:
    """The module's PAGE on a phone, for all of the module's tests."""
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto(server.url + request.module.PAGE, wait_until="networkidle")
        yield page
