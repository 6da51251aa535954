"""Prose for a notebook: without what only the site draws, and nothing else lost."""

import pytest

from whiteboard.site.prose import plain_markdown


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\n\n<!-- claims -->\n\nb", "a\n\nb"),
        ("x <!-- stays --> y", "x <!-- stays --> y"),
        ("![A curve.](figure:q01_figure_x 'Title')", "*Figure on the page: A curve.*"),
        ("![A photo.](photo.png)", "!A photo."),
        ("## Heading { #anchor }", "## Heading"),
        ("a set { 1, 2 }", "a set { 1, 2 }"),
        ("[the cache](question:2) and [it](../x.md#y)", "the cache and it"),
        ("[NumPy](https://numpy.org)", "[NumPy](https://numpy.org)"),
        ("`f[0](x)`", "`f[0](x)`"),
        ('??? question "Why?"\n\n    Because.\n\nAfter.', "**Why?**\n\nBecause.\n\nAfter."),
        ("!!! note\n\n    Inside.\n\n    Still.\n", "Inside.\n\nStill."),
        ('=== "One tab"\n\n    Its body.', "**One tab**\n\nIts body."),
        ("Text.\n\n    indented, not folded", "Text.\n\n    indented, not folded"),
    ],
)
def test_what_only_the_site_draws_is_left_out(text, plain):
    assert plain_markdown(text) == plain
