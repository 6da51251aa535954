"""A Markdown extension: a list item that ends in `{ #name }` gets that id.

Python-Markdown's own `attr_list` wants the braces of a list item on a line of their own, which
reads as a mistake in *Sources*, where every item has one.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

_ID = re.compile(r"\s*\{ ?#([\w-]+) ?\}\s*$")


class ItemIds(Treeprocessor):
    """Moves a trailing `{ #name }` of each list item into its id."""

    def run(self, root: Element) -> None:
        for item in root.iter("li"):
            holder = item[-1] if len(item) else item
            text = (holder.tail if len(item) else holder.text) or ""
            if not (match := _ID.search(text)):
                continue
            item.set("id", match[1])
            if len(item):
                holder.tail = text[: match.start()]
            else:
                holder.text = text[: match.start()]


class ItemIdsExtension(Extension):
    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        md.treeprocessors.register(ItemIds(md), "item_ids", 9)  # after inline, before attr_list


def makeExtension(**settings: object) -> ItemIdsExtension:  # noqa: N802 - Python-Markdown's name
    return ItemIdsExtension(**settings)
