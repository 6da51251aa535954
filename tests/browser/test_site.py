"""What a reader does on the site: search, switch the scheme, print, follow any link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from server import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(server.url, wait_until="networkidle")
        yield page


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("GQA", "Grouped-query attention"),
        ("grouped query", "Grouped-query attention"),
        ("kv heads", "KV heads"),
        ("softmax(nonsense", None),
    ],
)
def test_search_finds_the_words_of_the_field(page: Page, query: str, title: str | None) -> None:
    page.locator(".md-search__input").press_sequentially(query)  # it listens to keys
    results = page.locator(".md-search-result__list")
    if title is None:
        expect(page.locator(".md-search-result__meta")).not_to_have_text("Type to start searching")
    else:
        expect(results).to_contain_text(title)


def test_search_index_waits_for_the_reader(page: Page) -> None:
    # What this page asks for: the server may still be answering the last test's.
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload(wait_until="networkidle")
    assert asked
    assert not [url for url in asked if "search_index" in url]
    with page.expect_response(lambda response: "search_index" in response.url):
        page.keyboard.press("/")


def test_scheme_switches_and_stays(page: Page) -> None:
    body = page.locator("body")
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    page.get_by_title("Switch to dark").click()
    expect(body).to_have_attribute("data-md-color-scheme", "slate")
    page.reload()
    expect(body).to_have_attribute("data-md-color-scheme", "slate")


def test_a_reader_in_the_dark_gets_the_dark_scheme(browser: Browser, server: Server) -> None:
    with browser.new_context(color_scheme="dark") as context:
        page = context.new_page()
        page.goto(server.url)
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")


def test_print_leaves_the_frame_out(page: Page) -> None:
    page.emulate_media(media="print")
    for part in (".md-header", ".md-tabs", ".md-footer"):
        expect(page.locator(part)).to_be_hidden()
    expect(page.locator("article h1")).to_be_visible()


class Links(HTMLParser):
    """The ids of a page, and where its links and parts point."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.ids.add(value or "")
            elif name in {"href", "src"} and value and tag != "base":
                self.links.add(value)


def dead_links(site: Path) -> list[str]:
    """Every internal link of every page, and its anchor, that leads nowhere."""
    parsed: dict[str, Links] = {}
    for path in site.rglob("*.html"):
        parsed[f"/{path.relative_to(site).as_posix()}"] = links = Links()
        links.feed(path.read_text("utf8"))
    dead = []
    for place, links in parsed.items():
        for link in sorted(links.links):
            if urlsplit(link).scheme or link.startswith("//") or place == "/404.html":
                continue
            target, anchor = urldefrag(urljoin(place, link))
            target = unquote(urlsplit(target).path)
            target += "index.html" if target.endswith("/") else ""
            if not (site / target[1:]).is_file():
                dead.append(f"{place}: {link}")
            elif anchor and target in parsed and unquote(anchor) not in parsed[target].ids:
                dead.append(f"{place}: {link} (no such anchor)")
    return dead


def test_no_link_of_the_built_site_is_dead(site: Path) -> None:
    assert dead_links(site) == []
    assert len(list(site.rglob("index.html"))) > 20


def test_the_crawl_sees_a_dead_link_and_a_dead_anchor(tmp_path: Path) -> None:
    (tmp_path / "there.html").write_text('<p id="here">', "utf8")
    text = '<a href="there.html#here">a</a><a href="there.html#gone">b</a><img src="no.svg">'
    (tmp_path / "index.html").write_text(text, "utf8")
    expected = ["/index.html: no.svg", "/index.html: there.html#gone (no such anchor)"]
    assert dead_links(tmp_path) == expected


def test_llms_txt_names_pages_that_exist(site: Path) -> None:
    text = (site / "llms.txt").read_text("utf8")
    home = re.search(r'rel="canonical" href="([^"]*)"', (site / "index.html").read_text("utf8"))
    places = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert len(places) > 3
    for place in places:
        path = site / place.removeprefix(home[1] if home else "")
        assert path.is_file() or (path / "index.html").is_file(), place
