"""No number of the prose without something under it: an output, an input, a claim, a source.

The prose is read in blocks: a paragraph, a list item, a table row, a side of a card, a claim's
`right`. A block that links to an item of *Sources* answers for its own numbers. Every other number
must be shown by the page: printed in an output fence, the value of a claim's check, or a literal of
the code that computes them. Rounding is allowed to the digits written, units are converted.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from whiteboard.site.claims import Claim
from whiteboard.site.fences import Fence
from whiteboard.site.front_matter import digits
from whiteboard.site.pages import Page, prose_lines, registry
from whiteboard.site.quantity import Quantity, quantities, quantity

MEND = (
    "print it in a block, give it as the value of a claim's check, "
    "or link its source in the same paragraph: [name, table 1](#src-name)"
)
MEND_ELSEWHERE = (
    "print it in a block, or link in the same paragraph the page or source that shows it"
)
_PRODUCTS = (
    "Llama|Qwen|Mistral|Mixtral|Gemma|GPT|Claude|Gemini|DeepSeek|Phi|OLMo|SmolLM|Kimi|GLM|Falcon|"
    "Yi|PaLM|Chinchilla|Gopher|ViT|BERT|RoBERTa|T5|MPT|Nemotron|Command R|Python|CPython|"
    "jax|flax|JAX|Flax|NumPy|PyTorch|CUDA|RTX|TPU|Blackwell|Hopper|FlashAttention|Apache|ISO|RFC|arXiv|"
    "HTTP|Opus|Sonnet|Haiku"
)
_NUMBERED = (
    "questions?|sections?|sec\\.|chapters?|tables?|figures?|fig\\.|equations?|eq\\.|appendix|pages?|"
    "versions?|revision|steps?|parts?|weeks?|levels?|algorithm|theorem|footnote|note|issues?|commit|"
    "pull request|PR|pp?\\."
)
_MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|March?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    "Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_N = r"\d+(?:\.\d+)*"
# What looks like a number and is a name. Each is blanked before the numbers are read.
_NAMES = [
    re.compile(
        rf"\b(?:{_PRODUCTS})(?:[ -]v?{_N}(?:(?: to| and|,|–) ?\d+\.\d+)*)?"
        r"(?:[ -]\d+(?:\.\d+)?[BM])?\b(?![,.]\d)"
    ),
    re.compile(
        rf"\b(?:{_NUMBERED})[  ]#?{_N}\w?(?:(?:,| and| to| or|–|-) ?{_N})*\b", re.IGNORECASE
    ),
    re.compile(r"\b[A-Za-z]\w*(?:[-.]\w*\d\w*)+"),  # SmolLM2-135M, GQA-8
    re.compile(r"\b\d+(?:\.\d+)?B\b(?!/)"),  # a 70B model
    re.compile(r"\b\d+(?:\.\d+)?M(?=[ -](?:parameters?|models?)\b)"),
    re.compile(r"\b\d{4}-\d\d(?:-\d\d)?\b|#\d+"),
    re.compile(rf"\b(?:\d{{1,2}} )?{_MONTH}(?: \d{{1,2}},)? (?:19|20)\d\d\b|\b\d\d? {_MONTH}\b"),
    # A year, unless it counts something: in 2017, and not 2000 sentences.
    re.compile(
        r"\b(?:19\d\d|20\d\d|2100)(?![\d,.]*\d)(?!s?[- ]\(?(?!papers|models)[a-z]{4,}s\b)\b"
    ),
]
_CODE = re.compile(r"(`+)(.+?)\1")
_PLAIN = re.compile(r"[-+~]?[\d,._]+(?:e[-+]?\d+)?(?: ?[A-Za-zµ%×/]{1,5})?")
_ABOUT = re.compile(r"\b(?:about|roughly|nearly|almost|around)\s+\\?\$?$|[~≈]\s?$")


@dataclass(frozen=True)
class Block:
    """A piece of prose that stands or falls together. `place` is a line, or the key it is in."""

    place: str
    text: str


def number_problems(page: Page, fences: Iterable[Fence], claims: Iterable[Claim]) -> list[str]:
    """One message for each number of the page's prose that nothing on the page shows."""
    claims = list(claims)
    blocks = [*prose_blocks(page), *_card_blocks(page), *_claim_blocks(claims)]
    uncited = [block for block in blocks if "](#src-" not in block.text]
    return _problems(uncited, list(evidence(fences, claims)), MEND)


