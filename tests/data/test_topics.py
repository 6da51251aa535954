"""The corpus: the file that the stored results were computed on, and no other."""

import hashlib

import pytest

from whiteboard.data import topics


@pytest.fixture
def unread():
    topics.python_topics.cache_clear()
    yield
    topics.python_topics.cache_clear()


def test_the_topics_are_cpythons():
    corpus = topics.python_topics()
    assert len(corpus) == 79
    assert corpus["if"].startswith('The "if" statement')
    assert all(text.strip() for text in corpus.values())


def test_another_file_is_refused(unread, monkeypatch, tmp_path):
    raw = topics.files("whiteboard.data").joinpath("python_topics.json").read_bytes()
    (tmp_path / "python_topics.json").write_bytes(raw + b"\n")
    monkeypatch.setattr(topics, "files", lambda package: tmp_path)
    changed = hashlib.sha256(raw + b"\n").hexdigest()
    with pytest.raises(ValueError, match=f"got {changed}; restore the file"):
        topics.python_topics()
