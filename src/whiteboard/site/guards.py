"""What a page must not get away with: code drawn and not run, headers that only look right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown import Markdown
from mkdocs.exceptions import PluginError
from pygments.lexers import find_lexer_class_by_name
from pygments.util import ClassNotFound

from whiteboard.site.claims import Check, ClaimError, parse_claims
from whiteboard.site.fences import (
    Fence,
    IncludeError,
    parse_fences,
    rooted_options,
    site_extensions,
)
from whiteboard.site.front_matter import FrontMatterError, split
from whiteboard.site.numbers import number_problems_elsewhere
from whiteboard.site.pages import PageError, load_page

BLOCK_LINES = 25
LINE_LENGTH = 100
"""What fits the page: `whiteboard.css` sets the code's font by it."""
PROGRAM_LINES = 60

_ATTRIBUTE = r'(?: (?:title|hl_lines|linenums)="[^"]*")*'
_HEADER = re.compile(rf"[\w+#-]+{_ATTRIBUTE}|\{{\.[\w+#-]+(?: \.?[\w-]+)*{_ATTRIBUTE}\}}")
_PYTHON = re.compile(rf"python{_ATTRIBUTE}|\{{\.python(?: continuation| notest)?{_ATTRIBUTE}\}}")
_OUTPUT = re.compile(rf"\{{\.text \.output(?: \.table)?{_ATTRIBUTE}\}}")
_PYTHON_NAMES = re.compile(r"(?:i?py|python)(?:con|thon)?-?(?:console|repl)?[\d.]*", re.IGNORECASE)
_IN_TITLE = re.compile(r"\b(?:notest|continuation)\b|\b(?:fixture|retry|runner):")
_CODE = re.compile(r'<(?:div|pre|code)\b[^>]*\bclass="([^"]*)"')
_ANCHOR = re.compile(r"\]\(#([\w-]+)\)")
_SHOWN = re.compile(r'--8<-- "src/[^"]+"\n')
_PROGRAM = re.compile(r'--8<-- "(snippets/[^":]+)[^"]*"\n')
_WHOLE = re.compile(r'--8<-- "(snippets/[^":]+)"\n')
_FILE = re.compile(r'--8<-- "([^":]+)[^"]*"\n')


def page_problems(path: Path, root: Path) -> list[str]:
    """Everything that the guards find wrong with a page, each with its line."""
    text, answers = path.read_text("utf8"), re.match(r"q\d\d-", path.name)
    try:
        if answers:
            load_page(path)
        claims = parse_claims(_split(text)[0])
        fences = parse_fences(text, root)
    except IncludeError as error:
        found = [(error.line, str(error))]
    except FrontMatterError as error:
        found = [(1, str(error))]
    except (PageError, ClaimError) as error:
        found = [(1, problem) for problem in error.problems]
    else:
        found = [*header_problems(fences), *order_problems(fences), *size_problems(fences)]
        if not found:
            found = [*drawn_problems(text, fences, root)]
        if not answers:  # for those that do, the contract says it
            _, body, line = _split(text)
            found += [(line, m) for m in number_problems_elsewhere(body, line, fences, claims)]
    return [f"{path.relative_to(root).as_posix()}:{line}: {message}" for line, message in found]


def page_claims(text: str) -> list[tuple[str, Check]]:
    """The checks of a page's claims, each with the claim's id, numbered where it has several.

    Raises:
        ClaimError: when a claim is not as it must be.
    """
    found = []
    for claim in parse_claims(_split(text)[0]):
        for number, check in enumerate(claim.checks, 1):
            found.append((f"{claim.id}.{number}" if len(claim.checks) > 1 else claim.id, check))
    return found


def _split(text: str) -> tuple[dict[str, Any], str, int]:
    return split(text) if text.startswith("---\n") else ({}, text, 1)


def is_python(language: str) -> bool:
    """Whether readers would take it for Python, however it is spelt."""
    return _PYTHON_NAMES.fullmatch(language) is not None


def is_known(language: str) -> bool:
    """Whether the site can colour it: a misspelt name is drawn as plain text, and never run."""
    try:
        find_lexer_class_by_name(language)
    except ClassNotFound:
        return False
    return True


def header_problems(fences: list[Fence]) -> Iterator[tuple[int, str]]:
    """Headers that the site draws and the tests pass over, or the other way round."""
    for fence in fences:
        wanted, example = _HEADER, "{.text}"
        if is_python(fence.language):
            wanted, example = _PYTHON, '{.python continuation title="..."}'
        elif fence.is_output:
            wanted, example = _OUTPUT, '{.text .output title="Output"}'
        if not wanted.fullmatch(fence.info):
            yield fence.line, f"header `{fence.info}`: wanted one such as ```{example}"
        elif not is_known(fence.language):
            yield fence.line, f"header `{fence.info}`: no language is called `{fence.language}`"
        elif is_python(fence.language) and (word := _IN_TITLE.search(fence.title)):
            yield fence.line, f"title: `{word[0]}` in it would be read as an option"
        elif (shown := _FILE.fullmatch(fence.raw)) and fence.title != shown[1]:
            yield fence.line, f'title: wanted the file that is shown, title="{shown[1]}"'


