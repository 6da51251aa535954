"""Folded code: unfolded by a click, by the button, on paper; and copied whole. Wide code fades."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from server import Server

from whiteboard.site.fences import Fence, parse_fences
from whiteboard.site.needs import growing_needs
from whiteboard.site.pages import all_pages

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser
CACHE = next(page for page in all_pages(ROOT / "docs") if page.number == 2)
PLACE = f"{CACHE.section}/{CACHE.path.stem}/"
PHONE = ViewportSize(width=390, height=844)
FOLDS, SUMMARIES = "details.wb-fold--code", "details.wb-fold--code > summary"
EDGE = "block => getComputedStyle(block).getPropertyValue('--wb-edge')"


def fences() -> list[Fence]:
    return parse_fences(CACHE.path.read_text("utf8"), ROOT)


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    permissions = ["clipboard-read", "clipboard-write"]
    with browser.new_context(permissions=permissions) as context:
        page = context.new_page()
        page.goto(server.url + PLACE, wait_until="networkidle")
        yield page


def test_a_result_is_read_first_and_its_code_is_one_click_away(page: Page) -> None:
    fold = page.locator(FOLDS).first
    code = fold.locator("pre")
    expect(page.locator(".output:has(+ .wb-fold--code)").first).to_be_visible()
    expect(code).to_be_hidden()
    fold.locator("summary").click()
    expect(code).to_be_visible()


def test_the_button_shows_all_code_and_is_remembered(page: Page, server: Server) -> None:
    button = page.get_by_role("button", name="Show all code")
    closed, opened = page.locator(f"{FOLDS}:not([open])"), page.locator(f"{FOLDS}[open]")
    count = closed.count()
    assert count >= 4
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(opened).to_have_count(count)
    page.goto(server.url + PLACE.replace("q02-kv-cache", "q09-mqa-and-gqa"))
    expect(opened.first).to_be_attached()
    expect(closed).to_have_count(0)
    button.click()
    expect(button).to_have_attribute("aria-expanded", "false")
    page.reload()
    expect(button).to_be_visible()
    expect(opened).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_folded_code_is_printed(browser: Browser, server: Server, scripts: bool) -> None:
    with browser.new_context(java_script_enabled=scripts) as context:
        page = context.new_page()
        page.goto(server.url + PLACE)
        page.emulate_media(media="print")
        if scripts:  # else the stylesheet does it
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
        for fold in page.locator("details.wb-fold").all():
            expect(fold.locator(":scope > :not(summary)").last).to_be_visible()
        expect(page.locator(".wb-all-code")).to_be_hidden()


def test_without_javascript_a_click_unfolds_and_no_button_promises_more(
    browser: Browser, server: Server
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(server.url + PLACE)
        expect(page.locator(".wb-all-code")).to_be_hidden()
        page.locator(SUMMARIES).first.click()
        expect(page.locator(f"{FOLDS} pre").first).to_be_visible()


def test_an_implementation_is_copied_with_its_folded_lines(page: Page) -> None:
    shown = next(fence for fence in fences() if "notest" in fence.options)
    block = page.locator(".highlight:has(.wb-fold--doc)").first
    block.hover()
    block.locator("button.md-code__button").first.click()
    expect(page.locator(".md-dialog__inner")).to_have_text("Copied to clipboard")
    assert page.evaluate("navigator.clipboard.readText()") == shown.source.rstrip()


def test_a_folded_block_is_copied_with_what_it_needs(page: Page) -> None:
    numbers = CACHE.path.read_text("utf8").split("\n").index("## The numbers")
    running = [fence for fence in fences() if fence.runs]
    first = next(index for index, fence in enumerate(running) if fence.line > numbers)
    page.locator(SUMMARIES).first.click()
    page.locator(f"{FOLDS} button.md-code__button").first.click()
    programs = [fence.source.rstrip() for fence in running[: first + 1]]
    needs = list(growing_needs(programs, ROOT))[-1].line()
    wanted = "\n\n".join([f"# needs: {needs}", *programs])
    assert page.evaluate("navigator.clipboard.readText()") == f"{wanted}\n"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_a_wide_block_fades_until_its_end(
    browser: Browser, server: Server, scheme: Literal["light", "dark"]
) -> None:
    with browser.new_context(viewport=PHONE, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(server.url + PLACE)
        blocks = page.locator("pre > code").all()
        wide = next(b for b in blocks if b.evaluate("b => b.scrollWidth > b.clientWidth"))
        narrow = next(b for b in blocks if b.evaluate("b => b.scrollWidth == b.clientWidth"))
        wide.scroll_into_view_if_needed()
        assert float(wide.evaluate(EDGE).removesuffix("px")) > 20
        assert narrow.evaluate(EDGE) == "0px"
        wide.evaluate("block => block.scrollTo(block.scrollWidth, 0)")
        page.wait_for_function(f"block => ({EDGE})(block) === '0px'", arg=wide.element_handle())
