import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from markdown import Markdown

from whiteboard.site import cards, ledger
from whiteboard.site.claims import VERDICTS, Check, Claim
from whiteboard.site.pages import registry

FRONT = """---
number: {number}
section: {section}
levels: {levels}
week: {week}
tags: [attention]
cards:
  - {{front: "Why \\"scale\\"?", back: "Because `a * b * c`.\\n\\nTwice."}}
  - {{front: "And then?", back: "Nothing."}}
claims:
  - id: {id}-c1
    says: "Memory grows as `n * n * 2` when a < b."
    verdict: corrected
    right: "It is `n_heads * n_kv`, see [the paper](#src-paper)."
    checks: [{{expr: "f(n_a)*g_b*2", value: 1234567.50}}]
  - id: {id}-c2
    says: "{says}"
    verdict: {verdict}
    right: "No."
    source: "arXiv 1706.03762, section 3"
---

# Title {number}

<!-- claims -->

## Sources

- A paper. {{ #src-paper }}
"""


class Reader(HTMLParser):
    """Texts by class of the innermost named element, list items with their attributes, code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.items: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.code: list[str] = []
        self.links: list[str] = []
        self.inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        if tag == "li":
            self.items.append(dict(attrs))
            self.texts.append("")
        if tag == "a":
            self.links.append(str(dict(attrs)["href"]))

    def handle_endtag(self, tag: str) -> None:
        while self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "code" in self.inside:
            self.code.append(data)
        if "li" in self.inside:
            self.texts[-1] += data


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for number, says, verdict in [(1, "Softmax is slow.", "folklore"), (15, "Dense.", "cited")]:
        question = registry().question(number)
        text = FRONT.format(
            number=number, section=question.section.name, week=question.section.week,
            levels=list(question.levels), id=f"q{number:02d}", says=says, verdict=verdict,
        )  # fmt: skip
        path = tmp_path / "docs" / question.page
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return tmp_path / "docs"


def render(markdown: str) -> Reader:
    extensions = ["md_in_html", "attr_list", "tables", "pymdownx.details"]
    return Reader(Markdown(extensions=extensions).convert(markdown))


def mkdocs_page(docs: Path, place: str) -> SimpleNamespace:
    return SimpleNamespace(
        file=SimpleNamespace(src_uri=place, abs_src_path=str(docs / place)), url=place
    )


def test_a_page_shows_each_claim_with_its_verdict_value_and_source(docs: Path) -> None:
    place = "architecture/q01-scaled-dot-product-attention.md"
    html = ledger.insert_claims((docs / place).read_text(), page=mkdocs_page(docs, place))
    page = render(html.split("---\n", 2)[2])
    first, second = page.texts[:2]
    assert [item.get("id") for item in page.items[:2]] == ["q01-c1", "q01-c2"]
    assert "corrected" in first
    assert "f(n_a)*g_b*2 = 1,234,567.50" in first
    assert "when a < b" in first
    assert "folklore" in second
    assert "arXiv 1706.03762, section 3" in second
    assert {"n * n * 2", "n_heads * n_kv", "f(n_a)*g_b*2"} <= set(page.code)
    assert "#src-paper" in page.links


def test_the_ledger_lists_all_claims_with_links_to_their_pages(docs: Path) -> None:
    config = {"docs_dir": str(docs)}
    page = mkdocs_page(docs, "reference/ledger.md")
    reader = render(ledger.insert_ledger("<!-- ledger -->", page=page, config=config))
    marks = [(item["data-section"], item["data-verdict"]) for item in reader.items]
    assert marks == [
        ("architecture", "corrected"),
        ("architecture", "folklore"),
        ("retrieval", "corrected"),
        ("retrieval", "cited"),
    ]
    assert not any("id" in item for item in reader.items)
    assert "../architecture/q01-scaled-dot-product-attention.md#src-paper" in reader.links
    assert "../retrieval/q15-bm25-and-dense-retrieval.md#q15-c2" in reader.links


def test_a_page_that_answers_no_question_may_carry_claims(docs: Path) -> None:
    path = docs / "prepare" / "plan.md"
    path.parent.mkdir()
    claim = "{id: plan-c2, says: It takes 90 hours., verdict: cited, source: arXiv 2203.15556}"
    path.write_text(f"---\nclaims: [{claim}]\n---\n\n# Four weeks\n\n<!-- claims -->\n")
    text = path.read_text().split("---\n", 2)[2]
    html = ledger.insert_claims(text, page=mkdocs_page(docs, "prepare/plan.md"))
    assert [item["id"] for item in render(html).items] == ["plan-c2"]
    page = mkdocs_page(docs, "reference/ledger.md")
    html = ledger.insert_ledger("<!-- ledger -->", page=page, config={"docs_dir": str(docs)})
    reader = render(html)
    assert reader.items[-1]["data-section"] == "prepare"
    assert "Four weeks" in reader.texts[-1]
    assert "../prepare/plan.md#plan-c2" in reader.links
    assert '<option value="prepare">Prepare</option>' in html


def test_the_counts_are_those_of_the_list(docs: Path) -> None:
    found = ledger.entries(docs)
    rows = dict(re.findall(r"^\| (\w+) \| (\d+) \|$", ledger.ledger(found, "reference"), re.M))
    assert rows == {"holds": "0", "corrected": "2", "folklore": "1", "cited": "1", "all": "4"}
    assert set(VERDICTS) | {"all"} == set(rows)


def test_the_filters_offer_only_sections_that_have_claims(docs: Path) -> None:
    html = ledger.ledger(ledger.entries(docs), "reference")
    assert re.findall(r'<option value="(\w+)"', html) == ["architecture", "retrieval", *VERDICTS]
    assert re.search(r'<form[^>]* role="search"[^>]* hidden>', html)
    assert '<p role="status"' in html


def test_a_claim_without_its_correction_or_check_is_short() -> None:
    item = ledger.claim_item(
        Claim("q01-c1", "Says <script>.", "holds", checks=(Check("f()", True),))
    )
    assert "claim__right" not in item
    assert "<script>" not in item
    assert "f() = True" in render(f'<ul markdown="block">\n{item}\n</ul>').texts[0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1234567, "1,234,567"), (9999, "9999"), ("12345|67", "12345|67"), ("98765", "98765")],
)
def test_only_numbers_are_grouped_not_digits_in_a_string(value: int | str, shown: str) -> None:
    item = ledger.claim_item(Claim("q01-c1", "Says.", "holds", checks=(Check("f()", value),)))
    assert f"f() = {shown}" in render(f'<ul markdown="block">\n{item}\n</ul>').texts[0]


def test_a_site_without_pages_says_so(tmp_path: Path) -> None:
    config = {"docs_dir": str(tmp_path)}
    page = mkdocs_page(tmp_path, "reference/ledger.md")
    assert "No page" in ledger.insert_ledger("<!-- ledger -->", page=page, config=config)
    assert "No page" in cards.insert("<!-- cards -->", page=page, config=config)


def test_cards_are_folded_and_link_to_their_page(docs: Path) -> None:
    page = mkdocs_page(docs, "practice/cards.md")
    text = cards.insert("<!-- cards -->", page=page, config={"docs_dir": str(docs)})
    html = Markdown(extensions=["pymdownx.details", "admonition"]).convert(text)
    assert html.count("<details") == 4
    assert re.search(r"<summary>Why (\"|&quot;)scale(\"|&quot;)\?</summary>", html)
    assert "<code>a * b * c</code>" in html
    assert 'href="../architecture/q01-scaled-dot-product-attention.md"' in html
