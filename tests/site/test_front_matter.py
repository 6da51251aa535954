"""YAML as the site reads it: digits kept, words kept, objects refused."""

import pytest

from whiteboard.site.front_matter import FrontMatterError, digits, parse_yaml, split


def test_numbers_keep_their_digits_and_words_stay_words():
    read = parse_yaml(
        "{a: 0.50, b: 1e-5, c: no, d: 12, e: true, f: 2026-01-02, g: 1.05e12, h: null}"
    )
    assert [digits(read[key]) for key in "abdg"] == ["0.50", "1e-5", "12", "1.05e12"]
    assert read == {
        "a": 0.5,
        "b": 1e-5,
        "c": "no",
        "d": 12,
        "e": True,
        "f": "2026-01-02",
        "g": 1.05e12,
        "h": None,
    }


def test_yaml_that_builds_objects_is_refused():
    with pytest.raises(FrontMatterError, match="could not determine a constructor"):
        parse_yaml("a: !!python/object/apply:os.getcwd []")


def test_front_matter_is_cut_from_the_body_with_its_line():
    meta, body, line = split("---\nnumber: 2\ntags: [a]\n---\n# Title\n\n---\n")
    assert (meta, body, line) == ({"number": 2, "tags": ["a"]}, "# Title\n\n---\n", 5)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# Title\n", "start the page with front matter"),
        ("---\n- a\n---\n", "wanted `key: value` lines"),
        ("---\na: 1\nb: [\n---\n", "YAML line 3"),
        ("---\na: 1\nb: 2\na: 3\n---\n", "YAML line 3: key `a` stands twice"),
    ],
)
def test_front_matter_that_cannot_be_read_says_what_to_write(text, says):
    with pytest.raises(FrontMatterError, match=says):
        split(text)
