"""Cards are listed where a page says so: folded, under their page, and nowhere else."""

from types import SimpleNamespace

import good_page
import pytest

from whiteboard.practice import exercises
from whiteboard.site import cards

GOOD = good_page.good([v.name for exercise in exercises(1) for v in exercise.variants])


@pytest.fixture
def listed(tmp_path):
    good_page.write(tmp_path, GOOD.replace("Why divide?", "Why 'divide' by \\\"d\\\"?"))

    def insert(text, place="practice/cards.md"):
        page = SimpleNamespace(file=SimpleNamespace(src_uri=place))
        return cards.insert(text, page=page, config={"docs_dir": str(tmp_path / "docs")})

    return insert


def test_the_pages_cards_stand_folded_under_a_link_to_it(listed):
    assert listed("Before.\n\n<!-- cards -->\n").splitlines() == [
        "Before.",
        "",
        "## [1. Why is attention divided by the square root of d_k?]"
        "(../architecture/q01-scaled-dot-product-attention.md)",
        "",
        "??? question \"Why 'divide' by &quot;d&quot;?\"",
        "",
        "    Logits have variance 64 at head_dim 64.",
        "",
        '??? question "By what?"',
        "",
        "    By the root of the head's width, not the model's.",
    ]


def test_the_link_is_from_where_the_list_stands(listed):
    assert "](architecture/q01-" in listed("<!-- cards -->", place="cards.md")


def test_a_page_without_the_mark_is_left_alone(listed):
    assert listed("See <!-- cards --> inline.") == "See <!-- cards --> inline."


def test_a_site_without_pages_says_so(tmp_path):
    page = SimpleNamespace(file=SimpleNamespace(src_uri="cards.md"))
    text = cards.insert("<!-- cards -->", page=page, config={"docs_dir": str(tmp_path)})
    assert text == "No page is written yet."
