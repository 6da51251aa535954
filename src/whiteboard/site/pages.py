"""The registry of questions, and a page: its front matter, checked, and its parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from whiteboard.site.front_matter import FrontMatterError, parse_yaml, split

LEVELS = ("junior", "mid", "senior")
QUESTION = re.compile(r"q(\d\d)-")
"""What the file name of a question's page begins with: its number."""
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")


class PageError(ValueError):
    """A page or the registry that cannot be read. `problems` holds one message a mistake."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Section:
    """A section of the site: questions `first` to `last`, studied in `week`."""

    name: str
    title: str
    first: int
    last: int
    week: int


@dataclass(frozen=True)
class Question:
    """A question of the registry, whether or not its page is written."""

    number: int
    slug: str
    title: str
    levels: tuple[str, ...]
    section: Section

    @property
    def page(self) -> str:
        """The page's place under docs/."""
        return f"{self.section.name}/q{self.number:02d}-{self.slug}.md"


@dataclass(frozen=True)
class Registry:
    """All sections and questions, in the site's order."""

    sections: tuple[Section, ...]
    questions: tuple[Question, ...]

    def question(self, number: int) -> Question:
        """The question of that number. Raises KeyError when there is none."""
        for question in self.questions:
            if question.number == number:
                return question
        last = self.questions[-1].number
        raise KeyError(f"no question {number}: the registry has 1 to {last}")


@dataclass(frozen=True)
class Part:
    """A `##` part of a page. `line` is that of its heading; `text` what stands under it."""

    heading: str
    line: int
    text: str


@dataclass(frozen=True)
class Page:
    """A question's page. `body_line` is the line of the file at which `body` starts."""

    path: Path
    meta: dict[str, Any]
    body: str
    body_line: int

    @property
    def root(self) -> Path:
        """The project the page belongs to (the folder that holds docs/)."""
        return self.path.parents[2]

    @property
    def number(self) -> int:
        return int(self.meta["number"])

    @property
    def section(self) -> str:
        return str(self.meta["section"])

    @property
    def slug(self) -> str:
        return self.path.stem.partition("-")[2]

    @property
    def title(self) -> str:
        """The text of the `#` heading; empty when the page has none."""
        return next((text for _, depth, text in headings(self) if depth == 1), "")

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The `##` parts in the page's order."""
        lines = self.body.splitlines()
        found = [(line, text) for line, depth, text in headings(self) if depth == 2]
        ends = [line for line, _ in found[1:]] + [self.body_line + len(lines)]
        return tuple(
            Part(text, line, "\n".join(lines[line - self.body_line + 1 : end - self.body_line]))
            for (line, text), end in zip(found, ends)
        )


@cache
def registry() -> Registry:
    """The registry of site/questions.yaml."""
    path = Path(__file__).with_name("questions.yaml")
    data = parse_yaml(path.read_text("utf8"))
    sections = tuple(Section(name, **fields) for name, fields in data["sections"].items())
    questions = []
    for entry in data["questions"]:
        section = next(s for s in sections if s.first <= entry["number"] <= s.last)
        levels = tuple(entry["levels"])
        questions.append(Question(entry["number"], entry["slug"], entry["title"], levels, section))
    return Registry(sections, tuple(questions))


def load_page(path: Path) -> Page:
    """Read and check a page. Raises PageError naming the file and the key at fault."""
    text = path.read_text("utf8")
    try:
        meta, body, body_line = split(text)
    except FrontMatterError as error:
        raise PageError([f"{path.name}: {error}"]) from None
    if problems := [f"{path.name}: front matter {problem}" for problem in _problems(meta, path)]:
        raise PageError(problems)
    return Page(path.resolve(), meta, body, body_line)


def all_pages(docs: Path) -> list[Page]:
    """The pages under `docs` that answer a question, by number."""
    paths = docs.glob("*/q[0-9][0-9]*.md")
    return [load_page(path) for path in sorted(paths, key=lambda path: path.name)]


def prose_lines(text: str, first_line: int) -> Iterator[tuple[int, str]]:
    """The lines of `text` that no fence holds, each with its number."""
    fence = ""
    for number, line in enumerate(text.splitlines(), first_line):
        match = _FENCE.match(line)
        if fence:
            if match and match[1].startswith(fence) and line.strip() == match[1]:
                fence = ""
        elif match:
            fence = match[1]
        else:
            yield number, line


def headings(page: Page) -> Iterator[tuple[int, int, str]]:
    """Line, depth and text (without attributes) of each heading of a page."""
    for number, line in prose_lines(page.body, page.body_line):
        if match := re.match(r"(#{1,6})\s+(.*?)\s*(?:\{[^}]*\}\s*)?$", line):
            yield number, len(match[1]), match[2]


def _problems(meta: dict[str, Any], path: Path) -> Iterator[str]:
    """What is wrong with the keys that every page has (claims have their own module)."""
    keys = {"number", "section", "levels", "week", "tags", "cards", "claims"}
    for key in sorted(keys - meta.keys()):
        yield f"`{key}`: missing; every page needs it"
    for key in sorted(meta.keys() - keys - {"left_out", "description"}):
        yield f"`{key}`: unknown; the keys are {', '.join(sorted(keys))}, left_out, description"
    if "number" in meta:
        yield from _place_problems(meta, path)
    if "tags" in meta and not _strings(meta["tags"]):
        yield f"`tags`: wanted a list of one or more different words, got {meta['tags']!r}"
    if "description" in meta and not _filled(meta["description"]):
        yield f"`description`: wanted a sentence, got {meta['description']!r}"
    yield from _card_problems(meta.get("cards"))


def _place_problems(meta: dict[str, Any], path: Path) -> Iterator[str]:
    try:
        question = registry().question(meta["number"])
    except KeyError as error:
        yield f"`number`: {error.args[0]}"
        return
    wanted = {
        "section": question.section.name,
        "levels": list(question.levels),
        "week": question.section.week,
    }
    for key, value in wanted.items():
        if key in meta and meta[key] != value:
            yield f"`{key}`: wanted {value!r} as in questions.yaml, got {meta[key]!r}"
    if f"{path.parent.name}/{path.name}" != question.page:
        yield f"`number`: question {question.number} belongs in docs/{question.page}"


def _card_problems(cards: Any) -> Iterator[str]:
    if cards is None:
        return
    if not isinstance(cards, list) or len(cards) < 2:
        yield "`cards`: wanted a list of two or more {front, back}"
        return
    for index, card in enumerate(cards, 1):
        if not isinstance(card, dict) or set(card) != {"front", "back"}:
            yield f"`cards`: card {index}: wanted the keys front and back, got {card!r}"
        elif not all(_filled(side) for side in card.values()):
            yield f"`cards`: card {index}: both sides want text"


def _filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _strings(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(_filled(item) for item in value)
        and len(set(value)) == len(value)
    )
