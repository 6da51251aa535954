"""Two small models as judges of whether a statement follows from a passage, and their tuning."""

from __future__ import annotations

import re
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from whiteboard.architecture.padded_rows import padded_batches
from whiteboard.encoder import SentenceEncoder
from whiteboard.lm import LanguageModel, chat_template
from whiteboard.lm.flat import flat
from whiteboard.lm.generate import empty_cache, prefill
from whiteboard.lm.tokenizer import Tokenizer

Scores = Float[Array, " pairs"]


# --8<-- [start:label]
def question(tokenizer: Tokenizer, passage: str, statement: str) -> list[int]:
    """The prompt of the label judge: the passage, and whether the statement is right.

    Args:
        tokenizer: of the model that judges.
        passage: text that the statement is judged by.
        statement: a sentence; its first letter and full stop are adapted to the question.

    Returns:
        Token ids, ready for the model to answer.
    """
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

    Args:
        model: the judge.
        prompts: token ids, as `question` makes them.
        yes: the label that says the statement is supported.
        no: the other label.

    Returns:
        Log-odds in nats, one for each prompt.

    Raises:
        ValueError: both labels begin with the same token.
    """
    first = [model.tokenizer.encode(label)[0] for label in (yes, no)]
    if first[0] == first[1]:
        raise ValueError(f"labels: {yes!r} and {no!r} begin with the same token; choose others")
    odds = np.empty(len(prompts), np.float32)
    decoder = flat(model.decoder)
    for rows, tokens, lengths in padded_batches(prompts):
        cache = empty_cache(model.decoder, batch=len(tokens), slots=tokens.shape[1])
        logits, _ = prefill(decoder, tokens, lengths, cache)
        odds[rows] = np.asarray(logits[:, first[0]] - logits[:, first[1]])[: len(rows)]
    return jnp.asarray(odds)


# --8<-- [end:label]


# --8<-- [start:similarity]
def similarity(encoder: SentenceEncoder, pairs: Sequence[tuple[str, str]]) -> Scores:
    """The cosine of each statement and the sentence of its passage that is nearest to it.

    Args:
        encoder: of sentences and statements.
        pairs: a passage and a statement each.

    Returns:
        One cosine a pair, -1 to 1.
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

    Args:
        scores: of the judge, larger for supported statements.
        labels: True where a statement is supported.

    Returns:
        A score; statements above it are taken as supported.
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

    Args:
        scores: of the judge, larger for supported statements.
        labels: True where a statement is supported; both labels must occur.

    Returns:
        A share of all pairs of one supported and one unsupported statement; ties count half.
    """
    above = scores[labels][:, None] - scores[~labels][None]
    return float(jnp.mean(jnp.sign(above)) / 2 + 0.5)
