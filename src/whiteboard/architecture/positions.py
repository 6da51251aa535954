"""Positions without rotation: sinusoids, a learned table, ALiBi, and none at all."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int

from whiteboard.architecture.attention import causal_mask


# --8<-- [start:absolute]
def sinusoidal_positions(
    position: Int[Array, "time"], width: int, base: float = 10_000.0
) -> Float[Array, "time width"]:
    """Sine and cosine of position * base^(-2 i / width) in columns 2 i and 2 i + 1.

    Added to the token embeddings. A step of k positions turns each pair of columns by a fixed
    angle, so it is a linear map that does not depend on the position.

    Args:
        position: index of each token, from 0.
        width: D, columns of the encoding; even.
        base: of the frequencies, which fall from 1 to about 1 / base radians per position.

    Returns:
        One encoding a position, each entry in -1 to 1.

    Raises:
        ValueError: an odd width.

    Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.5.
    """
    if width % 2:
        raise ValueError(f"width must be even: each frequency takes two columns, got {width}")
    frequency = base ** (-jnp.arange(0, width, 2, dtype=jnp.float32) / width)
    angle = position[:, None].astype(jnp.float32) * frequency[None, :]
    return jnp.stack([jnp.sin(angle), jnp.cos(angle)], axis=-1).reshape(-1, width)


class LearnedPositions(nnx.Module):
    """One trained vector for each position, added to the token embeddings, as in GPT-2.

    Args:
        max_length: rows of the table.
        width: of the embeddings.
        rngs: seeds the table, normal with standard deviation 0.02.
    """

    def __init__(self, max_length: int, width: int, *, rngs: nnx.Rngs) -> None:
        self.table = nnx.Param(0.02 * jax.random.normal(rngs.params(), (max_length, width)))

    def __call__(self, length: int) -> Float[Array, "length width"]:
        """The first rows.

        Raises:
            ValueError: more than the table has. JAX would clamp an index and repeat the last row.
        """
        if length > self.table.shape[0]:
            raise ValueError(
                f"{length} positions asked of a table of {self.table.shape[0]}: a position that "
                "was not trained has no vector; cut the text"
            )
        return self.table[...][:length]


# --8<-- [end:absolute]


# --8<-- [start:alibi]
def alibi_slopes(num_heads: int) -> Float[Array, "heads"]:
    """What each head takes off a score per token of distance: 2^(-8 h / H), h = 1 to H.

    For H that is no power of two: the slopes of the next lower power P, then every other slope
    of 2 P, as in the authors' code.

    Source: Press et al., arXiv 2108.12409.
    """
    power = 2 ** (num_heads.bit_length() - 1)
    slopes = [2 ** (-8 * h / power) for h in range(1, power + 1)]
    slopes += [2 ** (-4 * h / power) for h in range(1, 2 * (num_heads - power), 2)]
    return jnp.array(slopes)


def alibi_attention(
    query: Float[Array, "batch time heads head_dim"],
    key: Float[Array, "batch time heads head_dim"],
    value: Float[Array, "batch time heads value_dim"],
) -> Float[Array, "batch time heads value_dim"]:
    """Causal attention with m_h (j - i) added to head h's score of query i and key j.

    Args:
        query: what each position asks for; without position encoding.
        key: what each position is found by; without position encoding.
        value: what each position gives.

    Returns:
        The weighted sum of the values for each query and head.
    """
    time = query.shape[1]
    distance = jnp.arange(time)[None, :] - jnp.arange(time)[:, None]
    bias = alibi_slopes(query.shape[2])[None, :, None, None] * distance[None, None]
    return jax.nn.dot_product_attention(query, key, value, bias=bias, mask=causal_mask(time))


# --8<-- [end:alibi]


# --8<-- [start:equivariant]
def is_permutation_equivariant(
    function: Callable[..., Array],
    x: Float[Array, "batch time width"],
    order: Int[Array, "time"],
    *,
    tolerance: float = 1e-4,
) -> bool:
    """Whether permuted tokens give the permuted outputs: f(x[order]) = f(x)[order].

    Not to be mistaken for invariance, f(x[order]) = f(x), which attention never has.

    Args:
        function: maps tokens to one output a token.
        x: tokens that differ from each other.
        order: a permutation of 0 to time - 1, not the identity.
        tolerance: largest absolute difference that still counts as equal.

    Returns:
        True when the outputs are permuted as the inputs are.
    """
    return bool(jnp.abs(function(x[:, order]) - function(x)[:, order]).max() < tolerance)


# --8<-- [end:equivariant]
