"""The ways in which byte-pair encoding is got wrong: in learning, in merging, in joining."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

from whiteboard.architecture.bpe_trainer import BYTE_ORDER, Pair
from whiteboard.architecture.byte_pair_encoding import merge_steps
from whiteboard.practice.core import Variant
from whiteboard.practice.q03 import checks

Words = Mapping[bytes, int]
Pieces = tuple[bytes, ...]


def _joined(pieces: Pieces, pair: Pair) -> Pieces:
    """The pair joined wherever it stands, from the left."""
    out: list[bytes] = []
    i = 0
    while i < len(pieces):
        width = 2 if pieces[i : i + 2] == pair else 1
        out.append(b"".join(pieces[i : i + width]))
        i += width
    return tuple(out)


def _joined_from_the_right(pieces: Pieces, pair: Pair) -> Pieces:
    mirrored = _joined(tuple(p[::-1] for p in pieces[::-1]), (pair[1][::-1], pair[0][::-1]))
    return tuple(p[::-1] for p in mirrored[::-1])


def learn(
    word_counts: Words,
    num_merges: int,
    *,
    tie: Callable[[Pair, dict[bytes, int]], Any] | None = None,
    join: Callable[[Pieces, Pair], Pieces] = _joined,
    decrement: bool = True,
) -> list[Pair]:
    """The definition: count everything anew for each merge. The mistakes are its arguments."""
    words = {tuple(word[i : i + 1] for i in range(len(word))): n for word, n in word_counts.items()}
    ids = {bytes([byte]): i for i, byte in enumerate(BYTE_ORDER)}
    tie = tie or (lambda pair, ids: (ids[pair[0]], ids[pair[1]]))
    counts: Counter[Pair] = Counter()
    merges: list[Pair] = []
    while len(merges) < num_merges:
        now: Counter[Pair] = Counter()
        for pieces, n in words.items():
            for pair in pairwise(pieces):
                now[pair] += n
        counts = now if decrement else counts | now
        left = [pair for pair in counts if decrement or pair not in merges]
        if not left:
            break
        most = max(counts[pair] for pair in left)
        best = min((p for p in left if counts[p] == most), key=lambda pair: tie(pair, ids))
        merges.append(best)
        ids.setdefault(best[0] + best[1], len(ids))
        words = dict(_add((join(pieces, best), n) for pieces, n in words.items()))
    return merges


def _add(rows: Iterable[tuple[Pieces, int]]) -> Counter[Pieces]:
    total: Counter[Pieces] = Counter()
    for pieces, n in rows:
        total[pieces] += n
    return total


def ties_by_first_seen(word_counts: Words, num_merges: int) -> list[Pair]:
    """another order of the corpus, or of a hash table, gives another vocabulary"""
    return learn(word_counts, num_merges, tie=lambda pair, ids: 0)


def ties_by_byte_value(word_counts: Words, num_merges: int) -> list[Pair]:
    """a reference vocabulary is missed by a few merges, and every id after them"""
    return learn(word_counts, num_merges, tie=lambda pair, ids: pair)


def merges_across_words(word_counts: Words, num_merges: int) -> list[Pair]:
    """pieces such as 'of the' fill the vocabulary; encoding, which cuts first, never uses them"""
    text = b"".join(word * n for word, n in word_counts.items())
    return learn({text: 1}, num_merges)


def each_word_counted_once(word_counts: Words, num_merges: int) -> list[Pair]:
    """rare words weigh as much as common ones: the vocabulary is of names and typing errors"""
    return learn(dict.fromkeys(word_counts, 1), num_merges)


def counts_never_taken_back(word_counts: Words, num_merges: int) -> list[Pair]:
    """merges that no longer occur are learned; their pieces are dead entries"""
    return learn(word_counts, num_merges, decrement=False)


def runs_from_the_right(word_counts: Words, num_merges: int) -> list[Pair]:
    """indentation and rules such as ----- are cut differently from the reference"""
    return learn(word_counts, num_merges, join=_joined_from_the_right)


def greedy_longest_match(word: bytes, ranks: Mapping[Pair, int]) -> list[bytes]:
    """that is WordPiece's rule: most words agree, and the model meets ids it was not trained on"""
    known = {left + right for left, right in ranks}
    pieces, start = [], 0
    while start < len(word):
        ends = range(len(word), start, -1)
        end = next((e for e in ends if word[start:e] in known), start + 1)
        pieces.append(word[start:end])
        start = end
    return pieces


def whichever_stands_first(word: bytes, ranks: Mapping[Pair, int]) -> list[bytes]:
    """ranks are ignored: known pairs are joined from the left as they come"""
    pieces = [word[i : i + 1] for i in range(len(word))]
    i = 0
    while i + 1 < len(pieces):
        if (pieces[i], pieces[i + 1]) in ranks:
            pieces[i : i + 2] = [pieces[i] + pieces[i + 1]]
            i = max(i - 1, 0)
        else:
            i += 1
    return pieces


def rightmost_of_equals(word: bytes, ranks: Mapping[Pair, int]) -> list[bytes]:
    """runs of spaces and of letters are cut from the other end"""
    turned = {(b[::-1], a[::-1]): rank for (a, b), rank in ranks.items()}
    return [piece[::-1] for piece in list(merge_steps(word[::-1], turned))[-1][::-1]]


def whole_word_again(word: bytes, ranks: Mapping[Pair, int]) -> list[bytes]:
    """right, and quadratic: one long run of letters in a request blocks the server"""
    return list(merge_steps(word, ranks))[-1]


def each_piece_decoded_alone(pieces: Iterable[bytes]) -> str:
    """emoji and Chinese come out of a stream as replacement characters"""
    return "".join(piece.decode(errors="replace") for piece in pieces)


def fails_on_partial_utf8(pieces: Iterable[bytes]) -> str:
    """an answer cut at max_new_tokens inside an emoji raises, or is lost whole"""
    try:
        return b"".join(pieces).decode()
    except UnicodeDecodeError:
        return ""


MISTAKES = (
    # Of `train_bpe`.
    Variant.of(
        merges_across_words,
        caught_by=[checks.a_merge_takes_from_its_neighbours, checks.no_merge_crosses_a_word],
    ),
    Variant.of(ties_by_first_seen, caught_by=[checks.a_tie_goes_to_the_smaller_ids]),
    Variant.of(ties_by_byte_value, caught_by=[checks.a_tie_goes_to_the_smaller_ids]),
    Variant.of(each_word_counted_once, caught_by=[checks.the_most_frequent_pair_goes_first]),
    Variant.of(
        counts_never_taken_back,
        caught_by=[
            checks.the_most_frequent_pair_goes_first,
            checks.a_merge_takes_from_its_neighbours,
        ],
    ),
    Variant.of(runs_from_the_right, caught_by=[checks.runs_are_merged_from_the_left]),
    # Of `merge_word`.
    Variant.of(greedy_longest_match, caught_by=[checks.the_lowest_rank_goes_first]),
    Variant.of(whichever_stands_first, caught_by=[checks.the_lowest_rank_goes_first]),
    Variant.of(
        rightmost_of_equals,
        caught_by=[checks.the_lowest_rank_goes_first, checks.the_leftmost_of_equals_goes_first],
    ),
    Variant.of(whole_word_again, caught_by=[checks.a_long_word_costs_no_more_a_byte]),
    # Of `join_pieces`.
    Variant.of(each_piece_decoded_alone, caught_by=[checks.a_character_may_end_in_the_next_piece]),
    Variant.of(fails_on_partial_utf8, caught_by=[checks.half_a_character_is_marked]),
)
