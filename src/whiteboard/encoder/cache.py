"""A corpus's vectors, kept on disk under the hash of all that they depend on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile

import jax.numpy as jnp
import numpy as np
from filelock import FileLock
from jaxtyping import Array, Float
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from whiteboard.encoder.sentence import SentenceEncoder

_HERE = Path(__file__)


def encode_corpus(
    encoder: SentenceEncoder, texts: Sequence[str], *, directory: Path | None = None
) -> Float[Array, "texts dim"]:
    """`encoder.encode(texts)`, read from disk when these texts were encoded before.

    The key is the hash of the texts, the weights, the length texts are cut at and this package's
    code. A file that is damaged, or holds something else, is computed and written again. Of two
    processes that want the same vectors one computes them, and the other waits.

    Args:
        encoder: computes the vectors when no file has them.
        texts: the corpus, in order.
        directory: where the files lie; by default `.cache/embeddings` of a checkout, else the
            user's cache.

    Returns:
        One unit vector a text, in the order of the texts.
    """
    path = (directory or _default_directory()) / f"{_key(encoder, texts)}.safetensors"
    shape = (len(texts), encoder.config.hidden_size)
    if (vectors := _read(path, shape)) is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            if (vectors := _read(path, shape)) is None:
                vectors = np.asarray(encoder.encode(texts))
                _write(path, vectors)
    return jnp.asarray(vectors)


def _key(encoder: SentenceEncoder, texts: Sequence[str]) -> str:
    parts = [encoder.weights_sha256, str(encoder.config.max_length), _code(), *texts]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@cache
def _code() -> str:
    sources = b"".join(path.read_bytes() for path in sorted(_HERE.parent.glob("*.py")))
    return hashlib.sha256(sources).hexdigest()


def _default_directory() -> Path:
    checkout = _HERE.parents[3]
    if (checkout / "pyproject.toml").is_file():
        return checkout / ".cache" / "embeddings"
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "llm-whiteboard", "embeddings")


def _read(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """The stored vectors; None when there are none, or not those that were written."""
    try:
        with safe_open(path, "numpy") as file:
            vectors, digest = file.get_tensor("vectors"), file.metadata()["sha256"]
    except (OSError, SafetensorError, KeyError, TypeError):
        return None
    return vectors if vectors.shape == shape and _digest(vectors) == digest else None


def _write(path: Path, vectors: np.ndarray) -> None:
    """Whole or not at all: a process may be stopped while it writes."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(save({"vectors": vectors}, {"sha256": _digest(vectors)}))
    Path(file.name).replace(path)


def _digest(vectors: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(vectors).tobytes()).hexdigest()
