"""The router: transformers' gates of three models, ties, the bias, and what refuses to run."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.router import route

STORED = Path(__file__).parents[1] / "references" / "moe_blocks.npz"


@pytest.fixture(scope="module")
def logits():
    with np.load(STORED) as stored:
        return jnp.asarray(stored["mixtral.logits"])


def test_normalised_gates_are_a_softmax_over_the_chosen(logits):
    got = route(logits, top_k=3)
    chosen = jnp.take_along_axis(logits, got.experts, axis=1)
    np.testing.assert_allclose(got.gates, jax.nn.softmax(chosen), atol=1e-6)


def test_experts_are_the_largest_and_come_best_first(logits):
    got = route(logits, top_k=3)
    np.testing.assert_array_equal(got.experts, np.argsort(-logits, axis=1)[:, :3])


def test_one_normalised_expert_has_gate_one_and_no_gradient(logits):
    def gate(logits, normalize):
        return route(logits, top_k=1, normalize=normalize).gates.sum()

    assert not np.abs(jax.grad(gate)(logits, True)).max() > 1e-6
    assert np.abs(jax.grad(gate)(logits, False)).max() > 1e-3


def test_logits_in_bf16_are_compared_in_float32():
    got = route(jnp.ones((2, 5), jnp.bfloat16), top_k=2)
    assert got.gates.dtype == jnp.float32


def test_ties_begin_at_another_expert_for_each_token():
    got = route(jnp.zeros((3, 3)), top_k=2)
    np.testing.assert_array_equal(got.experts, [[0, 1], [1, 2], [2, 0]])


def test_more_experts_asked_for_than_there_are():
    with pytest.raises(ValueError, match="top_k=4 of 3 experts"):
        route(jnp.zeros((2, 3)), top_k=4)
