"""A reward model: one number for a text, learned from which of two texts people prefer."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Int


@runtime_checkable
class Trunk(Protocol):
    """A decoder without its last layer."""

    def hidden(
        self, tokens: Int[Array, "batch time"]
    ) -> tuple[Float[Array, "batch time hidden_size"], Any]:
        """The residual stream after the last layer, and whatever else comes with it."""


# --8<-- [start:bradley_terry]
def bradley_terry_loss(
    chosen: Float[Array, "*pairs"], rejected: Float[Array, "*as_many"]
) -> Float[Array, ""]:
    """Mean of -log sigmoid(chosen - rejected), in nats: log 2 when the model sees no difference.

    Bradley and Terry's model says P(w preferred to l) = sigmoid(r_w - r_l); this is its negative
    log-likelihood. Only differences count: a constant added to all rewards changes nothing.

    Args:
        chosen: rewards r_w of the preferred answers.
        rejected: rewards r_l of the others, pair by pair.

    Returns:
        The mean over the pairs.

    Raises:
        ValueError: when the two differ in shape; broadcasting would pair all with all.

    Source: Ouyang et al., arXiv 2203.02155, equation 1.
    """
    if chosen.shape != rejected.shape:
        raise ValueError(
            f"wanted a rejected reward for each chosen one, got shapes {chosen.shape} and "
            f"{rejected.shape}: pair them first"
        )
    return jax.nn.softplus(rejected - chosen).mean()


def ranking_loss(ranked: Float[Array, "prompts answers"]) -> Float[Array, ""]:
    """Bradley-Terry loss over all K (K - 1) / 2 pairs of a ranking of K answers to each prompt.

    The pairs of a prompt belong into one batch: they share its K forward passes, and scattered over
    an epoch they would show each answer K - 1 times.

    Args:
        ranked: rewards of the answers, in the order of the ranking, the best first.

    Source: Ouyang et al., arXiv 2203.02155, section 3.5.
    """
    better, worse = jnp.triu_indices(ranked.shape[-1], 1)
    return bradley_terry_loss(ranked[:, better], ranked[:, worse])


# --8<-- [end:bradley_terry]


class ScalarHead(nnx.Module):
    """One number from a hidden state: a reward after the last token, a value at each token.

    It starts at zero, so that a fresh head does not disturb the trunk that it shares.
    """

    def __init__(self, hidden_size: int, *, rngs: nnx.Rngs) -> None:
        self.linear = nnx.Linear(hidden_size, 1, kernel_init=nnx.initializers.zeros, rngs=rngs)

    def __call__(
        self, hidden: Float[Array, "*batch hidden_size"]
    ) -> Float[Array, "*batch"]:  # fmt: skip
        """w h + b."""
        return self.linear(hidden)[..., 0]


class RewardModel(nnx.Module):
    """A language model whose last layer is one number, read where the answer ends.

    Args:
        trunk: a decoder, usually a copy of the SFT model.
        hidden_size: its width.
        rngs: seeds nothing (the head starts at zero), but NNX asks for it.
    """

    def __init__(self, trunk: Trunk, hidden_size: int, *, rngs: nnx.Rngs) -> None:
        self.trunk = trunk
        self.head = ScalarHead(hidden_size, rngs=rngs)

    def __call__(
        self, tokens: Int[Array, "batch time"], mask: Bool[Array, "batch time"]
    ) -> Float[Array, "batch"]:
        """Rewards of whole texts.

        Args:
            tokens: prompt and answer, padded behind.
            mask: True for the answer's tokens; the last True is where the reward is read.

        Returns:
            One reward a text, of unknown zero and unit.
        """
        rewards = self.head(self.trunk.hidden(tokens)[0])
        return jnp.take_along_axis(rewards, last_index(mask)[:, None], axis=1)[:, 0]


def last_index(mask: Bool[Array, "batch time"]) -> Int[Array, "batch"]:
    """Where the last True of each row stands; the last place when a row has none."""
    return mask.shape[1] - 1 - jnp.argmax(mask[:, ::-1], axis=1)
