"""List items get their ids, and nothing else changes."""

import markdown

EXTENSIONS = ["whiteboard.site.item_ids", "attr_list"]


def test_an_item_gets_its_id():
    html = markdown.markdown(
        "- **Paper**, arXiv: what. { #src-paper }\n- plain", extensions=EXTENSIONS
    )
    assert '<li id="src-paper"><strong>Paper</strong>, arXiv: what.</li>' in html
    assert "<li>plain</li>" in html


def test_an_item_without_inline_markup_gets_its_id_too():
    html = markdown.markdown("- words only {#src-a}", extensions=EXTENSIONS)
    assert html == '<ul>\n<li id="src-a">words only</li>\n</ul>'


def test_braces_elsewhere_stay():
    text = "- a set { #not } of things\n\nA paragraph { #kept }"
    assert "{ #not } of things" in markdown.markdown(text, extensions=EXTENSIONS)
