"""For programs that read: llms.txt, and each question's page as Markdown, includes expanded.

The form of llms.txt is that of llmstxt.org: a title, a summary, and lists of links.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import markdown

from whiteboard.site.pages import Page, all_pages, registry

OTHERS = {
    "prepare/levels": "what each level is asked",
    "prepare/plan": "four weeks, and what to build in each",
    "reference/glossary": "the words, with their other names",
    "reference/about": "how the numbers are proved; licences of weights and corpora",
}


def write(config: Any) -> None:
    """Write llms.txt and the pages' Markdown into the built site."""
    site, docs = Path(config["site_dir"]), Path(config["docs_dir"])
    pages = all_pages(docs)
    for page in pages:
        source = with_includes(page.path.read_text("utf8"), docs.parent)
        (site / page.path.relative_to(docs.resolve())).write_text(source, "utf8")
    text = llms_txt(
        pages, config["site_name"], config["site_description"], config["site_url"] or ""
    )
    (site / "llms.txt").write_text(text, "utf8")


def llms_txt(pages: list[Page], name: str, description: str, site_url: str) -> str:
    """The text of llms.txt; links are relative when the site's address is not known."""
    lines = [f"# {name}", "", f"> {description}"]
    for section in registry().sections:
        if entries := [_entry(page, site_url) for page in pages if page.section == section.name]:
            lines += ["", f"## {section.title}", "", *entries]
    others = [f"- [{place}]({site_url}{place}/): {what}" for place, what in OTHERS.items()]
    return "\n".join([*lines, "", "## Optional", "", *others]) + "\n"


def with_includes(text: str, root: Path) -> str:
    """The text with its `--8<--` lines replaced as the site replaces them."""
    options = {"base_path": [str(root)], "check_paths": True, "dedent_subsections": True}
    reader = markdown.Markdown(
        extensions=["pymdownx.snippets"], extension_configs={"pymdownx.snippets": options}
    )
    return "\n".join(reader.preprocessors["snippet"].run(text.split("\n")))


def _entry(page: Page, site_url: str) -> str:
    answer = next((part.text for part in page.parts if part.heading == "In 30 seconds"), "")
    first = re.split(r"(?<=[.?!])\s", " ".join(answer.split()), maxsplit=1)[0]
    place = f"{page.section}/{page.path.name}"
    return f"- [{page.number}. {page.title}]({site_url}{place}): {first}"
