"""Data that ships with the package: two corpora, queries to them, a parallel text, records."""

import json
from functools import cache
from importlib.resources import files

from whiteboard.data.queries import KINDS, SPLITS, Query, Span, python_queries, site_queries
from whiteboard.data.recorded import record
from whiteboard.data.site_pages import site_pages
from whiteboard.data.topics import python_topics

__all__ = [
    "KINDS",
    "SPLITS",
    "Query",
    "Span",
    "human_rights",
    "python_queries",
    "python_topics",
    "record",
    "site_pages",
    "site_queries",
]


@cache
def human_rights() -> dict[str, str]:
    """Article 1 of the Universal Declaration of Human Rights by language, in 13 languages."""
    return dict(json.loads((files(__name__) / "human_rights.json").read_text("utf8")))
