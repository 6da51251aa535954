"""The parts of a page that run in the browser: the copy button, the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from server import Server

from whiteboard.site import downloads, ledger
from whiteboard.site.needs import growing_needs
from whiteboard.site.pages import all_pages

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    permissions = ["clipboard-read", "clipboard-write"]
    with browser.new_context(permissions=permissions) as context:
        yield context.new_page()


@pytest.mark.parametrize("number", [1, 2], ids=["the package is enough", "weights are needed"])
def test_a_copied_block_brings_what_it_needs(page: Page, server: Server, number: int) -> None:
    """All running blocks above it, and before them what to install."""
    source = next(p for p in all_pages(ROOT / "docs") if p.number == number)
    programs = [fence.source.rstrip() for fence in downloads.running(source)]
    needs = [needed.line() for needed in growing_needs(programs, ROOT)]
    assert any(needs) == (number == 2)
    page.goto(f"{server.url}{source.section}/{source.path.stem}/", wait_until="networkidle")
    blocks = page.locator("[data-run]")
    expect(blocks).to_have_count(len(programs))
    page.get_by_role("button", name="Show all code").click()
    for index in (0, 2):
        blocks.nth(index).locator("button.md-code__button").first.click()
        first = [f"# needs: {needs[index]}"] if needs[index] else []
        wanted = "\n\n".join([*first, *programs[: index + 1]])
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
