"""The order of a prompt's parts: what stays first, what changes last."""

from __future__ import annotations

from collections.abc import Mapping


# --8<-- [start:layout]
def lay_out(
    *, tools: Mapping[str, str], system: str, document: str, now: str, question: str
) -> str:
    """Write a request so that the next one can reuse the longest beginning of it.

    Rules and tools change with a release, the document with a conversation, the time and the
    question with each request; they stand in this order. Tools are sorted, because a mapping's
    order is an accident.

    Args:
        tools: description of each tool by its name.
        system: the rules.
        document: what the questions are about.
        now: date and time of the request.
        question: the user's words.

    Returns:
        The prompt: system, tools, document, time and question, in this order.
    """
    listed = "\n".join(f"{name}: {tools[name]}" for name in sorted(tools))
    return f"{system}\n\n{listed}\n\n{document}\n\n{now}\n{question}\n"


# --8<-- [end:layout]
