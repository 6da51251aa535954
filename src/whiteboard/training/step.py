"""The training step all pages share: a loss, an optimiser, and which weights it may move."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.token_log_probs import token_log_probs

Model = TypeVar("Model", bound=nnx.Module)


# --8<-- [start:next_token_loss]
def next_token_loss(
    logits: Float[Array, "batch time vocab_size"],
    tokens: Int[Array, "batch time"],
    counted: Bool[Array, "batch time"] | None = None,
) -> Float[Array, ""]:
    """Mean of `-log p(token[t] | tokens before t)` in nats, over the tokens that count.

    Args:
        logits: the decoder's output for `tokens`; position t - 1 predicts token t.
        tokens: what was fed in. The first token of a row has nothing before it and never counts.
        counted: True for the tokens to learn; all by default. It is the whole difference between
            pre-training (all of them) and supervised fine-tuning (the answer's).

    Returns:
        One number; NaN when no token counts.
    """
    if counted is None:
        counted = jnp.ones(tokens.shape, bool)
    # The labels move, not the logits: slices of those would be copied, there and on the way back.
    label = jnp.roll(tokens, -1, axis=1)
    losses = -token_log_probs(logits, label)
    return losses.mean(where=jnp.roll(counted, -1, axis=1).at[:, -1].set(False))


# --8<-- [end:next_token_loss]


def train_step(
    graph: nnx.GraphDef[Model],
    *,
    loss: Callable[[Model, Any], Float[Array, ""]],
    optimizer: optax.GradientTransformation,
    value_and_grad: Callable[..., Callable[..., Any]] = jax.value_and_grad,
) -> Callable[[Any, Any, Any, Any], tuple[Any, Any, Float[Array, ""]]]:
    """The compiled step `(trained, state, rest, batch) -> (trained, state, loss)`.

    Args:
        graph: of `nnx.split(model, wrt, ...)`, which gives `trained` and `rest` too.
        loss: `loss(model, batch)`, a scalar.
        optimizer: of optax; `state` is its `init(trained)`.
        value_and_grad: how the gradient is made; `training.sharded_step` makes it over
            microbatches.

    Returns:
        A function that uses up `trained` and `state`: their memory holds the new ones.
    """

    def of_state(trained: Any, rest: Any, batch: Any) -> Array:
        return loss(nnx.merge(graph, trained, rest), batch)

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(trained: Any, state: Any, rest: Any, batch: Any) -> tuple[Any, Any, Array]:
        value, gradient = value_and_grad(of_state)(trained, rest, batch)
        updates, state = optimizer.update(gradient, state, trained)
        return optax.apply_updates(trained, updates), state, value

    return step


def fit(
    model: Model,
    batches: Iterable[Any],
    *,
    loss: Callable[[Model, Any], Float[Array, ""]],
    optimizer: optax.GradientTransformation,
    wrt: nnx.filterlib.Filter = nnx.Param,
    watch: Callable[[int], None] | None = None,
) -> Float[Array, "steps"]:
    """Train a model in place, one compiled step a batch.

    Args:
        model: its weights that pass `wrt` change; all the others are only read.
        batches: one pytree of arrays a step, all of one shape, or the step is compiled anew.
        loss: `loss(model, batch)`, a scalar.
        optimizer: of optax.
        wrt: which variables are trained: `nnx.LoRAParam` trains adapters alone.
        watch: called before each step with its number, when the model holds the weights so far.

    Returns:
        The loss of each step, before its update.
    """
    graph, trained, rest = nnx.split(model, wrt, ...)  # type: ignore[misc]
    step = train_step(graph, loss=loss, optimizer=optimizer)
    # The step reuses its inputs' memory, and the model must not lose its weights half way.
    trained = jax.tree.map(jnp.copy, trained)
    state, losses = optimizer.init(trained), []
    for number, batch in enumerate(batches):
        if watch is not None:
            nnx.update(model, jax.tree.map(jnp.copy, trained))
            watch(number)
        trained, state, value = step(trained, state, rest, batch)
        losses.append(value)
    nnx.update(model, trained)
    return jnp.stack(losses) if losses else jnp.zeros(0)
