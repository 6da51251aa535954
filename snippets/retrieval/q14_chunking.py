"""One topic of a manual, cut four ways: where the third chunk ends, and whether code is whole."""

from whiteboard import encoder
from whiteboard.data import python_topics
from whiteboard.retrieval.chunking import semantic_chunks, sentence_chunks, structure_chunks
from whiteboard.retrieval.passages import fixed_chunks

EXAMPLE = "   >>> try:\n   ...     print(1 / 0)\n   ... except Exception as exc:"


def main() -> None:
    page = {"raise": python_topics()["raise"]}
    encode = encoder.load().encode
    cuts = {
        "fixed": fixed_chunks(page, size=600, overlap=0),
        "sentence": sentence_chunks(page, size=600),
        "semantic": semantic_chunks(page, encode, size=600),
        "structure": structure_chunks(page, size=600),
    }
    for name, chunks in cuts.items():
        assert "".join(chunk.text for chunk in chunks) == page["raise"]
        last_words = " ".join(chunks[2].text.split()[-4:])
        whole = any(EXAMPLE in c.text and "division by zero" in c.text for c in chunks)
        print(f"{name:9} {len(chunks)} chunks, code whole: {whole!s:5}  ... {last_words}")


if __name__ == "__main__":
    main()
