"""Multi-head attention as a Flax NNX module: self-attention, or cross-attention to a context."""

from __future__ import annotations

from functools import partial

from flax import nnx
from jaxtyping import Array, Bool, DTypeLike, Float

from whiteboard.architecture.attention import dot_product_attention


# --8<-- [start:multi_head_attention]
class MultiHeadAttention(nnx.Module):
    """`concat(head_1 ... head_H) @ W_o`, `head_h = attention(x W_q_h, y W_k_h, y W_v_h)`.

    `W_o` mixes the heads: split by head it is a sum, `head_1 @ W_o_1 + ... + head_H @ W_o_H`.
    The four matrices hold `4 * hidden_size * num_heads * head_dim` parameters, without biases.

    Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.2.2.
    """

    def __init__(
        self,
        hidden_size: int,
        *,
        num_heads: int,
        head_dim: int,
        rngs: nnx.Rngs,
        dtype: DTypeLike | None = None,
    ) -> None:
        """Draws the four matrices.

        Args:
            hidden_size: width of the inputs and outputs.
            num_heads: how many heads.
            head_dim: width of one head, the `d_k` under the root.
            rngs: where the initial weights are drawn from.
            dtype: of the products; that of the inputs and weights by default.
        """
        heads = (num_heads, head_dim)
        project = partial(nnx.LinearGeneral, use_bias=False, dtype=dtype, rngs=rngs)
        self.query = project(hidden_size, heads)
        self.key = project(hidden_size, heads)
        self.value = project(hidden_size, heads)
        self.output = project(heads, hidden_size, axis=(-2, -1))

    def __call__(
        self,
        x: Float[Array, "batch time hidden_size"],
        context: Float[Array, "batch source hidden_size"] | None = None,
        *,
        mask: Bool[Array, "#batch #heads #time source"] | None = None,
    ) -> Float[Array, "batch time hidden_size"]:
        """Attention from `x` to `context`, or to `x` itself when there is none.

        Args:
            x: hidden states of the queries.
            context: hidden states that keys and values are made of; `x` by default.
            mask: True where a query may look.

        Returns:
            The mixed outputs of all heads.
        """
        context = x if context is None else context
        query, key, value = self.query(x), self.key(context), self.value(context)
        return self.output(dot_product_attention(query, key, value, mask=mask))


# --8<-- [end:multi_head_attention]
