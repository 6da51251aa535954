"""Labelled queries: questions to a corpus, each with the exact spans that answer it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from whiteboard.data.site_pages import site_pages
from whiteboard.data.topics import python_topics

KINDS = ("identifier", "paraphrase", "two-hop")
SPLITS = ("development", "held-out")


@dataclass(frozen=True)
class Span:
    """A passage: `documents[document][start:end] == text`."""

    document: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Query:
    """A question to a corpus, and what answers it.

    Attributes:
        kind: "identifier" (an exact name, as typed into a search box), "paraphrase" (a need in
            other words) or "two-hop" (its answer needs two passages in different places).
        split: "development", on which anything may be tuned, or "held-out", on which it is
            reported.
        text: the question.
        spans: the passages that answer; all of them are needed. The same words may stand elsewhere
            too, which answers as well: see `whiteboard.retrieval.labels`.
    """

    kind: str
    split: str
    text: str
    spans: tuple[Span, ...]


def python_queries(*kinds: str, split: str | None = None) -> tuple[Query, ...]:
    """The labelled queries to `python_topics()`: 40 identifiers, 42 paraphrases, 53 two-hop.

    Args:
        *kinds: only queries of these kinds; all kinds if none is named.
        split: only the queries of this split; all by default.

    Returns:
        The queries, in the file's order.

    Raises:
        ValueError: for an unknown kind or split, or when a label is not in its place.
    """
    return _selected(_python_queries(), kinds, split)


def site_queries(*kinds: str, split: str | None = None) -> tuple[Query, ...]:
    """The labelled queries to `site_pages()`: 30 of the three kinds.

    A label is quoted and not counted out, for the pages change: it is found where it stands now.

    Args:
        *kinds: only queries of these kinds; all kinds if none is named.
        split: only the queries of this split; all by default.

    Returns:
        The queries, in the file's order.

    Raises:
        FileNotFoundError: there are no pages; they do not ship with the package.
        ValueError: an unknown kind or split, or a page no longer says what is quoted.
    """
    raw = (files("whiteboard.data") / "site_queries.json").read_text("utf8")
    return _selected(read_queries(raw, site_pages(), "site_queries.json"), kinds, split)


def read_queries(raw: str, documents: Mapping[str, str], name: str) -> tuple[Query, ...]:
    """Queries from JSON: a list of {kind, split, text, answers: [{document, quote, start?}]}.

    Args:
        raw: the JSON text.
        documents: the corpus; a quote is found whatever its line breaks, at `start` if that is
            given.
        name: of the file, for error messages.

    Returns:
        The queries, each with the places of its answers.

    Raises:
        ValueError: a query is wrong; the message says which one, and how.
    """
    try:
        rows = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not JSON: {error}") from None
    if not isinstance(rows, list):
        raise ValueError(f"{name}: wanted a list of queries, got {type(rows).__name__}")
    queries = tuple(_query(row, documents, f"{name}, query {n}") for n, row in enumerate(rows))
    texts = [query.text for query in queries]
    if twice := {text for text in texts if texts.count(text) > 1}:
        raise ValueError(f"{name}: asked twice: {sorted(twice)}")
    return queries


def places(quote: str, documents: Mapping[str, str]) -> Iterator[Span]:
    """Everywhere that these words stand, whatever the white space between them.

    Args:
        quote: words to find; any white space may stand between them.
        documents: text of each document by its name.

    Yields:
        Each place, document by document.
    """
    pattern = re.compile(r"\s+".join(re.escape(word) for word in quote.split()))
    for name, text in documents.items():
        for match in pattern.finditer(text):
            yield Span(name, match.start(), match.end(), match[0])


@cache
def _python_queries() -> tuple[Query, ...]:
    raw = (files("whiteboard.data") / "python_queries.json").read_text("utf8")
    return read_queries(raw, python_topics(), "python_queries.json")


def _selected(queries: Iterable[Query], kinds: tuple[str, ...], split: str | None) -> tuple:
    if unknown := {*kinds} - {*KINDS}:
        raise ValueError(f"kinds: wanted some of {', '.join(KINDS)}, got {', '.join(unknown)}")
    if split not in (*SPLITS, None):
        raise ValueError(f"split: wanted {' or '.join(SPLITS)}, got {split!r}")
    return tuple(q for q in queries if q.kind in (kinds or KINDS) and split in (q.split, None))


def _query(row: object, documents: Mapping[str, str], where: str) -> Query:
    if not isinstance(row, dict) or {*row} != {"kind", "split", "text", "answers"}:
        raise ValueError(f"{where}: wanted kind, split, text and answers, got {str(row)[:80]}")
    kind, split, text, answers = row["kind"], row["split"], row["text"], row["answers"]
    if kind not in KINDS or split not in SPLITS:
        raise ValueError(
            f"{where}: wanted a kind of {KINDS} and a split of {SPLITS}, got {kind!r}, {split!r}"
        )
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{where}: wanted a text, got {text!r}")
    wanted = 2 if kind == "two-hop" else 1
    if not isinstance(answers, list) or len(answers) != wanted:
        raise ValueError(f"{where}: wanted {wanted} answers to {text!r}, got {str(answers)[:80]}")
    return Query(
        kind, split, text, tuple(_span(a, documents, f"{where}, {text!r}") for a in answers)
    )


def _span(answer: object, documents: Mapping[str, str], where: str) -> Span:
    if not isinstance(answer, dict) or not {"document", "quote"} <= {*answer}:
        raise ValueError(f"{where}: wanted a document and a quote, got {str(answer)[:80]}")
    document, quote, start = answer["document"], answer["quote"], answer.get("start")
    if not isinstance(quote, str) or not quote.strip() or not isinstance(document, str):
        raise ValueError(f"{where}: wanted a document and a quote, got {document!r}, {quote!r}")
    found = places(quote, {document: documents.get(document, "")})
    span = next((place for place in found if start in (None, place.start)), None)
    if span is None:
        at = "" if start is None else f" at {start}"
        raise ValueError(f"{where}: {document} does not say {quote!r}{at}; quote it anew")
    return span
