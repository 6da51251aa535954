# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Attention, from NumPy to the real model
#
# A lab runs from top to bottom, and this page shows what it printed when the site was built. It
# starts with four lines of NumPy and ends inside SmolLM2-135M, at two things its heads do that no
# formula says: they rest on the first token, and they look up what came next the last time.
#
# The reasoning behind the formula is on [its own page](question:1).
#
# ## Attention is a weighted mean
#
# $$
# \operatorname{attention}(Q, K, V)
# = \operatorname{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right) V
# $$
#
# One head, no batch: queries `[time, head_dim]`, keys and values `[source, head_dim]`.

# %%
import numpy as np


def attention(query, key, value, mask):
    scores = query @ key.T / np.sqrt(query.shape[-1])
    scores = np.where(mask, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights @ value, weights


random = np.random.default_rng(0)
time, head_dim = 7, 5
query, key, value = random.normal(size=(3, time, head_dim)).astype(np.float32)
causal = np.tril(np.ones((time, time), dtype=bool))
output, weights = attention(query, key, value, causal)
print(weights.round(2))

# %% [markdown]
# Each row sums to one, and nothing looks ahead. The first position can see only itself, so its
# output is its own value, whatever the query asks.

# %%
print(weights.sum(axis=-1))
print(np.array_equal(output[0], value[0]))

# %% [markdown]
# ## The same, in JAX
#
# `dot_product_attention` is the package's function: batched, with heads, `[batch, time, heads,
# head_dim]`. One head of it must give what NumPy gave.

# %%
import jax
import jax.numpy as jnp

from whiteboard.architecture.attention import causal_mask, dot_product_attention

batched = [jnp.asarray(x)[None, :, None, :] for x in (query, key, value)]
same = dot_product_attention(*batched, mask=causal_mask(time))
print(f"largest difference {np.abs(same[0, :, 0] - output).max():.0e}")

# %% [markdown]
# ## A module with weights
#
# A layer makes queries, keys and values from one stream of vectors, and mixes the heads' outputs
# with a fourth matrix. Change the last token, and only the last output moves.

# %%
from flax import nnx

from whiteboard.architecture.multi_head_attention import MultiHeadAttention

layer = MultiHeadAttention(12, num_heads=3, head_dim=4, rngs=nnx.Rngs(0))
stream = jax.random.normal(jax.random.key(1), (1, time, 12))
changed = stream.at[0, -1].add(1.0)
moved = layer(changed, mask=causal_mask(time)) - layer(stream, mask=causal_mask(time))
print(np.abs(moved[0]).max(axis=-1).round(3))

# %% [markdown]
# ## The real model
#
# SmolLM2-135M has 30 layers of 9 heads. `trace` runs it once and keeps every head's weights.

# %%
from whiteboard import lm
from whiteboard.lm.trace import trace

model = lm.load("smollm2-135m")
text = (
    "The quick brown fox jumps over the lazy dog, and the river runs past the old mill "
    "before it reaches the sea."
)
tokens = model.tokenizer.encode(text)
run = jax.jit(trace)
read = run(model.decoder, jnp.array([tokens]))
maps = np.stack([np.asarray(layer[0]) for layer in read.attention])
print("layers, heads, queries, keys:", maps.shape)
print(f"rows sum to one within {np.abs(maps.sum(axis=-1) - 1).max():.0e}")

# %% [markdown]
# ### The sink
#
# A softmax cannot say "nothing here": its weights sum to one even when no key is worth reading.
# Trained models park what is left over on one token, most often the first. Here is the share of
# attention that goes to position 0, and what it would be if every query looked at all its keys
# alike.

# %%
late = maps[:, :, 4:, :]  # the first few queries have few keys to choose from
share = late[..., 0].mean(axis=(1, 2))
even = np.mean([1 / (position + 1) for position in range(4, len(tokens))])
print(f"on position 0: {share.mean():.0%}; an even look would give {even:.0%}")
print(f"layers: {share.min():.0%} to {share.max():.0%}")

# %%
from whiteboard.figures import COLOURS, heatmap, show, style, subplots

by_head = late[..., 0].mean(axis=-1)
usual = np.unravel_index(np.abs(by_head - by_head.mean()).argmin(), by_head.shape)
with style("sink"):
    figure, (above, below) = subplots(2, 1, figsize=(5.2, 5.6))
    above.bar(range(len(share)), 100 * share)
    above.axhline(100 * even, color=COLOURS["second"])
    above.set_xlabel("layer")
    above.set_ylabel("% on position 0")
    heatmap(below, maps[usual])
    below.set_xlabel("key position")
    below.set_ylabel("query position")
    below.set_title("layer {}, head {}".format(*usual))
show(
    figure,
    "Above: the share of attention on position 0 by layer; the line is an even look. "
    "Below: a head that does so as much as the average one, a dark first column.",
)

# %% [markdown]
# The sink carries almost no content. Its vector in the residual stream is enormous, and the same
# for every text that starts alike. This is why a sliding window that drops the first tokens breaks
# a model, and why keeping a few of them mends it
# ([StreamingLLM](https://arxiv.org/abs/2309.17453)).

# %%
hidden = np.stack([np.asarray(layer[0]) for layer in read.hidden])
norms = np.linalg.norm(hidden, axis=-1)
middle = len(norms) // 2
print(f"norm before layer {middle}: {norms[middle, 0]:,.0f} at position 0,")
print(f"{norms[middle, 1:].mean():,.0f} on average at the others")

# %% [markdown]
# ### Heads that copy
#
# Now a text without meaning: 24 random tokens, twice over. Nothing but the first half helps with
# the second. A head that finds the earlier copy of the current token and looks one further, at
# what came next, is an *induction head* ([Olsson et al.](https://arxiv.org/abs/2209.11895)).

# %%
vocabulary = np.arange(1000, 20000)
half = np.random.default_rng(0).choice(vocabulary, 24, replace=False)
twice = jnp.array([[*half, *half]])
read = run(model.decoder, twice)
maps = np.stack([np.asarray(layer[0]) for layer in read.attention])
second = np.arange(24, 48)
induction = maps[:, :, second, second - 24 + 1].mean(axis=-1)
for rank in np.argsort(-induction, axis=None)[:5]:
    layer_number, head = np.unravel_index(rank, induction.shape)
    score = induction[layer_number, head]
    print(f"layer {layer_number:2}, head {head}: {score:.0%} on what came next")
print(f"the median of all {induction.size} heads: {np.median(induction):.1%}")

# %%
best = np.unravel_index(induction.argmax(), induction.shape)
with style("induction"):
    figure, axes = subplots(figsize=(4.0, 3.6))
    heatmap(axes, maps[best])
    axes.set_xlabel("key position")
    axes.set_ylabel("query position")
    axes.set_title("layer {}, head {}".format(*best))
show(
    figure,
    "One induction head on 24 random tokens repeated: in the second half a dark diagonal, "
    "23 positions back, at the token after the earlier copy.",
)

# %% [markdown]
# The head is not a curiosity: it does the work. In the first half the model can only guess; in the
# second it reads the answer off.

# %%
logits = model.decoder(twice)[0]
loss = -jax.nn.log_softmax(logits)[jnp.arange(47), twice[0, 1:]]
once, again = loss[:23].mean(), loss[24:].mean()
print(f"loss per token: {once:.1f} nats the first time, {again:.1f} the second")
