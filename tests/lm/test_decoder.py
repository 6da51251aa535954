"""The decoder against transformers, against loops in float64, and against its own cache."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.architecture import kv_cache
from whiteboard.lm import Decoder, DecoderConfig, context, layers
from whiteboard.lm.generate import decode_step, empty_cache, prefill

STORED = "lm_logits.npz"
CONFIG = DecoderConfig(
    vocab_size=31,
    hidden_size=13,
    intermediate_size=17,
    num_layers=2,
    num_heads=6,
    num_kv_heads=2,
    head_dim=10,
    rope_theta=100.0,
    norm_eps=1e-5,
    max_length=19,
    tie_embeddings=False,
    qkv_bias=True,
)


def with_random_weights(dtype):
    """Biases and norms are random too: the zeros and ones they begin with hide mistakes."""
    draw = np.random.default_rng(0)
    empty = nnx.eval_shape(lambda: Decoder(CONFIG, rngs=nnx.Rngs(0), dtype=dtype))
    graph, state = nnx.split(empty)
    drawn = jax.tree.map(lambda leaf: jnp.array(draw.normal(size=leaf.shape) / 2, dtype), state)
    return nnx.merge(graph, drawn)


@pytest.fixture(scope="module")
def small():
    return with_random_weights(jnp.float32)


@pytest.fixture(scope="module")
def tokens():
    return np.random.default_rng(3).integers(0, CONFIG.vocab_size, (3, 11)).astype(np.int32)


@jax.jit
def run(module, tokens, *, cache=None, position=None):
    return module(tokens, cache=cache, position=position)


# --- the stored reference -------------------------------------------------------------------


def full_pass(model, stored):
    # A function of its own each time: a patched layer must be traced again.
    forward = jax.jit(lambda module, tokens: module(tokens))
    return np.asarray(forward(model, stored["tokens"][None])[0])


def worst(logits, stored):
    """Largest difference of any kept logit, and the share of positions with the same best token."""
    gap = max(
        np.abs(logits[:, stored["columns"]] - stored["column_logits"]).max(),
        np.abs(logits[stored["full_positions"]] - stored["full_logits"]).max(),
        np.abs(logits.max(-1) - stored["top_logit"]).max(),
        np.abs(jax.nn.logsumexp(logits, axis=-1) - stored["log_sum_exp"]).max(),
    )
    return gap, (logits.argmax(-1) == stored["top"]).mean()


@pytest.fixture(scope="module")
def right(smollm2, stored):
    return full_pass(smollm2.decoder, stored)


def test_logits_are_those_of_transformers(right, stored):
    gap, same = worst(right, stored)
    assert gap < 5e-4
    assert same == 1.0


def test_cached_decoding_gives_the_logits_of_the_full_pass(smollm2, right, stored):
    tokens, start = stored["tokens"], 300
    cache = empty_cache(smollm2.decoder, batch=1, slots=512)
    prompt = np.pad(tokens[:start], (0, 512 - start))[None]
    logits, cache = prefill(smollm2.decoder, prompt, np.array([start], np.int32), cache)
    rows = [logits[0]]
    for at in range(start, start + 24):
        position = np.array([at], np.int32)
        logits, cache = decode_step(smollm2.decoder, tokens[at : at + 1], position, cache)
        rows.append(logits[0])
    np.testing.assert_allclose(np.stack(rows), right[start - 1 : start + 24], atol=5e-4)


def interleaved(x, tables):
    """The rotary pairs of the paper, on weights ordered for halves."""
    cos, sin = (table[:, :, None] for table in tables)
    a, b = x[..., ::2], x[..., 1::2]
    return jnp.stack([a * cos - b * sin, b * cos + a * sin], axis=-1).reshape(x.shape)


def with_tiled_heads(query, key, value, mask):
    """Query head h reads KV head h % K: neighbours no longer share."""
    order = np.arange(query.shape[2]).reshape(-1, key.shape[2]).T.reshape(-1)
    out = RIGHT_ATTENTION(query[:, :, order], key, value, mask)
    return out[:, :, np.argsort(order)]


def restarted(position, *shape):
    """Positions begin again at token 256, as when a second chunk forgets the first."""
    return RIGHT_TABLES(position % 256, *shape)


RIGHT_ATTENTION = layers.grouped_query_attention
RIGHT_TABLES = context.scaled_rotary_tables
WRONG_PARTS = {
    "interleaved rotary pairs": (layers, "rotate", interleaved),
    "mask shows the next token": (
        context,
        "valid_mask",
        lambda position, time, slots: kv_cache.valid_mask(position + 1, time, slots),
    ),
    "mask hides the newest token": (
        context,
        "valid_mask",
        lambda position, time, slots: (
            # The first query keeps itself: it would have nothing to read.
            kv_cache.valid_mask(position - 1, time, slots).at[:, 0, 0].set(True)
        ),
    ),
    "positions restarted": (context, "scaled_rotary_tables", restarted),
    "KV heads tiled": (layers, "grouped_query_attention", with_tiled_heads),
}


@pytest.mark.parametrize("name", WRONG_PARTS)
def test_a_wrong_part_is_far_from_transformers(name, smollm2, stored, monkeypatch):
    monkeypatch.setattr(*WRONG_PARTS[name])
    gap, same = worst(full_pass(smollm2.decoder, stored), stored)
    assert gap > 1
    assert same < 0.9


def test_weights_in_llama_cpps_order_are_far_from_transformers(smollm2, stored):
    graph, state = nnx.split(smollm2.decoder)
    state = jax.tree.map(lambda leaf: leaf, state)  # variables of its own: the model is shared
    for layer in state["layers"].values():
        for name in ("q_proj", "k_proj"):
            kernel = layer["attention"][name]["kernel"]
            heads = kernel[...].reshape(kernel.shape[0], -1, 2, 32)
            kernel[...] = heads.swapaxes(2, 3).reshape(kernel.shape)  # neighbours pair again
    gap, same = worst(full_pass(nnx.merge(graph, state), stored), stored)
    assert gap > 1
    assert same < 0.5


# --- loops in float64 -----------------------------------------------------------------------


def by_loops(module, tokens):
    """The logits of one row, one position and one head at a time, in NumPy."""
    config = module.config

    def linear(layer, x):
        bias = 0 if layer.bias is None else np.float64(layer.bias[...])
        return x @ np.float64(layer.kernel[...]) + bias

    def norm(layer, x):
        mean_square = (x**2).mean(-1, keepdims=True)
        return x / np.sqrt(mean_square + config.norm_eps) * np.float64(layer.scale[...])

    def turned(head, position):
        half = len(head) // 2
        out = np.empty_like(head)
        for i in range(half):
            angle = position * config.rope_theta ** (-2 * i / len(head))
            pair = np.cos(angle) + 1j * np.sin(angle)
            turned = (head[i] + 1j * head[i + half]) * pair
            out[i], out[i + half] = turned.real, turned.imag
        return out

    x = np.float64(module.embed.embedding[...])[tokens]
    for layer in module.layers:
        inner = norm(layer.attention_norm, x)
        query, key, value = (
            linear(p, inner).reshape(len(tokens), -1, config.head_dim)
            for p in (layer.attention.q_proj, layer.attention.k_proj, layer.attention.v_proj)
        )
        out = np.empty_like(query)
        for h in range(config.num_heads):
            kv = h * config.num_kv_heads // config.num_heads
            for t in range(len(tokens)):
                q = turned(query[t, h], t)
                scores = [q @ turned(key[s, kv], s) for s in range(t + 1)]
                weights = np.exp(np.array(scores) / np.sqrt(config.head_dim))
                out[t, h] = weights / weights.sum() @ value[: t + 1, kv]
        x = x + linear(layer.attention.o_proj, out.reshape(len(tokens), -1))
        inner = norm(layer.feed_forward_norm, x)
        gate = linear(layer.feed_forward.gate_proj, inner)
        gate = gate / (1 + np.exp(-gate)) * linear(layer.feed_forward.up_proj, inner)
        x = x + linear(layer.feed_forward.down_proj, gate)
    return linear(module.head, norm(module.norm, x))


def test_an_untied_decoder_with_biases_equals_loops(small, tokens):
    got = run(small, tokens)
    for row, ids in enumerate(tokens):
        np.testing.assert_allclose(got[row], by_loops(small, ids), atol=2e-4, rtol=1e-4)


# --- the cache ------------------------------------------------------------------------------


def test_rows_at_their_own_positions_equal_the_full_pass(small, tokens):
    """Ragged prompts, read in one chunk and continued token by token, in one batch."""
    want, length = run(small, tokens), np.array([2, 7, 5], np.int32)
    cache = empty_cache(small, batch=3, slots=13)
    padded = np.where(np.arange(8) < length[:, None], tokens[:, :8], 30)
    logits, cache = run(small, padded, cache=cache, position=np.zeros(3, np.int32))
    for row, n in enumerate(length):
        np.testing.assert_allclose(logits[row, :n], want[row, :n], atol=1e-5)
    for step in range(4):
        position = length + step
        token = tokens[np.arange(3), position][:, None]
        logits, cache = run(small, token, cache=cache, position=position)
        np.testing.assert_allclose(logits[:, 0], want[np.arange(3), position], atol=1e-5)


def test_a_second_chunk_continues_the_first(small, tokens):
    cache = empty_cache(small, batch=3, slots=11)
    _, cache = run(small, tokens[:, :4], cache=cache, position=np.zeros(3, np.int32))
    logits, cache = run(small, tokens[:, 4:], cache=cache, position=np.full(3, 4, np.int32))
    np.testing.assert_allclose(logits, run(small, tokens)[:, 4:], atol=1e-5)


def test_no_position_sees_a_later_token(small, tokens):
    changed = tokens.copy()
    changed[:, 6:] = (changed[:, 6:] + 1) % CONFIG.vocab_size
    before, after = run(small, tokens), run(small, changed)
    np.testing.assert_array_equal(before[:, :6], after[:, :6])
    assert not np.allclose(before[:, 6:], after[:, 6:])


def test_positions_are_relative(small, tokens):
    """Rotary angles depend on distances: all tokens moved by 5 give the same logits."""
    moved = run(small, tokens, position=np.full(3, 5, np.int32))
    np.testing.assert_allclose(moved, run(small, tokens), atol=1e-4)


# --- the loop over the layers -----------------------------------------------------------------


def test_the_observer_sees_each_layer_read_what_the_one_before_wrote(small, tokens):
    tokens, seen = jnp.asarray(tokens), []
    stream, _ = small.hidden(tokens, observe=lambda *each: seen.append(each))
    assert [layer for layer, _, _ in seen] == list(small.layers)
    np.testing.assert_array_equal(seen[0][1], small.embed(tokens))
    np.testing.assert_array_equal(seen[1][1], seen[0][2])
    np.testing.assert_array_equal(stream, small.norm(seen[-1][2]))


def test_a_context_moves_the_tokens_and_hides_them(small, tokens):
    """Each row as two texts, side by side: as if the second were read alone."""
    tokens = jnp.asarray(tokens)
    place = jnp.broadcast_to(jnp.r_[:5, :6], tokens.shape)
    text = jnp.arange(11) >= 5
    mask = jnp.tril(text[:, None] == text[None])[None].repeat(3, 0)
    chosen = context.Context.of(CONFIG, place, mask)
    got, written = small.hidden(tokens, context=chosen)
    assert written == ()
    np.testing.assert_allclose(got[:, 5:], small.hidden(tokens[:, 5:])[0], atol=1e-5)


def test_a_position_beside_a_context_is_refused(small, tokens):
    tokens = jnp.asarray(tokens)
    chosen = context.Context.causal(CONFIG, tokens)
    with pytest.raises(ValueError, match="wanted a position or a context, got both"):
        small.hidden(tokens, context=chosen, position=jnp.zeros(3, jnp.int32))


def test_bfloat16_is_bfloat16_all_through(tokens):
    module = with_random_weights(jnp.bfloat16)
    cache = empty_cache(module, batch=3, slots=11)
    logits, cache = run(module, tokens, cache=cache, position=np.zeros(3, np.int32))
    assert {logits.dtype, cache[0].key.dtype, cache[0].value.dtype} == {jnp.dtype(jnp.bfloat16)}
    gap = np.float32(logits) - run(with_random_weights(jnp.float32), tokens)
    assert 0 < np.sqrt((gap**2).mean()) < 0.1
