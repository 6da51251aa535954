"""Self-RAG's reflection tokens, and how their weights choose the next segment of an answer.

Source: Asai et al., Self-RAG, arXiv 2310.11511, section 3.3 and appendix A.3; its published code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

RETRIEVE = ("[Retrieval]", "[No Retrieval]", "[Continue to Use Evidence]")
IS_REL = ("[Relevant]", "[Irrelevant]")
IS_SUP = ("[Fully supported]", "[Partially supported]", "[No support / Contradictory]")
IS_USE = tuple(f"[Utility:{value}]" for value in range(1, 6))


# --8<-- [start:segment]
@dataclass(frozen=True)
class Segment:
    """One sentence that may come next, and the model's probabilities of its own critique.

    Attributes:
        text: the sentence.
        log_prob: mean log-probability of its tokens.
        relevant: of the tokens `IS_REL`, about the passage.
        supported: of `IS_SUP`, about the sentence and the passage.
        useful: of `IS_USE`, about the sentence and the question.
    """

    text: str
    log_prob: float
    relevant: Float[Array, "2"]
    supported: Float[Array, "3"]
    useful: Float[Array, "5"]


@dataclass(frozen=True)
class Weights:
    """What each critique counts beside the sentence's own probability."""

    relevant: float = 1.0
    supported: float = 1.0
    useful: float = 0.5


def segment_score(segment: Segment, weights: Weights) -> float:
    """exp(mean log p) + w_rel s_rel + w_sup s_sup + w_use s_use.

    Each s is an expectation over its group of tokens, normalised within the group: s_rel over
    (1, 0), s_sup over (1, 1/2, 0), s_use over (-1, -1/2, 0, 1/2, 1).

    Source: the paper's equation 4; the weights' defaults are those of its code.

    Args:
        segment: a sentence with the probabilities of its critique tokens.
        weights: of the three critiques.

    Returns:
        The score, larger is better.
    """
    groups = (
        (weights.relevant, segment.relevant, (1.0, 0.0)),
        (weights.supported, segment.supported, (1.0, 0.5, 0.0)),
        (weights.useful, segment.useful, (-1.0, -0.5, 0.0, 0.5, 1.0)),
    )
    critique = sum(w * jnp.dot(p / p.sum(), jnp.array(worth)) for w, p, worth in groups)
    return float(jnp.exp(segment.log_prob) + critique)


# --8<-- [end:segment]


# --8<-- [start:beam]
def segment_beam(
    grow: Callable[[tuple[Segment, ...]], Sequence[Segment]],
    weights: Weights,
    *,
    width: int = 2,
    depth: int = 2,
) -> tuple[Segment, ...]:
    """The answer with the best sum of segment scores that a beam of `width` finds.

    The published code multiplies the scores of segments where this adds them.

    Args:
        grow: function from an answer so far to the segments that may follow, one for each passage.
        weights: of the three critiques.
        width: answers kept after each segment.
        depth: most segments of an answer.

    Returns:
        The segments of the best answer.
    """
    beam: list[tuple[float, tuple[Segment, ...]]] = [(0.0, ())]
    for _ in range(depth):
        longer = [
            (score + segment_score(segment, weights), (*answer, segment))
            for score, answer in beam
            for segment in grow(answer)
        ]
        beam = sorted(longer, key=lambda pair: -pair[0])[:width] or beam
    return beam[0][1]


# --8<-- [end:beam]
