"""Plain tables scroll in a box of their own."""

from __future__ import annotations

from whiteboard.site import tables


def test_plain_tables_scroll_and_others_are_left_alone() -> None:
    html = "<table><tr></tr></table><table class='x'></table><table>\n</table>"
    found = tables.scroll(html)
    assert found.count('<div class="wb-scroll"') == 2
    assert 'data-label="Table 2"' in found
    assert "<table class='x'></table>" in found
