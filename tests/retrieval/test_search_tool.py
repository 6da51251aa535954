"""What the parser lets through, against an independent validator of the same schema."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whiteboard.retrieval.search_tool import (
    MOST_CHARACTERS,
    SEARCH_TOOL,
    Call,
    RefusedCallError,
    check_arguments,
    parse_call,
)

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 12),
    st.floats(),
    st.sampled_from(["a", "", "_", "é", "x" * 200, "x" * 201, " ?! ", "4"]),
    st.lists(st.integers(), max_size=1),
)
KEYS = st.sampled_from(["query", "k", "calls", "budget"])


@given(st.one_of(VALUES, st.dictionaries(KEYS, VALUES, max_size=3)))
def test_arguments_pass_if_the_schema_allows_them(arguments):
    allowed = jsonschema.Draft202012Validator(SEARCH_TOOL["parameters"]).is_valid(arguments)
    try:
        got = check_arguments(arguments)
    except RefusedCallError:
        assert not allowed
    else:
        assert allowed
        assert got == Call(arguments["query"], arguments.get("k", 5))


def test_a_call_as_a_model_writes_it():
    assert parse_call('{"name": "search", "arguments": {"query": "str.join"}}') == ("str.join", 5)
    text = ' {"arguments": {"k": 2, "query": "a"}, "name": "search"}\n'
    assert parse_call(text) == ("a", 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("search for join", "a call in JSON"),
        ("[" * 1500, "a call in JSON"),
        ('{"name": "search"}', "name and arguments"),
        ('["search"]', "name and arguments"),
        ('{"name": "set_budget", "arguments": {"calls": 99}}', "the only tool"),
        ('{"name": ["search"], "arguments": {"query": "a"}}', "the only tool"),
        ('{"name": "search", "arguments": {"query": "a", "calls": 99}}', "query and perhaps k"),
        ('{"name": "search", "arguments": {"query": "?"}}', "a letter or digit"),
        ('{"name": "search", "arguments": {"query": "a", "k": 99}}', "from 1 to 10"),
        ('{"name": "search", "arguments": {"query": "a", "k": 1e999}}', "from 1 to 10"),
        ('{"name": "search", "arguments": {"query": "a", "k": NaN}}', "from 1 to 10"),
        (json.dumps({"name": "search"}) + " " * MOST_CHARACTERS, "at most 2000"),
    ],
)
def test_everything_else_is_refused_in_a_short_message(text, says):
    with pytest.raises(RefusedCallError, match=says) as refusal:
        parse_call(text)
    assert len(str(refusal.value)) < 160
