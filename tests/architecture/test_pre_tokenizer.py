"""Words are those of the library `tokenizers`, on every character that this Python knows."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import pre_tokenizers

from whiteboard.architecture.byte_pair_encoding import piece_bytes
from whiteboard.architecture.pre_tokenizer import word_pattern

WHOLE = pre_tokenizers.ByteLevel(add_prefix_space=False)
SINGLE = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), WHOLE])
KNOWN = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] != "C"]


def reference(text: str, single_digits: bool) -> list[str]:
    words = (SINGLE if single_digits else WHOLE).pre_tokenize_str(text)
    return [piece_bytes(word).decode() for word, _ in words]


@pytest.mark.parametrize("single_digits", [True, False])
def test_words_by_hand(single_digits: bool) -> None:
    text = "I'll  say: 42 cats!\n\n  ok"
    digits = [" ", "4", "2"] if single_digits else [" 42"]
    want = ["I", "'ll", " ", " say", ":", *digits, " cats", "!", "\n\n ", " ok"]
    assert word_pattern(single_digits=single_digits).findall(text) == want


@pytest.mark.parametrize("single_digits", [True, False])
def test_every_character_is_cut_as_the_reference_cuts_it(single_digits: bool) -> None:
    """Every character of Unicode 3.2, which all later versions share; of CJK one in a hundred."""
    old = [c for c in KNOWN if unicodedata.ucd_3_2_0.category(c)[0] != "C"]
    old = [c for c in old if ord(c) < 0x3400 or not ord(c) % 100 or not c.isalpha()]
    assert len(old) > 9_000
    text = "".join(f"x{c}y  {c}3" for c in [*old, *map(chr, range(32)), "\x7f", "\x85", "\ufeff"])
    pattern = word_pattern(single_digits=single_digits)
    assert pattern.findall(text) == reference(text, single_digits)


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.sampled_from("ab'lsé漢字한ع١12³Ⅻ½ \t\n\r\xa0\u2003\u200b\x1c\x1f.!-_👍🏽\u0301")),
    st.booleans(),
)
def test_words_are_the_reference_s_and_lose_nothing(text: str, single_digits: bool) -> None:
    words = word_pattern(single_digits=single_digits).findall(text)
    assert words == reference(text, single_digits)
    assert "".join(words) == text
