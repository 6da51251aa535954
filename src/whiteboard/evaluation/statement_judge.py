"""Two small models as judges of whether a statement follows from a passage, and their tuning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from whiteboard.encoder import SentenceEncoder
from whiteboard.lm import LanguageModel, chat_template
from whiteboard.lm.flat import flat
from whiteboard.lm.generate import empty_cache, prefill
from whiteboard.lm.tokenizer import Tokenizer

Scores = Float[Array, " pairs"]
BATCH = 8


# --8<-- [start:label]
def question(tokenizer: Tokenizer, passage: str, statement: str) -> list[int]:
    """The prompt of the label judge: the passage, and whether the statement is right."""
    asked = statement[:1].lower() + statement[1:].rstrip(".")
    content = f"{passage}\n\nQuestion: is it right that {asked}? Answer Yes or No."
    return chat_template.encode(tokenizer, [{"role": "user", "content": content}])


def label_log_odds(
    model: LanguageModel,
    prompts: Sequence[Sequence[int]],
    yes: str = "Yes",
    no: str = "No",
) -> Float[Array, " prompts"]:
    """log p(yes | prompt) - log p(no | prompt): above 0 the model would rather say yes.

    Read off the next token's logits, so the judge cannot say anything else, and sampling has no
    say. The labels must begin with different tokens.
    """
    first = [model.tokenizer.encode(label)[0] for label in (yes, no)]
    if first[0] == first[1]:
        raise ValueError(f"labels: {yes!r} and {no!r} begin with the same token; choose others")
    odds = np.empty(len(prompts), np.float32)
    decoder = flat(model.decoder)
    for rows, tokens, lengths in _batches(prompts):
        cache = empty_cache(model.decoder, batch=BATCH, slots=tokens.shape[1])
        logits, _ = prefill(decoder, tokens, lengths, cache)
        odds[rows] = np.asarray(logits[:, first[0]] - logits[:, first[1]])[: len(rows)]
    return jnp.asarray(odds)


# --8<-- [end:label]


def _batches(
    prompts: Sequence[Sequence[int]],
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows of like length, padded at the end to a multiple of 64, and their lengths."""
    order = np.argsort([len(prompt) for prompt in prompts], kind="stable")
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        longest = max(len(prompts[row]) for row in rows)
        tokens = np.zeros((BATCH, -(-longest // 64) * 64), np.int32)
        lengths = np.ones(BATCH, np.int32)
        for place, row in enumerate(rows):
            tokens[place, : len(prompts[row])] = prompts[row]
            lengths[place] = len(prompts[row])
        yield rows, tokens, lengths


# --8<-- [start:similarity]
def similarity(encoder: SentenceEncoder, pairs: Sequence[tuple[str, str]]) -> Scores:
    """The cosine of each statement and the sentence of its passage that is nearest to it.

    Args:
      encoder: of sentences.
      pairs: a passage and a statement each.
    """
    parts = [re.split(r"(?<=[.;])\s+", passage) for passage, _ in pairs]
    distinct = list(dict.fromkeys(sentence for sentences in parts for sentence in sentences))
    place = {sentence: row for row, sentence in enumerate(distinct)}
    vectors = encoder.encode(distinct)
    statements = encoder.encode([statement for _, statement in pairs])
    cosines = np.asarray(statements @ vectors.T)
    nearest = [row[[place[s] for s in own]].max() for row, own in zip(cosines, parts, strict=True)]
    return jnp.asarray(nearest)


# --8<-- [end:similarity]


# --8<-- [start:tune]
def tuned_threshold(scores: Scores, labels: Bool[Array, " pairs"]) -> float:
    """The threshold that gets the most labels right; of equal ones the least.

    Give it the development half: on the statements it was tuned on, a judge looks too good.
    """
    ordered = jnp.sort(scores)
    between = (ordered[1:] + ordered[:-1]) / 2
    candidates = jnp.concatenate([ordered[:1] - 1, between, ordered[-1:] + 1])
    right = jnp.sum((scores[None] > candidates[:, None]) == labels[None], axis=1)
    return float(candidates[jnp.argmax(right)])


# --8<-- [end:tune]


def share_in_order(scores: Scores, labels: Bool[Array, " pairs"]) -> float:
    """How often a supported statement scores above one that is not: the area under the ROC curve.

    No threshold and no constant added to the scores changes it: 0.5 is a judge that cannot be
    mended by calibration.
    """
    above = scores[labels][:, None] - scores[~labels][None]
    return float(jnp.mean(jnp.sign(above)) / 2 + 0.5)
