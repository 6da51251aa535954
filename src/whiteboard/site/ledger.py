"""The claims, shown: on their page (`<!-- claims -->`) and all in the ledger (`<!-- ledger -->`).

Each is a list item with what is said, the verdict, what is so, and what computes or cites it. The
ledger works without JavaScript as a full list; `ledger.js` adds the search and the two filters.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from whiteboard.site.claims import VERDICTS, Check, Claim, parse_claims
from whiteboard.site.front_matter import digits, split
from whiteboard.site.pages import all_pages, registry

CLAIMS = re.compile(r"^<!-- claims -->[ \t]*$", re.MULTILINE)
LEDGER = re.compile(r"^<!-- ledger -->[ \t]*$", re.MULTILINE)
_CODE_SPAN = re.compile(r"(`+)(.+?)\1", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """One claim, and its page: the place under docs/, the section, and how a link names it."""

    claim: Claim
    place: str
    section: str
    name: str


def entries(docs: Path) -> list[Entry]:
    """Every claim of every page under `docs`: those of questions by number, then the others'."""
    found = [
        Entry(claim, f"{page.section}/{page.path.name}", page.section, f"Question {page.number}")
        for page in all_pages(docs)
        for claim in parse_claims(page.meta)
    ]
    for path in sorted(docs.rglob("*.md")):
        text = path.read_text("utf8")
        if text.startswith("---\n") and not re.match(r"q\d\d-", path.name):
            meta, body, _ = split(text)
            title = re.search(r"^# (.+)$", body, re.MULTILINE)
            place, section = path.relative_to(docs).as_posix(), path.parent.name
            name = title[1] if title else path.stem
            found += [Entry(claim, place, section, name) for claim in parse_claims(meta)]
    return found


def insert_claims(markdown: str, *, page: Any, **_: Any) -> str:
    """Put the page's claims where it says `<!-- claims -->` (mkdocs: on_page_markdown)."""
    if not CLAIMS.search(markdown):
        return markdown
    claims = parse_claims(split(Path(page.file.abs_src_path).read_text("utf8"))[0])
    items = "\n".join(claim_item(claim) for claim in claims)
    listed = f'<ul class="claims" aria-label="Claims" markdown="block">\n{items}\n</ul>'
    return CLAIMS.sub(lambda _: f"\n{listed}\n", markdown)


def insert_ledger(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Put all claims where a page says `<!-- ledger -->` (mkdocs: on_page_markdown)."""
    if not LEDGER.search(markdown):
        return markdown
    here = posixpath.dirname(page.file.src_uri) or "."
    found = entries(Path(config["docs_dir"]))
    return LEDGER.sub(lambda _: f"\n{ledger(found, here)}\n", markdown)


def ledger(found: list[Entry], here: str) -> str:
    """The counts, the filters and the list, for a page in the folder `here`."""
    if not found:
        return "No page with claims is written yet."
    items = "\n".join(_ledger_item(entry, here) for entry in found)
    listed = f'<ul class="claims" id="ledger" data-search-exclude markdown="block">\n{items}\n</ul>'
    return f"{_counts(found)}\n\n{_filters(found)}\n\n{listed}"


def claim_item(claim: Claim, *, where: str = "", data: str = "") -> str:
    """A claim as one item of a `markdown="block"` list, in Markdown for the page's own renderer."""
    anchor = "" if where else f' id="{claim.id}"'
    parts = [
        f'<p class="claim__says" markdown="span"><b class="claim__verdict">{claim.verdict}</b>'
        f" “{_inline(claim.says)}”</p>"
    ]
    if claim.right:
        parts.append(f'<p class="claim__right" markdown="span">{_inline(claim.right)}</p>')
    proof = [_shown(check) for check in claim.checks]
    proof += [f'<span class="claim__source">{_inline(claim.source)}</span>'] if claim.source else []
    parts.append(f'<p class="claim__proof" markdown="span">{" ".join([*proof, where]).strip()}</p>')
    body = "\n".join(parts)
    return (
        f'<li class="claim claim--{claim.verdict}"{anchor}{data} markdown="block">\n{body}\n</li>'
    )


def _ledger_item(entry: Entry, here: str) -> str:
    claim = entry.claim
    target = posixpath.relpath(entry.place, here)
    where = f"[{entry.name}]({target}#{claim.id})"
    data = f' data-section="{entry.section}" data-verdict="{claim.verdict}"'
    # The anchors of a claim's links are those of its own page.
    linked = {
        key: getattr(claim, key).replace("](#", f"]({target}#")
        for key in ("says", "right", "source")
    }
    moved = Claim(claim.id, verdict=claim.verdict, checks=claim.checks, **linked)
    return claim_item(moved, where=where, data=data)


def _shown(check: Check) -> str:
    value = check.value  # a string is shown as it is compared
    if not isinstance(value, str):
        value = re.sub(r"^\d{5,}", lambda number: f"{int(number[0]):,}", digits(value))
    return f'<span class="claim__check">{_code(check.expr)} = <b>{_code(value)}</b></span>'


def _inline(text: str) -> str:
    """Markdown text made safe inside an HTML element: a bare `<` or `&` is text, code is kept."""
    text, out, end = " ".join(text.split()), "", 0
    for span in _CODE_SPAN.finditer(text):
        out += escape(text[end : span.start()], quote=False) + _code(span[2].strip())
        end = span.end()
    return out + escape(text[end:], quote=False)


def _code(text: str) -> str:
    """Code that neither Markdown nor HTML reads on: every mark is written as an entity."""
    return f"<code>{re.sub(r'[^a-zA-Z0-9 ]', lambda mark: f'&#{ord(mark[0])};', text)}</code>"


def _counts(found: list[Entry]) -> str:
    verdicts = Counter(entry.claim.verdict for entry in found)
    rows = "\n".join(f"| {name} | {verdicts[name]} |" for name in VERDICTS)
    return f"| Verdict | Claims |\n|---|---:|\n{rows}\n| all | {len(found)} |"


def _filters(found: list[Entry]) -> str:
    """The form, hidden until `ledger.js` works it."""
    titles = {section.name: section.title for section in registry().sections}
    present = dict.fromkeys(entry.section for entry in found)
    sections = [(name, titles.get(name, name.capitalize())) for name in present]
    verdicts = [(name, name) for name in VERDICTS]
    return (
        '<form class="ledger__form" id="ledger-form" role="search" aria-label="Claims" hidden>'
        '<label>Words <input type="search" name="words" autocomplete="off"></label>'
        f"{_select('section', 'Section', sections)}{_select('verdict', 'Verdict', verdicts)}"
        '<p role="status" id="ledger-count"></p></form>'
    )


def _select(name: str, label: str, options: Iterable[tuple[str, str]]) -> str:
    choices = [f'<option value="{value}">{escape(text)}</option>' for value, text in options]
    return (
        f'<label>{label} <select name="{name}"><option value="">all</option>'
        f"{''.join(choices)}</select></label>"
    )
