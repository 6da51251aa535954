"""Places that do not exist: distinct, and asked for in one format."""

from whiteboard.data.atlas import atlas, in_the_format


def test_places_are_distinct_and_their_answers_in_the_format():
    places = atlas(200)
    assert len({p.name for p in places}) == len({p.capital for p in places}) == 200
    assert all(in_the_format(p.answer) for p in places)
    assert all(p.name in s and p.capital in s for p in places for s in p.sentences)
    for text in ('{"capital":""}', '{"capital":"Bo"', 'x{"capital":"Bo"}', '{"capital":"B"o"}'):
        assert not in_the_format(text)
