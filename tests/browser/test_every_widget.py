"""Every widget fits a phone, and without JavaScript the page says what it would."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from server import Server

from whiteboard.architecture.published_caches import MODELS
from whiteboard.architecture.published_laws import PUBLISHED
from whiteboard.data.prices import token_prices

pytestmark = pytest.mark.browser
WIDGETS = {
    "bpe-merges": ("architecture/q03-byte-pair-encoding/", (" |s|l|o|w|e|r", " s|low|er")),
    "kv-cache": ("architecture/q02-kv-cache/", [model.name for model in MODELS]),
    "prompt-caching": ("architecture/q13-prompt-caching/", token_prices()),
    "sample-size": ("retrieval/q17-rag-evaluation/", ("same queries",)),
    "scaling-laws": ("architecture/q04-scaling-laws/", PUBLISHED),
    "sharding": ("architecture/sharded-training/", ("Llama 3.1 8B", "Mixtral 8x7B")),
}


def test_these_are_all(site: Path) -> None:
    text = "".join(page.read_text("utf8") for page in site.rglob("index.html"))
    assert set(re.findall(r'id="?widget-([a-z-]+)', text)) == set(WIDGETS)


@pytest.mark.parametrize("name", WIDGETS)
def test_it_fits_a_phone(name: str, browser: Browser, server: Server) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto(server.url + WIDGETS[name][0])
        expect(page.locator(f"#widget-{name} form")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("name", WIDGETS)
def test_without_javascript_the_page_says_it(name: str, browser: Browser, server: Server) -> None:
    address, texts = WIDGETS[name]
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(server.url + address)
        expect(page.locator(f"#widget-{name}")).to_be_hidden()
        for text in texts:
            expect(page.locator("pre").filter(has_text=text).first).to_be_visible()
