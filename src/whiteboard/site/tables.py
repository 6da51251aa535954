"""Tables that a phone can show: each scrolls in its own box, and the page does not."""

import re
from itertools import count
from typing import Any

TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)


def scroll(html: str, **_: Any) -> str:
    """Wrap each plain table; the script of the site names the boxes that do scroll, for a keyboard."""
    number = count(1)

    def wrap(match: re.Match[str]) -> str:
        label = f'class="wb-scroll" data-label="Table {next(number)}"'
        return f'<div {label}><table class="wb-table">{match[1]}</table></div>'

    return TABLE.sub(wrap, html)
