"""Byte-level BPE: text to token ids by ranked merges, and back without loss."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from heapq import heapify, heappop, heappush
from itertools import pairwise

from whiteboard.architecture.bpe_trainer import BYTE_ORDER, Pair, count_words, train_bpe
from whiteboard.architecture.pre_tokenizer import word_pattern
from whiteboard.data import python_topics

_SINGLE_BYTES = [bytes([byte]) for byte in BYTE_ORDER]


# --8<-- [start:steps]
def merge_steps(word: bytes, ranks: Mapping[Pair, int]) -> Iterator[list[bytes]]:
    """The definition: the pieces of a word after each merge, from bytes on.

    Each step joins the adjacent pair of the lowest rank, the leftmost of equals.

    Args:
        word: UTF-8 bytes of one word; merges never cross words.
        ranks: rank of each learned merge; the lowest is applied first.

    Yields:
        The pieces after each merge; first the single bytes, last the tokens.
    """
    pieces = [word[i : i + 1] for i in range(len(word))]
    yield pieces
    while True:
        pairs = enumerate(pairwise(pieces))
        known = [(ranks[pair], i) for i, pair in pairs if pair in ranks]
        if not known:
            return
        _, i = min(known)
        joined = pieces[i] + pieces[i + 1]
        pieces = [*pieces[:i], joined, *pieces[i + 2 :]]
        yield pieces


# --8<-- [end:steps]


# --8<-- [start:word]
def merge_word(word: bytes, ranks: Mapping[tuple[bytes, bytes], int]) -> list[bytes]:
    """The last of `merge_steps`, in O(n log n): a heap over a linked list.

    The definition looks at the whole word again after each merge. A word of
    a million letters, which anybody may send, would take it hours.

    Args:
        word: UTF-8 bytes of one word.
        ranks: rank of each learned merge; the lowest is applied first.

    Returns:
        The word's pieces when no known merge is left.
    """
    pieces = [word[i : i + 1] for i in range(len(word))]
    left = list(range(-1, len(word) - 1))
    right = list(range(1, len(word) + 1))
    pairs = enumerate(pairwise(pieces))
    heap = [(ranks[pair], i) for i, pair in pairs if pair in ranks]
    heapify(heap)
    while heap:
        rank, i = heappop(heap)
        j = right[i]
        if j == len(word) or ranks.get((pieces[i], pieces[j])) != rank:
            continue  # one of the two was merged into another piece
        pieces[i], pieces[j] = pieces[i] + pieces[j], b""
        right[i] = right[j]
        if right[i] < len(word):
            left[right[i]] = i
        for k in (left[i], i):
            if k >= 0 and right[k] < len(word):
                pair = pieces[k], pieces[right[k]]
                if pair in ranks:
                    heappush(heap, (ranks[pair], k))
    return [piece for piece in pieces if piece]


# --8<-- [end:word]


# --8<-- [start:join]
def join_pieces(pieces: Iterable[bytes]) -> str:
    """The text of pieces: the bytes are joined before they are read as UTF-8.

    A piece may end inside a character. What is no UTF-8 in the end becomes U+FFFD.
    """
    return b"".join(pieces).decode(errors="replace")


# --8<-- [end:join]


class BytePairEncoding:
    """A vocabulary with its merges: `encode` text, `decode` ids.

    Args:
        merges: pairs of pieces; the rank of a merge is its place in the list.
        ids: the id of every piece. Without it: the 256 bytes in GPT-2's order, then each new piece.
        special: control strings and their ids; only `encode(special=True)` recognises them.
        single_digits: whether each digit is a word of its own.

    Raises:
        ValueError: when a merge does not join two pieces into a third, or an id stands twice.
    """

    def __init__(
        self,
        merges: Sequence[Pair],
        ids: Mapping[bytes, int] | None = None,
        *,
        special: Mapping[str, int] | None = None,
        single_digits: bool = True,
    ) -> None:
        if ids is None:
            pieces = dict.fromkeys([*_SINGLE_BYTES, *(a + b for a, b in merges)])
            ids = {piece: i for i, piece in enumerate(pieces)}
        for a, b in merges:
            if not (a in ids and b in ids and a + b in ids):
                raise ValueError(f"merge {a!r} {b!r} does not join two pieces into a third")
        self.ids, self.special = dict(ids), dict(special or {})
        self.ranks = {pair: rank for rank, pair in reversed(list(enumerate(merges)))}
        self.pieces = {i: piece for piece, i in self.ids.items()}
        self.pieces |= {i: text.encode() for text, i in self.special.items()}
        if len(self.pieces) != len(self.ids) + len(self.special):
            raise ValueError("two pieces have the same id")
        self._pattern = word_pattern(single_digits=single_digits)
        self._missing = bytes(byte for byte in range(256) if bytes([byte]) not in self.ids)
        longest_first = sorted(self.special, key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
        self._encode_word = lru_cache(maxsize=100_000)(self._word)

    @classmethod
    def from_json(cls, text: str) -> BytePairEncoding:
        """The tokenizer of a `tokenizers` JSON file of byte-level BPE with GPT-2's pattern.

        Raises:
            ValueError: for another kind of tokenizer.
        """
        data = json.loads(text)
        parts = data["pre_tokenizer"] or {}
        kinds = [part["type"] for part in parts.get("pretokenizers", [parts])]
        if data["model"]["type"] != "BPE" or kinds not in (["Digits", "ByteLevel"], ["ByteLevel"]):
            raise ValueError(f"wanted byte-level BPE, got {data['model']['type']} after {kinds}")
        special = {token["content"]: token["id"] for token in data["added_tokens"]}
        ids = {
            piece_bytes(piece): i
            for piece, i in data["model"]["vocab"].items()
            if piece not in special
        }
        merges = [(piece_bytes(a), piece_bytes(b)) for a, b in data["model"]["merges"]]
        return cls(merges, ids, special=special, single_digits="Digits" in kinds)

    # --8<-- [start:encode]
    def encode(self, text: str, *, special: bool = False) -> list[int]:
        """Token ids of `text`; a control string is only text unless `special`.

        Bytes without a piece vanish, as in the reference; a trained vocabulary has all 256.

        Args:
            text: any text.
            special: recognise control strings, such as an end-of-text mark, in the text.

        Returns:
            Token ids, in the order of the text.
        """
        ids: list[int] = []
        start = 0
        for found in self._control.finditer(text) if special else ():
            ids += self._encode_text(text[start : found.start()])
            ids.append(self.special[found[0]])
            start = found.end()
        return ids + self._encode_text(text[start:])

    def _encode_text(self, text: str) -> list[int]:
        return [i for word in self._pattern.findall(text) for i in self._encode_word(word)]

    def encode_bytes(self, data: bytes) -> list[int]:
        """Ids of any bytes, UTF-8 or not, taken as one word: text has words, bytes do not."""
        pieces = merge_word(data.translate(None, self._missing), self.ranks)
        return [self.ids[piece] for piece in pieces]

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The bytes of `ids`: the exact inverse. Raises: ValueError on an unknown id."""
        unknown = next((i for i in ids if i not in self.pieces), None)
        if unknown is not None:
            raise ValueError(f"token id {unknown} is outside the vocabulary")
        return b"".join(self.pieces[i] for i in ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids`, by `join_pieces`. Raises: ValueError on an unknown id."""
        return join_pieces([self.decode_bytes(ids)])

    # --8<-- [end:encode]

    def _word(self, word: str) -> tuple[int, ...]:
        return tuple(self.encode_bytes(word.encode()))


_BYTE_OF = {chr(b): b for b in BYTE_ORDER[:188]}  # printable: each byte is its own character
_BYTE_OF |= {chr(256 + k): b for k, b in enumerate(BYTE_ORDER[188:])}
_CHARACTER_OF = {byte: character for character, byte in _BYTE_OF.items()}


def piece_bytes(written: str) -> bytes:
    """The bytes of a piece as vocabulary files write it: "Ġthe" is b" the".

    Raises:
        ValueError: on a character that stands for no byte.
    """
    try:
        return bytes(_BYTE_OF[character] for character in written)
    except KeyError as error:
        raise ValueError(f"{written!r}: {error.args[0]!r} stands for no byte") from None


def written_piece(piece: bytes) -> str:
    """A piece as vocabulary files write it, each byte a printable character: " the" is "Ġthe"."""
    return "".join(_CHARACTER_OF[byte] for byte in piece)


def bpe_merges_widget() -> dict[str, list[list[str]]]:
    """What the widget shows: the first 600 merges of the documentation topics, pieces as hex."""
    merges = train_bpe(count_words(python_topics().values()), 600)
    return {"merges": [[left.hex(), right.hex()] for left, right in merges]}
