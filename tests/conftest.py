"""What several test files need: the real models, each loaded once, and what is stored."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from whiteboard import encoder, lm

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="package")
def smollm2():
    return lm.load("smollm2-135m")


@pytest.fixture(scope="package")
def tiny():
    return lm.load("tiny")


@pytest.fixture(scope="package")
def minilm():
    return encoder.load()


@pytest.fixture(scope="module")
def stored(request):
    """What a heavy oracle computed; the test file's STORED names it."""
    with np.load(ROOT / "tests" / "references" / request.module.STORED) as file:
        return dict(file)


@pytest.fixture(scope="session")
def jobs():
    """A function that imports a recorded job of benchmarks/ by its name."""

    def imported(name):
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(str(ROOT / "benchmarks"))
            return importlib.import_module(name)

    return imported


@pytest.fixture(scope="module")
def job(request, jobs):
    """The recorded job that the test file's JOB names."""
    return jobs(request.module.JOB)
