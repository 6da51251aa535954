"""Recorded results: what a job of `benchmarks/` wrote, with its date, commit and machine."""

import json
from importlib.resources import files
from typing import Any


def record(name: str) -> dict[str, Any]:
    """The record of `benchmarks/<name>.py`; what it found stands under `results`.

    Args:
        name: a literal, so that whatever depends on the record is known by reading the program.

    Returns:
        The JSON file as it was written, read anew at each call.

    Raises:
        ValueError: there is no record of that name; the message lists those there are.
    """
    folder = files(__package__) / "results"
    names = sorted(file.name.removesuffix(".json") for file in folder.iterdir())
    if name not in names:
        raise ValueError(f"wanted the record of one of {', '.join(names)}; got {name!r}")
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf8"))
    return found
