"""Search as a tool: what a model may ask for, and how everything else is refused."""

from __future__ import annotations

import json
from reprlib import repr as shown
from typing import Any, NamedTuple

MOST_CHARACTERS = 2000
"""A call is read so far. What a model writes is as untrusted as what it has read."""

# --8<-- [start:schema]
SEARCH_TOOL: dict[str, Any] = {
    "name": "search",
    "description": "Find passages of the Python documentation.",
    "parameters": {
        "type": "object",
        "properties": {
            "query": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "[^\\W_]"},
            "k": {"type": "integer", "minimum": 1, "maximum": 10},
        },
        "required": ["query"],
        "additionalProperties": False,
    },
}
# --8<-- [end:schema]


class Call(NamedTuple):
    """Arguments that were checked."""

    query: str
    k: int = 5


class RefusedCallError(ValueError):
    """The call is not made. The message says what was wanted; the model may be shown it."""


# --8<-- [start:parse]
def parse_call(text: str) -> Call:
    """A call as a model writes it, {"name": "search", "arguments": {"query": "...", "k": 5}}.

    Only what the schema allows passes: no other tool, no other argument. So a passage that talks a
    model into raising its budget finds nothing to raise it with.

    Raises:
        RefusedCallError: for anything else.
    """
    if len(text) > MOST_CHARACTERS:
        raise RefusedCallError(f"wanted at most {MOST_CHARACTERS} characters, got {len(text)}")
    try:
        call = json.loads(text)
    except (ValueError, RecursionError):
        raise RefusedCallError(f"wanted a call in JSON, got {shown(text)}") from None
    if not isinstance(call, dict) or {*call} != {"name", "arguments"}:
        raise RefusedCallError(f"wanted an object of name and arguments, got {shown(text)}")
    if call["name"] != SEARCH_TOOL["name"]:
        raise RefusedCallError(f"the only tool is search, got {shown(call['name'])}")
    return check_arguments(call["arguments"])


def check_arguments(arguments: object) -> Call:
    """The arguments, if the schema of `SEARCH_TOOL` allows them.

    Raises:
        RefusedCallError: if not.
    """
    known = SEARCH_TOOL["parameters"]["properties"]
    if not isinstance(arguments, dict) or not {"query"} <= {*arguments} <= {*known}:
        raise RefusedCallError(f"wanted query and perhaps k, got {shown(arguments)}")
    query, k = arguments["query"], arguments.get("k", 5)
    most = known["query"]["maxLength"]
    if not isinstance(query, str) or len(query) > most or not any(c.isalnum() for c in query):
        raise RefusedCallError(
            f"query: wanted a letter or digit in at most {most} characters, got {shown(query)}"
        )
    number = isinstance(k, int | float) and not isinstance(k, bool)
    if not number or k != k // 1 or not known["k"]["minimum"] <= k <= known["k"]["maximum"]:
        raise RefusedCallError(f"k: wanted a whole number from 1 to 10, got {shown(k)}")
    return Call(query, int(k))


# --8<-- [end:parse]
