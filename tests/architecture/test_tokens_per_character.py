"""The recorded table, recomputed for each vocabulary whose package is installed."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from types import ModuleType

import pytest

from whiteboard.architecture.tokens_per_character import (
    PROBES,
    probe_counts,
    tokens_against_english,
    tokens_per_character,
)
from whiteboard.data import human_rights, record

JOB = "tokens_per_character"
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RECORDED = record("tokens_per_character")["results"]
ALWAYS = ("SmolLM2", "MiniLM (WordPiece)")


@pytest.mark.parametrize("name", RECORDED)
def test_the_recorded_figures_are_what_the_vocabulary_gives(job: ModuleType, name: str) -> None:
    package = RECORDED[name]["package"]
    try:
        files(package)
        found = job.measure(name)
    except (PackageNotFoundError, ImportError):
        if name in ALWAYS:
            raise
        pytest.skip(f"{package} is not installed: its row is recorded")
    assert found == RECORDED[name]


def test_what_was_recorded_is_enough() -> None:
    assert len(RECORDED) >= 5
    assert all(len(row["tokens_per_character"]) == 13 for row in RECORDED.values())


def test_bytes_as_tokens_by_hand() -> None:
    per_character = tokens_per_character(str.encode)
    assert per_character["English (Latin)"] == 1
    chinese = human_rights()["Chinese (Han)"]
    assert per_character["Chinese (Han)"] == 3  # also the full-width comma takes three bytes
    assert tokens_against_english(str.encode)["Chinese (Han)"] == 3 * len(chinese) / 170
    assert probe_counts(str.encode)["thumbs up, skin tone"] == 8
    assert probe_counts(list)["1234567"] == len(PROBES["1234567"])


def test_the_texts_are_in_the_scripts_they_are_said_to_be() -> None:
    import unicodedata

    texts = human_rights()
    assert len(texts) == 13
    for name, text in texts.items():
        script = name.split()[-1].strip("()").upper()
        script = {"HAN": "CJK", "KANA": "HIRAGANA"}.get(script, script)
        assert any(unicodedata.name(c, "").startswith(script) for c in text), name
