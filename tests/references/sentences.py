"""Where pysbd ends the sentences of paragraphs of Python's documentation, one line each.

Rules by others (the Golden Rules of Pragmatic Segmenter), for ours to be compared with: they need
not agree everywhere.
"""

import json
import re
import warnings
from importlib.metadata import version
from pathlib import Path

import _stored
import numpy as np

TOPICS = Path(__file__).parents[2] / "src/whiteboard/data/python_topics.json"
NAMES = ["assignment", "calls", "comparisons", "customization", "debugger"]
NAMES += ["execmodel", "import", "objects", "raise", "typesseq"]


def paragraphs() -> list[str]:
    """Unindented paragraphs of at least 150 characters, on one line."""
    topics = json.loads(TOPICS.read_text("utf8"))
    parts = [part for name in NAMES for part in re.split(r"\n\s*\n", topics[name])]
    lines = [" ".join(part.split()) for part in parts if part[:1] not in (" ", "+", "|", "")]
    return [line for line in lines if len(line) >= 150]


def compute() -> dict[str, np.ndarray]:
    warnings.simplefilter("ignore")  # the library's own escapes are not valid any more
    import pysbd

    segmenter = pysbd.Segmenter(language="en", clean=False)
    texts = paragraphs()
    ends = []
    for number, text in enumerate(texts):
        at = 0
        for sentence in segmenter.segment(text):
            at = text.index(sentence.strip(), at) + len(sentence.strip())
            ends.append((number, at))
    return {
        "paragraphs": np.array(texts),
        "ends": np.array(ends, np.int32),
        "versions": np.array(f"pysbd {version('pysbd')}"),
    }


if __name__ == "__main__":
    _stored.run(__file__, compute, atol=0)
