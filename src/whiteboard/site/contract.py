"""The page contract of CONTRIBUTING.md as a function; its messages say what to write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from whiteboard.practice import exercises
from whiteboard.site.claims import Claim, ClaimError, parse_claims
from whiteboard.site.fences import Fence, parse_fences
from whiteboard.site.numbers import number_problems
from whiteboard.site.pages import Page, Part, prose_lines, registry

PARTS = (
    "The question",
    "In 30 seconds",
    "In two minutes",
    "At the whiteboard",
    "In code",
    "The numbers",
    "Famous bugs",
    "At ten times the load",
    "Follow-ups",
    "Sources",
)
LOCATOR = re.compile(r"arXiv[ :]?\d{4}\.\d{4,5}|RFC \d+|revision \S+|https?://", re.IGNORECASE)
_SOURCE = re.compile(r"^[-*] .*\{ ?#(src-[\w-]+) ?\}\s*$")


def problems(page: Page) -> list[str]:
    """Everything by which a page breaks the contract; empty for a page that keeps it."""
    fences = _fences(page)
    claims: tuple[Claim, ...] = ()
    found = []
    try:
        claims = parse_claims(page.meta)
    except ClaimError as error:
        found += error.problems
    found += [*_order(page), *_files(page, fences)]
    parts = {part.heading: part for part in page.parts}
    if set(PARTS) <= parts.keys():
        found += [*_words(page, parts), *_bugs(page, parts["Famous bugs"], fences)]
        found += [*_figure(page, parts), *_claims_table(page, parts)]
        found += [*_follow_ups(parts["Follow-ups"]), *_sources(page, parts["Sources"])]
        found += [*_blocks(parts["In code"], fences)]
    return found + number_problems(page, fences, claims)


def _fences(page: Page) -> list[Fence]:
    blank = "\n" * (page.body_line - 1)  # so that lines are the page's
    return parse_fences(blank + page.body, page.root)


def _order(page: Page) -> Iterator[str]:
    title = registry().question(page.number).title
    if page.title != title:
        yield f"write `# {title}` as in questions.yaml, not `# {page.title}`"
    found = [part.heading for part in page.parts]
    for heading in sorted(set(found) - set(PARTS)):
        yield f"`## {heading}` is no part of a page: make it a ### of one of {', '.join(PARTS)}"
    for heading in PARTS:
        if found.count(heading) != 1:
            yield f"write `## {heading}` once; it stands {found.count(heading)} times"
    known = [heading for heading in found if heading in PARTS]
    if sorted(known) == sorted(PARTS) and known != list(PARTS):
        yield f"put the parts in this order: {', '.join(PARTS)}"


def _words(page: Page, parts: dict[str, Part]) -> Iterator[str]:
    short = _count(parts["In 30 seconds"])
    if not 0 < short <= 90:
        yield f"In 30 seconds has {short} words: say it in at most 90"
    words = sum(_count(part) for name, part in parts.items() if name != "Sources")
    if not 600 <= words <= 1500:
        yield f"the page has {words} words of prose: wanted 600 to 1,500"


def _count(part: Part) -> int:
    """Words outside fences; a formula counts as one."""
    text = "\n".join(line for _, line in prose_lines(part.text, 1))
    text = re.sub(r"<!--.*?-->|\]\([^)]*\)|\{ ?[:#.][^{}]*\}", " ", text)
    text = re.sub(r"\$\$.+?\$\$|\$[^$\n]+\$", " formula ", text, flags=re.DOTALL)
    return len(re.findall(r"\w[^\s|]*", text))


def _bugs(page: Page, part: Part, fences: list[Fence]) -> Iterator[str]:
    lines = list(prose_lines(part.text, part.line + 1))
    found = [(line, text) for line, text in lines if text.startswith("### ")]
    if len(found) < 2:
        yield "write two or more famous bugs: `### Name of the bug { #bug-variant-name }`"
    try:
        known = {v.name for exercise in exercises(page.number) for v in exercise.variants}
    except LookupError as error:
        yield str(error)
        return
    ends = [line for line, _ in found[1:]] + [part.line + 1 + len(part.text.splitlines())]
    for (line, text), end in zip(found, ends, strict=True):
        match = re.search(r"\{ ?#bug-([\w-]+) ?\}$", text)
        name = match[1].replace("-", "_") if match else ""
        code = "".join(fence.raw for fence in fences if fence.runs and line < fence.line < end)
        if name not in known:
            yield f"line {line}: end it in {{ #bug-name }}, a variant of {', '.join(sorted(known))}"
        elif not re.search(rf"judge\([^)]*variant\({page.number}, \"{name}\"\)", code):
            call = f'print(judge({page.number}, variant({page.number}, "{name}")))'
            yield f"line {line}: show the check that catches it: {call}"


def _figure(page: Page, parts: dict[str, Part]) -> Iterator[str]:
    figures = re.findall(r"!\[([^\]]*)\]\(figure:(\w+)\)", parts["At the whiteboard"].text)
    if not figures:
        name = f"q{page.number:02d}_figure_noun"
        yield f"draw a figure in At the whiteboard: ![What it shows](figure:{name})"
    for alt, name in re.findall(r"!\[([^\]]*)\]\(figure:(\w+)\)", page.body):
        if len(alt.split()) < 5:
            yield f"figure {name}: say in words what it shows, ![...]"
        if not (page.root / "snippets" / page.section / f"{name}.py").exists():
            yield f"figure {name}: write snippets/{page.section}/{name}.py"


def _claims_table(page: Page, parts: dict[str, Part]) -> Iterator[str]:
    mark = "<!-- claims -->"
    if page.body.count(mark) != 1 or mark not in parts["The numbers"].text:
        yield f"write {mark} once, inside The numbers; it stands {page.body.count(mark)} times"


def _follow_ups(part: Part) -> Iterator[str]:
    folds = re.findall(r'^\?\?\?\+? question "[^"]+"\n(?:\s*\n)*    \S', part.text, re.MULTILINE)
    if len(folds) < 2:
        yield 'fold two or more follow-ups: ??? question "..." and the answer indented by 4'
    if "](question:" not in part.text:
        yield "link a follow-up to another page: [latent attention](question:12)"


def _sources(page: Page, part: Part) -> Iterator[str]:
    items = [line for line in part.text.splitlines() if re.match(r"[-*] ", line)]
    names = [match[1] for item in items if (match := _SOURCE.match(item))]
    if len(items) < 2:
        yield "list two or more primary sources, and what was taken from each"
    for item in items:
        if not _SOURCE.match(item):
            yield f"source `{item[:50]}`: write it in one line that ends in {{ #src-name }}"
        if not LOCATOR.search(item):
            yield f"source `{item[:50]}`: give its arXiv number, RFC, revision or URL"
    text = page.body + str(page.meta)
    for name in sorted(set(re.findall(r"\]\(#(src-[\w-]+)\)", text)) - set(names)):
        yield f"a link goes to #{name}: add an item of Sources that ends in {{ #{name} }}"


def _blocks(part: Part, fences: list[Fence]) -> Iterator[str]:
    end = part.line + 1 + len(part.text.splitlines())
    shown = [fence for fence in fences if part.line < fence.line < end]
    if not any(fence.is_output for fence in shown):
        yield "In code wants a block that prints and its {.text .output} fence"


def _files(page: Page, fences: list[Fence]) -> Iterator[str]:
    """The question's exercise, module, test and programs, found by its number and noun."""
    number = f"q{page.number:02d}"
    included = {path for fence in fences for path in re.findall(r'--8<-- "([^":]+)', fence.raw)}
    try:
        rights = [exercise.right for exercise in exercises(page.number)]
    except LookupError:
        rights = []
        room = f"src/whiteboard/practice/{number}"
        yield f"write the exercise: {room}/ with checks.py, mistakes.py, and EXERCISES"
    for right in rights:
        folder, _, noun = (
            right.__module__.removeprefix("whiteboard.").replace(".", "/").rpartition("/")
        )
        for wanted in (f"src/whiteboard/{folder}/{noun}.py", f"tests/{folder}/test_{noun}.py"):
            if not (page.root / wanted).exists():
                yield f"write {wanted}: the exercise {right.__name__} is of {right.__module__}"
    if not any(path.startswith("src/whiteboard/") for path in included):
        yield 'show the implementation as it stands: --8<-- "src/whiteboard/...:section"'
    yield from _programs(page, included)


def _programs(page: Page, included: set[str]) -> Iterator[str]:
    folder = f"snippets/{page.section}"
    programs = sorted((page.root / folder).glob(f"q{page.number:02d}_*.py"))
    drawn = set(re.findall(r"\(figure:(\w+)\)", page.body))
    if not [path for path in programs if "_figure_" not in path.name]:
        yield f"write a program that uses it: {folder}/q{page.number:02d}_noun.py"
    for path in programs:
        if "_figure_" in path.name and path.stem not in drawn:
            yield f"{folder}/{path.name} is drawn nowhere: ![...](figure:{path.stem})"
        elif "_figure_" not in path.name and f"{folder}/{path.name}" not in included:
            yield f'{folder}/{path.name} is shown nowhere: --8<-- "{folder}/{path.name}"'
