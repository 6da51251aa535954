"""Data that ships with the package: documentation topics, queries to them, a parallel text."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_TOPICS_SHA256 = "4717ccc51e2e7bd1eed2feddb0bcb5a7da19a1a923fd2f258cf81e4285e31683"


@cache
def python_topics() -> dict[str, str]:
    """CPython 3.11's `pydoc_data.topics`: 79 documentation topics by name, as plain text.

    Vendored because the text changes with the Python version.

    Raises: ValueError if the file is not the one that the stored results were computed on.
    """
    raw = (files(__name__) / "python_topics.json").read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    if digest != _TOPICS_SHA256:
        raise ValueError(
            f"python_topics.json: wanted sha256 {_TOPICS_SHA256}, got {digest}; "
            "restore the file with `git checkout src/whiteboard/data`"
        )
    return dict(json.loads(raw))


@dataclass(frozen=True)
class PythonQuery:
    """A question to the topics, and the passage that answers it.

    `kind` is "identifier" (an exact name, as typed into a search box) or "paraphrase" (the need in
    other words). The answer is `python_topics()[topic][start:end]`; the same words may stand in
    other topics too, which answers the question as well.
    """

    kind: str
    text: str
    topic: str
    start: int
    end: int
    answer: str


@cache
def python_queries() -> tuple[PythonQuery, ...]:
    """The labelled queries over `python_topics()`: 40 identifiers, 42 paraphrases.

    Raises: ValueError when a label no longer stands at its place in the topics.
    """
    rows = json.loads((files(__name__) / "python_queries.json").read_text("utf8"))
    queries = tuple(PythonQuery(**row) for row in rows)
    topics = python_topics()
    for query in queries:
        if topics[query.topic][query.start : query.end] != query.answer:
            raise ValueError(
                f"python_queries.json: {query.text!r}: wanted {query.answer!r} at "
                f"{query.topic}[{query.start}:{query.end}]; label it again"
            )
    return queries


@cache
def human_rights() -> dict[str, str]:
    """Article 1 of the Universal Declaration of Human Rights by language, in 13 languages."""
    return dict(json.loads((files(__name__) / "human_rights.json").read_text("utf8")))
