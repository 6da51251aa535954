"""Blocked attention against jax.nn.dot_product_attention, and its compiled memory by length."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.attention import causal_mask
from whiteboard.architecture.blocked_attention import blocked_attention, scanned_attention
from whiteboard.data import record

JOB = "blocked_attention"
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FORMS = (blocked_attention, scanned_attention)


def drawn(time, source, heads=6, kv_heads=2, width=7):
    keys = jax.random.split(jax.random.key(0), 4)
    shapes = (time, heads), (source, kv_heads), (source, kv_heads), (time, heads)
    return [jax.random.normal(k, (2, *shape, width)) for k, shape in zip(keys, shapes)]


def with_gradients(attend, *inputs):
    *inputs, cotangent = inputs

    def run(*inputs):
        output, backward = jax.vjp(attend, *inputs)
        return output, *backward(cotangent)

    return jax.jit(run)(*inputs)


@pytest.mark.parametrize("attend", FORMS)
@pytest.mark.parametrize(("time", "source", "causal"), [(13, 17, True), (17, 17, False)])
def test_it_is_jax_nns_attention_with_its_gradients(attend, time, source, causal):
    inputs = drawn(time, source)
    mask = causal_mask(time, source) if causal else None
    want = with_gradients(lambda *x: jax.nn.dot_product_attention(*x, mask=mask), *inputs)
    got = with_gradients(lambda *x: attend(*x, causal=causal, block=5), *inputs)
    for a, b in zip(got, want):
        np.testing.assert_allclose(a, b, atol=5e-6)


def test_a_query_that_sees_nothing_gets_zeros_and_no_gradient():
    inputs = drawn(11, 7)
    output, d_query, d_key, _ = with_gradients(lambda *x: blocked_attention(*x, block=3), *inputs)
    assert not output[:, :4].any()
    assert not d_query[:, :4].any()
    assert jnp.isfinite(d_key).all()


def test_bfloat16_stays_and_is_summed_in_float32():
    inputs = [x.astype(jnp.bfloat16) for x in drawn(33, 33)]
    got = with_gradients(lambda *x: blocked_attention(*x, block=16), *inputs)
    exact = [x.astype(jnp.float32) for x in inputs]
    want = with_gradients(lambda *x: blocked_attention(*x, block=16), *exact)
    for a, b in zip(got, want):
        assert a.dtype == jnp.bfloat16
        np.testing.assert_allclose(a.astype(jnp.float32), b, atol=0.06)


def temporary_bytes(attend, time, block=64):
    shape = jax.ShapeDtypeStruct((1, time, 1, 16), jnp.float32)
    gradient = jax.grad(lambda *x: attend(*x, block=block).sum(), (0, 1, 2))
    return jax.jit(gradient).lower(shape, shape, shape).compile().memory_analysis()


def test_temporary_memory_is_linear_in_time_and_autodiffs_is_not():
    growth = {}
    for attend in FORMS:
        memory = [temporary_bytes(attend, time).temp_size_in_bytes for time in (512, 1024)]
        growth[attend] = memory[1] / memory[0]
    assert growth[blocked_attention] < 2.1
    assert growth[scanned_attention] > 3


def test_no_array_is_as_large_as_the_score_matrix():
    shape = jax.ShapeDtypeStruct((1, 640, 1, 16), jnp.float32)
    gradient = jax.grad(lambda *x: blocked_attention(*x, block=64).sum(), (0, 1, 2))
    assert "640,640" not in str(jax.make_jaxpr(gradient)(shape, shape, shape))


def test_wrong_input_is_refused():
    query, key, value, _ = drawn(3, 3, heads=5)
    with pytest.raises(ValueError, match="5 query heads cannot share 2 KV heads"):
        blocked_attention(query, key, value)
    with pytest.raises(ValueError, match="block: wanted at least 1 key at a time, got 0"):
        blocked_attention(key, key, value, block=0)


def test_the_recorded_memory_is_the_compiled_programs(job):
    rows = record("blocked_attention")["results"]
    for name, recorded in rows["512"]["gradient_megabytes"].items():
        # XLA of jax 0.10 and of 0.12 differ by a sixth; the forms differ by factors.
        assert job.megabytes(job.FORMS[name], 512) == pytest.approx(recorded, rel=0.2), name