def order_problems(fences: list[Fence]) -> Iterator[tuple[int, str]]:
    """Blocks that do not continue the page's program, and outputs that no block prints."""
    first, above = True, None
    for fence in fences:
        if fence.runs:
            if first and "continuation" in fence.options:
                yield fence.line, "the first block of a page has nothing to continue: {.python}"
            if not first and "continuation" not in fence.options:
                yield fence.line, "a page has one namespace: write ```{.python continuation}"
            first = False
        elif "notest" in fence.options and not _SHOWN.fullmatch(fence.raw):
            yield fence.line, 'only a fence that is one line --8<-- "src/..." may say notest'
        elif fence.is_output and not (above and above.runs):
            yield fence.line, "this output follows no block that runs"
        elif fence.is_output and not fence.raw.strip():
            yield fence.line, "the output is empty: `pytest PAGE --update-outputs` fills it"
        elif fence.is_output and not fence.raw.strip(". \n"):
            yield fence.line, "an output of nothing but ... shows nothing"
        above = fence


def size_problems(fences: list[Fence]) -> Iterator[tuple[int, str]]:
    """Blocks and programs too long to read on a page."""
    for fence in fences:
        own = fence.raw.count("\n")
        if fence.runs and own > BLOCK_LINES:
            yield fence.line, f"a block of {own} lines: wanted at most {BLOCK_LINES}, so split it"
        length = max(map(len, fence.source.splitlines()), default=0)
        if fence.language == "python" and length > LINE_LENGTH:
            wanted = f"at most {LINE_LENGTH}, which fit the page: break it"
            yield fence.line, f"a line of {length} characters: wanted {wanted}"
        program, whole = _PROGRAM.fullmatch(fence.raw), len(fence.source.rstrip().splitlines())
        if program and whole > PROGRAM_LINES:
            yield fence.line, f"{program[1]} has {whole} lines: wanted at most {PROGRAM_LINES}"


def drawn_problems(text: str, fences: list[Fence], root: Path) -> Iterator[tuple[int, str]]:
    """Code that the site draws and the tests do not see, found by rendering the page."""
    try:
        html = render(text, root)
    except PluginError as error:  # a formula that KaTeX refuses
        yield _line_of_formula(text, str(error)), str(error)
        return
    drawn = [classes.split() for classes in _CODE.findall(html)]
    named = [word for classes in drawn for word in classes if word.startswith("language-")]
    counts = {
        "Python blocks": (
            sum(is_python(name.removeprefix("language-")) for name in named),
            sum(is_python(fence.language) for fence in fences),
        ),
        "outputs": (
            sum("output" in classes for classes in drawn),
            sum(fence.is_output for fence in fences),
        ),
        "code blocks, counting indented text,": (
            sum("highlight" in classes for classes in drawn),
            len(fences),
        ),
    }
    for what, (shown, seen) in counts.items():
        if shown != seen:
            yield 1, f"the site draws {shown} {what} and the tests see {seen}"
    yield from _link_problems(text, html)


def _line_of_formula(text: str, message: str) -> int:
    formula = message.removeprefix("formula $").partition("$: ")[0]
    return text.partition(formula)[0].count("\n") + 1 if formula in text else 1


def _link_problems(text: str, html: str) -> Iterator[tuple[int, str]]:
    """Links into the page itself that lead nowhere; a strict build finds all the others."""
    # Claims and figures get their anchors from the build.
    there = {*re.findall(r'\bid="([^"]*)"', html), *re.findall(r"\bid: (q\d\d-c\d+)", text)}
    there |= {name.replace("_", "-") for name in re.findall(r"\(figure:(\w+)", text)}
    for number, line in enumerate(text.splitlines(), 1):
        for anchor in _ANCHOR.findall(line):
            if f'href="#{anchor}"' in html and anchor not in there:
                yield number, f"the link to #{anchor} leads nowhere on this page"


_SLOW = {"whiteboard.site.figure_pages"}


def render(text: str, root: Path) -> str:
    """The page's HTML by the extensions of mkdocs.yml.

    The one that draws figures is left out: it takes its time, and draws no fences.
    """
    listed = site_extensions(root)
    if not listed:
        raise FileNotFoundError(f"{root / 'mkdocs.yml'}: wanted its markdown_extensions")
    builtin: dict[str, dict[str, Any]] = {"toc": {}, "tables": {}, "fenced_code": {}}
    chosen = {name: options for name, options in listed.items() if name not in _SLOW}
    configs = {k: rooted_options(k, v, root) for k, v in {**builtin, **chosen}.items()}
    # The theme leaves a block's language out of its HTML; here it is what is counted.
    highlight = {**configs.get("pymdownx.highlight", {}), "pygments_lang_class": True}
    configs["pymdownx.highlight"] = highlight
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    return Markdown(extensions=list(configs), extension_configs=configs).convert(body)


def snippet_is_used(snippet: Path, root: Path) -> bool:
    """Whether a page embeds the program, or draws it as a figure."""
    name = re.escape(snippet.relative_to(root).as_posix())
    use = re.compile(rf'--8<-- "{name}[":]|\(figure:{re.escape(snippet.stem)}[ )]')
    return any(use.search(page.read_text("utf8")) for page in (root / "docs").rglob("*.md"))


def opening_programs(root: Path) -> set[Path]:
    """The programs of snippets/ that a page begins with, whole: before them stands nothing."""
    found = set()
    for page in (root / "docs").rglob("*.md"):
        if '--8<-- "snippets/' not in (text := page.read_text("utf8")):
            continue
        try:
            first = next((fence for fence in parse_fences(text, root) if fence.runs), None)
        except IncludeError:
            continue  # the page's own guards say what is wrong
        if first and (program := _WHOLE.fullmatch(first.raw)):
            found.add(root / program[1])
    return found
