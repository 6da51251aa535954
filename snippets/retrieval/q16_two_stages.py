"""A bi-encoder finds candidates, MaxSim orders them: what is no candidate is never read."""

import jax.numpy as jnp

from whiteboard import encoder
from whiteboard.retrieval.dense import cosine_scores
from whiteboard.retrieval.late_interaction import TokenVectors, maxsim, token_vectors
from whiteboard.retrieval.rerankers import Ranked, rerank

QUERY = "does the token expire after 30 days"
PASSAGES = [
    "An access token expires after 30 days; sign in again to get a new one.",
    "Tokens do not expire for 30 days after a password reset.",
    "The token expires when the session does.",
    "A token is sent with each request.",
    "Invoices are due after 30 days.",
    "Sessions end at midnight, 720 hours after they began at the latest.",
]


def two_stages(model: encoder.SentenceEncoder, candidates: int) -> Ranked:
    vectors, documents = model.encode(PASSAGES), token_vectors(model, PASSAGES)  # before any query
    query = token_vectors(model, [QUERY])

    def score(numbers: jnp.ndarray) -> jnp.ndarray:
        few = TokenVectors(documents.vectors[numbers], documents.mask[numbers])
        return maxsim(query, few)[0]

    first = cosine_scores(model.encode([QUERY]), vectors)[0]
    return rerank(first, score, candidates=candidates, keep=3)


def main() -> None:
    for number, score in zip(*two_stages(encoder.load(), candidates=4), strict=True):
        print(f"{score:5.2f}  {PASSAGES[int(number)]}")


if __name__ == "__main__":
    main()
