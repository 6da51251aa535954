"""One search interface, answered by exact search and by a vector database in a local folder."""

import tempfile

from whiteboard import encoder
from whiteboard.data import python_topics
from whiteboard.retrieval.database import DatabaseIndex, connect
from whiteboard.retrieval.hybrid import HybridIndex
from whiteboard.retrieval.passages import fixed_chunks


def main() -> None:
    topics = {name: python_topics()[name] for name in ("with", "try", "context-managers")}
    chunks, model = fixed_chunks(topics), encoder.load()
    exact = HybridIndex.build(chunks, model)
    with tempfile.TemporaryDirectory() as folder:
        client = connect(folder)  # a server: connect("http://host:6333")
        database = DatabaseIndex.build(chunks, model, client)
        for query in ("__exit__", "close a file when the block ends"):
            for index in (exact, database):
                best = index.search(query, k=1)[0]
                name = type(index).__name__
                print(f"{name:13} {best.chunk.document}:{best.chunk.start} {best.score:.4f}")
        client.close()


if __name__ == "__main__":
    main()
