"""SmolLM2 answers twice, with a KV cache and without: the same tokens, another amount of work."""

import jax
import jax.numpy as jnp
import numpy as np

from whiteboard import lm
from whiteboard.lm.chat_template import encode
from whiteboard.lm.generate import decode_step, empty_cache, prefill

SLOTS, NEW = 64, 16
model = lm.load("smollm2-135m")
question = {"role": "user", "content": "What is a key-value cache? Answer in one sentence."}
prompt = encode(model.tokenizer, [question])


@jax.jit
def recompute(decoder, tokens, length):
    """The logits after `length` tokens, from all of them; the rest is padding."""
    hidden, _ = decoder.hidden(tokens)
    return decoder.unembed(hidden[:, length - 1][:, None])[:, 0]


padded = np.zeros((1, SLOTS), np.int32)
padded[0, : len(prompt)] = prompt

without, computed_without = list(prompt), 0
for _ in range(NEW):
    padded[0, : len(without)] = without
    logits = recompute(model.decoder, padded, len(without))
    computed_without += len(without)
    without.append(int(logits.argmax()))

cache = empty_cache(model.decoder, batch=1, slots=SLOTS)
logits, cache = prefill(model.decoder, padded, jnp.array([len(prompt)]), cache)
cached, computed_with = [*prompt, int(logits.argmax())], len(prompt)
while len(cached) < len(without):
    token, position = jnp.array([cached[-1]]), jnp.array([len(cached) - 1])
    logits, cache = decode_step(model.decoder, token, position, cache)
    computed_with += 1
    cached.append(int(logits.argmax()))

print(model.tokenizer.decode(cached[len(prompt) :]))
print("the same tokens:", cached == without)
print("keys and values computed for:", computed_without, "tokens without,", computed_with, "with")
