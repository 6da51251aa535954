"""Shapes of published models: `published_models.json`, the only place where one is typed."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, kw_only=True)
class LatentShape:
    """The widths of multi-head latent attention, by the names of DeepSeek's config files.

    Attributes:
        q_lora_rank: width of the queries' latent.
        kv_lora_rank: width of the cached latent.
        qk_nope_head_dim: width of a head's query and key that carry no position.
        qk_rope_head_dim: width of the rotary part.
        v_head_dim: width of a head's value.
    """

    q_lora_rank: int
    kv_lora_rank: int
    qk_nope_head_dim: int
    qk_rope_head_dim: int
    v_head_dim: int


@dataclass(frozen=True, kw_only=True)
class ModelShape:
    """All that decides how many weights a decoder has.

    Attributes:
        vocab_size: rows of the embedding table (V).
        hidden_size: width of the residual stream (D).
        num_layers: decoder blocks (L).
        num_heads: query heads (H).
        num_kv_heads: key and value heads (K); 0 with latent attention.
        head_dim: width of one head (N); 0 with latent attention.
        latent: the widths of latent attention, where that takes the place of keys and values.
        qkv_bias: whether the query, key and value projections add a bias.
        output_bias: whether attention's output projection does.
        qk_norm: weights of a layer's norms of queries and keys, together.
        sinks: whether each query head has a learned logit that attends to nothing.
        intermediate_size: width (F) of a dense feed-forward layer.
        gated: whether a dense feed-forward layer has three matrices, or two.
        num_dense_layers: layers of a sparse model whose feed-forward is not.
        num_experts: routed experts (E) of a sparse layer; 0 makes every layer dense.
        top_k: routed experts that a token uses.
        expert_size: width of one expert, which has three matrices.
        num_shared_experts: experts, of the same width, that every token uses.
        router_bias: whether a router has a bias for each expert.
        expert_bias: whether each expert's matrices have biases.
        layer_norms: norms of a layer, of D weights each.
        norm_bias: whether these norms, and the last one, have as many biases.
        tie_embeddings: whether the output matrix is the embedding table.
        beside_decoder: weights of other parts, such as the encoder of images.
    """

    vocab_size: int
    hidden_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int = 0
    head_dim: int = 0
    latent: LatentShape | None = None
    qkv_bias: bool = False
    output_bias: bool = False
    qk_norm: int = 0
    sinks: bool = False
    intermediate_size: int = 0
    gated: bool = True
    num_dense_layers: int = 0
    num_experts: int = 0
    top_k: int = 0
    expert_size: int = 0
    num_shared_experts: int = 0
    router_bias: bool = False
    expert_bias: bool = False
    layer_norms: int = 2
    norm_bias: bool = False
    tie_embeddings: bool = False
    beside_decoder: int = 0

    def __post_init__(self) -> None:
        kv = self.num_kv_heads, self.head_dim
        if (self.latent is None) != all(kv) or (self.latent is not None and any(kv)):
            raise ValueError(f"wanted latent, or num_kv_heads and head_dim; got {self}")
        sparse = self.num_experts, self.top_k, self.expert_size
        if any(sparse) != all(sparse) or not (self.intermediate_size or all(sparse)):
            raise ValueError(
                "wanted intermediate_size, or all of num_experts, top_k and expert_size; "
                f"got {self}"
            )


@dataclass(frozen=True, kw_only=True)
class PublishedModel(ModelShape):
    """A model that can be downloaded.

    Attributes:
        name: as its maker writes it.
        source: repository on the Hugging Face hub.
        says: (all, active) weights in billions, as the maker states them; for sparse models.
        window: tokens that a windowed layer reads; none when every layer reads all of them.
        full_every: every so many layers one reads all tokens; 0 when each has the window.
        rope_theta: base of the rotary frequencies; given where `DecoderConfig` can have the shape.
        norm_eps: added to the mean square in the norms; given likewise.
        max_length: longest context that the maker states; given where a cache is planned.
        trained_length: context up to which the rotary frequencies are not scaled, where less.
    """

    name: str
    source: str
    says: tuple[float, float] | None = None
    window: int | None = None
    full_every: int = 0
    rope_theta: float | None = None
    norm_eps: float | None = None
    max_length: int | None = None
    trained_length: int | None = None


@cache
def published_models() -> dict[str, PublishedModel]:
    """The table by name, in the file's order."""
    rows = json.loads((files(__package__) / "published_models.json").read_text("utf8"))["models"]
    return {row["name"]: _model(row) for row in rows}


def _model(row: dict[str, Any]) -> PublishedModel:
    latent, says = row.get("latent"), row.get("says")
    return PublishedModel(
        **{
            **row,
            "latent": latent and LatentShape(**latent),
            "says": says and (says[0], says[1]),
        }
    )
