"""Preference pairs on the real model: the reference once, and the first loss."""

import jax.numpy as jnp
from flax import nnx

from whiteboard import lm
from whiteboard.adaptation.lora import add_lora
from whiteboard.lm import chat_template
from whiteboard.training.preference_training import (
    dpo_objective,
    pair_log_probs,
    preference_pairs,
    with_reference,
)

model = lm.load("smollm2-135m")
people = [("Quinn", 31, "Quito"), ("Rosa", 45, "Seoul")]
system = {"role": "system", "content": "Turn the sentence into a record."}
triples = []
for name, age, city in people:
    user = {"role": "user", "content": f"{name}, aged {age}, is in {city}."}
    yaml = f"name: {name}\nage: {age}\ncity: {city}"
    json = f'{{"name": "{name}", "age": {age}, "city": "{city}"}}'
    prompt = chat_template.encode(model.tokenizer, [system, user])
    ids = [[*model.tokenizer.encode(text), model.tokenizer.eos_id] for text in (yaml, json)]
    triples.append((prompt, *ids))
pairs = with_reference(model.decoder, preference_pairs(triples, time=64), batch=2)
print("tokens of the answers:", pairs.answer.sum(axis=2).tolist())
print("log-probabilities now:", [[round(float(x)) for x in row] for row in pairs.reference])

# The adapter starts at zero, so the policy starts as the reference.
add_lora(model.decoder, rank=8, alpha=16.0, rngs=nnx.Rngs(0))
print(f"first loss: {dpo_objective(model.decoder, pairs, beta=0.1):.3f}")

# A prompt counted in both answers cancels in DPO's margin. It does not in a mean per token.
whole = pairs._replace(answer=pairs.tokens > 0)
gaps = [pair_log_probs(model.decoder, each) @ jnp.array([1.0, -1.0]) for each in (pairs, whole)]
print("same gaps with the prompt counted:", bool(jnp.allclose(*gaps, atol=0.01)))
