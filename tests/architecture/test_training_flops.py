"""FLOPs of a step: one product by hand, and the decoder's compiled training step."""

import math

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from whiteboard.architecture.training_flops import (
    attention_flops,
    compiled_flops,
    serving_flops,
    training_flops,
)
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.training.step import next_token_loss

BATCH = 3


def test_one_product_by_hand():
    """[3, 5] x [5, 7]: 3 * 5 * 7 multiplies and as many adds."""
    assert compiled_flops(jnp.matmul, jnp.ones((3, 5)), jnp.ones((5, 7))) == 2 * 3 * 5 * 7


def test_a_matrix_trained_on_eleven_tokens_costs_6nd():
    """Forward, the gradient of the weights, and the gradient of what came in: 2 + 2 + 2."""

    weight, x = jnp.ones((64, 128)), jnp.ones((11, 64))
    step = jax.grad(lambda weight, x: ((x @ weight) ** 2).sum(), argnums=(0, 1))
    assert compiled_flops(step, weight, x) == pytest.approx(training_flops(64 * 128, 11), rel=0.03)


def counted(time: int, **changes) -> tuple[float, DecoderConfig]:
    """XLA's count of value and gradient of a tiny decoder's loss, a token."""
    config = DecoderConfig.tiny(**changes)
    graph, state = nnx.split(Decoder(config, rngs=nnx.Rngs(0)))

    def step(state, tokens):
        return jax.value_and_grad(lambda s: next_token_loss(nnx.merge(graph, s)(tokens), tokens))(
            state
        )

    flops = compiled_flops(step, state, jnp.zeros((BATCH, time), int))
    return flops / (BATCH * time), config


@pytest.mark.parametrize("time", [32, 192])
def test_6nd_and_attention_are_the_compiled_steps_flops(time):
    got, config = counted(time, hidden_size=128, intermediate_size=384, head_dim=32)
    want = training_flops(config.num_parameters, 1) + attention_flops(128, 2, time, 1)
    assert got == pytest.approx(want, rel=0.12)
    assert got > 0.99 * want


def test_an_untied_input_table_costs_nothing():
    tied, _ = counted(32)
    untied, config = counted(32, tie_embeddings=False)
    assert untied == pytest.approx(tied, rel=0.02)
    table = config.vocab_size * config.hidden_size
    twice = training_flops(config.num_parameters, 1) / training_flops(
        config.num_parameters - table, 1
    )
    assert twice > 1.1  # with both tables counted, 6ND says more than a tenth too much


def test_the_backward_pass_is_two_thirds():
    assert serving_flops(7e9, 1e12) * 3 == training_flops(7e9, 1e12)
    assert training_flops(70e9, 1.4e12) == pytest.approx(5.88e23)


def test_a_backend_without_a_count_says_so(monkeypatch):
    class Compiled:
        def cost_analysis(self):
            return {"bytes accessed": 1.0}

        def compile(self):
            return self

        def lower(self, *_):
            return self

    monkeypatch.setattr(jax, "jit", lambda _: Compiled())
    with pytest.raises(ValueError, match=r"wanted a count of FLOPs, got \['bytes accessed'\]"):
        compiled_flops(math.sqrt, 2.0)
