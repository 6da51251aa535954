"""The forward kernel, interpreted, against jax.nn; lowered for CUDA without a device."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.attention import causal_mask
from whiteboard.architecture.flash_attention import flash_attention
from whiteboard.architecture.flash_attention_tiles import Tile

JOB = "flash_attention"


def drawn(time, source, heads=6, kv_heads=2, width=16, dtype=jnp.float32):
    keys = jax.random.split(jax.random.key(0), 3)
    shapes = (time, heads), (source, kv_heads), (source, kv_heads)
    return [jax.random.normal(k, (2, *s, width), dtype) for k, s in zip(keys, shapes)]


def interpreted(query, key, value, **kwargs):
    tile = kwargs.pop("forward", Tile(32, 16))
    return flash_attention(query, key, value, forward=tile, interpret=True, **kwargs)


@pytest.mark.parametrize(
    ("time", "source", "causal", "tile"),
    [(53, 53, True, Tile(16, 32)), (29, 83, True, Tile(32, 16)), (37, 53, False, Tile(16, 16))],
)
def test_it_is_jax_nns_attention(time, source, causal, tile):
    inputs = drawn(time, source)
    mask = causal_mask(time, source) if causal else None
    want = jax.nn.dot_product_attention(*inputs, mask=mask)
    np.testing.assert_allclose(interpreted(*inputs, causal=causal, forward=tile), want, atol=2e-6)


def test_a_query_that_sees_nothing_gets_zeros():
    output = interpreted(*drawn(53, 29))
    assert not output[:, :24].any()
    assert jnp.isfinite(output).all()


def test_bfloat16_is_summed_in_float32():
    inputs = drawn(45, 45, dtype=jnp.bfloat16)
    output = interpreted(*inputs)
    assert output.dtype == jnp.bfloat16
    want = jax.nn.dot_product_attention(
        *(x.astype(jnp.float32) for x in inputs), mask=causal_mask(45)
    )
    np.testing.assert_allclose(output.astype(jnp.float32), want, atol=0.02)


def test_shapes_that_no_kernel_takes_are_refused():
    with pytest.raises(ValueError, match=r"head_dim: wanted a power of two .* got 24"):
        interpreted(*drawn(3, 3, width=24))
    with pytest.raises(ValueError, match="5 query heads cannot share 2 KV heads"):
        interpreted(*drawn(3, 3, heads=5))


@pytest.mark.filterwarnings("ignore:The Pallas Triton backend is deprecated:DeprecationWarning")
@pytest.mark.parametrize("head_dim", [64, 128])
@pytest.mark.parametrize("causal", [True, False])
def test_all_three_kernels_lower_for_cuda_without_a_gpu(head_dim, causal):
    device = jax.sharding.AbstractDevice("NVIDIA H100", num_cores=132, platform="gpu")
    shapes = (2, 1000, 8, head_dim), (2, 1000, 2, head_dim), (2, 1000, 2, head_dim)
    inputs = [jax.ShapeDtypeStruct(shape, jnp.bfloat16) for shape in shapes]

    def loss(*inputs):
        return flash_attention(*inputs, causal=causal).astype(jnp.float32).sum()

    with jax.sharding.use_abstract_mesh(jax.sharding.AbstractMesh((), (), abstract_device=device)):
        traced = jax.jit(jax.grad(loss, (0, 1, 2))).trace(*inputs)
        text = traced.lower(lowering_platforms=("cuda",)).as_text()
    calls = [line for line in text.splitlines() if "__gpu$xla.gpu.triton" in line]
    assert len(calls) == 3
    for name in ("forward_kernel", "query_gradient", "key_value_gradient"):
        assert any(name in line for line in calls), name


def test_the_benchmark_times_what_it_says(job):
    """Its smallest case, interpreted: it compares both passes and counts their operations."""
    case = job.Case(head_dim=16, group=2, time=32, tokens=64, width=64)
    row = job.measured(case, (Tile(16, 16), Tile(16, 16)), peak=1.0, on_gpu=False)
    assert set(row["forward"]) == set(row["backward"]) == {"flash", "xla"}
    for name, products in {"forward": 2, "backward": 5}.items():
        found = row[name]["flash"]
        flops = products * 2 * 32**2 * 16 / 2 * 4 * 2  # half a square, 4 heads, 2 sequences
        got = found["tflops"] * found["milliseconds"] * 1e9
        assert math.isclose(got, flops, rel_tol=0.02), (got, flops)


def test_the_benchmark_refuses_a_wrong_kernel(job):
    right = {"a": (jnp.ones(3),), "b": (jnp.ones(3) + 0.001,)}
    job.expect_equal(right)
    with pytest.raises(SystemExit, match="b differs from a by 1"):
        job.expect_equal(right | {"b": (jnp.ones(3).at[0].set(2),)})


def test_the_peak_is_that_of_the_named_gpu(job):
    assert job.peak_tflops("NVIDIA H100 80GB HBM3") == 989
    assert job.peak_tflops("NVIDIA H100 PCIe") == 756
    with pytest.raises(SystemExit, match="no peak is known"):
        job.peak_tflops("Graphics 9000")
