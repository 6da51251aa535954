"""Where the tokens of one forward pass stand, and what they may look at."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.kv_cache import LayerCache, valid_mask
from whiteboard.architecture.rope_scaling import scaled_rotary_tables
from whiteboard.lm.config import DecoderConfig

Cache = tuple[LayerCache, ...]


class Context(NamedTuple):
    """What all layers of one forward pass share: an argument of `Decoder.hidden`.

    Attributes:
        position: slot of each row's first token in the cache.
        rotary: cosine and sine of each token's angles.
        mask: True where a token may look.
        from_start: nothing lies in the cache yet: the tokens need only look at each other.
    """

    position: Int[Array, "batch"]
    rotary: tuple[Float[Array, "batch time pairs"], Float[Array, "batch time pairs"]]
    mask: Bool[Array, "batch time slots"]
    from_start: bool

    @classmethod
    def of(
        cls,
        config: DecoderConfig,
        place: Int[Array, "batch time"],
        mask: Bool[Array, "batch time slots"],
        *,
        position: Int[Array, "batch"] | None = None,
    ) -> Context:
        """The context of tokens that stand and look where the caller says.

        Args:
            config: has the rotary frequencies.
            place: of each token in its own text, from 0: what its angles are made of.
            mask: True where a token may look: at slots of the cache, or without `position` at the
                tokens themselves.
            position: slot of each row's first token, when there are earlier ones in the cache.

        Returns:
            The context, with the rotary tables of these places.
        """
        tables = scaled_rotary_tables(
            place, config.head_dim, config.rope_theta, config.rope_scaling
        )
        slot = jnp.zeros(len(place), jnp.int32) if position is None else position
        return cls(slot, tables, mask, position is None)

    @classmethod
    def causal(
        cls,
        config: DecoderConfig,
        tokens: Int[Array, "batch time"],
        cache: Cache | None = None,
        position: Int[Array, "batch"] | None = None,
    ) -> Context:
        """The context of one text a row: each token looks at itself and all before it.

        Args:
            config: has the rotary frequencies.
            tokens: of them the shape alone is read.
            cache: what they are written to, if anything.
            position: slot of each row's first token, and its place in the text; 0 by default.

        Returns:
            The context.
        """
        batch, time = tokens.shape
        first = jnp.zeros(batch, jnp.int32) if position is None else position
        if cache is None or position is None:
            mask = valid_mask(jnp.zeros_like(first), time, time)
        else:
            mask = valid_mask(first, time, cache[0].slots)
        place = first[:, None] + jnp.arange(time)[None, :]
        return cls.of(config, place, mask, position=position)
