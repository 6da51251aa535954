"""Multi-head latent attention (MLA): one latent and one rotary key are cached for all heads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.attention import dot_product_attention
from whiteboard.architecture.rope import rotary_tables, rotate


@dataclass(frozen=True)
class LatentAttentionConfig:
    """Shapes of one MLA layer, under the names of DeepSeek's config files.

    Attributes:
        hidden_size: width D of the model.
        num_heads: H query heads; there are no KV heads to count.
        kv_lora_rank: width C of the cached latent.
        qk_nope_head_dim: width N of a head's query and key that carry no position.
        qk_rope_head_dim: width R of the rotary part; all heads share one rotary key.
        v_head_dim: width of a head's value.
        rope_theta: base of the rotary frequencies.
    """

    hidden_size: int
    num_heads: int
    kv_lora_rank: int
    qk_nope_head_dim: int
    qk_rope_head_dim: int
    v_head_dim: int
    rope_theta: float = 10_000.0


class Latents(NamedTuple):
    """All that MLA caches: C + R numbers per token and layer. No factor two, no heads."""

    latent: Float[Array, "batch source kv_lora_rank"]
    rope_key: Float[Array, "batch source rope_dim"]


# --8<-- [start:naive]
def naive_latent_attention(
    query: Float[Array, "batch time heads nope_dim"],
    query_rope: Float[Array, "batch time heads rope_dim"],
    latent: Float[Array, "batch source kv_lora_rank"],
    rope_key: Float[Array, "batch source rope_dim"],
    up_key: Float[Array, "kv_lora_rank heads nope_dim"],
    up_value: Float[Array, "kv_lora_rank heads v_dim"],
    mask: Bool[Array, "#batch 1 time source"],
) -> Float[Array, "batch time heads v_dim"]:
    """Multi-head attention over keys and values rebuilt from the latents.

    k_h = [W_UK,h c ; k_rope], v_h = W_UV,h c, then softmax(q k / sqrt(N + R)) v. This is the
    definition, and what prefill runs: every key is used by many queries.

    Args:
        query: the part of the queries without a position.
        query_rope: the rotated part.
        latent: c, cached.
        rope_key: k_rope, cached already rotated; one for all heads.
        up_key: W_UK.
        up_value: W_UV.
        mask: True where a query may look; the same for all heads.

    Returns:
        The weighted sum of the rebuilt values for each head.

    Source: DeepSeek-V2, arXiv 2405.04434, equations 9 to 19.
    """
    key = jnp.einsum("BSC,CHN->BSHN", latent, up_key)
    value = jnp.einsum("BSC,CHV->BSHV", latent, up_value)
    shared = jnp.broadcast_to(rope_key[:, :, None, :], (*key.shape[:3], rope_key.shape[-1]))
    return dot_product_attention(
        jnp.concatenate([query, query_rope], -1),
        jnp.concatenate([key, shared], -1),
        value,
        mask=mask,
    )


# --8<-- [end:naive]


# --8<-- [start:absorbed]
def absorbed_latent_attention(
    query: Float[Array, "batch time heads nope_dim"],
    query_rope: Float[Array, "batch time heads rope_dim"],
    latent: Float[Array, "batch source kv_lora_rank"],
    rope_key: Float[Array, "batch source rope_dim"],
    up_key: Float[Array, "kv_lora_rank heads nope_dim"],
    up_value: Float[Array, "kv_lora_rank heads v_dim"],
    mask: Bool[Array, "#batch 1 time source"],
) -> Float[Array, "batch time heads v_dim"]:
    """The same, with the up-projections moved to the query and to the output.

    q (W_UK c) = (W_UK^T q) c, so each query is brought into the latent space once, and all heads
    read the latents as they lie: multi-query attention with keys of C + R and values of C numbers.
    This is what decoding runs: no key or value is formed for a cached token.

    Args and Source: as `naive_latent_attention`; section 2.1.2 and appendix C.

    Args:
        query: the part of the queries without a position.
        query_rope: the rotated part.
        latent: c, cached.
        rope_key: k_rope, cached already rotated; one for all heads.
        up_key: W_UK.
        up_value: W_UV.
        mask: True where a query may look; the same for all heads.

    Returns:
        The output of `naive_latent_attention`, but for rounding.

    Source: DeepSeek-V2, arXiv 2405.04434, section 2.1.2 and appendix C.
    """
    scale = (query.shape[-1] + query_rope.shape[-1]) ** -0.5  # of the heads, not of the latent
    lowered = jnp.einsum("BTHN,CHN->BTHC", query, up_key)
    scores = jnp.einsum("BTHC,BSC->BHTS", lowered, latent)
    scores += jnp.einsum("BTHR,BSR->BHTS", query_rope, rope_key)
    weights = jax.nn.softmax(scores.astype(jnp.float32) * scale, where=mask)
    mixed = jnp.einsum("BHTS,BSC->BTHC", weights.astype(query.dtype), latent)
    return jnp.einsum("BTHC,CHV->BTHV", mixed, up_value)


# --8<-- [end:absorbed]


class LatentAttention(nnx.Module):
    """One MLA layer: project, attend by either form, project back.

    Queries are projected in full. DeepSeek-V2 also compresses them (`q_lora_rank`), which saves
    activations in training and changes nothing that is cached.
    """

    def __init__(self, config: LatentAttentionConfig, *, rngs: nnx.Rngs):
        self.config = c = config
        self.query = _weight(rngs, c.hidden_size, c.num_heads, c.qk_nope_head_dim)
        self.query_rope = _weight(rngs, c.hidden_size, c.num_heads, c.qk_rope_head_dim)
        self.down = _weight(rngs, c.hidden_size, c.kv_lora_rank)
        self.down_rope = _weight(rngs, c.hidden_size, c.qk_rope_head_dim)
        self.norm = nnx.RMSNorm(c.kv_lora_rank, epsilon=1e-6, rngs=rngs)
        self.up_key = _weight(rngs, c.kv_lora_rank, c.num_heads, c.qk_nope_head_dim)
        self.up_value = _weight(rngs, c.kv_lora_rank, c.num_heads, c.v_head_dim)
        self.output = _weight(rngs, c.num_heads * c.v_head_dim, c.hidden_size)

    def latents(
        self, x: Float[Array, "batch time hidden"], position: Int[Array, "batch time"]
    ) -> Latents:
        """What the layer caches for new tokens.

        Args:
            x: hidden states of the tokens.
            position: of each token in its own sequence.

        Returns:
            The latent of each token, and its rotary key.
        """
        rope_key = (x @ self.down_rope[...])[:, :, None, :]
        return Latents(
            self.norm(x @ self.down[...]), rotate(rope_key, self._tables(position))[:, :, 0]
        )

    def __call__(
        self,
        x: Float[Array, "batch time hidden"],
        position: Int[Array, "batch time"],
        cached: Latents,
        mask: Bool[Array, "#batch 1 time source"],
        *,
        attend: Callable[..., Array] = absorbed_latent_attention,
    ) -> Float[Array, "batch time hidden"]:
        """Attention of new tokens over cached ones.

        Args:
            x: hidden states of the new tokens, the queries.
            position: of each token in its own sequence.
            cached: latents of all tokens that may be seen, the new ones included.
            mask: True where a query may look; the same for all heads.
            attend: `absorbed_latent_attention` for decoding, `naive_latent_attention` for prefill.

        Returns:
            The layer's output for the new tokens.
        """
        query = jnp.einsum("BTD,DHN->BTHN", x, self.query[...])
        query_rope = jnp.einsum("BTD,DHR->BTHR", x, self.query_rope[...])
        query_rope = rotate(query_rope, self._tables(position))
        heads = attend(query, query_rope, *cached, self.up_key[...], self.up_value[...], mask)
        return heads.reshape(*x.shape[:2], -1) @ self.output[...]

    def _tables(self, position: Array) -> tuple[Array, Array]:
        return rotary_tables(position, self.config.qk_rope_head_dim, self.config.rope_theta)


def _weight(rngs: nnx.Rngs, fan_in: int, *fan_out: int) -> nnx.Param:
    init = nnx.initializers.lecun_normal(in_axis=0, out_axis=tuple(range(1, len(fan_out) + 1)))
    return nnx.Param(init(rngs.params(), (fan_in, *fan_out)))
