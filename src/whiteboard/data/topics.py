"""The corpus of the retrieval pages: CPython's documentation topics, as plain text."""

import hashlib
import json
from functools import cache
from importlib.resources import files

_TOPICS_SHA256 = "4717ccc51e2e7bd1eed2feddb0bcb5a7da19a1a923fd2f258cf81e4285e31683"


@cache
def python_topics() -> dict[str, str]:
    """CPython 3.11's `pydoc_data.topics`: 79 documentation topics by name, as plain text.

    Vendored because the text changes with the Python version.

    Raises:
        ValueError: if the file is not the one that the stored results were computed on.
    """
    raw = (files("whiteboard.data") / "python_topics.json").read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    if digest != _TOPICS_SHA256:
        raise ValueError(
            f"python_topics.json: wanted sha256 {_TOPICS_SHA256}, got {digest}; "
            "restore the file with `git checkout src/whiteboard/data`"
        )
    return dict(json.loads(raw))
