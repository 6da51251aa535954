"""The same number in two worlds: an ambiguous query, which no training mends."""

from whiteboard import encoder
from whiteboard.retrieval.dense import cosine_scores

SENTENCES = {
    "401(k)": "A 401(k) is an employer-sponsored retirement savings plan with tax advantages.",
    "HTTP 401": "HTTP 401 Unauthorized: the request lacks valid authentication credentials.",
    "tax": "How to file your income tax return and claim deductions.",
}
QUERIES = "what does 401 mean", "what does a 401 error mean"
encode = encoder.load().encode
cosines = cosine_scores(encode(QUERIES), encode(list(SENTENCES.values())))
for query, row in zip(QUERIES, cosines, strict=True):
    print(query, "", *(f" {name} {c:.3f}" for name, c in zip(SENTENCES, row, strict=True)))
