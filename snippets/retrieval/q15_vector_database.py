"""The same hybrid search in a vector database, embedded in this process."""

from qdrant_client import QdrantClient, models

from whiteboard import encoder
from whiteboard.retrieval.analyze import analyze
from whiteboard.retrieval.bm25 import BM25

TEXTS = [
    "error code E1243: the disk is full",
    "failure number E1234: the token has expired",
    "Authentication failure resolution",
    "Database migration guide",
]


def sparse(terms: list[int], values: list[float]) -> models.SparseVector:
    return models.SparseVector(indices=terms, values=values)


def fill(client: QdrantClient, model: encoder.SentenceEncoder, bm25: BM25) -> None:
    dense = {"dense": models.VectorParams(size=384, distance=models.Distance.COSINE)}
    lexical = {"bm25": models.SparseVectorParams()}
    client.create_collection("manual", vectors_config=dense, sparse_vectors_config=lexical)
    points = []
    for number, vector in enumerate(model.encode(TEXTS).tolist()):
        terms, scores = bm25.document_vector(number)
        vectors = {"dense": vector, "bm25": sparse(terms.tolist(), scores.tolist())}
        points.append(models.PointStruct(id=number, vector=vectors))
    client.upsert("manual", points)


def search(client: QdrantClient, model: encoder.SentenceEncoder, bm25: BM25, query: str) -> list:
    terms = [bm25.vocabulary[term] for term in analyze(query) if term in bm25.vocabulary]
    found = [
        models.Prefetch(query=model.encode([query])[0].tolist(), using="dense", limit=100),
        models.Prefetch(query=sparse(terms, [1.0] * len(terms)), using="bm25", limit=100),
    ]
    # Qdrant counts ranks from 0, so its 61 is the paper's k of 60; its default is 2.
    fusion = models.RrfQuery(rrf=models.Rrf(k=61))
    return client.query_points("manual", prefetch=found, query=fusion, limit=3).points


def main() -> None:
    model = encoder.load("all-minilm-l6-v2")
    bm25 = BM25.build([analyze(text) for text in TEXTS])
    client = QdrantClient(":memory:")  # on a server: QdrantClient(url="http://...:6333")
    fill(client, model, bm25)
    for query in ("E1234", "cannot sign in"):
        print(query)
        for point in search(client, model, bm25, query):
            print(f"  {point.score:.5f}  {TEXTS[point.id]}")
    client.close()


if __name__ == "__main__":
    main()
