"""The same search in a vector database: in this process, in a local folder, or on a server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from qdrant_client import QdrantClient, models

from whiteboard import encoder
from whiteboard.encoder import SentenceEncoder
from whiteboard.retrieval.analyze import analyze
from whiteboard.retrieval.bm25 import BM25
from whiteboard.retrieval.hybrid import Hit, check_search
from whiteboard.retrieval.passages import Chunk

_DEPTH = 100  # of each list, before they are fused


# --8<-- [start:connect]
def connect(location: str) -> QdrantClient:
    """A client of the database: the one line that differs between a laptop and a cluster.

    Args:
        location: "http://host:6333" for a server, ":memory:", or a folder for a local file.
    """
    if location.startswith(("http://", "https://")):
        return QdrantClient(url=location)
    if location == ":memory:":
        return QdrantClient(location)
    # The client's own check for threads leaves a connection open.
    return QdrantClient(path=location, force_disable_check_same_thread=True)


# --8<-- [end:connect]


@dataclass(frozen=True)
class DatabaseIndex:
    """A collection of passages with a dense and a sparse vector each; `HybridIndex`'s interface.

    The passages live in the database. This process keeps what turns a query into vectors: the
    encoder, and the vocabulary of BM25.
    """

    client: QdrantClient
    collection: str
    bm25: BM25
    encoder: SentenceEncoder

    @classmethod
    def build(
        cls,
        chunks: Sequence[Chunk],
        sentence_encoder: SentenceEncoder,
        client: QdrantClient,
        collection: str = "passages",
    ) -> DatabaseIndex:
        """Store the chunks in a collection, in place of one of that name.

        Args:
            chunks: passages to store.
            sentence_encoder: computes their vectors.
            client: connection to the database.
            collection: name in the database; what it held is deleted.

        Returns:
            The index.
        """
        bm25 = BM25.build([analyze(chunk.text) for chunk in chunks])
        vectors = encoder.encode_corpus(sentence_encoder, [chunk.text for chunk in chunks])
        dense = models.VectorParams(size=vectors.shape[1], distance=models.Distance.COSINE)
        if client.collection_exists(collection):
            client.delete_collection(collection)
        client.create_collection(
            collection,
            vectors_config={"dense": dense},
            sparse_vectors_config={"BM25": models.SparseVectorParams()},
        )
        client.upload_points(collection, _points(chunks, vectors.tolist(), bm25), wait=True)
        return cls(client, collection, bm25, sentence_encoder)

    def search(self, query: str, k: int = 10, *, way: str = "RRF") -> list[Hit]:
        """The k best passages, as `HybridIndex.search`, ranked and fused in the database.

        Args:
            query: text with a letter or a digit.
            k: most passages.
            way: one of `WAYS`.

        Returns:
            Passages with their scores, best first.
        """
        check_search(query, k, way)
        lists: dict[str, list[float] | models.SparseVector] = {
            "dense": self._dense(query),
            "BM25": self._sparse(query),
        }
        if way == "RRF":
            prefetch = [
                models.Prefetch(query=vector, using=name, limit=_DEPTH)
                for name, vector in lists.items()
            ]
            # Qdrant counts ranks from 0: its 61 is the paper's k of 60. Its default is 2.
            fusion = models.RrfQuery(rrf=models.Rrf(k=61))
            found = self.client.query_points(
                self.collection, prefetch=prefetch, query=fusion, limit=k
            )
        else:
            found = self.client.query_points(self.collection, query=lists[way], using=way, limit=k)
        return [Hit(Chunk(**(point.payload or {})), point.score) for point in found.points]

    def _dense(self, query: str) -> list[float]:
        return list(map(float, self.encoder.encode([query])[0]))

    def _sparse(self, query: str) -> models.SparseVector:
        counts: dict[int, float] = {}
        for term in analyze(query):
            if term in self.bm25.vocabulary:
                number = self.bm25.vocabulary[term]
                counts[number] = counts.get(number, 0.0) + 1.0
        return models.SparseVector(indices=list(counts), values=list(counts.values()))


def _points(
    chunks: Sequence[Chunk], vectors: Sequence[list[float]], bm25: BM25
) -> Iterator[models.PointStruct]:
    for number, (chunk, vector) in enumerate(zip(chunks, vectors, strict=True)):
        terms, scores = bm25.document_vector(number)
        sparse = models.SparseVector(indices=terms.tolist(), values=scores.tolist())
        yield models.PointStruct(
            id=number, vector={"dense": vector, "BM25": sparse}, payload=asdict(chunk)
        )
