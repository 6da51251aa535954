"""Two stages in a vector database: one vector finds candidates, one for every token orders them."""

from qdrant_client import QdrantClient, models

from whiteboard import encoder
from whiteboard.retrieval.late_interaction import TokenVectors, token_vectors

MANUAL = [
    "A finally clause is executed on the way out, whether or not an exception was raised.",
    "A try statement without except passes the exception on.",
    "The else clause of a loop runs when no break ended it.",
]


def rows(vectors: TokenVectors) -> list[list[list[float]]]:
    """The vectors of each text without its padding: a database knows no mask."""
    return [v[m].tolist() for v, m in zip(*vectors, strict=True)]


def fill(client: QdrantClient, model: encoder.SentenceEncoder) -> None:
    cosine, best = models.Distance.COSINE, models.MultiVectorComparator.MAX_SIM
    late = models.VectorParams(
        size=384, distance=cosine, multivector_config=models.MultiVectorConfig(comparator=best)
    )
    one = models.VectorParams(size=384, distance=cosine)
    client.create_collection("manual", vectors_config={"one": one, "late": late})
    both = zip(model.encode(MANUAL).tolist(), rows(token_vectors(model, MANUAL)), strict=True)
    points = [
        models.PointStruct(id=n, vector={"one": vector, "late": tokens})
        for n, (vector, tokens) in enumerate(both)
    ]
    client.upsert("manual", points)


def search(client: QdrantClient, model: encoder.SentenceEncoder, query: str, limit: int) -> list:
    first = models.Prefetch(query=model.encode([query])[0].tolist(), using="one", limit=limit)
    tokens = rows(token_vectors(model, [query]))[0]
    return client.query_points("manual", prefetch=first, query=tokens, using="late").points


def main() -> None:
    model, client = encoder.load(), QdrantClient(":memory:")
    fill(client, model)
    for point in search(client, model, "code that runs even after an error", limit=2):
        print(f"{point.score:.2f}  {MANUAL[point.id]}")
    client.close()


if __name__ == "__main__":
    main()
