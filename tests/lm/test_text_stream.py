"""Text that grows: whole characters, whole stop strings, and nothing lost on the way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.lm.text_stream import TextStream

EOS = 256


def decode(ids):
    return bytes(ids).decode(errors="replace")


def pieces(tokens, **settings):
    stream = TextStream(decode, **settings)
    return [stream.push(token) for token in tokens] + [stream.finish()]


def test_a_character_comes_with_its_last_byte():
    assert pieces("né😀".encode()) == ["n", "", "é", "", "", "", "😀", ""]


def test_bytes_that_are_no_text_become_replacements_and_hold_nothing_up():
    got = pieces(b"a\xff\xff\xffb\xe2\x82")
    assert "".join(got) == "a\ufffd\ufffd\ufffdb\ufffd"
    assert got[3] == "\ufffd"  # what a further byte can no longer mend is shown


def test_a_stop_string_over_several_tokens_is_held_back_and_dropped():
    assert pieces(b"yes\n\nQ: no", stop=["\n\nQ:"]) == [*"yes", *[""] * 8]
    assert "".join(pieces(b"a\n\nb\n", stop=["\n\nQ:"])) == "a\n\nb\n"


def test_the_first_of_several_stop_strings_ends_the_answer():
    assert "".join(pieces(b"one, two. three", stop=[".", ", t"])) == "one"


def test_nothing_follows_the_end():
    stream = TextStream(decode, eos_id=EOS)
    assert [stream.push(token) for token in (65, EOS, 66)] == ["A", "", ""]
    assert stream.stopped
    assert stream.finish() == ""


def test_the_end_token_releases_what_was_held():
    assert pieces([65, EOS], stop=["AB"], eos_id=EOS) == ["", "A", ""]


def test_an_empty_stop_string_is_refused():
    with pytest.raises(ValueError, match="at least one character"):
        TextStream(decode, stop=[""])


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_the_pieces_are_the_text_whatever_the_bytes(data):
    assert "".join(pieces(data)) == decode(data)


@settings(deadline=None)
@given(st.text("abé\n", max_size=30), st.lists(st.text("abé\n", min_size=1, max_size=4)))
def test_the_answer_ends_before_the_first_stop_string(text, stops):
    """A stop string ends the answer as soon as its last character is there."""
    ends = [at + len(stop) for stop in stops if (at := text.find(stop)) >= 0]
    seen = text[: min(ends, default=len(text))]
    begins = [at for stop in stops if (at := seen.find(stop)) >= 0]
    assert "".join(pieces(text.encode(), stop=stops)) == seen[: min(begins, default=len(seen))]
