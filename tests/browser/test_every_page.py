"""Every page of the built site, in a real browser: what it asks for, says, and looks like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize
from server import Server

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text("utf8")
DESK, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules of axe that a scheme can break. They take as long as all the others."""
ALL_RULES: dict[str, object] = {}
BUT_COLOURS = {"rules": {rule: {"enabled": False} for rule in COLOURS}}
ONLY_COLOURS = {"runOnly": COLOURS}
LOOKS = (
    (PHONE, "light", ALL_RULES),
    (DESK, "light", BUT_COLOURS),
    (DESK, "dark", ONLY_COLOURS),
    (PHONE, "dark", None),
)
FIRST_VIEW = 200_000
"""Bytes over the wire that a reader may have to wait for."""
ALL_LAID_OUT = ".md-content__inner > * { content-visibility: visible !important }"
"""What is below the screen is looked at like the rest."""
UNFOLDED = "document.querySelectorAll('article details').forEach(fold => { fold.open = true })"
"""So is what is folded."""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDE_BLOCKS = """
    Array.from(document.querySelectorAll("article :is(pre, pre > code)"))
      .filter(block => block.scrollWidth > block.clientWidth)
      .map(block => `${block.scrollWidth - block.clientWidth} px: ${block.innerText.slice(0, 80)}`)
"""


def watch(page: Page, server: Server) -> list[str]:
    """A list that fills with what a page must not do: ask another host, or complain."""
    complaints: list[str] = []

    def on_request(request: Request) -> None:
        if not request.url.startswith((server.url, "data:", "blob:")):
            complaints.append(f"asks another host: {request.url}")

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(f"console: {message.text} ({message.location['url']})")

    page.on("request", on_request)
    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    return complaints


def violations(page: Page, rules: Mapping[str, object]) -> list[str]:
    """What axe-core finds, a line a rule."""
    page.evaluate(AXE)
    options = {"resultTypes": ["violations"], "preload": False, **rules}
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {[node['html'][:150] for node in rule['nodes'][:3]]}"
        for rule in found
    ]


def test_page_is_self_contained_light_and_accessible(
    browser: Browser, server: Server, address: str
) -> None:
    server.sent.clear()
    with browser.new_context(
        viewport=PHONE, color_scheme="light", reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        complaints = watch(page, server)
        page.goto(server.url + address, wait_until="networkidle")
        sent = dict(server.sent)
        page.add_style_tag(content=ALL_LAID_OUT)
        page.evaluate(UNFOLDED)
        for size, scheme, rules in LOOKS:
            page.set_viewport_size(size)
            if (size, scheme) == (DESK, "dark"):
                page.get_by_title("Switch to dark").click()
                page.wait_for_selector("body[data-md-color-scheme=slate]")
            if (pixels := page.evaluate(SIDEWAYS)) > 0:
                complaints.append(f"scrolls {pixels} px sideways at {size['width']} px, {scheme}")
            if size == DESK:
                complaints += [f"a block scrolls {text}" for text in page.evaluate(WIDE_BLOCKS)]
            if rules is not None:
                found = violations(page, rules)
                complaints += [f"axe at {size['width']} px, {scheme}: {line}" for line in found]
    assert len(sent) > 3, f"the server saw only {sent}"
    if (weight := sum(sent.values())) >= FIRST_VIEW:
        complaints.append(f"first view {weight:,} bytes: {sent}")
    assert complaints == [], "\n".join(complaints)


@pytest.mark.parametrize("path", ["", "architecture/q02-kv-cache/"])
@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_colours_of_what_surrounds_a_page(
    browser: Browser,
    server: Server,
    path: str,
    size: ViewportSize,
    scheme: Literal["light", "dark"],
) -> None:
    """The looks that are left, on two pages: the header, the menus, the foot are everywhere."""
    with browser.new_context(viewport=size, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(server.url + path)
        page.add_style_tag(content=ALL_LAID_OUT)
        assert violations(page, ONLY_COLOURS) == []


@pytest.fixture(scope="module")
def plain(browser: Browser) -> Iterator[Page]:
    """A phone without JavaScript."""
    with browser.new_context(viewport=PHONE, java_script_enabled=False) as context:
        yield context.new_page()


def test_page_reads_without_javascript(plain: Page, server: Server, address: str) -> None:
    plain.goto(server.url + address)
    title = plain.locator("article h1").first
    assert title.is_visible()
    assert title.bounding_box()["width"] <= PHONE["width"]  # type: ignore[index]
    assert len(plain.locator("article").inner_text()) > 50
