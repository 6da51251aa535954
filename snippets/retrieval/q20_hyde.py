"""One ambiguous query, and what right, wrong and lone documents do to its search."""

import jax.numpy as jnp

from whiteboard import encoder
from whiteboard.retrieval.dense import cosine_scores
from whiteboard.retrieval.hyde import hyde_vector

QUERY = "what does 401 mean"
PASSAGES = {
    "HTTP": "401 Unauthorized: the request lacks valid authentication credentials for the server.",
    "plan": "A 401(k) is a retirement savings plan that an employer sponsors, taxed at withdrawal.",
}
RIGHT = [
    "The status code 401 says that the client has to authenticate before the server responds.",
    "An HTTP response of 401 Unauthorized means that credentials are missing or not valid.",
]
WRONG = [
    "A 401 account lets employees save for retirement out of their salary before tax.",
    "It is the section of the tax code after which the employer's pension plan is named.",
]


def search(model: encoder.SentenceEncoder) -> dict[str, dict[str, float]]:
    """The cosine of each passage, by what was searched with."""
    query, passages = model.encode([QUERY])[0], model.encode(list(PASSAGES.values()))
    right, wrong = model.encode(RIGHT), model.encode(WRONG)
    vectors = {
        "the query": query,
        "query, two right documents": hyde_vector(query, right),
        "query, two wrong documents": hyde_vector(query, wrong),
        "two wrong documents alone": hyde_vector(wrong[0], wrong[1:]),
    }
    scores = cosine_scores(jnp.stack(list(vectors.values())), passages)
    return {
        name: dict(zip(PASSAGES, row.tolist(), strict=True))
        for name, row in zip(vectors, scores, strict=True)
    }


def main() -> None:
    for name, found in search(encoder.load()).items():
        print(f"{name:27}", *(f"{passage} {cosine:.2f}" for passage, cosine in found.items()))


if __name__ == "__main__":
    main()
