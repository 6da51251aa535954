"""Where a dense encoder and BM25 each fail: a code with two digits swapped, and other words."""

from whiteboard import encoder
from whiteboard.retrieval.analyze import analyze
from whiteboard.retrieval.bm25 import BM25
from whiteboard.retrieval.dense import cosine_scores, top_k

CODES = ["failure number E1234", *(f"error code E{number}" for number in range(1240, 1250))]
TITLES = [
    "Authentication failure resolution",
    "How to log in to the portal",
    "Fixing bugs in the log file parser",
    "Resolving credential rejection at sign-on",
    "Database migration guide",
]


def show(query: str, texts: list[str], model: encoder.SentenceEncoder) -> None:
    """Print the three best texts of each retriever. What BM25 gives 0 it has not found."""
    bm25 = BM25.build([analyze(text) for text in texts])
    scores = {
        "dense": cosine_scores(model.encode([query]), model.encode(texts))[0],
        "BM25": bm25.score([analyze(query)])[0],
    }
    print(repr(query))
    for name, row in scores.items():
        for score, number in zip(*top_k(row, 3), strict=True):
            if score != 0:
                print(f"  {name:5}  {score:5.3f}  {texts[number]}")


def main() -> None:
    model = encoder.load("all-minilm-l6-v2")
    show("error code E1234", CODES, model)
    show("how do I fix a login bug", TITLES, model)


if __name__ == "__main__":
    main()
