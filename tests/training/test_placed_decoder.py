"""A decoder of placed layers, on one device, against the plain decoder and a plain feed-forward."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.training.placed_decoder import SparseFeedForward, StepConfig, build

CONFIG = DecoderConfig.tiny(num_layers=3)
TOKENS = jax.random.randint(jax.random.key(0), (2, 11), 0, CONFIG.vocab_size)


@pytest.mark.parametrize("remat", [False, True])
def test_placed_layers_compute_what_the_decoder_does(remat):
    placed = build(StepConfig(CONFIG, remat=remat), None, rngs=nnx.Rngs(5))
    want = Decoder(CONFIG, rngs=nnx.Rngs(5))(TOKENS)
    np.testing.assert_allclose(placed(TOKENS), want, rtol=1e-5, atol=1e-5)


def test_one_expert_is_a_plain_feed_forward():
    layer = SparseFeedForward(StepConfig(CONFIG, num_experts=1, top_k=1), None, rngs=nnx.Rngs(7))
    x = jax.random.normal(jax.random.key(1), (2, 3, CONFIG.hidden_size))
    gate, up, down = (layer.experts[name][0] for name in ("gate", "up", "down"))
    want = (jax.nn.silu(x @ gate) * (x @ up)) @ down
    np.testing.assert_allclose(layer(x), want, rtol=1e-4, atol=1e-4)


def test_experts_take_the_place_of_every_feed_forward():
    decoder = build(StepConfig(CONFIG, num_experts=5), None, rngs=nnx.Rngs(0))
    shapes = {layer.layer.feed_forward.experts["gate"].shape for layer in decoder.layers}
    assert shapes == {(5, CONFIG.hidden_size, CONFIG.intermediate_size)}
    assert bool(jnp.isfinite(decoder(TOKENS)).all())
