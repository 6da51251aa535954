"""Questions whose second half can only be asked once the first passage has been read."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from whiteboard.data.queries import Query, read_queries
from whiteboard.data.topics import python_topics


@cache
def chained_queries() -> tuple[Query, ...]:
    """28 questions to `python_topics()`, each of two passages, read in turn.

    Each asks how a method is declared that it does not name. The first passage names it, the second
    is the declaration. In both halves, by topic of the first passage.

    Raises:
        ValueError: when a label is not in its place.
    """
    raw = (files("whiteboard.data") / "chained_queries.json").read_text("utf8")
    return read_queries(raw, python_topics(), "chained_queries.json")
