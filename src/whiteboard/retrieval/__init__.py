"""Search, chunking, reranking and retrieval-augmented generation."""
