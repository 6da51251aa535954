"""Text to token ids and back: SmolLM2's byte-level BPE, and plain bytes for the tiny model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tokenizers import AddedToken, decoders, models, pre_tokenizers
from tokenizers import Tokenizer as _Engine

from whiteboard.architecture.bpe_trainer import BYTE_ORDER
from whiteboard.architecture.byte_pair_encoding import written_piece

_CONTROL = 3  # the token type of <|im_start|> and its kind in a GGUF file
_CHAT = ("<|im_start|>", "<|im_end|>")
_FIELDS = ("model", "pre", "tokens", "merges", "token_type", "eos_token_id")


class Tokenizer:
    """Byte-level BPE with the vocabulary and merges of a GGUF file.

    Each digit is a word of its own; everything else splits by GPT-2's pattern. Text is only text:
    `<|im_end|>` typed by a user becomes ordinary tokens unless `special=True` asks otherwise.
    """

    def __init__(
        self, vocabulary: Sequence[str], merges: Sequence[str], control: Sequence[int], eos_id: int
    ) -> None:
        """A tokenizer of these pieces and merges.

        Args:
            vocabulary: pieces as vocabulary files write them, by id.
            merges: "left right" by rank.
            control: ids of the control tokens.
            eos_id: id of the token that ends a text.
        """
        self.eos_id, self.vocab_size = eos_id, len(vocabulary)
        self._vocabulary, self._control = list(vocabulary), frozenset(control)
        ids = {piece: i for i, piece in enumerate(vocabulary)}
        pairs = [_pair(ids, merge) for merge in merges]
        self._plain, self._special = (_engine(ids, pairs) for _ in range(2))
        self._special.add_special_tokens(
            [AddedToken(vocabulary[i], normalized=False, special=True) for i in sorted(control)]
        )

    @classmethod
    def from_gguf(cls, metadata: dict[str, Any]) -> "Tokenizer":
        """The tokenizer that a GGUF file's metadata holds.

        Raises:
            ValueError: if a field is missing or contradicts another, or if the kind is another.
        """
        missing = [f for f in _FIELDS if f"tokenizer.ggml.{f}" not in metadata]
        if missing:
            raise ValueError(f"the file has no tokenizer.ggml.{', tokenizer.ggml.'.join(missing)}")
        model, pre, tokens, merges, types, eos = (metadata[f"tokenizer.ggml.{f}"] for f in _FIELDS)
        if (model, pre) != ("gpt2", "smollm"):
            raise ValueError(f"wanted a tokenizer of kind gpt2/smollm, got {model}/{pre}")
        distinct = len(set(tokens))
        if not len(types) == len(tokens) == distinct or not 0 <= eos < distinct:
            raise ValueError(
                f"the vocabulary does not hold together: {len(tokens)} tokens "
                f"({distinct} different), {len(types)} types, end id {eos}"
            )
        return cls(tokens, merges, np.flatnonzero(np.asarray(types) == _CONTROL).tolist(), eos)

    @classmethod
    def from_merges(cls, merges: Sequence[tuple[bytes, bytes]]) -> "Tokenizer":
        """The tokenizer of merges that `train_bpe` learned on `count_words`.

        Ids: the 256 bytes in `BYTE_ORDER`, each new piece as it was learned, then <|im_start|> and
        <|im_end|>; the last ends a text.
        """
        single = (bytes([byte]) for byte in BYTE_ORDER)
        pieces = dict.fromkeys([*single, *(left + right for left, right in merges)])
        vocabulary = [*map(written_piece, pieces), *_CHAT]
        start, end = len(vocabulary) - 2, len(vocabulary) - 1
        written = [f"{written_piece(left)} {written_piece(right)}" for left, right in merges]
        return cls(vocabulary, written, [start, end], end)

    def encode(self, text: str, special: bool = False) -> list[int]:
        """Token ids of `text`; control tokens are recognised in it only if `special`.

        SmolLM2's vocabulary has no piece for eight bytes that text hardly uses (control characters
        such as U+0004, planes 4 to 11 of Unicode): they vanish, as they do in llama.cpp.

        Args:
            text: any text.
            special: recognise control tokens in the text.

        Returns:
            Token ids, in the order of the text.

        Raises:
            ValueError: on a lone surrogate, which no UTF-8 can carry.
        """
        _require_utf8(text)
        engine = self._special if special else self._plain
        return list(engine.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int], special: bool = False) -> str:
        """Text of `ids`; control tokens are left out unless `special`.

        Bytes that are not UTF-8, such as half an emoji, become U+FFFD.

        Args:
            ids: of this vocabulary.
            special: write control tokens out instead of leaving them out.

        Returns:
            The text.

        Raises:
            ValueError: on an id outside the vocabulary.
        """
        checked = _checked(ids, self.vocab_size)
        kept = checked if special else [i for i in checked if i not in self._control]
        return str(self._plain.decode(kept, skip_special_tokens=False))

    def id(self, piece: str) -> int:
        """The id of one piece of the vocabulary, such as `<|im_start|>`. Raises: KeyError."""
        found = self._plain.token_to_id(piece)
        if found is None:
            raise KeyError(f"{piece!r} is no piece of this vocabulary")
        return int(found)

    def to_json(self) -> str:
        """The same tokenizer in the format of the `tokenizers` library, control tokens included."""
        return str(self._special.to_str())


class ByteTokenizer:
    """Each byte of the UTF-8 text is a token; byte 0 ends a text. For the tiny model."""

    eos_id = 0
    vocab_size = 256

    def encode(self, text: str, special: bool = False) -> list[int]:
        """The UTF-8 bytes of a text.

        Args:
            text: any text.
            special: allow NUL, which is the end token.

        Returns:
            Ids, 0 to 255.

        Raises:
            ValueError: a lone surrogate; or a NUL unless `special`.
        """
        _require_utf8(text)
        if "\0" in text and not special:
            raise ValueError(f"NUL at character {text.index(chr(0))} is this tokenizer's end id")
        return list(text.encode())

    def decode(self, ids: Sequence[int], special: bool = False) -> str:
        """The text of some bytes.

        Args:
            ids: bytes, 0 to 255.
            special: keep the end byte instead of leaving it out.

        Returns:
            The text; bytes that are not UTF-8 become U+FFFD.
        """
        checked = _checked(ids, self.vocab_size)
        return bytes(i for i in checked if special or i != self.eos_id).decode(errors="replace")


def _engine(ids: dict[str, int], pairs: list[tuple[str, str]]) -> _Engine:
    engine = _Engine(models.BPE(vocab=ids, merges=pairs))
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    engine.decoder = decoders.ByteLevel()
    return engine


def _pair(ids: dict[str, int], merge: str) -> tuple[str, str]:
    left, _, right = merge.partition(" ")
    if left not in ids or right not in ids or left + right not in ids:
        raise ValueError(f"merge {merge!r} does not join two pieces of the vocabulary into a third")
    return left, right


def _checked(ids: Sequence[int], vocab_size: int) -> list[int]:
    listed = [int(i) for i in ids]
    bad = next((i for i in listed if not 0 <= i < vocab_size), None)
    if bad is not None:
        raise ValueError(f"token id {bad} is outside the vocabulary of {vocab_size}")
    return listed


def _require_utf8(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"character {error.start} is a lone surrogate; decode the text with errors='replace'"
        ) from None
