"""The softmax at initialisation, against NumPy and against theory."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.attention_at_init import attention_at_init


@pytest.mark.parametrize("scale", [1.0, 17**-0.5])
def test_equals_autodiff_and_definitions(scale):
    """The closed forms for gradient and trace, recomputed by JAX's autodiff on the same draw."""
    for_query, for_key, for_gradient = jax.random.split(jax.random.key(5), 3)
    query = jax.random.normal(for_query, (32, 16, 17))
    key = jax.random.normal(for_key, (32, 13, 17))
    upstream = jax.random.normal(for_gradient, (32, 16, 13))

    def one(q, k, g):
        scores = k @ q
        weights, back = jax.vjp(jax.nn.softmax, scale * scores)
        jacobian = jax.jacobian(jax.nn.softmax)(scale * scores)
        to_query = jax.grad(lambda q: jax.nn.softmax(scale * (k @ q)) @ g)(q)
        entropy = -jnp.sum(jnp.where(weights > 1e-30, weights * jnp.log(weights), 0))
        norm = jnp.linalg.norm
        return weights.max(), entropy, jnp.trace(jacobian), norm(back(g)[0]), norm(to_query), scores

    rows = jax.vmap(jax.vmap(one, (0, None, 0)), (0, 0, 0))(query, key, upstream)
    top, entropy, trace, to_scores, to_query, scores = (np.asarray(x) for x in rows)
    got = attention_at_init(17, scale=scale, num_keys=13, seed=5)
    want = (scores.std(), top.mean(), entropy.mean(), trace.mean(), np.median(to_scores))
    np.testing.assert_allclose(list(vars(got).values()), (*want, to_query.mean()), rtol=2e-4)


@pytest.mark.parametrize("head_dim", [16, 64, 256])
def test_the_dot_product_has_the_standard_deviation_of_theory(head_dim):
    found = attention_at_init(head_dim, scale=1.0)
    assert found.score_std == pytest.approx(head_dim**0.5, rel=0.03)


def test_the_scale_makes_the_width_disappear_and_its_absence_saturates():
    widths = (16, 64, 256)
    scaled = [attention_at_init(d, scale=d**-0.5) for d in widths]
    unscaled = [attention_at_init(d, scale=1.0) for d in widths]
    assert np.ptp([s.entropy for s in scaled]) < 0.05
    assert np.ptp([s.jacobian_trace for s in scaled]) < 0.01
    for measure in ("entropy", "jacobian_trace", "median_gradient"):
        values = [getattr(s, measure) for s in unscaled]
        assert values == sorted(values, reverse=True)
    assert unscaled[-1].mean_query_gradient > 5 * scaled[-1].mean_query_gradient
