"""Four conversations to learn from: one a row, packed into two rows, and packed without a mask."""

import jax
import numpy as np

from whiteboard import lm
from whiteboard.architecture.packing import Packed, pack
from whiteboard.data.json_records import json_records
from whiteboard.training.chat_example import chat_example
from whiteboard.training.packed_rows import packed_loss

model = lm.load("smollm2-135m")
examples = [chat_example(model.tokenizer, r.messages) for r in json_records(4)]
tokens, counted = examples[0]
print(model.tokenizer.decode(tokens, special=True))
learnt = [token for token, counts in zip(tokens, counted) if counts]
print("learnt:", model.tokenizer.decode(learnt, special=True))

apart = Packed(*map(np.concatenate, zip(*(pack([example], 128) for example in examples))))
packed = pack(examples, 128)
filled = Packed(*(np.pad(part, ((0, 2), (0, 0))) for part in packed))  # one shape, one program
leaking = filled._replace(documents=np.ones_like(filled.documents))
loss = jax.jit(packed_loss)
for name, batch in {"one a row": apart, "packed": filled, "without a mask": leaking}.items():
    print(f"{name:14} {batch.tokens.any(axis=1).sum()} rows, loss {loss(model.decoder, batch):.2f}")
