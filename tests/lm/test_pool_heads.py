"""Changing the number of KV heads: by hand, by the keys it gives, and on the real model."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.data import record
from whiteboard.lm import Decoder, DecoderConfig
from whiteboard.lm.pool_heads import first_heads, mean_pool_heads, repeat_heads, with_kv_heads

JOB = "grouped_heads"
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

# Two inputs, four heads of width one.
WEIGHT = jnp.array([[1.0, 3.0, 5.0, 11.0], [2.0, 2.0, 4.0, 8.0]])


@pytest.fixture(scope="module")
def small():
    config = DecoderConfig.tiny(num_heads=6, num_kv_heads=6, head_dim=10, qkv_bias=True)
    decoder = Decoder(config, rngs=nnx.Rngs(0))
    for layer in decoder.layers:  # biases begin as zeros, which would hide a mistake
        for part in (layer.attention.k_proj, layer.attention.v_proj):
            part.bias[...] = jax.random.normal(jax.random.key(1), part.bias.shape)
    return decoder


TOKENS = jnp.arange(22).reshape(2, 11)


def test_by_hand():
    np.testing.assert_array_equal(mean_pool_heads(WEIGHT, 4, 2), [[2, 8], [2, 6]])
    np.testing.assert_array_equal(first_heads(WEIGHT, 4, 2), [[1, 5], [2, 4]])
    np.testing.assert_array_equal(repeat_heads(WEIGHT[:, :2], 2, 4), [[1, 1, 3, 3], [2, 2, 2, 2]])


@pytest.mark.parametrize("merge", [mean_pool_heads, first_heads])
def test_pooling_undoes_repeating(merge):
    weight = jax.random.normal(jax.random.key(0), (7, 3 * 5))
    np.testing.assert_allclose(merge(repeat_heads(weight, 3, 12), 12, 3), weight, rtol=1e-6)


def test_pooled_keys_are_the_means_of_the_keys(small):
    pooled = with_kv_heads(small, 2)
    x = jax.random.normal(jax.random.key(2), (2, 3, small.config.hidden_size))
    for old, new in zip(small.layers, pooled.layers):
        for name in ("k_proj", "v_proj"):
            keys = getattr(old.attention, name)(x).reshape(2, 3, 6, 10)
            want = np.stack([keys[:, :, :3].mean(2), keys[:, :, 3:].mean(2)], axis=2)
            got = getattr(new.attention, name)(x).reshape(2, 3, 2, 10)
            np.testing.assert_allclose(got, want, atol=1e-5)


def test_only_keys_and_values_change(small):
    pooled = with_kv_heads(small, 3)
    assert pooled.config.num_kv_heads == 3
    assert pooled.config.num_parameters == sum(x.size for x in jax.tree.leaves(nnx.state(pooled)))
    assert small.layers[0].attention.k_proj.kernel.shape == (64, 60)
    old, new = (dict(nnx.to_flat_state(nnx.state(d))) for d in (small, pooled))
    changed = {path for path in old if old[path].shape != new[path].shape}
    assert {path[-2] for path in changed} == {"k_proj", "v_proj"}
    assert all(bool((old[path] == new[path]).all()) for path in old.keys() - changed)


@pytest.mark.parametrize("kv_heads", [1, 2, 3])
def test_heads_that_were_repeated_pool_without_loss(small, kv_heads):
    few = with_kv_heads(small, kv_heads)
    many = with_kv_heads(few, 6, repeat_heads)
    again = with_kv_heads(many, kv_heads)
    np.testing.assert_allclose(few(TOKENS), many(TOKENS), atol=1e-5)
    np.testing.assert_allclose(few(TOKENS), again(TOKENS), atol=1e-5)


def test_uneven_heads_are_refused(small):
    for merge in (mean_pool_heads, first_heads):
        with pytest.raises(ValueError, match="6 heads cannot be pooled evenly to 4"):
            merge(jnp.zeros((2, 12)), 6, 4)
    with pytest.raises(ValueError, match="4 heads cannot be repeated evenly to 6"):
        repeat_heads(jnp.zeros((2, 8)), 4, 6)
    with pytest.raises(ValueError, match="num_heads 6 is no multiple of num_kv_heads 4"):
        with_kv_heads(small, 4)


RECORDED = record("grouped_heads")["results"]


def test_the_recorded_first_losses_are_these(smollm2, job):
    """Before its first update, each decoder has the loss that the job recorded."""
    batches, _ = job.split(smollm2)
    for name, decoder in {
        "3 KV heads, unchanged": smollm2.decoder,
        "1 KV head, mean": with_kv_heads(smollm2.decoder, 1),
        "1 KV head, first": with_kv_heads(smollm2.decoder, 1, first_heads),
    }.items():
        got = float(job.loss(decoder, batches[0]))
        assert got == pytest.approx(RECORDED["uptraining"][name]["training"][0], abs=0.01), name


def test_held_out_text_is_not_trained_on(smollm2, job):
    batches, held_out = job.split(smollm2)
    assert not {row.tobytes() for row in held_out} & {
        row.tobytes() for row in batches.reshape(-1, job.TIME)
    }


def test_the_mean_starts_lower_and_training_regains_part_of_the_loss():
    unchanged, mean, first = RECORDED["uptraining"].values()
    assert unchanged["before"] < mean["before"] < first["before"]
    for pooled in (mean, first):
        assert unchanged["after"] < pooled["after"] < pooled["before"]


def test_the_recorded_bytes_are_those_of_the_formula(smollm2):
    for heads, row in RECORDED["decode"].items():
        slots = RECORDED["conditions"]["slots"]
        assert row["cache_bytes"] == 2 * 30 * int(heads) * 64 * slots * 4
        config = dataclasses.replace(smollm2.config, num_kv_heads=int(heads))
        assert row["weight_bytes"] == 4 * config.num_parameters
