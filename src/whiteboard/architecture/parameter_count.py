"""How many weights a decoder has, from its shape: dense or sparse, grouped or latent attention."""

from __future__ import annotations

from whiteboard.data.published_models import LatentShape, ModelShape


def parameters(shape: ModelShape, experts: int | None = None) -> int:
    """Weights of the decoder when each sparse layer has `experts` of its routed experts.

    V D for each table that is not shared, D for the last norm, and in each layer its norms, its
    attention and its feed-forward: 3 D F, or 3 D F an expert and D E for the router.

    Args:
        shape: of the decoder.
        experts: all that are stored by default; `shape.top_k` counts what one token uses, and 0
            what is not routed.

    Returns:
        The count. A tied table counts once, whatever a file does.
    """
    tables = (1 if shape.tie_embeddings else 2) * shape.vocab_size * shape.hidden_size
    norm = shape.hidden_size * (1 + shape.norm_bias)
    layer = attention_parameters(shape) + shape.layer_norms * norm
    dense_layers = shape.num_dense_layers if shape.num_experts else shape.num_layers
    dense = (2 + shape.gated) * shape.hidden_size * shape.intermediate_size
    feed_forward = dense_layers * dense
    if shape.num_experts:
        sparse_layers = shape.num_layers - dense_layers
        chosen = shape.num_experts if experts is None else experts
        feed_forward += sparse_layers * _sparse_parameters(shape, chosen)
    return tables + norm + shape.num_layers * layer + feed_forward + shape.beside_decoder


def attention_parameters(shape: ModelShape) -> int:
    """Weights of one layer's attention: 2 D N (H + K), or those of `latent_parameters`.

    Args:
        shape: of the decoder.

    Returns:
        The count, with the biases, the norms of queries and keys, and the sinks that there are.
    """
    heads, d = shape.num_heads, shape.hidden_size
    extra = d * shape.output_bias + shape.qk_norm + heads * shape.sinks
    if shape.latent is not None:
        return latent_parameters(shape.latent, d, heads) + extra
    width, kv_width = heads * shape.head_dim, shape.num_kv_heads * shape.head_dim
    return 2 * d * (width + kv_width) + (width + 2 * kv_width) * shape.qkv_bias + extra


def latent_parameters(latent: LatentShape, hidden_size: int, heads: int) -> int:
    """Weights of multi-head latent attention, with the norms of both of its latents.

    Args:
        latent: the widths.
        hidden_size: D.
        heads: H.

    Returns:
        The count of one layer.
    """
    rank, nope, rope = latent.kv_lora_rank, latent.qk_nope_head_dim, latent.qk_rope_head_dim
    query = (hidden_size + 1) * latent.q_lora_rank + latent.q_lora_rank * heads * (nope + rope)
    keys_and_values = rank * heads * (nope + latent.v_head_dim)
    cached = hidden_size * (rank + rope) + rank
    return query + cached + keys_and_values + heads * latent.v_head_dim * hidden_size


def _sparse_parameters(shape: ModelShape, routed: int) -> int:
    """Weights of a sparse feed-forward layer with so many of its routed experts."""
    d, width = shape.hidden_size, shape.expert_size
    one_expert = 3 * d * width + (2 * width + d) * shape.expert_bias
    router = (d + shape.router_bias) * shape.num_experts
    return router + (routed + shape.num_shared_experts) * one_expert
