"""From logits to the next token: greedy, or drawn by temperature, top-k and top-p."""

from __future__ import annotations

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key


def keep_top_k(
    logits: Float[Array, "batch vocab_size"], k: int
) -> Float[Array, "batch vocab_size"]:
    """Set all but the k largest logits of each row to minus infinity; ties with the k-th stay.

    Args:
        logits: of the next token.
        k: tokens to keep, 1 or more.

    Returns:
        The logits, -inf where a token is dropped.
    """
    k = min(k, logits.shape[-1])
    kth = jax.lax.top_k(logits, k)[0][:, -1:]
    return jnp.where(logits < kth, -jnp.inf, logits)


def keep_top_p(
    logits: Float[Array, "batch vocab_size"], p: float | Float[Array, ""]
) -> Float[Array, "batch vocab_size"]:
    """Keep the smallest set of most probable tokens whose probabilities reach p in sum.

    The most probable token always stays.

    Args:
        logits: of the next token, already divided by the temperature.
        p: probability to reach, 0 to 1.

    Returns:
        The logits, -inf where a token is dropped.

    Source: Holtzman et al., arXiv 1904.09751 (nucleus sampling).
    """
    ranked = jnp.sort(logits, axis=-1)
    # Summed from the least probable: then p = 1 drops nothing for want of digits.
    share = jnp.cumsum(jax.nn.softmax(ranked, axis=-1), axis=-1)
    least = jnp.where(share > 1 - p, ranked, jnp.inf).min(axis=-1, keepdims=True)
    return jnp.where(logits < jnp.minimum(least, ranked[:, -1:]), -jnp.inf, logits)


def filter_logits(
    logits: Float[Array, "batch vocab_size"],
    *,
    temperature: float | Float[Array, ""],
    top_k: int | None,
    top_p: float | Float[Array, ""] | None,
) -> Float[Array, "batch vocab_size"]:
    """Temperature, then top-k, then top-p: the softmax of the result is what a token is drawn by.

    The order matters: a high temperature flattens, so top-p afterwards keeps more tokens.

    Args:
        logits: of the next token, as the decoder computes them.
        temperature: divides the logits; above 0.
        top_k: tokens to keep; None for all.
        top_p: probability to keep; None for all of it.

    Returns:
        Logits in float32, -inf where a token is dropped.
    """
    logits = logits.astype(jnp.float32) / temperature
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    return logits if top_p is None else keep_top_p(logits, top_p)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is chosen. The same seed, prompt and settings give the same tokens.

    Attributes:
        temperature: divides the logits; 0 takes the largest one (greedy).
        top_k: draw among the k most probable tokens only.
        top_p: draw among the most probable tokens that hold this share of the probability, after
            temperature and top_k.
        seed: row b at step t draws with a key made of (seed, b, t).
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.temperature >= 0:
            raise ValueError(f"temperature must be 0 or more, got {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k must be 1 or more, got {self.top_k}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, got {self.top_p}")

    def choose(self, logits: Float[Array, "batch vocab_size"], step: int) -> Int[Array, "batch"]:
        """The token of each row that follows `step` earlier ones of the answer.

        Args:
            logits: of the next token, one row a sequence.
            step: number of earlier tokens of the answer; each step draws anew.

        Returns:
            One token id a row.
        """
        if self.temperature == 0:
            return _greedy(logits)
        return _draw(
            logits, jax.random.key(self.seed), step, self.temperature, self.top_p, top_k=self.top_k
        )


@jax.jit
def _greedy(logits: Float[Array, "batch vocab_size"]) -> Int[Array, "batch"]:
    # argmax in two plain reductions: XLA's own takes four times as long on a CPU.
    vocab_size = logits.shape[-1]
    best = logits == logits.max(axis=-1, keepdims=True)
    return jnp.where(best, jnp.arange(vocab_size), vocab_size).min(axis=-1, initial=vocab_size - 1)


@partial(jax.jit, static_argnames="top_k")
def _draw(
    logits: Float[Array, "batch vocab_size"],
    key: Key[Array, ""],
    step: int | Int[Array, ""],
    temperature: float | Float[Array, ""],
    top_p: float | Float[Array, ""] | None,
    *,
    top_k: int | None,
) -> Int[Array, "batch"]:
    logits = filter_logits(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    rows = jnp.arange(logits.shape[0])
    keys = jax.vmap(lambda row: jax.random.fold_in(jax.random.fold_in(key, row), step))(rows)
    return jax.vmap(jax.random.categorical)(keys, logits).astype(jnp.int32)
