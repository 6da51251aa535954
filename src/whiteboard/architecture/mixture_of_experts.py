"""A mixture of experts: dropless by grouped matrix products, or with a capacity for each expert."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.router import Routing, route


class ExpertWeights(NamedTuple):
    """The feed-forward of each expert: down(silu(gate x) * up x)."""

    gate: Float[Array, "num_experts hidden_size expert_size"]
    up: Float[Array, "num_experts hidden_size expert_size"]
    down: Float[Array, "num_experts expert_size hidden_size"]


# --8<-- [start:dropless]
def dropless_experts(
    x: Float[Array, "tokens hidden_size"], routing: Routing, weights: ExpertWeights
) -> Float[Array, "tokens hidden_size"]:
    """sum_i gate_i expert_i(x) over each token's k experts, however many tokens an expert gets.

    The T k assignments are sorted by expert, so that each expert's rows lie together, and
    `jax.lax.ragged_dot` multiplies each group by its own matrix. On a TPU that is one grouped
    product. On a CPU, JAX masks and multiplies every row by every expert: right, and E times the
    work.

    Source: MegaBlocks, arXiv 2211.15841, for the idea of not dropping.

    Args:
        x: hidden states of the tokens.
        routing: experts and gates of each token.
        weights: of all E experts.

    Returns:
        The gated sum for each token.
    """
    assigned = routing.experts.reshape(-1)
    order = jnp.argsort(assigned)
    token = order // routing.experts.shape[1]
    groups = jnp.bincount(assigned, length=len(weights.gate))
    rows = x[token]
    hidden = jax.nn.silu(jax.lax.ragged_dot(rows, weights.gate, groups))
    hidden *= jax.lax.ragged_dot(rows, weights.up, groups)
    rows = jax.lax.ragged_dot(hidden, weights.down, groups)
    rows *= routing.gates.reshape(-1)[order][:, None].astype(rows.dtype)
    return jnp.zeros_like(x).at[token].add(rows)


# --8<-- [end:dropless]


# --8<-- [start:capacity]
def expert_capacity(tokens: int, *, num_experts: int, top_k: int, capacity_factor: float) -> int:
    """Rows kept for each expert: ceil(capacity_factor T k / E). Factor 1 is an even load's need.

    Args:
        tokens: T, in one call of the layer.
        num_experts: E.
        top_k: k experts a token uses.
        capacity_factor: room over an even load; 1.25 keeps a quarter more.

    Returns:
        A whole number of rows.
    """
    return math.ceil(capacity_factor * tokens * top_k / num_experts)


def places(experts: Int[Array, "tokens top_k"], num_experts: int) -> Int[Array, "tokens top_k"]:
    """Each assignment's place in its expert's queue: all first choices come before any second.

    Args:
        experts: experts of each token, first choice first.
        num_experts: E.

    Returns:
        Number of each assignment in its expert's queue, from 0.
    """
    queue = jax.nn.one_hot(experts.T.reshape(-1), num_experts, dtype=jnp.int32).cumsum(axis=0)
    place = jnp.take_along_axis(queue, experts.T.reshape(-1, 1), axis=1) - 1
    return place.reshape(experts.shape[::-1]).T


def capacity_experts(
    x: Float[Array, "tokens hidden_size"], routing: Routing, weights: ExpertWeights, capacity: int
) -> tuple[Float[Array, "tokens hidden_size"], Bool[Array, "tokens top_k"]]:
    """The same sum with at most `capacity` rows an expert; what comes later adds nothing.

    Every shape is fixed, which is what `expert_parallelism` needs.

    Args:
        x: hidden states of the tokens.
        routing: experts and gates of each token.
        weights: of all E experts.
        capacity: rows kept for each expert, as `expert_capacity` counts them.

    Returns:
        The outputs, and which assignments were kept. A token that lost all of its experts gets 0:
        the residual connection alone carries it on.

    Source: Switch Transformer, arXiv 2101.03961, section 2.2.
    """
    place = places(routing.experts, len(weights.gate))
    rows = dispatch(x, routing.experts, place, (len(weights.gate), capacity))
    return combine(apply_experts(rows, weights), routing, place), place < capacity


# --8<-- [end:capacity]


def dispatch(
    x: Float[Array, "tokens hidden_size"],
    experts: Int[Array, "tokens top_k"],
    place: Int[Array, "tokens top_k"],
    size: tuple[int, int],
) -> Float[Array, "num_experts capacity hidden_size"]:
    """Tokens copied into their experts' rows; a place beyond the capacity is dropped.

    Args:
        x: hidden states of the tokens.
        experts: experts of each token.
        place: row of each assignment in its expert's buffer, from `places`.
        size: number of experts, and rows of each.

    Returns:
        The experts' inputs; unused rows are zero.
    """
    empty = jnp.zeros((*size, x.shape[1]), x.dtype)
    copies = jnp.broadcast_to(x[:, None], (*experts.shape, x.shape[1]))
    return empty.at[experts, place].set(copies, mode="drop")


def apply_experts(
    rows: Float[Array, "num_experts rows hidden_size"], weights: ExpertWeights
) -> Float[Array, "num_experts rows hidden_size"]:
    """Every expert's feed-forward on its own rows.

    Args:
        rows: inputs of each expert.
        weights: of the same experts.

    Returns:
        Outputs of each expert, row by row.
    """
    hidden = jax.nn.silu(jnp.einsum("ECD,EDF->ECF", rows, weights.gate))
    hidden *= jnp.einsum("ECD,EDF->ECF", rows, weights.up)
    return jnp.einsum("ECF,EFD->ECD", hidden, weights.down)


def combine(
    rows: Float[Array, "num_experts capacity hidden_size"],
    routing: Routing,
    place: Int[Array, "tokens top_k"],
) -> Float[Array, "tokens hidden_size"]:
    """Each token's rows fetched back, multiplied by their gates and added.

    Args:
        rows: outputs of each expert.
        routing: experts and gates of each token.
        place: row of each assignment; one beyond the capacity adds zero.

    Returns:
        The gated sum for each token.
    """
    fetched = rows.at[routing.experts, place].get(mode="fill", fill_value=0)
    return (fetched * routing.gates[:, :, None].astype(rows.dtype)).sum(axis=1)


@dataclass(frozen=True)
class MixtureOfExpertsConfig:
    """Shapes of one layer, and how it routes; see `router.route` for the last three.

    Attributes:
        hidden_size: width D of the model.
        expert_size: width F of one expert.
        num_experts: E routed experts.
        top_k: k of them a token uses.
        num_shared_experts: experts of the same width that every token uses.
    """

    hidden_size: int
    expert_size: int
    num_experts: int
    top_k: int
    num_shared_experts: int = 0
    normalize: bool = True
    scoring: Literal["softmax", "sigmoid"] = "softmax"
    scale: float = 1.0


class MixtureOfExperts(nnx.Module):
    """A feed-forward layer of routed and shared experts, dropless.

    `expert_bias` is no parameter: `load_balancing.update_expert_bias` moves it, no gradient does.
    """

    def __init__(self, config: MixtureOfExpertsConfig, *, rngs: nnx.Rngs):
        self.config = c = config
        init = nnx.initializers.lecun_normal(in_axis=-2, batch_axis=0)
        shape = (c.num_experts, c.hidden_size, c.expert_size)
        shared = (1, c.hidden_size, c.num_shared_experts * c.expert_size)
        self.router = nnx.Param(
            nnx.initializers.lecun_normal()(rngs.params(), (c.hidden_size, c.num_experts))
        )
        self.expert_bias = nnx.Variable(jnp.zeros(c.num_experts))
        self.experts, self.shared = (
            nnx.List(
                nnx.Param(init(rngs.params(), s)) for s in ((e, d, f), (e, d, f), (e, f, d)) if f
            )
            for e, d, f in (shape, shared)
        )

    def __call__(
        self, x: Float[Array, "batch time hidden_size"]
    ) -> tuple[Float[Array, "batch time hidden_size"], Float[Array, "tokens num_experts"], Routing]:
        """The layer's output, and what the balancing losses need: the logits and the routing."""
        c, tokens = self.config, x.reshape(-1, x.shape[-1])
        logits = tokens.astype(jnp.float32) @ self.router[...].astype(jnp.float32)
        routing = route(
            logits,
            top_k=c.top_k,
            normalize=c.normalize,
            scoring=c.scoring,
            expert_bias=self.expert_bias[...],
            scale=c.scale,
        )
        out = dropless_experts(tokens, routing, _weights(self.experts))
        if c.num_shared_experts:
            out += apply_experts(tokens[None], _weights(self.shared))[0]
        return out.reshape(x.shape), logits, routing


def _weights(three: Iterable[nnx.Param]) -> ExpertWeights:
    return ExpertWeights(*(weight[...] for weight in three))
