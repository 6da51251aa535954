"""A prompt's parts, in the order in which they change."""

from whiteboard.architecture.prompt_layout import lay_out


def test_a_prompt_by_hand():
    got = lay_out(tools={"b": "2", "a": "1"}, system="S", document="D", now="9:15", question="Q?")
    assert got == "S\n\na: 1\nb: 2\n\nD\n\n9:15\nQ?\n"
