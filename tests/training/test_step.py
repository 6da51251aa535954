"""The shared training step: the loss by hand, what is trained, and that it learns."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.training.step import fit, next_token_loss


def test_the_loss_by_hand():
    """Two tokens count: p = 1/2 and p = 3/4, so the loss is (log 2 + log 4/3) / 2."""
    logits = jnp.log(jnp.array([[[0.5, 0.5], [0.25, 0.75], [0.1, 0.9]]]))
    loss = next_token_loss(logits, jnp.array([[1, 0, 1]]))
    assert loss == pytest.approx((np.log(2) + np.log(4 / 3)) / 2)


def test_only_counted_tokens_count_and_labels_are_shifted():
    logits = jax.random.normal(jax.random.key(0), (2, 5, 7))
    tokens = jnp.array([[1, 2, 3, 4, 5], [6, 5, 4, 3, 2]])
    counted = jnp.zeros((2, 5), bool).at[1, 3].set(True).at[:, 0].set(True)
    want = -jax.nn.log_softmax(logits)[1, 2, 3]
    assert next_token_loss(logits, tokens, counted) == pytest.approx(float(want), rel=1e-6)


def _loss(decoder, tokens):
    return next_token_loss(decoder(tokens), tokens)


def test_fitting_learns_and_leaves_the_rest_alone():
    decoder = Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(0))
    tokens = jnp.tile(jnp.arange(13), (3, 1))
    norms = lambda path, _: any("norm" in str(key) for key in path)  # noqa: E731
    before = jax.tree.map(jnp.copy, nnx.state(decoder))
    losses = fit(decoder, [tokens] * 30, loss=_loss, optimizer=optax.adam(1e-2), wrt=norms)
    assert losses.shape == (30,)
    assert losses[-1] < losses[0]
    after = nnx.state(decoder)
    for (path, a), b in zip(jax.tree_util.tree_leaves_with_path(before), jax.tree.leaves(after)):
        assert bool(jnp.any(a != b)) == ("norm" in jax.tree_util.keystr(path))


def test_the_model_survives_a_failure_in_the_middle():
    decoder = Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(0))
    tokens = jnp.tile(jnp.arange(13), (3, 1))

    def batches():
        yield tokens
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(decoder, batches(), loss=_loss, optimizer=optax.sgd(0.1))
    assert jnp.isfinite(decoder(tokens)).all()


def test_the_first_step_is_plain_gradient_descent():
    decoder = Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(1))
    tokens = jnp.tile(jnp.arange(13), (3, 1))
    graph, state = nnx.split(decoder)
    gradient = jax.grad(lambda s: _loss(nnx.merge(graph, s), tokens))(state)
    want = state["norm"]["scale"][...] - 0.1 * gradient["norm"]["scale"][...]
    fit(decoder, [tokens], loss=_loss, optimizer=optax.sgd(0.1))
    np.testing.assert_allclose(decoder.norm.scale[...], want, rtol=1e-5)


def test_the_watcher_sees_the_weights_before_each_step():
    """With plain gradient descent from zero on w - 1: the weights are 0, -0.5, -1."""

    class Weight(nnx.Module):
        def __init__(self):
            self.w = nnx.Param(jnp.zeros(()))

    model, seen = Weight(), []
    fit(
        model,
        [None] * 3,
        loss=lambda model, _: model.w[...] - 1,
        optimizer=optax.sgd(0.5),
        watch=lambda number: seen.append((number, float(model.w[...]))),
    )
    assert seen == [(0, 0.0), (1, -0.5), (2, -1.0)]
    assert model.w[...] == -1.5
