"""Associative recall: the task is well posed, and training with the scale is the faster."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.associative_recall import Recall, _batch, _initial, _loss, train_recall

SMALL = Recall(vocab_size=23, num_pairs=5, batch=31, head_dim=64, steps=60)
ROOT = SMALL.head_dim**-0.5


def test_first_tokens_differ_and_the_pair_asked_for_exists():
    first, second, asked = (np.asarray(x) for x in _batch(SMALL, jax.random.key(0)))
    assert first.shape == second.shape == (31, 5)
    assert all(len(set(row)) == 5 for row in first)
    assert second.min() >= 0
    assert max(first.max(), second.max()) < 23
    assert set(asked) == set(range(5))


def test_the_loss_is_that_of_a_loop():
    """Cross-entropy in float64, one sequence at a time."""
    parameters = _initial(SMALL, jax.random.key(1))
    first, second, asked = _batch(SMALL, jax.random.key(2))
    loss, top = _loss(parameters, first, second, asked, jnp.float32(0.3))
    p = {name: np.asarray(x, np.float64) for name, x in parameters.items()}
    losses, tops = [], []
    for f, s, a in zip(np.asarray(first), np.asarray(second), np.asarray(asked), strict=True):
        scores = 0.3 * (p["first"][f] @ p["key"]) @ (p["first"][f[a]] @ p["query"])
        weights = np.exp(scores - scores.max())
        weights /= weights.sum()
        logits = (weights @ p["second"][s] @ p["value"]) @ p["output"]
        losses.append(np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits[s[a]])
        tops.append(weights.max())
    np.testing.assert_allclose((loss, top), (np.mean(losses), np.mean(tops)), rtol=2e-4)


def test_the_scale_trains_faster_and_unscaled_trains_too():
    scaled = train_recall(SMALL, scale=ROOT)
    unscaled = train_recall(SMALL, scale=1.0)
    chance = np.log(SMALL.vocab_size)
    assert scaled.loss[-5:].mean() < 0.5 * unscaled.loss[-5:].mean()
    assert unscaled.loss[-5:].mean() < 0.95 * chance
    assert unscaled.gradient[0] > 2 * scaled.gradient[0]


def test_folding_the_scale_is_the_same_function_at_the_start():
    folded = train_recall(SMALL, scale=1.0, query_init=ROOT)
    np.testing.assert_allclose(folded.loss[0], train_recall(SMALL, scale=ROOT).loss[0], rtol=1e-5)


@pytest.mark.parametrize(("rate", "equal"), [(ROOT, True), (1.0, False)])
def test_under_adam_the_scale_is_a_learning_rate(rate, equal):
    """Folded into W_q and into W_q's rate, every step is the same; 1/8 is exact in binary."""
    folded = train_recall(SMALL, scale=1.0, query_init=ROOT, query_rate=rate)
    apart = jnp.max(jnp.abs(folded.loss - train_recall(SMALL, scale=ROOT).loss)[:30])
    assert (apart < 1e-3) == equal


def test_sgd_is_there_too():
    losses = train_recall(
        Recall(vocab_size=23, num_pairs=5, batch=31, head_dim=64, steps=20, optimizer="sgd",
               learning_rate=0.1), scale=ROOT,
    ).loss  # fmt: skip
    assert losses[-1] < losses[0]
