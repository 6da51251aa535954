"""The parts of a page that run in the browser: the copy button, the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from server import Server

from whiteboard.site import ledger
from whiteboard.site.fences import parse_fences
from whiteboard.site.pages import all_pages

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    permissions = ["clipboard-read", "clipboard-write"]
    with browser.new_context(permissions=permissions) as context:
        yield context.new_page()


def test_a_copied_block_brings_all_running_blocks_above_it(page: Page, server: Server) -> None:
    first = all_pages(ROOT / "docs")[0]
    fences = [f for f in parse_fences(first.path.read_text("utf8"), ROOT) if f.runs]
    page.goto(f"{server.url}{first.section}/{first.path.stem}/", wait_until="networkidle")
    blocks = page.locator("[data-run]")
    expect(blocks).to_have_count(len(fences))
    page.get_by_role("button", name="Show all code").click()
    for index in (0, 2):
        blocks.nth(index).locator("button.md-code__button").first.click()
        wanted = "\n\n".join(fence.source.rstrip() for fence in fences[: index + 1])
        assert page.evaluate("navigator.clipboard.readText()") == f"{wanted}\n"
    expect(blocks.nth(2)).to_contain_text("the 2 running blocks above")


def test_the_ledger_filters_by_word_and_verdict_and_remembers(page: Page, server: Server) -> None:
    claims = [entry.claim for entry in ledger.entries(ROOT / "docs")]
    folklore = [claim for claim in claims if claim.verdict == "folklore"]
    page.goto(f"{server.url}reference/ledger/", wait_until="networkidle")
    count, shown = page.locator("#ledger-count"), page.locator("#ledger > li:visible")
    expect(count).to_have_text(f"{len(claims)} of {len(claims)} claims")
    page.get_by_label("Verdict").select_option("folklore")
    expect(shown).to_have_count(len(folklore))
    page.reload(wait_until="networkidle")
    expect(count).to_have_text(f"{len(folklore)} of {len(claims)} claims")
    page.get_by_label("Words").fill("a word that no claim has")
    expect(count).to_have_text(f"0 of {len(claims)} claims")
    expect(shown).to_have_count(0)
