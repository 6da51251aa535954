"""A packed row against each document alone, and against transformers' Llama on trl's row."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.architecture.packing import Example, Packed, pack
from whiteboard.lm import Decoder, DecoderConfig
from whiteboard.training.packed_rows import packed_logits, packed_loss
from whiteboard.training.step import next_token_loss

STORED = "packed_loss.npz"
NAMES = {
    "self_attn": "attention",
    "mlp": "feed_forward",
    "input_layernorm": "attention_norm",
    "post_attention_layernorm": "feed_forward_norm",
}


@pytest.fixture(scope="module")
def llama(stored):
    """Our decoder with the weights of transformers' small Llama."""
    config = DecoderConfig(
        vocab_size=31, hidden_size=12, intermediate_size=20, num_layers=2, num_heads=3,
        num_kv_heads=1, head_dim=4, rope_theta=10_000.0, norm_eps=1e-5, max_length=64,
        tie_embeddings=True,
    )  # fmt: skip
    decoder = Decoder(config, rngs=nnx.Rngs(0))
    for name in (n for n in stored if n.startswith("weight.")):
        *path, _ = name.removeprefix("weight.model.").split(".")
        part = decoder
        for step in path:
            step = {"embed_tokens": "embed"}.get(step, NAMES.get(step, step))
            part = part[int(step)] if step.isdigit() else getattr(part, step)
        weight = stored[name]
        if isinstance(part, nnx.Linear):
            part.kernel[...] = weight.T
        else:
            (part.embedding if isinstance(part, nnx.Embed) else part.scale)[...] = weight
    return decoder


def row(stored):
    """trl's flat row as one row of ours: a document begins where the positions do."""
    documents = np.cumsum(stored["positions"] == 0)
    parts = stored["tokens"], documents, stored["labels"] != -100
    return Packed(*(jnp.asarray(part)[None] for part in parts))


def test_logits_and_loss_are_those_of_transformers_on_trls_row(stored, llama):
    batch = row(stored)
    got = packed_logits(llama, batch.tokens, batch.documents)[0]
    np.testing.assert_allclose(got, stored["packed_logits"], atol=2e-4)
    assert float(packed_loss(llama, batch)) == pytest.approx(float(stored["packed_loss"]), abs=1e-4)


def test_without_the_boundaries_the_loss_is_another(stored, llama):
    batch = row(stored)
    leaking = float(packed_loss(llama, batch._replace(documents=jnp.ones_like(batch.documents))))
    assert abs(leaking - float(stored["packed_loss"])) > 0.02


def test_the_loss_is_the_mean_over_tokens_of_documents_alone(stored, llama):
    """transformers' own loss of each document, weighed by the tokens that count in it."""
    packed = [np.asarray(part[0]) for part in row(stored)]
    alone = [[part[packed[1] == n] for part in packed] for n in range(1, packed[1].max() + 1)]
    padded = [np.stack([np.pad(x, (0, 13 - len(x))) for x in column]) for column in zip(*alone)]
    logits, counts = llama(jnp.asarray(padded[0])), padded[2][:, 1:].sum(axis=1)
    losses = [
        float(next_token_loss(*(jnp.asarray(x[i : i + 1]) for x in (logits, padded[0], padded[2]))))
        for i in range(len(alone))
    ]
    np.testing.assert_allclose(sorted(losses), np.sort(stored["document_losses"]), atol=1e-4)
    mean = np.average(losses, weights=counts)
    assert mean == pytest.approx(float(stored["packed_loss"]), abs=1e-4)


def test_packing_changes_neither_loss_nor_gradient():
    """Ours from end to end: one document a row, or packed with padding behind."""
    draw = np.random.default_rng(0)
    examples = []
    for length in (5, 11, 3, 7):
        tokens = draw.integers(0, 256, length).tolist()
        examples.append(Example(tokens, [i > length // 3 for i in range(length)]))
    alone = [pack([example], 13) for example in examples]
    apart = Packed(*(jnp.concatenate(parts) for parts in zip(*alone)))
    packed = Packed(*(jnp.asarray(part) for part in pack(examples, 13)))
    assert len(packed.tokens) < len(apart.tokens)
    decoder = Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(0))
    value = jax.jit(jax.value_and_grad(packed_loss))
    (one, one_gradient), (two, two_gradient) = value(decoder, apart), value(decoder, packed)
    assert float(one) == pytest.approx(float(two), rel=1e-5)
    for a, b in zip(jax.tree.leaves(one_gradient), jax.tree.leaves(two_gradient)):
        np.testing.assert_allclose(a, b, atol=1e-5)
