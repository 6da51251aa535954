"""The hook file runs each event's steps in order, each on what the last returned."""

import pytest

from whiteboard.site import hooks

EVENTS = [
    ("PAGE_MARKDOWN", hooks.on_page_markdown),
    ("PAGE_CONTENT", hooks.on_page_content),
    ("POST_PAGE", hooks.on_post_page),
]


@pytest.mark.parametrize(("steps", "event"), EVENTS, ids=[name for name, _ in EVENTS])
def test_steps_run_in_order(monkeypatch, steps, event):
    monkeypatch.setattr(hooks, steps, [lambda text, **_: text + "a", lambda text, **_: text + "b"])
    assert event("", page=None, config=None, files=None) == "ab"


def test_every_step_stands_in_one_list():
    names = ("CONFIG", "FILES", "PAGE_MARKDOWN", "PAGE_CONTENT", "POST_PAGE", "POST_BUILD")
    steps = [step for name in names for step in getattr(hooks, name)]
    assert len(set(steps)) == len(steps)
