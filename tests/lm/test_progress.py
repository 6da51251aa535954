"""Progress: on a terminal, after a while, and gone at the end; never in a file."""

import io
import sys
import time

import pytest

from whiteboard.lm.progress import progress


class Screen(io.StringIO):
    def __init__(self, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


def shown(monkeypatch, *, is_terminal, after):
    screen = Screen(is_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    with progress("Reading", after=after):
        until = time.monotonic() + 10 * (is_terminal and after == 0)
        while not screen.getvalue() and time.monotonic() < until:
            time.sleep(0.01)
    return screen.getvalue()


def test_a_long_wait_is_explained_and_wiped(monkeypatch):
    assert shown(monkeypatch, is_terminal=True, after=0.0) == "Reading ...\r\x1b[K"


def test_a_short_wait_is_not(monkeypatch):
    assert "Reading" not in shown(monkeypatch, is_terminal=True, after=60.0)


def test_a_file_gets_nothing(monkeypatch):
    assert shown(monkeypatch, is_terminal=False, after=0.0) == ""


def test_a_failure_passes_through(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Screen(True))
    with pytest.raises(KeyError), progress("Reading", after=60.0):
        raise KeyError
