"""Texts in, unit vectors out: the tokenizer, batches of like lengths, and the module."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from tokenizers import Tokenizer
from tqdm import tqdm

from whiteboard.encoder import weights
from whiteboard.encoder.config import EncoderConfig
from whiteboard.encoder.model import TextEncoder, embed_packed
from whiteboard.encoder.packing import Packed, pack

LONGEST_TEXT = 100_000
"""Characters of a text that are tokenized: 256 tokens rarely reach past the first 2,000."""
THREADS = os.cpu_count()
"""Batches that are under way at a time."""
WAIT = 2.0
"""Seconds before `encode` shows a bar."""


@dataclass(frozen=True)
class SentenceEncoder:
    """A sentence encoder: the module, its tokenizer, and the hash of its weights."""

    config: EncoderConfig
    module: TextEncoder
    tokenizer: Tokenizer
    weights_sha256: str

    def encode(self, texts: Sequence[str]) -> Float[Array, "texts {self.config.hidden_size}"]:
        """One unit vector a text: the normalised mean of its last token states.

        A text is cut at `config.max_length` tokens. An empty text has a vector too: that of
        `[CLS] [SEP]`. A lone surrogate is read as U+FFFD, which the tokenizer drops. A terminal
        shows a bar after two seconds.

        Raises:
            TypeError: when `texts` is one string, or holds something else than strings.
        """
        vectors = np.empty((len(texts), self.config.hidden_size), np.float32)

        def embed(batch: Packed) -> None:
            rows = embed_packed(self.module, batch.ids, batch.owners, batch.positions)
            vectors[batch.texts] = np.asarray(rows)[batch.at]

        encodings = self.tokenizer.encode_batch_fast(clean(texts))
        _each(embed, list(pack([encoding.ids for encoding in encodings])))
        return jnp.asarray(vectors)


def load(source: str | Path = "all-minilm-l6-v2") -> SentenceEncoder:
    """The encoder of that name, or of a folder with a model of the same kind.

    Args:
        source: "all-minilm-l6-v2", or a folder with config.json, model.safetensors, tokenizer.json.

    Raises:
        FileNotFoundError: the weights are nowhere; the message says what to install.
        ValueError: the files are not those of such a model.
    """
    named = source == "all-minilm-l6-v2"
    folder = weights.find() if named else Path(source)
    digest = weights.check_files(folder)
    if named and digest != weights.MINILM_SHA256:
        raise ValueError(
            f"{folder}/model.safetensors: wanted sha256 {weights.MINILM_SHA256}, got {digest}; "
            "install the package again, or give the folder by its path if that is meant"
        )
    config = EncoderConfig.read(folder / "config.json")
    module = weights.load_module(folder, config)
    return SentenceEncoder(config, module, _tokenizer(folder, config), digest)


def _each(function: Callable[[Packed], None], batches: Sequence[Packed]) -> None:
    """The function on every batch, from as many threads as there are cores.

    XLA splits each operation of a batch among the cores, so what one core wrote another reads next.
    With a batch under way for each core, a core hardly needs the others' results. That is faster
    where they share no cache, as a virtual machine's may not (`benchmarks/retrieval.py`).
    """
    if len(batches) == 1:  # a query: handing it to a thread takes longer than it saves
        function(batches[0])
    else:
        total = sum(len(batch.texts) for batch in batches)
        with (
            ThreadPoolExecutor(THREADS) as threads,
            tqdm(
                desc="Encoding", unit=" texts", total=total, delay=WAIT, disable=None, leave=False
            ) as bar,  # disable=None: where stderr is no terminal
        ):
            for batch, _ in zip(batches, threads.map(function, batches), strict=True):
                bar.update(len(batch.texts))


def _tokenizer(folder: Path, config: EncoderConfig) -> Tokenizer:
    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a bare Exception
        raise ValueError(f"{path} is not a tokenizer.json: {error}") from None
    if tokenizer.get_vocab_size() > config.vocab_size:
        raise ValueError(
            f"{path} has {tokenizer.get_vocab_size()} tokens; "
            f"the model has embeddings for {config.vocab_size}"
        )
    # The shipped file cuts at 128 tokens and pads every text to 128: both are wrong here.
    tokenizer.enable_truncation(config.max_length)
    tokenizer.no_padding()
    return tokenizer


def clean(texts: Sequence[object]) -> list[str]:
    """The texts as the tokenizer takes them: of bounded length, without lone surrogates."""
    if isinstance(texts, str):
        raise TypeError("texts: wanted a list of strings, got one string; write encode([text])")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{index}]: wanted a string, got {type(text).__name__}")
    cut = (str(text)[:LONGEST_TEXT] for text in texts)
    return [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in cut]
