"""LoRA against a float64 product, and the ways it is got wrong."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from whiteboard.adaptation.lora import LoRALinear, add_lora, merge_lora
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.training.step import fit, next_token_loss


def _layer(rank=3, alpha=6.0):
    base = nnx.Linear(7, 5, use_bias=False, rngs=nnx.Rngs(0))
    return LoRALinear(base, rank=rank, alpha=alpha, rngs=nnx.Rngs(1))


def test_it_starts_as_the_base_layer_and_can_learn():
    layer, x = _layer(), jnp.ones((2, 7))
    np.testing.assert_array_equal(layer(x), layer.base(x))
    graph, adapter, rest = nnx.split(layer, nnx.LoRAParam, ...)
    gradient = jax.grad(lambda a: nnx.merge(graph, a, rest)(x).sum())(adapter)
    assert float(jnp.abs(gradient["b"][...]).max()) > 0  # both factors at zero would learn nothing


def test_the_update_is_alpha_over_rank_times_the_product():
    layer = _layer()
    layer.b[...] = jax.random.normal(jax.random.key(2), (3, 5))
    x = jax.random.normal(jax.random.key(3), (2, 7))
    w, a, b = (np.asarray(p[...], np.float64) for p in (layer.base.kernel, layer.a, layer.b))
    want = np.asarray(x, np.float64) @ (w + 6.0 / 3 * a @ b)
    np.testing.assert_allclose(layer(x), want, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(layer.merged()(x), want, rtol=1e-5, atol=1e-5)


def test_a_decoder_trains_its_adapters_alone_and_merges_to_the_same_answers():
    decoder = Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(0))
    add_lora(decoder, rank=3, alpha=6.0, targets=("q_proj", "down_proj"), rngs=nnx.Rngs(1))
    tokens = jnp.tile(jnp.arange(13), (3, 1))
    frozen = np.asarray(decoder.layers[0].attention.q_proj.base.kernel[...])
    losses = fit(
        decoder, [tokens] * 20, loss=lambda d, t: next_token_loss(d(t), t),
        optimizer=optax.adam(1e-2), wrt=nnx.LoRAParam,
    )  # fmt: skip
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(frozen, decoder.layers[0].attention.q_proj.base.kernel[...])
    before = decoder(tokens)
    merge_lora(decoder)
    assert isinstance(decoder.layers[1].feed_forward.down_proj, nnx.Linear)
    np.testing.assert_allclose(decoder(tokens), before, atol=1e-4)


def test_errors_say_what_was_wanted():
    with pytest.raises(ValueError, match="no linear layer is named x_proj"):
        add_lora(
            Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(0)),
            rank=1, alpha=1.0, targets=("x_proj",), rngs=nnx.Rngs(0),
        )  # fmt: skip
    with pytest.raises(ValueError, match="rank must be 1 or more, got 0"):
        _layer(rank=0)
