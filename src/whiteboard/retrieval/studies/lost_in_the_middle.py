"""The depth sweep on a language model: which line of a list can it still read?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from whiteboard.decoding.shared_context import branch_logits, two_digit_log_probs
from whiteboard.lm.flat import flat
from whiteboard.lm.model import LanguageModel
from whiteboard.retrieval.studies.depth_trials import NAMES, Template, Trials

FOUR = 4


class Sweep(NamedTuple):
    """What a model answered, list by list and depth by depth.

    Attributes:
        hits: whether the likeliest two-digit number is the code. No choice is offered.
        picks: the line whose code is the likeliest of those in the list.
        log_probs: of the code, in nats.
        best_of_four: whether the code is likelier than three others of the list.
    """

    hits: Bool[np.ndarray, "lists depths"]
    picks: Int[np.ndarray, "lists depths"]
    log_probs: Float[np.ndarray, "lists depths"]
    best_of_four: Bool[np.ndarray, "lists depths"]


# --8<-- [start:sweep]
def sweep(model: LanguageModel, template: Template, trials: Trials) -> Sweep:
    """Ask every list for the line at each depth, and score the answers.

    Args:
        model: answers.
        template: wording of list and question.
        trials: drawn lists, and the lines asked for.

    Returns:
        Answers and scores of every list and depth.
    """
    rows = [read_list(model, template, trials, row) for row in range(len(trials.names))]
    return score(jnp.stack(rows), trials)


def read_list(
    model: LanguageModel, template: Template, trials: Trials, row: int
) -> Float[Array, "depths 100"]:
    """log p of all two-digit numbers as the code of each line that is asked for.

    Questions that follow the list share one reading of it. One that stands before it changes the
    keys and values of every line, so each such prompt is read whole.

    Args:
        model: answers.
        template: wording of list and question.
        trials: drawn lists, and the lines asked for.
        row: number of the list.

    Returns:
        Log-probabilities of 00 to 99 for each question, in nats.
    """

    def ids(text: str) -> list[int]:
        return model.tokenizer.encode(text, special=True)

    digits = jnp.array([ids(str(digit))[0] for digit in range(10)])
    asked = [NAMES[name] for name in trials.names[row, trials.answers[row]]]
    stems = jnp.array([ids(template.ask.format(name=name)) for name in asked])
    groups = [[i] for i in range(len(asked))] if template.asks_first else [list(range(len(asked)))]
    decoder, parts = flat(model.decoder), []
    for group in groups:
        context = jnp.array(ids(template.context(trials, row, asked[group[0]])))
        logits = branch_logits(decoder, context, stems[jnp.array(group)], digits)
        parts.append(two_digit_log_probs(logits, digits))
    return jnp.concatenate(parts)


# --8<-- [end:sweep]


def score(log_probs: Float[Array, "lists depths 100"], trials: Trials) -> Sweep:
    """Answers and scores, from log p of every number.

    Args:
        log_probs: of the numbers 00 to 99, from `read_list`.
        trials: drawn lists, and the lines asked for.

    Returns:
        Answers and scores of every list and depth.
    """
    chances = np.asarray(log_probs)
    codes = np.take_along_axis(trials.codes, trials.answers, axis=1)
    listed = np.take_along_axis(chances, trials.codes[:, None], axis=2)  # lists, depths, lines
    right = np.take_along_axis(chances, codes[..., None], axis=2)[..., 0]
    others = _three_others(trials.answers, trials.codes.shape[1])
    rivals = np.take_along_axis(listed, others, axis=2).max(axis=2)
    return Sweep(chances.argmax(axis=2) == codes, listed.argmax(axis=2), right, right > rivals)


def _three_others(
    answers: Int[np.ndarray, "lists depths"], lines: int
) -> Int[np.ndarray, "lists depths three"]:
    """Three lines other than the one asked for, drawn anew for every question."""
    steps = np.tile(np.arange(1, lines), (*answers.shape, 1))
    drawn = np.random.default_rng(0).permuted(steps, axis=2)[..., : FOUR - 1]
    return (answers[..., None] + drawn) % lines


# How a sweep stands in a record: one string a list, as a JSON number a line would be long.


def to_record(result: Sweep) -> dict[str, list[str]]:
    """Rows as strings of numbers."""
    parts = result._asdict() | {"log_probs": np.round(result.log_probs, 2)}
    return {
        name: [" ".join(f"{value:g}" for value in row) for row in values.astype(float)]
        for name, values in parts.items()
    }


def from_record(rows: Mapping[str, Sequence[str]]) -> Sweep:
    """The sweep that `to_record` wrote, its log-probabilities to two decimals."""
    kinds: Mapping[str, type] = dict(zip(Sweep._fields, (bool, int, float, bool), strict=True))
    parts: list[np.ndarray] = [
        np.array([row.split() for row in rows[name]], float).astype(kind)
        for name, kind in kinds.items()
    ]
    return Sweep(*parts)
