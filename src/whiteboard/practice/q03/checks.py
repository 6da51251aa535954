"""The checks of learning merges, of applying them, and of joining pieces to text."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from whiteboard.architecture.bpe_trainer import Pair, train_bpe
from whiteboard.architecture.byte_pair_encoding import join_pieces, merge_steps, merge_word
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect

Train = Callable[[Mapping[bytes, int], int], list[Pair]]
Merge = Callable[[bytes, Mapping[Pair, int]], list[bytes]]
Join = Callable[[list[bytes]], str]
RANKED = ("b+c", "a+b", "c+d", "a+bc", "ab+cd", "d+a", "cd+a", "bc+d", "a+a", "d+d")
RANKS: dict[Pair, int] = {
    (left, right): rank
    for rank, (left, right) in enumerate(pair.encode().split(b"+") for pair in RANKED)
}
HUGS = {b"hug": 10, b"pug": 5, b"pun": 12, b"bun": 4, b"hugs": 5}


def _learns(train: Train, words: dict[bytes, int], want: list[str]) -> None:
    merges = [tuple(pair.encode().split(b"+")) for pair in want]
    got = train(words, len(merges))
    given = " ".join(f"{word.decode()}*{n}" for word, n in words.items())
    for i, (pair, wanted) in enumerate(zip(got, want)):
        shown = b"+".join(pair).decode(errors="replace")
        expect(tuple(pair) == merges[i], f"{given}: merge {i + 1} is {wanted}, got {shown}")
    expect(len(got) == len(merges), f"{given}: wanted {len(merges)} merges, got {len(got)}")


def the_most_frequent_pair_goes_first(train: Train) -> None:
    """Pairs are counted over all occurrences of the words, anew after each merge."""
    _learns(train, HUGS, ["u+g", "u+n", "h+ug", "p+un"])


def a_merge_takes_from_its_neighbours(train: Train) -> None:
    """Where b+c was merged, a+b no longer stands."""
    _learns(train, {b"abc": 10, b"bc": 1, b"bd": 7}, ["b+c", "a+bc", "b+d"])


def no_merge_crosses_a_word(train: Train) -> None:
    """Every learned piece stands inside a word."""
    words = {b" ab": 3, b" cd": 3, b" ef": 2}
    for pair in train(words, 9):
        piece = b"".join(pair)
        expect(any(piece in word for word in words), f"learned {piece!r}, which no word has")


def a_tie_goes_to_the_smaller_ids(train: Train) -> None:
    """Of equally frequent pairs, the one of smaller ids; the space's id is after the letters'."""
    _learns(train, {b"yz": 2, b" q": 2, b"bd": 2, b"bc": 2}, ["b+c", "b+d", "y+z", " +q"])


def runs_are_merged_from_the_left(train: Train) -> None:
    """In aaa, the first two are joined, which leaves aa+a."""
    _learns(train, {b"aaa": 1}, ["a+a", "aa+a"])


def _pieces(merge: Merge, word: bytes, ranks: Mapping[Pair, int], want: list[bytes]) -> None:
    got = merge(word, ranks)
    shown = ["|".join(piece.decode() for piece in pieces) for pieces in (want, got)]
    expect(list(got) == want, f"wanted {shown[0]}, got {shown[1]}")


def the_lowest_rank_goes_first(merge: Merge) -> None:
    """The merges are applied in the order in which they were learned."""
    draw = random.Random(0)
    for _ in range(200):
        word = bytes(draw.choices(b"abcd", k=draw.randint(0, 7)))
        _pieces(merge, word, RANKS, list(merge_steps(word, RANKS))[-1])


def the_leftmost_of_equals_goes_first(merge: Merge) -> None:
    """In aaa, the first two are joined."""
    _pieces(merge, b"aaa", {(b"a", b"a"): 0}, [b"aa", b"a"])


class _Counting(dict[Pair, int]):
    """Counts how often it is asked."""

    asked = 0

    def __contains__(self, pair: object) -> bool:
        self.asked += 1
        return super().__contains__(pair)

    def __getitem__(self, pair: Pair) -> int:
        self.asked += 1
        return super().__getitem__(pair)

    def get(self, pair: Pair, default: Any = None) -> Any:
        self.asked += 1
        return super().get(pair, default)


def a_long_word_costs_no_more_a_byte(merge: Merge) -> None:
    """The ranks are asked a fixed number of times a byte, not once a byte for each merge."""
    ranks = _Counting({(b"a", b"a"): 0, (b"aa", b"aa"): 1})
    merge(b"a" * 600, ranks)
    asked = ranks.asked / 600
    expect(asked <= 20, f"600 times a: the ranks are asked {asked:.0f} times a byte")


def a_character_may_end_in_the_next_piece(join: Join) -> None:
    """Pieces that cut a character in two give it back."""
    cut = "a👍é".encode()
    got = join([cut[:3], cut[3:6], cut[6:]])
    expect(got == "a👍é", f"an emoji cut in two: got {got!a}")


def half_a_character_is_marked(join: Join) -> None:
    """What is left of a character becomes U+FFFD; the text before it stays."""
    got = join([b"ab", b"\xf0\x9f"])
    expect(got == "ab�", f"ab and half of an emoji: got {got!a}")


def _codes(merges: list[Pair]) -> np.ndarray:
    return np.frombuffer(b"\0".join(b"\1".join(pair) for pair in merges), np.uint8)


_CUT = ["aé👍".encode()[i : i + 2] for i in range(0, 7, 2)]


EXERCISES = (
    Exercise.of(
        train_bpe,
        checks=(
            the_most_frequent_pair_goes_first,
            a_merge_takes_from_its_neighbours,
            no_merge_crosses_a_word,
            a_tie_goes_to_the_smaller_ids,
            runs_are_merged_from_the_left,
        ),
        probe=lambda train: [
            _codes(train(words, 12))
            for words in (
                HUGS,
                {b"aaa": 1},
                {b"abc": 10, b"bc": 1, b"bd": 7},
                {b"yz": 1, b" a": 1, b"bc": 1},
            )
        ],
    ),
    Exercise.of(
        merge_word,
        checks=(
            the_lowest_rank_goes_first,
            the_leftmost_of_equals_goes_first,
            a_long_word_costs_no_more_a_byte,
        ),
        probe=lambda merge: [
            np.array([len(piece) for piece in merge(word, RANKS)])
            for word in (b"abcdabcd", b"cdabcab", b"aaaddd", b"abca")
        ],
    ),
    Exercise.of(
        join_pieces,
        checks=(a_character_may_end_in_the_next_piece, half_a_character_is_marked),
        probe=lambda join: [
            np.array([ord(c) for c in join(pieces)]) for pieces in (_CUT, [*_CUT, b"a\xf0"])
        ],
    ),
)
