"""The merge stepper of question 3 takes the steps that Python's `merge_steps` takes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from whiteboard.architecture.byte_pair_encoding import bpe_merges_widget, merge_steps
from whiteboard.architecture.pre_tokenizer import word_pattern
from whiteboard.data import human_rights, python_topics

pytestmark = pytest.mark.browser
PAGE = "architecture/q03-byte-pair-encoding/"
MERGES = [(bytes.fromhex(a), bytes.fromhex(b)) for a, b in bpe_merges_widget()["merges"]]
RANKS = {pair: rank for rank, pair in enumerate(MERGES)}
TEXTS = [
    " slower", "", "aaaaaaa", " returning the returned", "I'll  say: 42 cats!\n\n  ok",
    "👍🏽 naïve", "x\u0301²Ⅻ\xa0\x1c\x85", *human_rights().values(),
    python_topics()["assert"][:500],
]  # fmt: skip


def python(text: str) -> list[dict[str, Any]]:
    """The states that the page must go through: word after word, from bytes to tokens."""
    words = [word.encode() for word in word_pattern().findall(text)]
    state = [[word[i : i + 1] for i in range(len(word))] for word in words]
    found: list[dict[str, Any]] = [{"merge": None, "words": hexes(state)}]
    for i, word in enumerate(words):
        for before, after in pairwise(merge_steps(word, RANKS)):
            state[i] = after
            rank = min(RANKS[pair] for pair in pairwise(before) if pair in RANKS)
            found.append({"merge": rank, "words": hexes(state)})
    return found


def hexes(state: list[list[bytes]]) -> list[list[str]]:
    return [[piece.hex() for piece in pieces] for pieces in state]


def test_every_step_is_pythons(page: Page) -> None:
    got = page.evaluate(
        """async texts => {
          const script = document.querySelector('script[src*="widget-bpe-merges"]')
          const {steps} = await import(script.src)
          const data = document.querySelector("#widget-bpe-merges script").textContent
          const {merges} = JSON.parse(data)
          return texts.map(text => steps(text, merges))
        }""",
        TEXTS,
    )
    for text, found in zip(TEXTS, got, strict=True):
        assert found == python(text), text
    assert sum(map(len, got)) > 400


def test_stepping_by_keyboard(page: Page) -> None:
    word = page.get_by_label("A word, with its space before it, or a few")
    word.fill(" slower")
    says, pieces = (
        page.locator("#widget-bpe-merges output"),
        page.locator("#widget-bpe-merges p code"),
    )
    expect(says).to_have_attribute("aria-live", "polite")
    expect(pieces).to_have_text(["␣", "s", "l", "o", "w", "e", "r"])
    word.press("Enter")
    expect(says).to_contain_text("Step 1 of 4.")
    states = python(" slower")
    for name in ("Bytes", "Back", "Merge"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name, exact=True)).to_be_focused()
    for step in (2, 3, 4, 4):
        page.keyboard.press("Enter")
        expect(says).to_contain_text(f"Step {step} of 4.")
        expect(pieces).to_have_count(len(states[step]["words"][0]))
    expect(page.get_by_role("button", name="Merge")).to_have_attribute("aria-disabled", "true")
    expect(pieces).to_have_text(["␣s", "low", "er"])
    page.get_by_role("button", name="Bytes").press("Space")
    expect(says).to_have_text("Step 0 of 4. Single bytes: 7 pieces.")


def test_bytes_that_are_no_text_are_shown_as_bytes(page: Page) -> None:
    page.get_by_label("A word, with").fill("é")
    expect(page.locator("#widget-bpe-merges p code")).to_have_text(["C3", "A9"])
    page.get_by_label("A word, with").fill("")
    expect(page.locator("#widget-bpe-merges output")).to_have_text(
        "Step 0 of 0. Single bytes: 0 pieces."
    )
