"""A page's prose as plain Markdown, which a notebook draws as the site does."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"^<!--.*?-->[ \t]*$", re.MULTILINE | re.DOTALL)
_FIGURE = re.compile(r"^!\[(.*?)\]\(figure:\w+(?: [^)]*)?\)", re.MULTILINE | re.DOTALL)
_ATTRIBUTES = re.compile(r"[ \t]*\{ *[#.:][^}\n]*\}[ \t]*$", re.MULTILINE)
_SITE_LINK = re.compile(r"(?P<code>`[^`]+`)|\[(?P<text>[^\]]+)\]\((?!https?:)[^)\s]*\)")
_FOLD = re.compile(r'^(?:!!!|\?\?\?\+?|===[!+]*)(?: +[\w-]+)*(?: +"(.*)")?[ \t]*$')


def plain_markdown(text: str) -> str:
    """Without what only the site can draw: anchors and links into it, figures, widgets, folds.

    A figure becomes its caption; the body of an admonition or tab stands open under its title.
    """
    text = _COMMENT.sub("", text)
    text = _FIGURE.sub(lambda found: f"*Figure on the page: {found[1]}*", text)
    text = _ATTRIBUTES.sub("", text)
    text = _SITE_LINK.sub(lambda found: found["code"] or found["text"], text)
    return re.sub(r"\n{3,}", "\n\n", _unfold(text)).strip()


def _unfold(text: str) -> str:
    out: list[str] = []
    inside = False
    for line in text.split("\n"):
        if fold := _FOLD.match(line):
            inside = True
            out += [f"**{fold[1]}**", ""] if fold[1] else []
        elif inside and (line.startswith("    ") or not line.strip()):
            out.append(line[4:])
        else:
            inside = False
            out.append(line)
    return "\n".join(out)
