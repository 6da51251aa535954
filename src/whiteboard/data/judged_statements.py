"""Statements about passages of Python's documentation, each labelled by hand."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from whiteboard.data import python_topics

LABELS = ("supported", "contradicted", "unsupported")
HALVES = ("development", "held-out")


@dataclass(frozen=True)
class JudgedStatement:
    """A passage, a statement, and how it was labelled.

    `label` is "supported" (it follows from the passage), "contradicted", or "unsupported" (the
    passage does not say, though it may be true). `half` is "development", on which judges may be
    tuned, or "held-out". No passage is in both.
    """

    passage: str
    text: str
    label: str
    half: str

    @property
    def supported(self) -> bool:
        """Whether a judge should say yes."""
        return self.label == "supported"


@cache
def judged_statements() -> tuple[JudgedStatement, ...]:
    """96 statements on 24 passages: of each passage two supported, one contradicted, one neither.

    Raises:
        ValueError: for a passage outside its topic, or a label or half that is not known.
    """
    rows = json.loads((files(__package__) / "judged_statements.json").read_text("utf8"))
    return tuple(_labelled(rows, python_topics()))


def _labelled(rows: list[dict], topics: dict[str, str]) -> Iterable[JudgedStatement]:
    for row in rows:
        where = f"judged_statements.json: {row['topic']}[{row['start']}:{row['end']}]"
        passage = " ".join(topics[row["topic"]][row["start"] : row["end"]].split())
        if not passage.endswith((".", ")")):
            raise ValueError(f"{where}: wanted whole sentences, got {passage!r}")
        if row["half"] not in HALVES:
            raise ValueError(f"{where}: wanted a half of {HALVES}, got {row['half']!r}")
        for each in row["statements"]:
            if each["label"] not in LABELS:
                raise ValueError(f"{where}: wanted a label of {LABELS}, got {each['label']!r}")
            yield JudgedStatement(passage, each["text"], each["label"], row["half"])
