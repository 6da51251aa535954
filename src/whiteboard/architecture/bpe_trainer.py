"""Learns byte-pair merges, with pair counts that are kept up to date instead of counted anew."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

from whiteboard.architecture.pre_tokenizer import word_pattern

_PRINTABLE = [*range(33, 127), *range(161, 173), *range(174, 256)]
BYTE_ORDER = bytes([*_PRINTABLE, *sorted(set(range(256)) - set(_PRINTABLE))])
"""The bytes as ids 0 to 255: printable Latin-1 first, as GPT-2 numbers them."""
_SHIFT = 32  # a pair of ids is one integer: dictionaries take it faster than a tuple

Pair = tuple[bytes, bytes]


def count_words(texts: Iterable[str], *, single_digits: bool = True) -> dict[bytes, int]:
    """How often each word of `texts` occurs, as UTF-8. What BPE learns from, and all it sees.

    Args:
        texts: the corpus.
        single_digits: whether each digit is a word of its own.

    Returns:
        Occurrences of each word in the whole corpus.
    """
    find = word_pattern(single_digits=single_digits).findall
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(find(text))
    return {word.encode(): n for word, n in counts.items()}


# --8<-- [start:train]
def train_bpe(word_counts: Mapping[bytes, int], num_merges: int) -> list[tuple[bytes, bytes]]:
    """The merges that BPE learns: each joins the pair then most frequent.

    Ties go to the pair whose left piece has the smaller id, then the right
    one. Ids are `BYTE_ORDER`'s, then those of merged pieces in the order of
    learning: the rule of the library `tokenizers`. In "aaa" a+a counts twice.

    Args:
        word_counts: occurrences of each word, as `count_words` returns them.
        num_merges: the most merges to learn; fewer if no pair is left.

    Returns:
        The pairs in the order of learning, which is the order in which an encoder applies them.

    Raises:
        ValueError: on a negative number.
    """
    if num_merges < 0:
        raise ValueError(f"num_merges: wanted 0 or more, got {num_merges}")
    state = _Corpus(word_counts)
    heap = [(-count, pair) for pair, count in state.counts.items()]
    heapify(heap)
    merges: list[Pair] = []
    while heap and len(merges) < num_merges:
        count, pair = heappop(heap)
        now = state.counts[pair]
        if now == 0:
            continue
        if -count != now:  # merges since then took some of its places
            heappush(heap, (-now, pair))
            continue
        merges.append(state.pieces_of(pair))
        for changed in state.merge(pair):
            heappush(heap, (-state.counts[changed], changed))
    return merges


# --8<-- [end:train]


class _Corpus:
    """All distinct words end to end, as a linked list of ids, with each pair's count and places."""

    def __init__(self, word_counts: Mapping[bytes, int]) -> None:
        self.pieces = [bytes([byte]) for byte in BYTE_ORDER]
        self.ids = {piece: i for i, piece in enumerate(self.pieces)}
        self.counts: defaultdict[int, int] = defaultdict(int)
        self.places: defaultdict[int, list[int]] = defaultdict(list)
        id_of = bytes(BYTE_ORDER.index(byte) for byte in range(256))
        self.symbols, self.weights = [-1], [0]  # -1 stands between words and for merged-away places
        for word, count in word_counts.items():
            if count > 0:
                self.symbols += word.translate(id_of)
                self.symbols.append(-1)
                self.weights += [count] * len(word)
                self.weights.append(0)
        self.right = list(range(1, len(self.symbols) + 1))
        self.left = list(range(-1, len(self.symbols) - 1))
        self._count()

    def _count(self) -> None:
        symbols, weights, counts, places = self.symbols, self.weights, self.counts, self.places
        for i in range(len(symbols) - 1):
            if symbols[i] >= 0 <= symbols[i + 1]:
                pair = symbols[i] << _SHIFT | symbols[i + 1]
                counts[pair] += weights[i]
                places[pair].append(i)

    def pieces_of(self, pair: int) -> Pair:
        return self.pieces[pair >> _SHIFT], self.pieces[pair & ((1 << _SHIFT) - 1)]

    # --8<-- [start:merge]
    def merge(self, pair: int) -> Iterable[int]:
        """Join the pair wherever it stands; the pairs that became more."""
        symbols, weights = self.symbols, self.weights
        left, right = self.left, self.right
        counts, places = self.counts, self.places
        first, second = pair >> _SHIFT, pair & ((1 << _SHIFT) - 1)
        new = self._id_of(pair)
        grown = set()
        for i in sorted(places.pop(pair)):
            j = right[i]
            if symbols[i] != first or symbols[j] != second:
                continue  # another merge took one of the two
            before, after, weight = left[i], right[j], weights[i]
            symbols[i], symbols[j] = new, -1
            right[i], left[after] = after, i
            counts[pair] -= weight
            if (x := symbols[before]) >= 0:
                counts[x << _SHIFT | first] -= weight
                grown.add(added := x << _SHIFT | new)
                counts[added] += weight
                places[added].append(before)
            if (x := symbols[after]) >= 0:
                counts[second << _SHIFT | x] -= weight
                grown.add(added := new << _SHIFT | x)
                counts[added] += weight
                places[added].append(i)
        return grown

    # --8<-- [end:merge]

    def _id_of(self, pair: int) -> int:
        """The id of the joined piece; two ways to the same bytes share one."""
        piece = b"".join(self.pieces_of(pair))
        if piece not in self.ids:
            self.ids[piece] = len(self.pieces)
            self.pieces.append(piece)
        return self.ids[piece]
