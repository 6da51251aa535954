"""One real model for all tests, loaded once."""

from pathlib import Path

import numpy as np
import pytest

from whiteboard import lm

REFERENCES = Path(__file__).parent / "references"


@pytest.fixture(scope="session")
def smollm2():
    return lm.load("smollm2-135m")


@pytest.fixture(scope="session")
def tiny():
    return lm.load("tiny")


@pytest.fixture(scope="session")
def reference():
    """Logits of transformers over 512 tokens; see tests/references/lm_logits.py."""
    return dict(np.load(REFERENCES / "lm_logits.npz"))
