"""The trainer: the library's merges on the same text, and the definition counted anew."""

import json
import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from whiteboard.architecture import bpe_trainer
from whiteboard.architecture.bpe_trainer import BYTE_ORDER, count_words, train_bpe
from whiteboard.architecture.byte_pair_encoding import piece_bytes
from whiteboard.data import human_rights, python_topics


def reference(texts: list[str], num_merges: int) -> list[tuple[bytes, bytes]]:
    engine = Tokenizer(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=256 + num_merges, initial_alphabet=alphabet, show_progress=False
    )
    engine.train_from_iterator(texts, trainer)
    merges = json.loads(engine.to_str())["model"]["merges"]
    return [(piece_bytes(a), piece_bytes(b)) for a, b in merges]


def by_definition(word_counts: dict[bytes, int], num_merges: int) -> list[tuple[bytes, bytes]]:
    """Everything counted anew for each merge: slow, and short enough to be read."""
    words = [([w[i : i + 1] for i in range(len(w))], n) for w, n in word_counts.items()]
    ids = {bytes([byte]): i for i, byte in enumerate(BYTE_ORDER)}
    merges: list[tuple[bytes, bytes]] = []
    while len(merges) < num_merges:
        counts: Counter[tuple[bytes, bytes]] = Counter()
        for pieces, n in words:
            for pair in pairwise(pieces):
                counts[pair] += n
        if not +counts:
            break
        best = min(+counts, key=lambda pair: (-counts[pair], ids[pair[0]], ids[pair[1]]))
        merges.append(best)
        ids.setdefault(best[0] + best[1], len(ids))
        for pieces, _ in words:
            i = 0
            while i < len(pieces) - 1:
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1]]
                i += 1
    return merges


def test_all_merges_of_the_topics_are_the_library_s() -> None:
    texts = list(python_topics().values())
    want = reference(texts, 4000)
    assert len(want) == 4000
    assert train_bpe(count_words(texts), 4000) == want


def test_all_merges_of_13_languages_are_the_library_s() -> None:
    """Until no pair is left, so most of these merges are ties."""
    texts = list(human_rights().values())
    want = reference(texts, 1500)
    assert len(want) == 1397
    assert train_bpe(count_words(texts), 1500) == want


@settings(max_examples=100, deadline=None)
@given(st.text("abc ", max_size=150))
def test_merges_of_any_text_are_the_library_s(text: str) -> None:
    want = reference([text], 60)
    assert train_bpe(count_words([text]), len(want)) == want


WORDS = st.dictionaries(
    st.text("abc", min_size=1, max_size=9).map(str.encode), st.integers(0, 5), max_size=9
)


@settings(max_examples=300, deadline=None)
@given(WORDS, st.integers(0, 20))
def test_kept_counts_are_those_of_counting_anew(words: dict[bytes, int], num_merges: int) -> None:
    assert train_bpe(words, num_merges) == by_definition(words, num_merges)


def test_after_every_merge_the_counts_are_exact() -> None:
    draw = random.Random(7)
    words = {
        bytes(draw.choices(b"ab", k=draw.randint(1, 40))): draw.randint(1, 5) for _ in range(9)
    }
    corpus = bpe_trainer._Corpus(words)
    for _ in range(25):
        pair = max(corpus.counts, key=lambda p: (corpus.counts[p], -p))
        corpus.merge(pair)
        kept = {p: n for p, n in corpus.counts.items() if n}
        assert kept == recounted(corpus)


def recounted(corpus: bpe_trainer._Corpus) -> dict[int, int]:
    counts: Counter[int] = Counter()
    i = 0
    while i < len(corpus.symbols) - 1:
        j = corpus.right[i]
        if corpus.symbols[i] >= 0 <= corpus.symbols[j]:
            counts[corpus.symbols[i] << bpe_trainer._SHIFT | corpus.symbols[j]] += corpus.weights[i]
        i = j
    return dict(counts)


def test_by_hand() -> None:
    words = {b"hug": 10, b"pug": 5, b"pun": 12, b"bun": 4, b"hugs": 5}
    assert train_bpe(words, 3) == [(b"u", b"g"), (b"u", b"n"), (b"h", b"ug")]
    assert train_bpe({b"aaaa": 1}, 9) == [(b"a", b"a"), (b"aa", b"aa")]
    assert train_bpe({}, 9) == train_bpe({b"ab": 0, b"c": 3}, 9) == []


def test_words_are_counted_as_bytes() -> None:
    assert count_words(["né né", " né"]) == {b"n\xc3\xa9": 1, b" n\xc3\xa9": 2}
    assert count_words(["12"]) == {b"1": 1, b"2": 1}
    assert count_words(["12"], single_digits=False) == {b"12": 1}


def test_the_bytes_are_numbered_as_the_library_numbers_them() -> None:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    assert [piece_bytes(character) for character in alphabet] == [bytes([b]) for b in BYTE_ORDER]


def test_a_negative_number_of_merges_is_refused() -> None:
    with pytest.raises(ValueError, match="wanted 0 or more, got -1"):
        train_bpe({}, -1)
