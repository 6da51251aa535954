"""Sentences and their JSON records: each states the other, and new words are new."""

import json

import pytest

from whiteboard.data.json_records import is_record, json_records


def test_records_state_their_sentences():
    for record in json_records(50) + json_records(50, new_words=True):
        assert is_record(record.json)
        assert all(str(v) in record.sentence for v in json.loads(record.json).values())


def test_new_words_stand_in_no_other_record():
    train, held_out = json_records(400), json_records(100, new_words=True)
    assert len({r.sentence for r in train}) == 400
    for field in ("name", "job", "city"):
        values = [{json.loads(r.json)[field] for r in part} for part in (train, held_out)]
        assert not values[0] & values[1]
    words = {word for r in train for word in json.loads(r.json)["name"].split()}
    assert not words & {w for r in held_out for w in json.loads(r.json)["name"].split()}


@pytest.mark.parametrize(
    "text",
    [
        "Sure! Here it is.",
        '{"name":"A B","age":"7","job":"poet","city":"Rome"}',
        '{"name": "A B", "age": 7, "job": "poet", "city": "Rome"}',
        '{"age":7,"name":"A B","job":"poet","city":"Rome"}',
        '{"name":"A B","age":7,"job":"poet","city":"Rome","city":"Rome"}',
        '{"name":"A B","age":7,"job":"poet","city":"Rome"} ok',
        "[1]",
    ],
)
def test_other_text_is_no_record(text):
    assert is_record('{"name":"A B","age":7,"job":"poet","city":"Rome"}')
    assert not is_record(text)
