"""Scaled rotary frequencies in the decoder, and the recorded loss by position."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.architecture.rope_scaling import RopeScaling
from whiteboard.data import record
from whiteboard.lm import Decoder, DecoderConfig
from whiteboard.lm.longer_context import with_rope_scaling
from whiteboard.lm.trace import trace

JOB, STORED = "long_context", "rope_scaling.npz"
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
YARN = RopeScaling(method="yarn", factor=3.0, original_length=64)


def test_weights_are_shared_and_the_old_decoder_stays(tiny):
    old, tokens = tiny.decoder, jnp.arange(11)[None]
    before = old(tokens)
    new = with_rope_scaling(old, YARN)
    assert new.embed.embedding[...] is old.embed.embedding[...]
    assert old.config.rope_scaling is None
    assert new.config.rope_scaling == YARN
    assert jnp.abs(new(tokens) - before).max() > 1e-4
    np.testing.assert_array_equal(old(tokens), before)
    np.testing.assert_array_equal(with_rope_scaling(new, None)(tokens), before)


def test_the_decoder_turns_by_transformers_yarn(stored):
    """Attention of the first layer: its scores use the scaled angles, times the squared factor."""
    config = DecoderConfig.tiny(rope_theta=100.0, rope_scaling=YARN)
    decoder = Decoder(config, rngs=nnx.Rngs(0))
    tokens = jnp.arange(22).reshape(2, 11)
    layer = decoder.layers[0]
    x = layer.attention_norm(decoder.embed(tokens))
    angle = np.arange(11)[:, None] * stored["yarn/3"][None]

    def turned(projection, heads):
        flat = np.asarray(projection(x), np.float64).reshape(2, 11, heads, 16)
        pairs = (flat[..., :8] + 1j * flat[..., 8:]) * np.exp(1j * angle)[None, :, None]
        return pairs * stored["yarn/3/attention_factor"]

    query, key = turned(layer.attention.q_proj, 4), turned(layer.attention.k_proj, 2)
    scores = np.einsum("BTHP,BSHP->BHTS", query, np.repeat(key, 2, 2).conj()).real / 4
    weights = np.exp(scores) * np.tri(11)
    want = weights / weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(trace(decoder, tokens).attention[0], want, atol=1e-5)


@pytest.fixture(scope="module")
def recorded():
    return record("long_context")["results"]


def test_the_cache_grows_without_a_change_of_the_loss(job, monkeypatch):
    """Chunks through a growing cache give the losses of one full pass."""
    monkeypatch.setattr(job, "CHUNK", 8)
    monkeypatch.setattr(job, "GROWTH", 16)
    decoder = Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(0))
    ids = np.random.default_rng(0).integers(0, 256, 33).astype(np.int32)
    got = job.token_losses(job.scaled(decoder, "yarn"), ids)
    full = jax.nn.log_softmax(job.scaled(decoder, "yarn")(jnp.asarray(ids[None, :-1])))[0]
    np.testing.assert_allclose(got, -full[np.arange(32), ids[1:]], atol=1e-4)


def test_the_first_chunk_is_as_recorded(job, recorded, smollm2):
    ids = job.text()[: job.CHUNK + 1]
    for method in (None, "yarn"):
        loss = job.token_losses(job.scaled(smollm2.decoder, method), ids).mean()
        assert loss == pytest.approx(recorded["first_chunk"][method or "plain"], abs=2e-3)


@pytest.mark.slow
def test_the_plain_curve_up_to_12k_is_as_recorded(job, recorded, smollm2):
    blocks = 12
    losses = job.token_losses(smollm2.decoder, job.text()[: blocks * job.BLOCK + 1])
    np.testing.assert_allclose(
        job.by_block(losses), recorded["blocks"]["plain"][:blocks], atol=0.02
    )