def number_problems_elsewhere(
    body: str, line: int, fences: Iterable[Fence], claims: Iterable[Claim] = ()
) -> list[str]:
    """The same for a page that answers no question, whose body starts at `line`.

    It has no *Sources*: any link answers for the numbers of its block, and the number of questions
    is known.
    """
    blocks = prose_blocks(Page(Path(), {}, body, line))
    unlinked = [block for block in blocks if "](" not in block.text]
    shown = [*evidence(fences, claims), quantity(str(len(registry().questions)))]
    return _problems(unlinked, shown, MEND_ELSEWHERE)


def _problems(blocks: list[Block], shown: list[Quantity], mend: str) -> list[str]:
    return [
        f"{block.place}: nothing shows the number {found.text}: {mend}"
        for block in blocks
        for found in _unshown(block, shown)
    ]


def _unshown(block: Block, shown: list[Quantity]) -> Iterator[Quantity]:
    text = plain(block.text)
    for found in quantities(text):
        wanted = found.about() if _ABOUT.search(text[: found.start]) else found
        if not found.small and not any(wanted.shows(other) for other in shown):
            yield found


def evidence(fences: Iterable[Fence], claims: Iterable[Claim]) -> Iterator[Quantity]:
    """Every number that the page proves: outputs, values of checks, literals of code."""
    for fence in fences:
        if fence.is_output:
            yield from quantities(fence.source)
        elif fence.runs:
            yield from _literals(fence.source)
    for check in (check for claim in claims for check in claim.checks):
        yield from _literals(check.expr)
        if isinstance(check.value, str):
            yield from quantities(check.value)
        elif not isinstance(check.value, bool):
            yield quantity(digits(check.value))


def _literals(source: str) -> Iterator[Quantity]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # running the block says so better
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield quantity(repr(node.value), literal=True)


def prose_blocks(page: Page) -> Iterator[Block]:
    """The blocks of a page's body: without fences, the fixed headings and Sources."""
    body = {part.line: part.heading for part in page.parts}
    part, start = "", 0
    lines: list[str] = []
    for number, line in [*prose_lines(page.body, page.body_line), (0, "")]:
        part = body.get(number, part)
        text = line.strip()
        begins = not text or re.match(r"[-*+] |\d+\. |\||#|!!!|\?\?\?|===|<!--|---$", text)
        if (begins or not lines) and lines:
            yield Block(f"line {start}", " ".join(lines))
            lines = []
        if text and part != "Sources" and not re.match(r"##? |<!--", text):
            start = start if lines else number
            lines.append(re.sub(r"^\d+\. ", "", text))


def _card_blocks(page: Page) -> Iterator[Block]:
    for index, card in enumerate(page.meta["cards"], 1):
        for side, text in card.items():
            yield Block(f"card {index}, {side}", text)


def _claim_blocks(claims: Iterable[Claim]) -> Iterator[Block]:
    for claim in claims:
        if not claim.source:
            yield Block(f"claim {claim.id}, right", claim.right)


def plain(text: str) -> str:
    """Prose with names, links' targets, attributes and inline code taken out."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\{[:#.][^{}]*\}|<!--.*?-->|https?://\S+|</?\w[^>]*>", " ", text)
    text = _CODE.sub(lambda m: m[2] if _PLAIN.fullmatch(m[2].strip()) else " ", text)
    text = re.sub(r"\$\$(.+?)\$\$|(?<![\\$])\$(?!\s)([^$]+?)(?<![\s\\])\$(?!\d)", _maths, text)
    for name in _NAMES:
        text = name.sub(" ", text)
    return re.sub(r"\s+", " ", text)


def _maths(match: re.Match[str]) -> str:
    """A formula as text: its numbers with units, without exponents, indices and commands."""
    text = (match[1] or match[2]).replace("{,}", ",")
    text = re.sub(r"\\(?:times|cdot)\s*10\s*\^", " × 10^", text)
    text = re.sub(r"(?<!10)[_^](?:\{[^{}]*\}|\\?\w)", " ", text)
    text = re.sub(r"\\(?:text|mathrm|operatorname)\s*\{([^{}]*)\}", r" \1 ", text)
    text = re.sub(r"\\[,;:! ]", " ", text)
    return re.sub(r"\\%", "%", re.sub(r"\\[A-Za-z]+", " ", text))
