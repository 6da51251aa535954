"""The registry put into the site: navigation, lists of questions, a page's meta line."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.utils import get_relative_url

from whiteboard.site import api
from whiteboard.site.pages import Question, registry

LINK = re.compile(r"\[([^\]\n]+)\]\(question:(\d+)(#[\w-]+)?\)")
LIST = re.compile(r"^<!-- questions(?:: (section|level|week)=([a-z0-9]+))? -->$", re.MULTILINE)


def apply(config: Any) -> Any:
    """Give mkdocs the navigation: a page that is not written has no entry and no link."""
    config["nav"] = navigation(Path(config["docs_dir"]))
    return config


def navigation(docs: Path) -> list[Any]:
    """The navigation of what stands under `docs`, in the form mkdocs.yml would write it."""
    questions: list[Any] = [{"All questions": "questions.md"}]
    questions += [{s.title: _section_pages(s.name, docs)} for s in registry().sections]
    reference = [*_pages("reference", docs, last="about"), {"API": list(api.pages())}]
    shelves = {
        "Prepare": _pages("prepare", docs, last="plan"),
        "Questions": questions,
        "Practice": _pages("practice", docs),
        "Labs": _pages("labs", docs),
        "Reference": reference,
    }
    return [{"Home": "index.md"}, *({title: pages} for title, pages in shelves.items() if pages)]


def _section_pages(section: str, docs: Path) -> list[Any]:
    listed = [q for q in registry().questions if q.section.name == section]
    written = [{f"{q.number}. {q.title}": q.page} for q in listed if (docs / q.page).exists()]
    others = [
        place for place in _pages(section, docs) if not re.match(r".*/(q\d\d-|index\.)", place)
    ]
    return [f"{section}/index.md", *written, *others]


def _pages(folder: str, docs: Path, last: str = "") -> list[Any]:
    """A folder's index, its other pages by name, and the one called `last`."""
    files = [path for path in (docs / folder).glob("*") if path.suffix in {".md", ".py"}]
    files.sort(key=lambda path: (path.stem != "index", path.stem == last, path.name))
    return [path.relative_to(docs).as_posix() for path in files]


def expand_lists(markdown: str, *, page: Any, files: Any, **_: Any) -> str:
    """Put questions of the registry where a page says `<!-- questions: week=1 -->`.

    The keys are section, level and week; `<!-- questions -->` is all of them.
    Raises ValueError for a list that would be empty.
    """
    here = posixpath.dirname(page.file.src_uri)

    def expand(match: re.Match[str]) -> str:
        chosen = [q for q in registry().questions if _wanted(q, match[1], match[2])]
        if not chosen:
            raise ValueError(f"{page.file.src_uri}: {match[0]} names no question of the registry")
        return question_list(
            chosen, here, lambda place: files.get_file_from_path(place) is not None
        )

    return LIST.sub(expand, markdown)


def expand_links(markdown: str, *, page: Any, files: Any, **_: Any) -> str:
    """Make `[the cache](question:2)` a link to that page, or plain text until it is written."""
    here = posixpath.dirname(page.file.src_uri) or "."

    def expand(match: re.Match[str]) -> str:
        text, place = match[1], registry().question(int(match[2])).page
        if files.get_file_from_path(place) is None:
            return text
        return f"[{text}]({posixpath.relpath(place, here)}{match[3] or ''})"

    return LINK.sub(expand, markdown)


def _wanted(question: Question, key: str | None, value: str) -> bool:
    if key is None:
        return True
    if key == "level":
        return value in question.levels
    return value == (question.section.name if key == "section" else str(question.section.week))


def question_list(
    questions: Iterable[Question], here: str, is_written: Callable[[str], bool]
) -> str:
    """The questions as a Markdown list for a page in the folder `here`; one not written says so."""
    lines = ['<div class="wb-questions" markdown>', ""]
    for question in questions:
        title = f"<span>{escape(question.title, quote=False)}</span>"
        levels = ", ".join(question.levels)
        if is_written(question.page):
            title = f"[{title}]({posixpath.relpath(question.page, here or '.')})"
        else:
            levels = "not yet written"
        lines.append(f"- <b>{question.number}</b> {title} <small>{levels}</small>")
    return "\n".join([*lines, "", "</div>"])


def add_meta_line(html: str, *, page: Any, files: Any, **_: Any) -> str:
    """Put a question's number, section, levels and week under the title of its page."""
    if "number" not in page.meta:
        return html
    question = registry().question(page.meta["number"])

    def link(text: str, place: str, anchor: str = "") -> str:
        target = get_relative_url(files.get_file_from_path(place).url, page.url)
        return f'<a href="{target}{anchor}">{text}</a>'

    levels = [link(level, "prepare/levels.md", f"#{level}") for level in question.levels]
    section, week = question.section, question.section.week
    entries = [
        f"Question {question.number}",
        link(section.title, f"{section.name}/index.md"),
        ", ".join(levels),
        link(f"week {week}", "prepare/plan.md", f"#week-{week}"),
    ]
    spans = "".join(f"<span>{entry}</span>" for entry in entries)
    line = f'<p class="wb-meta" data-search-exclude>{spans}</p>'
    return html.replace("</h1>", f"</h1>\n{line}", 1)
