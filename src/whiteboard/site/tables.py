"""Tables that a phone can show: each scrolls in its own box, and the page does not."""

import re
from itertools import count
from typing import Any

TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)


def scroll(html: str, **_: Any) -> str:
    """Wrap each plain table; where it scrolls, the site's script makes it a named region."""
    number = count(1)

    def wrap(match: re.Match[str]) -> str:
        label = f'class="wb-scroll" data-label="Table {next(number)}"'
        return f'<div {label}><table class="wb-table">{match[1]}</table></div>'

    return TABLE.sub(wrap, html)
